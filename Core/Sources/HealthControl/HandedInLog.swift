import FleetModel
import Health
import HealthSignals
import Journal

/// A line of a log, and when it was written.
public struct PastLine: Hashable, Sendable {
    /// The wall's time.
    public var at: Instant
    /// The line.
    public var line: LogLine

    /// Pairs both.
    public init(at: Instant, _ line: LogLine) {
        self.at = at
        self.line = line
    }
}

extension PastLine: RecordValue {
    package static var blank: PastLine { PastLine(at: .zero, .blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&at)
        coder.field(&line)
    }
}

/// Lines of a kernel's log that somebody hands in, sorted by whether they are news.
public struct HandedInLog: Sendable {
    /// Lines whose dates are surely older than a fault may be that still acts, with the times that
    /// they say. What they tell is taken down, and nothing follows.
    public private(set) var past: [PastLine] = []
    /// The other lines, in order: they count as written now.
    public private(set) var present: [String] = []

    /// Sorts lines. A line without a date, or with one that is younger in some zone, is news.
    ///
    /// - Parameters:
    ///   - lifetime: After this time a fault does not act any more.
    ///   - now: The wall's clock.
    public init(_ lines: [String], lifetime: TimeSpan, now: Instant) {
        for line in lines.lazy.map({ LogLine($0) }) {
            if let at = KernelLogParser.timeOfPast(line.text, by: lifetime, now: now) {
                past.append(PastLine(at: at, line))
            } else {
                present.append(line.text)
            }
        }
    }
}

extension HealthDesk {
    /// Those of past lines that tell a fault and were not handed in before.
    public func news(_ past: [PastLine], of node: NodeID) -> [PastLine] {
        guard engine[node] != nil else { return [] }
        var parser = KernelLogParser()
        return past.filter { past in
            var faults: [LogFault] = []
            parser.parse(past.line.text, into: &faults)
            return !faults.isEmpty && !hasSeen(past.line.text, of: node)
        }
    }

    /// Lines but for those with a date that were handed in before.
    public func news(_ lines: [String], of node: NodeID) -> [String] {
        lines.filter { !KernelLogParser.hasDate($0) || !hasSeen($0, of: node) }
    }

    /// Takes down what lines of the past tell. Each counts by itself, whatever is told now.
    mutating func readPast(
        _ lines: [PastLine], of node: NodeID, at told: Instant, _ output: inout [HealthDirective]
    ) {
        var parser = KernelLogParser()
        var bursts = FaultBursts(catalogue: FaultCatalogue(rules: rules), model: kind(of: node))
        for past in lines {
            guard var watch = begin(node), watch.isNew(past.line.text) else { continue }
            var faults: [LogFault] = []
            parser.parse(past.line.text, into: &faults)
            for fault in faults { watch.keep(fault, past.line.text, at: past.at) }
            keep(watch, of: node)
            for fault in faults {
                let verdict = bursts.judge(fault, at: engine.clock.engine)
                take(past: verdict, seenAt: past.at, of: node, at: told, &output)
            }
        }
    }
}
