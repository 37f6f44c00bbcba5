import ControlPlane
import FleetModel
import Foundation
import Glibc
import Server
import Store

/// The token of whoever runs the control plane, in a file that nobody else can read.
struct AdminToken {
    private let file: SecretFile

    init(folder: String) { file = SecretFile(folder: folder, name: "admin.token") }

    /// Makes the token at the first start; gives the one of the file. Nil when the file was taken
    /// away, as those do who keep the token elsewhere.
    func prepare(_ plane: ControlPlane) throws -> String? {
        let known = try plane.store.read { try $0.tokens() }
        if let text = file.read() {
            let digest = Tokens.digest(text)
            if known.contains(where: { $0.digest == digest }) { return text }
        } else if known.contains(where: { $0.role == Role.admin.rawValue }) {
            return nil
        }
        let (text, digest) = Tokens.make()
        try file.keep(text)
        let row = TokenRow(
            name: "admin", digest: digest, role: Role.admin.rawValue, tenant: nil,
            createdAt: FleetClock.wall(), expiresAt: nil)
        _ = try plane.store.write { try $0.insertToken(row) }
        return text
    }
}

/// Tells the commands of the same user where a server keeps its data, and with it their token.
struct ServerRegistry: Sendable {
    private let folder: String
    private let entry = EntryBox()

    init(folder: String) { self.folder = folder }

    /// Notes that a server listens.
    func enter(port: Int) {
        let servers = UserFolders.state + "/servers"
        guard UserFolders.make(servers) else { return }
        let path = servers + "/\(port)"
        let bytes = Array((folder + "\n").utf8)
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return }
        _ = Glibc.write(file, bytes, bytes.count)
        close(file)
        entry.set(path)
    }

    /// Notes that it does not any more.
    func leave() { if let path = entry.take() { unlink(path) } }
}
