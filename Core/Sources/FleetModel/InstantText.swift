extension Instant {
    /// The instant as a date and time in UTC (RFC 3339, milliseconds), when it counts from the Unix
    /// epoch: `2026-11-27T09:00:00.123Z`.
    public var utcText: String { String(decoding: utcBytes, as: UTF8.self) }

    /// ``utcText`` in ASCII. Years beyond 9999 are shown as the end of 9999.
    public var utcBytes: [UInt8] {
        let milliseconds = Instant.floored(nanoseconds, by: 1_000_000)
        let seconds = min(
            max(Instant.floored(milliseconds, by: 1000), Instant.firstSecond), Instant.lastSecond)
        let days = Instant.floored(seconds, by: 86_400)
        let time = seconds - days * 86_400
        let (year, month, day) = Instant.civil(days)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        func put(_ number: Int64, _ digits: Int, _ mark: Character) {
            var divisor: Int64 = 1
            for _ in 1..<digits { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(48 + number / divisor % 10))
                divisor /= 10
            }
            bytes.append(mark.asciiValue ?? 32)
        }
        put(year, 4, "-")
        put(month, 2, "-")
        put(day, 2, "T")
        put(time / 3600, 2, ":")
        put(time / 60 % 60, 2, ":")
        put(time % 60, 2, ".")
        put(milliseconds - Instant.floored(milliseconds, by: 1000) * 1000, 3, "Z")
        return bytes
    }

    /// Reads `2026-11-27T09:00:00Z`, with a fraction of the second of any length or none, in UTC;
    /// nil for anything else, and for days and times that do not exist.
    public init?(utcText text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            return value
        }
        for (place, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] {
            guard bytes[place] == mark.utf8.first else { return nil }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16),
            let second = number(17..<19), year >= 1970, year <= 2250, (1...12).contains(month),
            day >= 1, hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Instant.days(year: year, month: month, day: day)
        guard Instant.civil(days) == (year, month, day) else { return nil }
        var nanoseconds = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000_000
        if bytes.count > 20 {
            guard bytes[19] == UInt8(ascii: "."), bytes.count > 21 else { return nil }
            var unit: Int64 = 100_000_000
            for byte in bytes[20..<bytes.count - 1] {
                guard (48...57).contains(byte) else { return nil }
                nanoseconds += Int64(byte - 48) * unit
                unit /= 10
            }
        }
        self.init(nanoseconds: nanoseconds)
    }

    private static let firstSecond: Int64 = -62_135_596_800
    private static let lastSecond: Int64 = 253_402_300_799

    private static func floored(_ value: Int64, by divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    /// Year, month and day of a count of days since 1970-01-01 (Hinnant, "chrono-compatible
    /// low-level date algorithms", `civil_from_days`).
    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = floored(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// Days since 1970-01-01 of a date (the same source, `days_from_civil`).
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = floored(shifted, by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
