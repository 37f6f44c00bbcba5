/// A decimal number exactly as written: `mantissa` / 10^`decimals`.
struct FixedPoint {
    var mantissa: Int64
    var decimals: Int

    /// Why a text is not a number that a form takes.
    enum Failure: Error {
        case malformed
        case leadingZero
        case tooLarge
        /// Finer than the unit that it is counted in.
        case tooFine
    }

    /// Reads `[-]digits[.digits]` and nothing else: no exponent, no underscores, no other base.
    init(_ text: some StringProtocol) throws(Failure) {
        var bytes = Array(text.utf8)[...]
        let isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { bytes = bytes.dropFirst() }
        let parts = bytes.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        for part in parts where part.isEmpty || !part.allSatisfy(digits.contains) {
            throw .malformed
        }
        if parts[0].count > 1, parts[0].first == UInt8(ascii: "0") { throw .leadingZero }
        let fraction = parts.count == 2 ? Array(parts[1]) : []
        guard parts[0].count + fraction.count <= 18 else { throw .tooLarge }
        mantissa = 0
        for digit in Array(parts[0]) + fraction {
            mantissa = mantissa * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        if isNegative { mantissa = -mantissa }
        decimals = fraction.count
    }

    /// The number times `factor`, which must come out whole.
    func scaled(by factor: Int64) throws(Failure) -> Int64 {
        var divisor: Int64 = 1
        for _ in 0..<decimals { divisor *= 10 }
        let wide = Int128(mantissa) * Int128(factor)
        guard wide % Int128(divisor) == 0 else { throw .tooFine }
        guard let whole = Int64(exactly: wide / Int128(divisor)) else { throw .tooLarge }
        return whole
    }
}
