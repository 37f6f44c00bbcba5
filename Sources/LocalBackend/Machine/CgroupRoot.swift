import FleetModel
import Glibc
import Logging
import Supervisor

/// The cgroup (version 2) below which members get theirs.
struct CgroupRoot {
    private let path: String
    /// Whether a limit of CPU time can be set.
    let limitsCPU: Bool
    /// Whether a limit of memory can be set.
    let limitsMemory: Bool

    /// Makes the cgroup of a backend's folder below the one that this process is in; nil where that
    /// is not allowed. What does not work is logged once.
    static func prepare(_ identity: String, _ logger: Logger) -> CgroupRoot? {
        guard let mount = mount(), let own = ownPath() else {
            logger.notice("members run without cgroups: there is no cgroup2 file system")
            return nil
        }
        // A service with a subgroup for the server itself (`DelegateSubgroup=control`) has room
        // beside it: a cgroup with processes of its own cannot hand its controllers down.
        let base = mount + (own.hasSuffix("/control") ? String(own.dropLast(8)) : own)
        let path = (base == "/" || base.hasSuffix("/") ? base : base + "/") + "muster-" + identity
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            logger.notice("members run without cgroups: \(path): \(SystemError.text(errno))")
            return nil
        }
        for controller in ["cpu", "memory"] {
            enable(controller, in: base)
            enable(controller, in: path)
        }
        let controllers = words(of: "cgroup.subtree_control", in: path)
        let root = CgroupRoot(
            path: path, limitsCPU: controllers.contains("cpu"),
            limitsMemory: controllers.contains("memory"))
        // A member without limits is still ended as a whole through its cgroup, from Linux 5.14 on.
        if !root.limitsCPU || !root.limitsMemory {
            let absent = [root.limitsCPU ? nil : "CPU", root.limitsMemory ? nil : "memory"]
            let text = absent.compactMap { $0 }.joined(separator: " and ")
            logger.notice("no limits of \(text): \(base) does not hand its controllers down")
        }
        return root
    }

    /// The cgroup of a member, which its supervisor makes and deletes.
    func path(of key: GangKey, rank: Int) -> String {
        path + "/" + name(of: key, rank: rank)
    }

    /// What its last part is.
    func name(of key: GangKey, rank: Int) -> String {
        "\(key.job)-\(key.attempt.rawValue)-\(rank)"
    }

    /// Deletes the cgroup unless members are in it.
    func leave() { rmdir(path) }

    /// Kills what is in a member's cgroup, and deletes it; false while the dead are still in it.
    func clear(_ key: GangKey, rank: Int) -> Bool { clear(name(of: key, rank: rank)) }

    /// The same for the cgroups of all members but these.
    func clear(but kept: Set<String>) {
        guard let folder = try? Folder(path: path) else { return }
        // What is no member's is a file of the kernel, which nothing here does any harm to.
        for name in folder.names() where name.contains("-") && !kept.contains(name) {
            _ = clear(name)
        }
    }

    private func clear(_ name: String) -> Bool {
        let member = path + "/" + name
        try? Folder(path: member).open("cgroup.kill", O_WRONLY).write("1".utf8)
        return rmdir(member) == 0 || errno != EBUSY
    }

    private static func enable(_ controller: String, in path: String) {
        // Not allowed, or not there: seen by what is enabled afterwards.
        try? Folder(path: path).open("cgroup.subtree_control", O_WRONLY)
            .write("+\(controller)".utf8)
    }

    private static func words(of file: String, in path: String) -> [String] {
        guard let bytes = try? Folder(path: path).read(file) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }.map(String.init)
    }

    /// Where cgroups of version 2 are mounted.
    private static func mount() -> String? {
        guard let bytes = try? Folder(path: "/proc/\(getpid())").read("mounts") else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count > 2, words[2] == "cgroup2" { return String(words[1]) }
        }
        return nil
    }

    /// The cgroup of this process below the mount.
    private static func ownPath() -> String? {
        guard let bytes = try? Folder(path: "/proc/\(getpid())").read("cgroup") else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix("0::") {
            return String(line.dropFirst(3))
        }
        return nil
    }
}
