/// A time of the API: RFC 3339 in UTC, as Kubernetes writes `Time` and `MicroTime`.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970, without leap seconds.
    public var microseconds: Int64

    /// A time from microseconds since 1970.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Reads `2026-07-01T12:00:00Z`, also with a fraction and with an offset as `+02:00`; nil for
    /// anything else. Digits beyond microseconds are dropped.
    public init?(_ text: some Collection<UInt8>) {
        var reader = Reader(text: Array(text))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
            reader.take("-"), let day = reader.number(2), reader.take("T") || reader.take("t"),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
            reader.take(":"), let second = reader.number(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60,
            let fraction = reader.fraction(), let offset = reader.offsetSeconds(), reader.isAtEnd
        else { return nil }
        let days = Timestamp.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        microseconds = seconds * 1_000_000 + fraction
    }

    /// Earlier times are smaller.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// As `MicroTime` is written: always with six digits of a second.
    public var microTime: String {
        let fraction = microseconds - seconds * 1_000_000
        return dateAndTime + "." + Timestamp.padded(fraction, 6) + "Z"
    }

    /// As `Time` is written: in whole seconds.
    public var time: String { dateAndTime + "Z" }

    private var dateAndTime: String {
        var days = seconds / 86_400
        var rest = seconds % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        let (year, month, day) = Timestamp.date(days: days)
        let date = [(year, 4), (month, 2), (day, 2)].map(Timestamp.padded).joined(separator: "-")
        let time = [(rest / 3_600, 2), (rest / 60 % 60, 2), (rest % 60, 2)].map(Timestamp.padded)
        return date + "T" + time.joined(separator: ":")
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }

    // Days and dates: the algorithms days_from_civil and civil_from_days of Howard Hinnant,
    // http://howardhinnant.github.io/date_algorithms.html

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * part + 2) / 5 + 1
        )
    }

    private struct Reader {
        let text: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == text.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard index < text.count, text[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        mutating func number(_ width: Int) -> Int64? {
            guard text.count - index >= width else { return nil }
            var value: Int64 = 0
            for byte in text[index..<index + width] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            index += width
            return value
        }

        /// Microseconds; 0 without a fraction.
        mutating func fraction() -> Int64? {
            guard take(".") else { return 0 }
            var value: Int64 = 0
            var digits = 0
            while index < text.count, let digit = number(1) {
                if digits < 6 { value = value * 10 + digit }
                digits += 1
            }
            guard digits > 0 else { return nil }
            for _ in 0..<max(6 - digits, 0) { value *= 10 }
            return value
        }

        mutating func offsetSeconds() -> Int64? {
            if take("Z") || take("z") { return 0 }
            let isWest = take("-")
            guard isWest || take("+"), let hours = number(2), take(":"), let minutes = number(2),
                hours < 24, minutes < 60
            else { return nil }
            return (hours * 3_600 + minutes * 60) * (isWest ? -1 : 1)
        }
    }
}

extension JSONScanner {
    /// A time; nil for `null` and for what is not one.
    public mutating func timestamp() throws(JSONFault) -> Timestamp? {
        let text = try text()
        return text.hasEscapes ? Timestamp(text.string.utf8) : Timestamp(text.bytes)
    }
}
