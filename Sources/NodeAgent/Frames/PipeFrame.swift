import AgentWire
import Glibc

/// Something that a process of the agent's tells it over a pipe.
protocol PipeFrame {
    /// What is told, without its length.
    func body() -> [UInt8]

    /// Takes what was told. Throws when it is not a process of the agent's that writes.
    init(decoding body: [UInt8]) throws(WireRefusal)
}

extension PipeFrame {
    /// The frame behind its length.
    func encoded() -> [UInt8] {
        let body = body()
        var frame = WireWriter()
        frame.fixed(UInt64(body.count))
        frame.raw(body)
        return frame.bytes
    }
}

/// Cuts what comes over a pipe into frames.
struct PipeFrames<Frame: PipeFrame> {
    private var bytes: [UInt8] = []

    /// The longest body. A property of what is generic cannot be stored.
    private var frameBytes: UInt64 { 512 << 10 }

    /// Takes what came. Throws when it is not a process of the agent's that writes.
    mutating func take(_ part: [UInt8]) throws(WireRefusal) -> [Frame] {
        bytes += part
        var frames: [Frame] = []
        while bytes.count >= 8 {
            var reader = WireReader(bytes.count > 16 ? Array(bytes[..<16]) : bytes)
            let count = try reader.fixed()
            guard count <= frameBytes else { throw reader.refusal("a long frame") }
            guard bytes.count >= 8 + Int(count) else { break }
            frames.append(try Frame(decoding: Array(bytes[8..<8 + Int(count)])))
            bytes.removeFirst(8 + Int(count))
        }
        return frames
    }
}

/// The ends of a pipe that frames go through.
enum FramePipe {
    /// Writes to standard output, and ends this process when nobody reads there any more.
    static func send(_ bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { _exit(1) }
            done += count
        }
    }

    /// What can be read now without waiting.
    enum Piece {
        case bytes([UInt8])
        /// Nothing yet.
        case nothing
        /// Nothing ever again.
        case end
    }

    /// Reads from an end that never blocks.
    static func read(_ pipe: Int32) -> Piece {
        while true {
            var failure: Int32 = 0
            let part = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
                let result = Glibc.read(pipe, buffer.baseAddress, 16 << 10)
                failure = result < 0 ? errno : 0
                count = max(0, result)
            }
            switch failure {
            case EINTR: continue
            case EAGAIN: return .nothing
            default: return part.isEmpty ? .end : .bytes(part)
            }
        }
    }
}
