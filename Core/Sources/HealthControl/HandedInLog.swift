import FleetModel
import Health
import HealthSignals

/// Lines of a kernel's log that somebody hands in, sorted by whether they are news.
public struct HandedInLog: Sendable {
    /// Faults of lines whose dates are surely older than a fault may be that still acts, with the
    /// times that the lines say, by the wall's clock. They are taken down, and nothing follows.
    public private(set) var past: [SeenFault] = []
    /// The other lines, in order: they count as written now.
    public private(set) var present: [String] = []

    /// Sorts lines. A line without a date, or with one that is younger in some zone, is news.
    ///
    /// - Parameters:
    ///   - lifetime: After this time a fault does not act any more.
    ///   - now: The wall's clock.
    public init(_ lines: [String], lifetime: TimeSpan, now: Instant) {
        var parser = KernelLogParser()
        for line in lines.lazy.map({ LogLine($0).text }) {
            guard let at = KernelLogParser.timeOfPast(line, by: lifetime, now: now) else {
                present.append(line)
                continue
            }
            var faults: [LogFault] = []
            parser.parse(line, into: &faults)
            past += faults.map { SeenFault(at: at, $0) }
        }
    }
}

extension HealthDesk {
    /// Those of past faults that neither the ledger nor the lines that are kept of the node have:
    /// the same log may be handed in twice. O(past x what is kept).
    public func news(_ past: [SeenFault], of node: NodeID) -> [SeenFault] {
        guard let machine = engine[node]?.machine else { return [] }
        let known =
            engine.ledger.machines[machine.index].history.faults.map(\.seenAt)
            + lines(of: node).map(\.at)
        // The dates are whole seconds, and two clocks part by less than that between two times.
        return past.filter { new in
            !known.contains { abs(($0 - new.at).nanoseconds) < 1_000_000_000 }
        }
    }

    /// Those lines that are dated and were not handed in before.
    public func news(_ lines: [String], of node: NodeID) -> [String] {
        lines.filter { line in
            !KernelLogParser.hasDate(line) || !hasSeen(line, of: node)
        }
    }
}
