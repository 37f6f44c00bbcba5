import ControlPlane
import Culprits
import FleetModel
import Supervisor

/// Reads what the members of an attempt that failed left about its end: files of evidence, and the
/// ends of their logs.
struct EvidenceReading {
    /// What was found.
    private(set) var found = AttemptEvidence()
    /// Files that are no evidence, with why.
    private(set) var refused: [String] = []

    /// Bytes of files that are read of one attempt.
    private static let fileBytes = 256 << 20
    /// Files of one attempt.
    private static let files = 4096
    /// Bytes of the end of each log, and of all logs together.
    private static let logBytes: Int64 = 256 << 10
    private static let allLogBytes: Int64 = 64 << 20

    init(attempt: Folder, members: [(rank: Int, folder: Folder)]) {
        if let folder = try? attempt.folder(Layout.evidence) { readFiles(in: folder) }
        var left = EvidenceReading.allLogBytes
        for (rank, folder) in members where left > 0 {
            left -= readLog(in: folder, of: rank)
        }
    }

    private mutating func readFiles(in folder: Folder) {
        var left = EvidenceReading.fileBytes
        for name in folder.names().sorted().prefix(EvidenceReading.files) {
            let limit = min(left, EvidenceLimits.fileBytes + 1)
            guard let bytes = try? folder.read(name, limit: limit), !bytes.isEmpty else { continue }
            left -= bytes.count
            do throws(EvidenceFault) {
                try found.evidence.add(bytes, name: name)
            } catch {
                refused.append("\(name.prefix(100)): \(error)")
            }
            guard left > 0 else { return refused.append("more files: there are too many bytes") }
        }
    }

    /// Reads the end of a member's log; gives how many bytes that were.
    private mutating func readLog(in folder: Folder, of rank: Int) -> Int64 {
        guard let log = LocalLog(folder), let extent = try? log.extent() else { return 0 }
        let start = max(extent.lowerBound, extent.upperBound - EvidenceReading.logBytes)
        guard let bytes = try? log.read(from: start, limit: Int(EvidenceReading.logBytes)) else {
            return 0
        }
        found.read(log: bytes, of: rank)
        return Int64(bytes.count)
    }
}
