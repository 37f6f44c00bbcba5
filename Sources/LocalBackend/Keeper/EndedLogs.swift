import FleetModel
import Glibc
import Supervisor

/// Bounds the output that attempts which are over keep: the oldest loses all of its output first.
struct EndedLogs {
    private let limit: Int64
    private let layout: Layout
    /// Attempts in the order in which they ended, or of their numbers after a restart.
    private var attempts: [(key: GangKey, bytes: Int64)] = []
    private var total: Int64 = 0

    init(limit: Int64, layout: Layout) {
        self.limit = limit
        self.layout = layout
    }

    /// Notes an attempt that is over.
    mutating func add(_ key: GangKey, in folder: Folder) {
        remove { $0 == key }
        let bytes = EndedLogs.logs(in: folder).reduce(0) { $0 + $1.bytes }
        attempts.append((key, bytes))
        total += bytes
        while total > limit, let oldest = attempts.first {
            // Opened only now: a folder that is kept open costs a descriptor for each attempt.
            if let folder = try? layout.attempt(oldest.key) {
                for log in EndedLogs.logs(in: folder) { log.member.delete(log.name) }
            }
            attempts.removeFirst()
            total -= oldest.bytes
        }
    }

    /// Leaves out the attempts of a job that is forgotten.
    mutating func forget(_ job: JobID) { remove { $0.job == job } }

    private mutating func remove(where isOut: (GangKey) -> Bool) {
        attempts.removeAll { isOut($0.key) }
        total = attempts.reduce(0) { $0 + $1.bytes }
    }

    private static func logs(
        in attempt: Folder
    ) -> [(member: Folder, name: String, bytes: Int64)] {
        Layout.ranks(in: attempt).flatMap { rank in
            guard let member = try? attempt.folder(String(rank)) else {
                return [(member: Folder, name: String, bytes: Int64)]()
            }
            return member.names().filter { MemberFiles.logSegment(of: $0) != nil }.map { name in
                (member, name, Int64(member.status(name)?.st_size ?? 0))
            }
        }
    }
}
