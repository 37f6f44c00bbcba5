/// Reads decimal numbers as Prometheus writes them into integers, without floating point.
enum DecimalNumber {
    /// The number times a power of ten, rounded towards zero; nil for what is no number, or beyond
    /// 64 bits. `1.5e+03` times 10^0 is 1500.
    static func scaled(_ text: Substring, by power: Int) -> Int64? {
        var bytes = Array(text.utf8)[...]
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes.removeFirst()
        }
        guard let (digits, point, rest) = mantissa(bytes) else { return nil }
        guard let exponent = exponent(rest) else { return nil }
        var value: Int64 = 0
        // Where the number ends: behind so many digits of the mantissa.
        let length = point + exponent + power
        for place in 0..<max(0, length) {
            if value == 0, place >= digits.count { return 0 }
            let digit = place < digits.count ? Int64(digits[place]) : 0
            let (tens, isTooMuch) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(digit)
            guard !isTooMuch, !overflow else { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// The digits, how many of them stand before the point, and what follows them.
    private static func mantissa(
        _ bytes: ArraySlice<UInt8>
    ) -> (digits: [UInt8], point: Int, rest: ArraySlice<UInt8>)? {
        var digits: [UInt8] = []
        var point: Int?
        var bytes = bytes
        while let byte = bytes.first, digits.count < 64 {
            if byte == UInt8(ascii: "."), point == nil {
                point = digits.count
            } else if byte >= 48, byte <= 57 {
                digits.append(byte - 48)
            } else {
                break
            }
            bytes.removeFirst()
        }
        return digits.isEmpty ? nil : (digits, point ?? digits.count, bytes)
    }

    private static func exponent(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.first else { return 0 }
        guard first | 0x20 == UInt8(ascii: "e"), bytes.count <= 6,
            let exponent = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)),
            abs(exponent) <= 400
        else { return nil }
        return exponent
    }
}
