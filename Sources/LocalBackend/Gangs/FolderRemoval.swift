import Glibc
import Supervisor

/// Deletes what jobs left behind: any tree that a program can make, however deep, without following
/// a link out of it.
enum FolderRemoval {
    /// Deletes everything in a folder; returns the names of what it could not delete.
    ///
    /// A folder found inside is moved to the top before it is looked into, so that depth costs
    /// neither stack nor descriptors.
    static func empty(_ top: Folder) -> [String] {
        var stuck: Set<String> = []
        var count = 0
        while true {
            let names = top.names().filter { !stuck.contains($0) }
            if names.isEmpty { return stuck.sorted() }
            for name in names where unlinkat(top.descriptor.number, name, 0) != 0 {
                permit(name, in: top)
                if let folder = try? top.folder(name) { lift(folder, into: top, &count) }
                if unlinkat(top.descriptor.number, name, AT_REMOVEDIR) != 0 { stuck.insert(name) }
            }
        }
    }

    /// Deletes the files of a folder and moves its folders to the top.
    private static func lift(_ folder: Folder, into top: Folder, _ count: inout Int) {
        for name in folder.names() where unlinkat(folder.descriptor.number, name, 0) != 0 {
            // Moving a folder changes its entry `..`, which takes the right to write into it.
            permit(name, in: folder)
            var isTaken = true
            while isTaken {
                count += 1
                // An earlier run may have left something of the name.
                isTaken =
                    renameat(
                        folder.descriptor.number, name, top.descriptor.number, "lifted-\(count)")
                    != 0 && (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
            }
        }
    }

    /// Gives the owner back the rights to a folder that its maker took from everybody.
    private static func permit(_ name: String, in folder: Folder) {
        guard let status = folder.status(name), status.st_mode & S_IFMT == S_IFDIR else { return }
        fchmodat(folder.descriptor.number, name, 0o700, 0)
    }
}
