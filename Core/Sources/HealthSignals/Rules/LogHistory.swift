import FleetModel

/// The faults of a log of the past, with the times of its lines: what rules are tried on.
public struct LogHistory: Sendable {
    /// The faults, in the order of the lines.
    public private(set) var faults: [RecordedFault] = []
    /// Lines that were read.
    public var lines: UInt64 { parser.counts.lines }
    /// Faults whose lines had no time: each counts as told with the one before it.
    public private(set) var timeless = 0

    private let node: NodeID
    private let model: String
    private var parser = KernelLogParser()
    private var last = Instant.zero
    private var lastDate: Instant?
    /// Years that dates without one have gone on by.
    private var years: Int64 = 0

    /// The log of one node, whose accelerators are of a kind.
    public init(node: NodeID, model: String = "") {
        self.node = node
        self.model = model
    }

    /// Reads one line.
    public mutating func read(_ line: String) {
        var found: [LogFault] = []
        parser.parse(line, into: &found)
        let date = LineDate(line)
        if let date { last = time(of: date) }
        guard !found.isEmpty else { return }
        if date == nil, let uptime = found[0].uptime {
            last = Instant(nanoseconds: uptime.nanoseconds)
        } else if date == nil {
            timeless += found.count
        }
        faults += found.map { RecordedFault(node: node, model: model, at: last, fault: $0) }
    }

    /// Where dates have no year, the one after December is in the next.
    private mutating func time(of date: LineDate) -> Instant {
        guard !date.hasYear else { return date.instant }
        if let lastDate, lastDate - date.instant > .seconds(180 * 86_400) { years += 1 }
        lastDate = date.instant
        return date.instant + .seconds(years * 366 * 86_400)
    }
}

/// The date at the beginning of a line of a log, to the second. The zone does not matter: the lines
/// of one log have one, and only the time between them counts.
struct LineDate: Hashable {
    var instant: Instant
    var hasYear: Bool

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Reads `2025-01-21T04:41:44…`, `2025-01-21 04:41:44…`, `Nov 27 10:00:00 …` and
    /// `[Sun Feb 23 16:24:18 2025] …`, behind a priority such as `<6>` or none.
    init?(_ line: String) {
        var text = line.utf8.prefix(64)[...]
        if text.first == UInt8(ascii: "<"), let end = text.firstIndex(of: UInt8(ascii: ">")) {
            text = text[text.index(after: end)...]
        }
        let words = String(Substring(text)).split(separator: " ", maxSplits: 5)
        guard let first = words.first else { return nil }
        if first.utf8.count >= 10, Array(first.utf8)[4] == UInt8(ascii: "-") {
            let joined =
                first.contains("T") ? String(first) : words.prefix(2).joined(separator: "T")
            guard let instant = Instant(utcText: joined.prefix(19) + "Z") else { return nil }
            self.init(instant: instant, hasYear: true)
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
}
