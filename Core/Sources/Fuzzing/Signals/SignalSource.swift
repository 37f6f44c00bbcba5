import FleetModel

/// Random lines of logs: real shapes, real shapes with damage, several in one, and plain noise.
public struct SignalSource {
    /// Lines for which the source keeps to a few shapes and codes: where everything comes at once,
    /// the gravest fault hides what the others would mean.
    private static let spell = 64

    private var generator: SplitMix
    private var lines = 0
    private var shapes: [Int] = []
    private var codes: [Int] = []
    private var isCalm = false

    /// Starts at a seed.
    public init(seed: UInt64) { generator = SplitMix(seed: seed) }

    /// The next line, without a line end.
    public mutating func next() -> [UInt8] {
        if lines % Self.spell == 0 { change() }
        lines += 1
        switch generator.below(16) {
        case 0: return noise(generator.below(300))
        case 1: return noise(generator.below(3) == 0 ? 9000 : 20)
        case 2...4: return damaged(header() + shape())
        case 5: return spliced(header() + shape(), header() + shape())
        case 6: return header() + header() + shape()
        default: return header() + shape()
        }
    }

    private mutating func change() {
        isCalm = generator.below(2) == 0
        shapes = (0...generator.below(4)).map { _ in generator.below(SignalShapes.lines.count) }
        codes = (0...generator.below(3)).map { _ in
            SignalShapes.codes[generator.below(SignalShapes.codes.count)]
        }
    }

    /// How many nanoseconds pass before the line.
    public mutating func pause() -> Int64 {
        if isCalm, generator.below(8) == 0 {
            return Int64(generator.below(8000)) * 1_000_000_000
        }
        switch generator.below(400) {
        case 0: return Int64(generator.below(400)) * 1_000_000_000
        case 1: return -Int64(generator.below(100)) * 1_000_000_000
        default: return Int64(generator.below(1_000_000))
        }
    }

    private mutating func noise(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            var word = generator.next()
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return bytes
    }

    private mutating func header() -> [UInt8] {
        Array(SignalShapes.headers[generator.below(SignalShapes.headers.count)].utf8)
    }

    /// A shape whose marks are filled with numbers.
    private mutating func shape() -> [UInt8] {
        let place =
            isCalm && generator.below(8) > 0
            ? shapes[generator.below(shapes.count)] : generator.below(SignalShapes.lines.count)
        let template = SignalShapes.lines[place]
        var bytes: [UInt8] = []
        for byte in template.utf8 {
            switch byte {
            case UInt8(ascii: "#"): bytes += String(number()).utf8
            case UInt8(ascii: "~"): bytes += String(word(), radix: 16).utf8
            case UInt8(ascii: "@"):
                bytes += "0000:\(String(generator.below(4) + 16, radix: 16)):00".utf8
                if generator.below(2) == 0 { bytes += ".0".utf8 }
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    /// Mostly numbers that mean something, sometimes any.
    private mutating func number() -> UInt64 {
        if isCalm, generator.below(8) > 0 { return UInt64(codes[generator.below(codes.count)]) }
        switch generator.below(8) {
        case 0: return generator.next()
        case 1: return UInt64(generator.below(100_000))
        default: return UInt64(SignalShapes.codes[generator.below(SignalShapes.codes.count)])
        }
    }

    private mutating func word() -> UInt64 {
        switch generator.below(6) {
        case 0: generator.next()
        case 1: 1 << UInt64(generator.below(32))
        default: UInt64(generator.below(64))
        }
    }

    private mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...generator.below(4) where !bytes.isEmpty {
            let at = generator.below(bytes.count)
            switch generator.below(5) {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
            case 1: bytes.remove(at: at)
            case 2: bytes.insert(bytes[at], at: at)
            case 3: bytes.removeSubrange(at...)
            default: bytes.insert(UInt8(truncatingIfNeeded: generator.next()), at: at)
            }
        }
        return bytes
    }

    private mutating func spliced(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        Array(first.prefix(generator.below(first.count + 1)))
            + Array(second.suffix(generator.below(second.count + 1)))
    }
}
