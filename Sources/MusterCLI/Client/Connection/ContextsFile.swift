import Documents
import FileInput
import FleetModel
import Glibc

/// The file in which a user's contexts are kept. Nobody else can read it, because it may hold
/// tokens.
enum ContextsFile {
    /// `$XDG_CONFIG_HOME/muster/contexts.yaml`, else below `~/.config`.
    static var path: String {
        UserFolders.configuration + "/contexts.yaml"
    }

    /// What is kept; nothing when there is no file.
    static func read() throws(Failure) -> ContextsDocument {
        guard FileReading.exists(path) else { return ContextsDocument() }
        switch ContextsDocument.read(try FileReading.document(path)) {
        case .success(let document): return document
        case .failure(let list): throw Failure(list.diagnostics, status: .configuration)
        }
    }

    /// Keeps contexts.
    static func write(_ document: ContextsDocument) throws(Failure) {
        // Folders and file are made for their owner alone, from the first moment on.
        let mask = umask(0o077)
        defer { umask(mask) }
        _ = UserFolders.make(UserFolders.configuration)
        var file = try OutputFile(path: path)
        try file.write(Array(document.text.utf8))
        try file.commit()
        _ = chmod(path, 0o600)
    }
}
