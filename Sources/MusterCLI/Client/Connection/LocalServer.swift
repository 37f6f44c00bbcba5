import APIClient
import Documents
import FileInput
import FleetModel
import Glibc

/// A `muster up` of the same user on this machine, whose admin's token may be read from its data
/// folder.
enum LocalServer {
    /// The admin's token of the server that listens on a port; nil when it is not known, or when
    /// what listens there is not this user's: a token is shown to nobody else.
    static func adminToken(port: Int) -> String? {
        guard isOwn(port: port), let folder = dataFolder(port: port) else { return nil }
        return line(of: folder + "/admin.token")
    }

    /// The files that name the data folder of the server on a port, the first one first.
    static func markers(port: Int) -> [String] {
        let runtime = Console.environment("XDG_RUNTIME_DIR")
        return (runtime.hasPrefix("/") ? ["\(runtime)/muster/\(port)"] : [])
            + ["\(UserFolders.state)/servers/\(port)"]
    }

    private static func dataFolder(port: Int) -> String? {
        markers(port: port).lazy.compactMap(line).first { $0.hasPrefix("/") }
    }

    /// The first line of a small file.
    private static func line(of path: String) -> String? {
        guard FileReading.exists(path),
            let source = try? FileReading.document(path), source.bytes.count <= 8192
        else { return nil }
        let text = String(decoding: source.bytes, as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).first.map(String.init)
    }

    /// Whether all that listens on a port was opened by this user (`proc_net_tcp(5)`).
    private static func isOwn(port: Int) -> Bool {
        var owners: [UInt32] = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let source = try? FileReading.document(table) else { continue }
            for row in String(decoding: source.bytes, as: UTF8.self).split(separator: "\n") {
                let fields = row.split(separator: " ")
                // Address and port, state 0A for listening, owner.
                guard fields.count > 7, fields[3] == "0A",
                    let number = fields[1].split(separator: ":").last,
                    Int(number, radix: 16) == port, let owner = UInt32(fields[7])
                else { continue }
                owners.append(owner)
            }
        }
        return !owners.isEmpty && owners.allSatisfy { $0 == geteuid() }
    }
}
