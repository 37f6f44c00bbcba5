/// Numbers as text with a fixed count of decimals: the same on every machine, without a locale.
public enum NumberText {
    private static let powersOfTen: [Double] = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    ]

    /// `value` with `decimals` (0 to 9) decimals, ties to even; never `-0`.
    ///
    /// What is not finite becomes `0`. Beyond 9 × 10^18 units of the last decimal the shortest form
    /// that reads back as the same number is used instead, which JSON allows as well.
    public static func fixed(_ value: Double, decimals: Int = 0) -> String {
        guard value.isFinite else { return "0" }
        let scale = powersOfTen[decimals]
        let scaled = (value * scale).rounded(.toNearestOrEven)
        guard scaled.magnitude < 9e18 else { return value.description }
        let units = Int64(scaled)
        let (whole, rest) = units.magnitude.quotientAndRemainder(dividingBy: UInt64(scale))
        var text = (units < 0 ? "-" : "") + String(whole)
        if decimals > 0 {
            let digits = String(rest)
            text += "." + String(repeating: "0", count: decimals - digits.count) + digits
        }
        return text
    }

    /// As ``fixed(_:decimals:)``, with a comma between thousands.
    public static func grouped(_ value: Double, decimals: Int = 0) -> String {
        let plain = fixed(value, decimals: decimals)
        guard !plain.utf8.contains(UInt8(ascii: "e")) else { return plain }
        var whole = plain[...]
        var tail = ""[...]
        if let point = plain.firstIndex(of: ".") {
            whole = plain[..<point]
            tail = plain[point...]
        }
        let negative = whole.first == "-"
        if negative { whole = whole.dropFirst() }
        var text = negative ? "-" : ""
        var left = whole.count
        for digit in whole {
            text.append(digit)
            left -= 1
            if left > 0, left % 3 == 0 { text.append(",") }
        }
        return text + tail
    }

    /// A count with a comma between thousands.
    public static func grouped(_ count: Int) -> String {
        count.magnitude < 1 << 53 ? grouped(Double(count)) : String(count)
    }

    /// A ratio as a percentage with one decimal: `78.3 %`.
    public static func percent(_ ratio: Double) -> String { fixed(ratio * 100, decimals: 1) + " %" }

    /// A length of time in its two largest units: `4.2s`, `42s`, `5m 03s`, `1h 05m`, `3d 04h`.
    public static func duration(seconds: Double) -> String {
        guard seconds.isFinite else { return "0s" }
        if seconds < 0 { return "-" + duration(seconds: -seconds) }
        if seconds < 0.05 { return seconds == 0 ? "0s" : "<0.1s" }
        if seconds < 9.95 { return fixed(seconds, decimals: 1) + "s" }
        guard seconds < 1e15 else { return fixed(seconds) + "s" }
        let whole = Int64(seconds.rounded(.toNearestOrEven))
        if whole < 60 { return "\(whole)s" }
        if whole < 3_600 { return "\(whole / 60)m \(twoDigits(whole % 60))s" }
        let minutes = Int64((seconds / 60).rounded(.toNearestOrEven))
        if minutes < 1_440 { return "\(minutes / 60)h \(twoDigits(minutes % 60))m" }
        let hours = Int64((seconds / 3_600).rounded(.toNearestOrEven))
        return grouped(Int(hours / 24)) + "d \(twoDigits(hours % 24))h"
    }

    private static func twoDigits(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}
