/// Decimal numbers as thousandths, read from and written as text.
public enum FixedDecimal {
    /// The largest value that is kept; what is beyond it is cut.
    static let limit: Int64 = 1 << 53

    /// The thousandths of a decimal number such as `-12.5`, `3e2` or `1.5E-1`, digits beyond the
    /// third place cut off; nil for anything else. It never traps, and what is too large is cut.
    public static func milli(_ bytes: some Sequence<UInt8>) -> Int64? {
        var digits: [UInt8] = []
        var (isNegative, hasPoint, hasDigits) = (false, false, false)
        var places = 0
        var exponent: Int?
        var (isExponentNegative, hasExponentDigits) = (false, false)
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = byte - UInt8(ascii: "0")
                if let value = exponent {
                    exponent = min(value * 10 + Int(digit), 9_999)
                    hasExponentDigits = true
                    continue
                }
                hasDigits = true
                if digits.count < 40 {
                    digits.append(digit)
                    if hasPoint { places += 1 }
                } else if !hasPoint {
                    places -= 1
                }
            case UInt8(ascii: "."):
                guard !hasPoint, exponent == nil else { return nil }
                hasPoint = true
            case UInt8(ascii: "-"), UInt8(ascii: "+"):
                if index == 0 {
                    isNegative = byte == UInt8(ascii: "-")
                } else if exponent == 0, !hasExponentDigits, !isExponentNegative {
                    isExponentNegative = byte == UInt8(ascii: "-")
                } else {
                    return nil
                }
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard exponent == nil, hasDigits else { return nil }
                exponent = 0
            default: return nil
            }
        }
        guard hasDigits, exponent == nil || hasExponentDigits else { return nil }
        let shift = 3 - places + (isExponentNegative ? -1 : 1) * (exponent ?? 0)
        let value = scaled(digits, by: shift)
        return isNegative ? -value : value
    }

    /// The digits with the point moved to the right by so many places.
    private static func scaled(_ digits: [UInt8], by shift: Int) -> Int64 {
        let kept = shift < 0 ? digits.dropLast(min(-shift, digits.count)) : digits[...]
        var value: Int64 = 0
        for digit in kept {
            value = value * 10 + Int64(digit)
            if value > limit { return limit }
        }
        guard value > 0, shift > 0 else { return value }
        for _ in 0..<min(shift, 20) {
            value *= 10
            if value > limit { return limit }
        }
        return value
    }

    /// Thousandths as text: three significant digits below a hundred, whole numbers from there on.
    public static func text(milli: Int64) -> String {
        let sign = milli < 0 ? "-" : ""
        let value = milli.magnitude
        func padded(_ number: UInt64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        if value >= 100_000 { return sign + String((value + 500) / 1000) }
        if value >= 10_000 {
            let tenths = (value + 50) / 100
            return sign + "\(tenths / 10).\(tenths % 10)"
        }
        if value >= 1_000 {
            let hundredths = (value + 5) / 10
            return sign + "\(hundredths / 100).\(padded(hundredths % 100, 2))"
        }
        return sign + "0.\(padded(value, 3))"
    }

    /// Thousandths as an exact JSON number.
    public static func exact(milli: Int64) -> String {
        let value = milli.magnitude
        let sign = milli < 0 ? "-" : ""
        guard value % 1000 != 0 else { return sign + String(value / 1000) }
        var places = String(value % 1000)
        places = String(repeating: "0", count: 3 - places.count) + places
        while places.last == "0" { places.removeLast() }
        return "\(sign)\(value / 1000).\(places)"
    }
}
