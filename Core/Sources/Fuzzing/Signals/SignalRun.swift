import FleetModel
import HealthSignals

/// Random lines through parsers and bursts, with everything that must hold checked after each.
public struct SignalRun {
    /// Lines of one case.
    public static let lines = 20_000

    /// Lines that were read.
    public private(set) var steps = 0
    /// Faults that they told.
    public private(set) var faults = 0
    /// Verdicts that followed.
    public private(set) var verdicts = 0
    /// What broke.
    public private(set) var failure: FuzzFailure?
    /// The line at which it broke, for people.
    public private(set) var line: [UInt8] = []

    private var source: SignalSource
    private var parser = KernelLogParser()
    /// Reads the same lines with other line ends.
    private var twin = KernelLogParser()
    private var framework = FrameworkLogParser()
    private var bursts: FaultBursts
    private var now: Int64 = 1_000_000_000_000

    /// A case of a seed.
    public init(seed: UInt64) {
        source = SignalSource(seed: seed)
        bursts = FaultBursts(catalogue: FaultCatalogue(rules: SignalRun.rules(seed)), model: "h100")
    }

    /// Every other case has rules of a site.
    private static func rules(_ seed: UInt64) -> FaultRules {
        guard seed % 2 == 1 else { return FaultRules() }
        return FaultRules(
            version: "fuzz",
            rules: [
                FaultRule(
                    name: "links", codes: [.xid(74), .xid(149)],
                    threshold: FaultThreshold(count: 2, window: .seconds(600), place: .link),
                    severity: .critical, action: .contactProvider),
                FaultRule(
                    name: "flaps", codes: [.event(.nicLinkDown)],
                    threshold: FaultThreshold(
                        count: 5, window: .seconds(60), place: .node, countsLines: true),
                    severity: .critical, action: .inspect),
                FaultRule(name: "calm", codes: [.xid(119)], severity: .warning, action: .watch),
            ])
    }

    /// Reads all lines, or up to the first that breaks something. `each` is called before each.
    public mutating func run(_ each: () -> Void = {}) {
        while steps < Self.lines, failure == nil {
            each()
            step()
        }
    }

    private mutating func step() {
        steps += 1
        line = source.next()
        now += source.pause()
        var found: [LogFault] = []
        var same: [LogFault] = []
        parser.parse(line, into: &found)
        // A line end belongs to no line.
        twin.parse(line + [[10], [13, 10], [], [13]][steps % 4], into: &same)
        _ = framework.parse(line)
        faults += found.count
        guard found == same else { return fail("other line ends, other faults") }
        guard found.count <= 1 else { return fail("\(found.count) faults in a line") }
        var told: [FaultVerdict] = []
        for fault in found {
            if let broken = fault.checkInvariants().first { return fail(broken) }
            bursts.note(fault, at: Instant(nanoseconds: now), into: &told)
        }
        verdicts += told.count
        for verdict in told {
            if let broken = verdict.checkInvariants().first { return fail(broken) }
        }
        guard steps % 256 == 0, let broken = parser.checkInvariants().first else { return }
        fail(broken)
    }

    private mutating func fail(_ message: String) {
        failure = FuzzFailure(kind: .invariant, message: message, step: steps)
    }
}
