import FleetModel
import Health
import HealthSignals
import Stacks

/// The health engine with what stands before it: who reads the logs of nodes, gathers their faults
/// into bursts, and gives names their ids.
///
/// A value under the laws of Core: the same inputs give the same directives and the same state.
/// What a driver journals are ``DeskInput``s, so that nothing that was read is lost with a process.
public struct HealthDesk: Sendable {
    /// The engine.
    public internal(set) var engine: HealthEngine
    /// Which versions nodes have and should have, and pools on their way to others.
    public internal(set) var stacks: StackBook
    /// The texts behind ids. Kept apart from snapshots; those that are here when an input is
    /// applied again are found again, so that a replay gives out the same ids.
    public var names: HealthNames
    /// A digest of everything that was decided, in order.
    public private(set) var digest: UInt64

    /// What is remembered of logs, by node.
    var watches: [NodeWatch?]
    /// Nodes with a burst that is not over, in order; follows from the rest.
    private var open: [NodeID] = []
    /// When the end of a burst was last asked to be waited for; nil when nothing is outstanding.
    private var askedWake: Instant?
    /// When a rollout was last asked to be waited for; nil when nothing is outstanding.
    var askedRolloutWake: Instant?

    /// The token of the wakes for bursts; those of the engine have others.
    public static let burstToken: Int64 = 1

    /// Starts without nodes. The policy must be well formed.
    public init(policy: HealthPolicy = HealthPolicy()) {
        self.init(
            engine: HealthEngine(policy: policy), names: HealthNames(), watches: [], digest: 0)
    }

    init(
        engine: HealthEngine, names: HealthNames, watches: [NodeWatch?], digest: UInt64,
        stacks: StackBook = StackBook()
    ) {
        self.stacks = stacks
        self.engine = engine
        self.names = names
        self.watches = watches
        self.digest = digest
        open = watches.indices.filter { watches[$0]?.bursts.wakeAt != nil }.map { NodeID($0) }
    }

    /// Takes one input in, at a time that may be earlier than that of the last one.
    public mutating func apply(
        _ input: DeskInput, at told: Instant, into directives: inout [HealthDirective]
    ) {
        var output: [HealthDirective] = []
        switch input {
        case .engine(let input):
            switch input {
            case .wake(HealthDesk.burstToken): askedWake = nil
            case .wake(HealthDesk.rolloutToken): askedRolloutWake = nil
            case .resumed:
                (askedWake, askedRolloutWake) = (nil, nil)
                stacks.lookAgain()
            default: break
            }
            engine.apply(weighed(input), at: told, into: &output)
            if case .arrived(let node, _) = input { follow(node) }
            if case .departed(let node) = input { stacks.depart(node) }
        case .kernelLog(let node, let lines):
            pass(to: told, &output)
            for line in lines { read(line.text, of: node, at: told, &output) }
        case .frameworkLog(let node, let lines):
            pass(to: told, &output)
            for line in lines { readFramework(line.text, of: node, at: told, &output) }
        case .faults(let node, let faults):
            pass(to: told, &output)
            note(faults, of: node, at: told, &output)
        case .devicesSilent(let node, let device):
            guard engine[node] != nil else { break }
            find(
                .silentDevices(device), FaultCatalogue.version, seenAt: told, [], of: node,
                at: told, &output)
        case .stack(let input):
            pass(to: told, &output)
            stacks.apply(input, at: engine.clock.moment)
        }
        endBursts(at: told, &output)
        settleStacks(at: told, &output)
        askToBeWoken(&output)
        for directive in output { digest = HealthDigest.add(directive, to: digest) }
        directives += output
    }

    /// Whether a line of a process's log accuses something of its node.
    public func isOfUse(framework line: String) -> Bool {
        var parser = FrameworkLogParser()
        return parser.parse(line).flatMap { FaultReading($0) } != nil
    }

    /// Which lines of a node's kernel log say anything, or help to understand later ones.
    public func useful(_ lines: [String], of node: NodeID) -> [LogLine] {
        guard engine[node] != nil else { return [] }
        var parser = watch(node)?.parser ?? KernelLogParser()
        var faults: [LogFault] = []
        return lines.map { LogLine($0) }.filter { line in
            guard parser.isOfUse(line.text) else { return false }
            parser.parse(line.text, into: &faults)
            return true
        }
    }

    /// The last lines of a node that told a fault, oldest first, with their numbers.
    public func lines(of node: NodeID) -> [(number: Int64, at: Instant, text: String)] {
        (watch(node)?.seen ?? []).map { ($0.number, $0.at, $0.text) }
    }

    /// A digest of the state: equal after equal inputs. O(state).
    public func stateHash() -> UInt64 {
        var hasher = StateHasher()
        hasher.add(engine.stateHash())
        hasher.add(digest)
        for case .some(let watch) in watches {
            hasher.add(watch.machine.rawValue)
            hasher.add(watch.lines)
            hasher.add(watch.lastFault.nanoseconds)
            hasher.add(watch.bursts.wakeAt?.nanoseconds ?? -1)
        }
        stacks.fold(into: &hasher)
        return hasher.digest
    }

    private func watch(_ node: NodeID) -> NodeWatch? {
        watches.indices.contains(node.index) ? watches[node.index] : nil
    }

    /// Lets time pass on the engine's clock, by which bursts go: it never leaps.
    private mutating func pass(to told: Instant, _ output: inout [HealthDirective]) {
        engine.apply(.wake(token: HealthDesk.burstToken), at: told, into: &output)
    }

    /// Another machine under a node's name has another log.
    private mutating func follow(_ node: NodeID) {
        guard let machine = engine[node]?.machine, let watch = watch(node),
            watch.machine != machine
        else { return }
        watches[node.index] = nil
        open.removeAll { $0 == node }
    }

    // MARK: Logs

    /// What is remembered of a node's logs; nil when it is not here.
    private mutating func begin(_ node: NodeID) -> NodeWatch? {
        guard let machine = engine[node]?.machine else { return nil }
        while watches.count <= node.index { watches.append(nil) }
        return watches[node.index] ?? NodeWatch(machine: machine)
    }

    private mutating func read(
        _ line: String, of node: NodeID, at told: Instant, _ output: inout [HealthDirective]
    ) {
        guard var watch = begin(node) else { return }
        var faults: [LogFault] = []
        watch.parser.parse(line, into: &faults)
        watches[node.index] = watch
        note(faults.map { SeenFault(at: told, $0) }, of: node, at: told, &output)
    }

    private mutating func note(
        _ faults: [SeenFault], of node: NodeID, at told: Instant,
        _ output: inout [HealthDirective]
    ) {
        guard var watch = begin(node) else { return }
        var verdicts: [FaultVerdict] = []
        for seen in faults {
            watch.keep(seen.fault.code.text, seen.fault.text, at: seen.at)
            watch.bursts.note(seen.fault, at: engine.clock.engine, into: &verdicts)
        }
        watches[node.index] = watch
        if watch.bursts.wakeAt != nil, !open.contains(node) {
            open.append(node)
            open.sort()
        }
        for verdict in verdicts { take(verdict, of: node, at: told, &output) }
    }

    private mutating func readFramework(
        _ line: String, of node: NodeID, at told: Instant, _ output: inout [HealthDirective]
    ) {
        var parser = FrameworkLogParser()
        guard engine[node] != nil, let fault = parser.parse(line),
            let reading = FaultReading(fault)
        else { return }
        find(reading, FaultCatalogue.version, seenAt: told, [], of: node, at: told, &output)
    }

    private mutating func endBursts(at told: Instant, _ output: inout [HealthDirective]) {
        for node in open {
            var verdicts: [FaultVerdict] = []
            watches[node.index]?.bursts.advance(to: engine.clock.engine, into: &verdicts)
            for verdict in verdicts { take(verdict, of: node, at: told, &output) }
        }
        open.removeAll { watches[$0.index]?.bursts.wakeAt == nil }
    }

    /// Tells the engine what a verdict says of each part, once for each burst.
    private mutating func take(
        _ verdict: FaultVerdict, of node: NodeID, at told: Instant,
        _ output: inout [HealthDirective]
    ) {
        guard let watch = watch(node) else { return }
        for part in verdict.parts {
            // What can wait is told when the burst is over.
            guard verdict.stage == .final || part.takesOutOfService else { continue }
            let reading = FaultReading(part, device: device(part.part, of: node))
            let key = NodeWatch.Told(
                scope: reading.scope, cause: cause(reading.cause), action: reading.action)
            guard watches[node.index]?.told.contains(key) == false else { continue }
            watches[node.index]?.told.append(key)
            find(
                reading, verdict.catalogueVersion, seenAt: watch.lastFault,
                watch.numbers(of: part.root.text), of: node, at: told, &output)
        }
        if verdict.stage == .final { watches[node.index]?.told = [] }
    }

    private mutating func find(
        _ reading: FaultReading, _ version: String, seenAt: Instant, _ lines: [Int64],
        of node: NodeID, at told: Instant, _ output: inout [HealthDirective]
    ) {
        let finding = Finding(
            scope: reading.scope, cause: cause(reading.cause), severity: reading.severity,
            action: reading.action, urgency: reading.urgency, components: reading.components,
            rule: names.rule(named: reading.rule),
            version: names.version(named: version), seenAt: seenAt,
            inputs: lines)
        engine.apply(.found(node, finding), at: told, into: &output)
    }

    /// Which device of its node a part is, by its place or its UUID.
    private func device(_ part: FaultedPart, of node: NodeID) -> Int32? {
        guard let report = engine[node]?.report else { return nil }
        if let slot = part.device.flatMap({ names.identities.id(of: $0.text) }),
            let device = report.devices.first(where: { $0.slot == slot })
        {
            return device.index
        }
        guard let uuid = (part.identity?.uuid).flatMap({ names.identities.id(of: $0) }) else {
            return nil
        }
        return report.devices.first { $0.uuid == uuid }?.index
    }

    private mutating func cause(_ text: String) -> CauseID { names.cause(named: text) }

    private mutating func askToBeWoken(_ output: inout [HealthDirective]) {
        var due: Instant?
        for node in open {
            guard let at = watches[node.index]?.bursts.wakeAt else { continue }
            due = min(due ?? at, at)
        }
        guard let due else { return }
        let wall = engine.clock.wallTime(ofEngine: due)
        if let asked = askedWake, asked <= wall, asked > engine.clock.wall { return }
        askedWake = wall
        output.append(.wake(at: wall, token: HealthDesk.burstToken))
    }
}
