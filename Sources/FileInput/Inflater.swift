import CZlib

/// Inflates a stream of gzip members (RFC 1952); zlib checks the length and CRC of each.
final class Inflater {
    /// How one step went.
    enum Outcome {
        /// Well, and the member is not at its end.
        case going
        /// A member ended; the stream is whole if no bytes follow.
        case memberEnd
        /// The data is broken, in zlib's words.
        case broken(String)
    }

    // zlib keeps a pointer to its stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let initialStatus: Int32
    /// Whether no byte of a member that has yet to end was taken.
    private(set) var isBetweenMembers = true

    /// The largest window, plus 16 for the gzip wrapper instead of zlib's own.
    private static let gzipWindowBits: Int32 = 15 + 16

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        initialStatus = inflateInit2_(
            stream, Self.gzipWindowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Inflates from `input` into `output`; how much of each was used, and how it went.
    func step(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> (consumed: Int, produced: Int, outcome: Outcome) {
        guard initialStatus == Z_OK else { return (0, 0, .broken("zlib cannot start")) }
        if isBetweenMembers {
            inflateReset(stream)
            isBetweenMembers = false
        }
        let bytes = input.bindMemory(to: Bytef.self)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
        stream.pointee.avail_in = uInt(input.count)
        stream.pointee.next_out = output.bindMemory(to: Bytef.self).baseAddress
        stream.pointee.avail_out = uInt(output.count)
        let status = inflate(stream, Z_NO_FLUSH)
        let consumed = input.count - Int(stream.pointee.avail_in)
        let produced = output.count - Int(stream.pointee.avail_out)
        switch status {
        case Z_OK, Z_BUF_ERROR:
            return (consumed, produced, .going)
        case Z_STREAM_END:
            isBetweenMembers = true
            return (consumed, produced, .memberEnd)
        default:
            let text = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
            return (consumed, produced, .broken(text))
        }
    }
}
