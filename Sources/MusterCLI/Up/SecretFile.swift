import FleetModel
import Foundation
import Glibc
import Server

/// A secret of the data folder, in a file that nobody else can read.
struct SecretFile {
    private let path: String

    init(folder: String, name: String) { path = folder + "/" + name }

    /// What the file says; nil without one.
    func read() -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return String(decoding: data, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Writes the file, whole or not at all. Throws `M0612` when that fails.
    func keep(_ text: String) throws {
        let part = path + ".part"
        unlink(part)
        let file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        let bytes = Array((text + "\n").utf8)
        defer { if file >= 0 { close(file) } }
        guard file >= 0, Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0,
            rename(part, path) == 0
        else {
            throw OperatingError(
                .storageFailed, "the secret '\(path)' cannot be kept",
                detail: String(cString: strerror(errno)))
        }
    }
}

extension AttemptTokens {
    /// The tokens of a data folder, by the secret in its file `progress.key`, which is made when it
    /// is not there.
    static func ofFolder(_ folder: String) throws -> AttemptTokens {
        let file = SecretFile(folder: folder, name: "progress.key")
        if let text = file.read(), text.utf8.count >= secretBytes {
            return AttemptTokens(secret: Array(text.utf8))
        }
        // The digest of 256 random bits has as many of them.
        let text = Tokens.digest(Tokens.make().text)
        try file.keep(text)
        return AttemptTokens(secret: Array(text.utf8))
    }
}
