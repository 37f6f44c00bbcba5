/// An amount as Kubernetes writes it: `500m`, `1.5`, `64Gi`, `12e6`.
///
/// The grammar is that of `k8s.io/apimachinery/pkg/api/resource.Quantity`. The value is kept as
/// digits × 10^decimal × 2^binary, so that nothing is lost before it is rounded.
public struct Quantity: Hashable, Sendable {
    private var digits: UInt64
    private var isNegative: Bool
    private var decimal: Int
    private var binary: Int

    /// Reads a quantity; nil when the text is not one.
    public init?(_ text: some StringProtocol) {
        var reader = Reader(Array(text.utf8))
        guard let (digits, decimal, isNegative) = reader.number(),
            let (power, binary) = reader.suffix()
        else { return nil }
        self.digits = digits
        self.isNegative = isNegative
        self.decimal = decimal + power
        self.binary = binary
    }

    /// In thousandths, rounded up as Kubernetes does; saturates.
    public var milli: Int64 { scaled(by: 3) }

    /// In whole units, rounded up as Kubernetes does; saturates.
    public var value: Int64 { scaled(by: 0) }

    /// In whole units, rounded down: for what a node has. Saturates.
    public var floored: Int64 { isNegative ? scaled(by: 0) : scaled(by: 0, roundsUp: false) }

    private func scaled(by power: Int, roundsUp: Bool = true) -> Int64 {
        guard digits > 0 else { return 0 }
        let saturated = isNegative ? Int64.min : Int64.max
        var product = UInt128(digits) << UInt128(binary)
        var exponent = decimal + power
        while exponent > 0 {
            let (next, isOver) = product.multipliedReportingOverflow(by: 10)
            guard !isOver, next <= UInt128(1) << 100 else { return saturated }
            product = next
            exponent -= 1
        }
        var rest = false
        while exponent < 0, product > 0 {
            rest = rest || product % 10 != 0
            product /= 10
            exponent += 1
        }
        // Away from zero, as the original rounds.
        if rest, roundsUp { product += 1 }
        guard product <= UInt128(Int64.max) else { return saturated }
        return isNegative ? -Int64(product) : Int64(product)
    }

    private struct Reader {
        let text: [UInt8]
        var index = 0

        init(_ text: [UInt8]) { self.text = text }

        /// Digits with a point; digits beyond the 18th are dropped, the last one kept rounded up.
        mutating func number() -> (digits: UInt64, decimal: Int, isNegative: Bool)? {
            var isNegative = false
            if let sign = peek, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
                isNegative = sign == UInt8(ascii: "-")
                index += 1
            }
            var (digits, decimal, count): (UInt64, Int, Int) = (0, 0, 0)
            var (hasPoint, isCut) = (false, false)
            while let byte = peek {
                if byte == UInt8(ascii: "."), !hasPoint {
                    hasPoint = true
                } else if let digit = Reader.digit(byte) {
                    count += 1
                    if digits < 100_000_000_000_000_000 {
                        digits = digits * 10 + digit
                        decimal -= hasPoint ? 1 : 0
                    } else {
                        isCut = isCut || digit != 0
                        decimal += hasPoint ? 0 : 1
                    }
                } else {
                    break
                }
                index += 1
            }
            // Longer texts are not amounts of anything.
            guard count > 0, count <= 60 else { return nil }
            return (digits + (isCut ? 1 : 0), decimal, isNegative)
        }

        /// The powers of ten and of two that the suffix stands for.
        mutating func suffix() -> (decimal: Int, binary: Int)? {
            let rest = text[index...]
            guard let first = rest.first else { return (0, 0) }
            let letters = Array("kMGTPE".utf8)
            if rest.count == 1 {
                switch first {
                case UInt8(ascii: "n"): return (-9, 0)
                case UInt8(ascii: "u"): return (-6, 0)
                case UInt8(ascii: "m"): return (-3, 0)
                default: return letters.firstIndex(of: first).map { (($0 + 1) * 3, 0) }
                }
            }
            if rest.count == 2, rest.last == UInt8(ascii: "i") {
                let units = Array("KMGTPE".utf8)
                return units.firstIndex(of: first).map { (0, ($0 + 1) * 10) }
            }
            guard first == UInt8(ascii: "e") || first == UInt8(ascii: "E") else { return nil }
            return exponent(rest.dropFirst()).map { ($0, 0) }
        }

        private func exponent(_ text: ArraySlice<UInt8>) -> Int? {
            let isNegative = text.first == UInt8(ascii: "-")
            let hasSign = isNegative || text.first == UInt8(ascii: "+")
            let digits = hasSign ? text.dropFirst() : text
            guard (1...3).contains(digits.count) else { return nil }
            var value = 0
            for byte in digits {
                guard let digit = Reader.digit(byte) else { return nil }
                value = value * 10 + Int(digit)
            }
            return isNegative ? -value : value
        }

        private var peek: UInt8? { index < text.count ? text[index] : nil }

        private static func digit(_ byte: UInt8) -> UInt64? {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                ? UInt64(byte - UInt8(ascii: "0")) : nil
        }
    }
}
