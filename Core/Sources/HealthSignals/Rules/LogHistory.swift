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
