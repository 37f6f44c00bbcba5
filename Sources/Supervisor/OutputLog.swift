import Glibc

/// Keeps the newest part of a member's output in segment files.
///
/// Segments have one size, so that an offset says which file it is in, and offsets only grow. When
/// the disk is full output is dropped and counted; once there is room again a line says how much.
struct OutputLog {
    private let folder: Folder
    private let segmentBytes: Int64
    private var file: Descriptor?
    private var segment: Int64 = 0
    private var used: Int64 = 0
    private var missing: Int64 = 0
    private var missingErrno: Int32 = 0
    /// Bytes that were dropped in all.
    private(set) var lostBytes: Int64 = 0

    init(folder: Folder, limit: Int64) {
        self.folder = folder
        segmentBytes = MemberFiles.logSegmentBytes(limit: limit)
        open(0)
    }

    /// Takes output in.
    mutating func append(_ bytes: ArraySlice<UInt8>) {
        if missing > 0 {
            let note =
                "\n[muster: \(missing) bytes of output are lost: "
                + "\(SystemError.text(missingErrno))]\n"
            guard write(Array(note.utf8)[...]) else { return drop(bytes) }
            missing = 0
        }
        write(bytes)
    }

    /// Gives up the oldest segment for the sake of something that needs its room; false when there
    /// is none but the one in use.
    func dropOldest() -> Bool {
        let segments = folder.names().compactMap { MemberFiles.logSegment(of: $0) }
        guard let oldest = segments.min(), oldest < segment else { return false }
        folder.delete(MemberFiles.log(segment: oldest))
        return true
    }

    /// False when some bytes had to be dropped.
    @discardableResult
    private mutating func write(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            if used >= segmentBytes { open(segment + 1) }
            guard let file else {
                open(segment)
                if self.file == nil {
                    drop(rest)
                    return false
                }
                continue
            }
            let count = rest.prefix(Int(segmentBytes - used)).withUnsafeBytes {
                Glibc.write(file.number, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                missingErrno = errno
                drop(rest)
                return false
            }
            used += Int64(count)
            rest = rest.dropFirst(count)
        }
        return true
    }

    private mutating func drop(_ bytes: ArraySlice<UInt8>) {
        missing += Int64(bytes.count)
        lostBytes += Int64(bytes.count)
    }

    /// Goes on in a segment, and lets go of the one that is too old by then.
    private mutating func open(_ next: Int64) {
        segment = next
        used = 0
        file = try? folder.open(MemberFiles.log(segment: next), O_WRONLY | O_CREAT | O_APPEND)
        if file == nil { missingErrno = errno }
        let oldest = next - MemberFiles.logSegments
        if oldest >= 0 { folder.delete(MemberFiles.log(segment: oldest)) }
    }
}
