/// Amounts with units, as the forms write them.
enum QuantityText {
    /// Thousandths of a core from `192`, `1.5` or `500m`.
    static func cpuMilli(_ text: String) throws(FixedPoint.Failure) -> Int64 {
        if text.hasSuffix("m") { return try FixedPoint(text.dropLast()).scaled(by: 1) }
        return try FixedPoint(text).scaled(by: 1000)
    }

    /// MiB from `2TiB`, `512GiB`, `1024MiB`, `1.5Gi` or a bare number of MiB.
    static func mebibytes(_ text: String) throws(FixedPoint.Failure) -> Int64 {
        let units: [(String, Int64)] = [
            ("MiB", 1), ("GiB", 1 << 10), ("TiB", 1 << 20), ("PiB", 1 << 30),
            ("Mi", 1), ("Gi", 1 << 10), ("Ti", 1 << 20), ("Pi", 1 << 30),
        ]
        for (suffix, factor) in units where text.hasSuffix(suffix) {
            return try FixedPoint(trimmed(text.dropLast(suffix.count))).scaled(by: factor)
        }
        return try FixedPoint(text).scaled(by: 1)
    }

    /// Nanoseconds from `90s`, `1h30m`, `7d`, `500ms` or a bare number of seconds.
    static func nanoseconds(_ text: String) throws(FixedPoint.Failure) -> Int64 {
        guard let last = text.utf8.last else { throw .malformed }
        if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last) {
            return try FixedPoint(text).scaled(by: 1_000_000_000)
        }
        var rest = text[...]
        var total: Int64 = 0
        var previous = Int64.max
        while !rest.isEmpty {
            let number = rest.prefix { $0 == "." || $0 == "-" || $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let factor = unitNanoseconds(unit), factor < previous else { throw .malformed }
            previous = factor
            let (sum, overflow) = total.addingReportingOverflow(
                try FixedPoint(number).scaled(by: factor))
            if overflow { throw .tooLarge }
            total = sum
        }
        return total
    }

    private static func unitNanoseconds(_ unit: Substring) -> Int64? {
        switch unit {
        case "w": 604_800_000_000_000
        case "d": 86_400_000_000_000
        case "h": 3_600_000_000_000
        case "m", "min": 60_000_000_000
        case "s": 1_000_000_000
        case "ms": 1_000_000
        default: nil
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        text.hasSuffix(" ") ? text.dropLast() : text
    }
}
