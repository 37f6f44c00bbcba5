import Foundation
import Glibc
import Supervisor

/// Finds processes of a member whose supervisor is gone, by a variable that every process of the
/// member inherited. A process id on file would be no proof: it may be somebody else's by now.
enum Leftovers {
    /// The variable: the folder's identity, job, attempt and rank.
    static let variable = "MUSTER_MEMBER"

    /// Kills every process whose cookie `isLost` says yes to; returns how many there were. Those
    /// that it may not look at belong to somebody else.
    static func kill(where isLost: (Substring) -> Bool) -> Int {
        guard let proc = try? Folder(path: "/proc") else { return 0 }
        let own = getpid()
        var count = 0
        for name in proc.names() {
            guard let id = pid_t(name), id != own, let cookie = cookie(of: name, in: proc),
                isLost(cookie)
            else { continue }
            Glibc.kill(id, SIGKILL)
            count += 1
        }
        return count
    }

    private static func cookie(of process: String, in proc: Folder) -> Substring? {
        guard let folder = try? proc.folder(process),
            let bytes = try? folder.read("environ", limit: 4 << 20)
        else { return nil }
        let prefix = Array((variable + "=").utf8)
        for entry in bytes.split(separator: 0) where entry.starts(with: prefix) {
            return String(decoding: entry.dropFirst(prefix.count), as: UTF8.self)[...]
        }
        return nil
    }
}
