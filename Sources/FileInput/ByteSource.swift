import FleetModel
import Glibc

/// Reads a file, or standard input, in chunks, and inflates it on the way when it is gzip.
///
/// Memory is bounded by two chunks, whatever the file holds.
public struct ByteSource: ~Copyable {
    /// Bytes of one chunk, before and after inflating.
    public static let chunkBytes = 256 << 10

    /// The path, or `-` for standard input.
    public let path: String
    /// The size of the file in bytes; nil for a pipe or a terminal.
    public let fileBytes: Int?
    /// Bytes of the file that were read so far, compressed if it is, for a progress report.
    public private(set) var consumedBytes = 0

    private let descriptor: FileDescriptor
    private var inflater: Inflater?
    private var input: [UInt8] = []
    private var inputStart = 0
    private var isAtEnd = false
    private var hasBegun = false

    private static let gzipMagic: [UInt8] = [0x1F, 0x8B]
    private static let readable = "a file that can be read, or - for standard input"

    /// Opens a file, `-` being standard input. M0101 when it is absent, a directory or unreadable.
    public init(path: String) throws(DiagnosticList) {
        let number = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else {
            throw FileFault.access(path, "cannot open the file", errno, expected: Self.readable)
        }
        let descriptor = FileDescriptor(number, isOwned: path != "-")
        var status = stat()
        guard fstat(number, &status) == 0 else {
            throw FileFault.access(path, "cannot look at the file", errno, expected: Self.readable)
        }
        let kind = status.st_mode & S_IFMT
        guard kind != S_IFDIR else {
            throw FileFault.access(
                path, "this is a directory", expected: Self.readable, hint: "name a file in it")
        }
        self.path = path
        self.descriptor = descriptor
        fileBytes = kind == S_IFREG ? Int(status.st_size) : nil
    }

    /// The next bytes, at most ``chunkBytes`` and never none; nil at the end. M0101 when reading
    /// fails, M0102 when gzip data is broken or ends early.
    public mutating func next() throws(DiagnosticList) -> [UInt8]? {
        if !hasBegun { try begin() }
        return inflater == nil ? try nextPlain() : try nextInflated()
    }

    /// Reads enough to tell gzip by its first two bytes.
    private mutating func begin() throws(DiagnosticList) {
        hasBegun = true
        while input.count < Self.gzipMagic.count, !isAtEnd { try fill() }
        if input.starts(with: Self.gzipMagic) {
            inflater = Inflater()
        } else if input.count < Self.gzipMagic.count, path.hasSuffix(".gz") {
            throw truncated()
        }
    }

    private mutating func nextPlain() throws(DiagnosticList) -> [UInt8]? {
        if input.isEmpty, !isAtEnd { try fill() }
        if input.isEmpty { return nil }
        let chunk = input
        input = []
        return chunk
    }

    private mutating func nextInflated() throws(DiagnosticList) -> [UInt8]? {
        while true {
            if inputStart == input.count, !isAtEnd {
                input = []
                inputStart = 0
                try fill()
            }
            let isInputUsed = inputStart == input.count
            if isInputUsed, isBetweenMembers { return nil }
            let (chunk, consumed, outcome) = inflateOnce()
            inputStart += consumed
            if case .broken(let reason) = outcome { throw broken(reason) }
            if !chunk.isEmpty { return chunk }
            // Without input or output, zlib waits for bytes that will not come.
            if isInputUsed, case .going = outcome { throw truncated() }
        }
    }

    private var isBetweenMembers: Bool { inflater?.isBetweenMembers ?? true }

    private mutating func inflateOnce() -> (
        chunk: [UInt8], consumed: Int, outcome: Inflater.Outcome
    ) {
        var consumed = 0
        var outcome = Inflater.Outcome.going
        let start = inputStart
        let bytes = input
        let chunk = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { output, count in
            bytes.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
                let result = inflater?.step(rest, into: UnsafeMutableRawBufferPointer(output))
                consumed = result?.consumed ?? 0
                outcome = result?.outcome ?? .going
                count = result?.produced ?? 0
            }
        }
        return (chunk, consumed, outcome)
    }

    /// Appends one read to ``input``, or notes the end.
    private mutating func fill() throws(DiagnosticList) {
        var failure = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, count in
            let result = descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
            count = max(0, result)
            failure = min(0, result)
        }
        guard failure == 0 else {
            throw FileFault.access(
                path, "cannot read the file", Int32(-failure), expected: Self.readable)
        }
        isAtEnd = bytes.isEmpty
        consumedBytes += bytes.count
        if input.isEmpty { input = bytes } else { input += bytes }
    }

    private func truncated() -> DiagnosticList {
        DiagnosticList([
            Diagnostic(
                .gzip, file: path,
                message: "the gzip data ends early, after \(consumedBytes) bytes",
                expected: "a whole gzip file, up to its checksum",
                hint: "copy or download the file again")
        ])
    }

    private func broken(_ reason: String) -> DiagnosticList {
        let position = consumedBytes - (input.count - inputStart)
        return DiagnosticList([
            Diagnostic(
                .gzip, file: path,
                message: "the gzip data is broken near byte \(position): \(reason)",
                expected: "gzip data whose checksums fit, and nothing after it",
                hint: "copy or download the file again")
        ])
    }
}
