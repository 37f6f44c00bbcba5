import ControlPlane
import Glibc
import Supervisor

/// The output of a member, read from its segment files while they are written.
struct LocalLog: MemberLog {
    private let folder: Folder
    private let segmentBytes: Int64

    /// The log in a member's folder; nil while there is none.
    init?(_ folder: Folder) {
        let names = [MemberFiles.launched, MemberFiles.launch]
        for name in names {
            guard let bytes = try? folder.read(name, limit: 16 << 20),
                let launch = LaunchFile(bytes)
            else { continue }
            self.folder = folder
            segmentBytes = MemberFiles.logSegmentBytes(limit: launch.logLimitBytes)
            return
        }
        return nil
    }

    func extent() throws -> Range<Int64> {
        // A program may leave files of any name there; offsets must stay numbers all the same.
        let segments = folder.names().compactMap { MemberFiles.logSegment(of: $0) }
            .filter { $0 < .max / segmentBytes - 1 }.sorted()
        guard let first = segments.first, let last = segments.last else { return 0..<0 }
        // The last may have been deleted by now, when the writer is fast; then it was full.
        let bytes = folder.status(MemberFiles.log(segment: last)).map { Int64($0.st_size) }
        return first * segmentBytes..<last * segmentBytes + (bytes ?? segmentBytes)
    }

    func read(from offset: Int64, limit: Int) throws -> [UInt8] {
        var offset = try max(offset, extent().lowerBound)
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let segment = offset / segmentBytes
            let file: Descriptor
            do {
                file = try folder.open(MemberFiles.log(segment: segment), O_RDONLY)
            } catch {
                guard error.errno == ENOENT else { throw error }
                // Past the end; or deleted just now, and then only the beginning may be skipped.
                let first = try extent().lowerBound
                guard bytes.isEmpty, first > offset else { return bytes }
                offset = first
                continue
            }
            let start = offset % segmentBytes
            let wanted = min(Int64(limit - bytes.count), segmentBytes - start)
            let part = try file.read(at: start, count: Int(wanted))
            bytes += part
            offset += Int64(part.count)
            if Int64(part.count) < wanted || part.isEmpty { return bytes }
        }
        return bytes
    }

    func isComplete() -> Bool {
        folder.has(MemberFiles.exit) || (try? MemberFolder.isSupervised(folder)) == false
    }
}
