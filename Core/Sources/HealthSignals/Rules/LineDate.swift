import FleetModel

/// The date at the beginning of a line of a log, to the second. Of the lines of one log it does not
/// matter in which zone it is: they have one, and only the time between them counts.
struct LineDate: Hashable {
    /// In the zone of who wrote it.
    var instant: Instant
    /// Without one it is a date of the year 2000.
    var hasYear: Bool
    /// What the zone is ahead of UTC; nil where the line does not say.
    var offset: TimeSpan?

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    /// The zone that is furthest behind UTC.
    private static let furthestZone = TimeSpan.seconds(12 * 3600)
    private static let day = TimeSpan.seconds(86_400)

    /// Reads `2025-01-21T04:41:44…`, with or without a zone, `2025-01-21 04:41:44…`,
    /// `Nov 27 10:00:00 …` and `[Sun Feb 23 16:24:18 2025] …`, behind a priority such as `<6>` or
    /// none.
    init?(_ line: String) {
        let words = LineDate.words(of: line)
        guard let first = words.first else { return nil }
        if first.utf8.count >= 10, Array(first.utf8)[4] == UInt8(ascii: "-") {
            let joined =
                first.contains("T") ? String(first) : words.prefix(2).joined(separator: "T")
            guard let instant = Instant(utcText: joined.prefix(19) + "Z") else { return nil }
            self.init(instant: instant, hasYear: true)
            offset = LineDate.offset(in: joined.utf8.dropFirst(19))
        } else if first.hasPrefix("["), words.count > 4 {
            guard let end = words[4].firstIndex(of: "]") else { return nil }
            self.init(words[1], words[2], words[3], year: String(words[4][..<end]))
        } else if words.count > 2 {
            self.init(words[0], words[1], words[2], year: nil)
        } else {
            return nil
        }
    }

    private init(instant: Instant, hasYear: Bool) {
        self.instant = instant
        self.hasYear = hasYear
    }

    /// A year with a 29th of February stands for those that are not told.
    private init?(_ month: Substring, _ day: Substring, _ time: Substring, year: String?) {
        guard let number = LineDate.months.firstIndex(where: { $0 == month }) else { return nil }
        func two(_ text: String) -> String { text.utf8.count < 2 ? "0" + text : text }
        let date = "\(year ?? "2000")-\(two(String(number + 1)))-\(two(String(day)))"
        guard let instant = Instant(utcText: "\(date)T\(time.prefix(8))Z") else { return nil }
        self.init(instant: instant, hasYear: year != nil)
    }

    private static func words(of line: String) -> [Substring] {
        var text = line.utf8.prefix(64)[...]
        if text.first == UInt8(ascii: "<"), let end = text.firstIndex(of: UInt8(ascii: ">")) {
            text = text[text.index(after: end)...]
        }
        return String(Substring(text)).split(separator: " ", maxSplits: 5)
    }

    /// The offset of the zone behind a time, such as `.123456+0100`, `,5+01:00` and `Z`; nil for
    /// none.
    private static func offset(in rest: some Collection<UInt8>) -> TimeSpan? {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let zone = rest.drop { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }
            .drop(while: digits.contains)
        guard let sign = zone.first else { return nil }
        if sign == UInt8(ascii: "Z") { return .zero }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let told = zone.dropFirst().filter { $0 != UInt8(ascii: ":") }.prefix(4)
            .map { Int64($0) - 48 }
        guard told.count == 4, told.allSatisfy({ (0...9).contains($0) }) else { return nil }
        let seconds = (told[0] * 10 + told[1]) * 3600 + (told[2] * 10 + told[3]) * 60
        return .seconds(sign == UInt8(ascii: "+") ? seconds : -seconds)
    }

    /// When a line was written, if that was surely more than `span` before `now`: nil for a line
    /// without a date, and for one that may be younger in some zone. A date without a year is the
    /// last such day.
    static func past(_ line: String, by span: TimeSpan, now: Instant) -> Instant? {
        guard var date = LineDate(line) else { return nil }
        if !date.hasYear {
            let words = LineDate.words(of: line)
            let year = Int(now.utcText.prefix(4)) ?? 0
            // The 29th of February is at most eight years back.
            let years = stride(from: year + 1, through: year - 8, by: -1).lazy
            guard
                let last = years.compactMap({
                    LineDate(words[0], words[1], words[2], year: String($0))
                }).first(where: { $0.instant <= now + LineDate.day })
            else { return nil }
            date.instant = last.instant
        }
        let told =
            date.offset.map { date.instant + TimeSpan(nanoseconds: -$0.nanoseconds) }
            ?? date.instant
        let latest = date.offset == nil ? told + LineDate.furthestZone : told
        return latest + span < now ? told : nil
    }
}

extension KernelLogParser {
    /// When a line was written, by the date at its beginning, if that was surely more than `span`
    /// before `now`, whatever its zone; nil for a line without a date, and for a younger one.
    public static func timeOfPast(_ line: String, by span: TimeSpan, now: Instant) -> Instant? {
        LineDate.past(line, by: span, now: now)
    }

    /// Whether a line begins with a date.
    public static func hasDate(_ line: String) -> Bool { LineDate(line) != nil }
}
