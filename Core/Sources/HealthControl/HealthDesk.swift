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
    /// What the site decides otherwise than the published tables.
    public private(set) var rules: FaultRules

    /// The kinds of the nodes' accelerators, by node; empty where none was told.
    var kinds: [String]
    /// The rules about metrics that are met, by node.
    var signs: [[MetricSign]]
    /// What other tools say, by node.
    var statements: [[FaultEvent]]

    /// What is remembered of logs, by node.
    var watches: [NodeWatch?]
    /// Nodes with a burst that is not over, in order; follows from the rest.
    private var open: [NodeID] = []
    /// No burst ends before this; nil while none is open. Follows from the rest.
    private var earliestEnd: Instant?
    /// When the end of a burst was last asked to be waited for; nil when nothing is outstanding.
    private var askedWake: Instant?
    /// When a rollout was last asked to be waited for; nil when nothing is outstanding.
    var askedRolloutWake: Instant?

    /// The token of the wakes for bursts; those of the engine have others.
    public static let burstToken: Int64 = 1

    /// Starts without nodes. The policy must be well formed.
    public init(policy: HealthPolicy = HealthPolicy()) {
        self.init(
            engine: HealthEngine(policy: policy), names: HealthNames(), DeskState.blank)
    }

    /// Goes on from a state, but for its engine.
    init(engine: HealthEngine, names: HealthNames, _ state: DeskState) {
        self.engine = engine
        self.names = names
        watches = state.watches
        digest = state.digest
        rules = state.rules
        kinds = state.kinds
        signs = state.signs
        statements = state.statements
        stacks = state.stacks
        for index in watches.indices { watches[index]?.bursts.restore(rules) }
        open = watches.indices.filter { watches[$0]?.bursts.wakeAt != nil }.map { NodeID($0) }
        earliestEnd = open.compactMap { watches[$0.index]?.bursts.wakeAt }.min()
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
            if case .departed(let node) = input {
                stacks.depart(node)
                forgetStatements(of: node)
            }
        case .kernelLog(let node, let lines):
            pass(to: told, &output)
            for line in lines { read(line.text, of: node, at: told, &output) }
        case .pastLog(let node, let lines):
            pass(to: told, &output)
            readPast(lines, of: node, at: told, &output)
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
        case .metrics(let node, let marks):
            pass(to: told, &output)
            guard engine[node] != nil else { break }
            let faults = keep(marks, of: node)
            if !faults.isEmpty { note(faults, of: node, at: told, &output) }
        case .statements(let node, let marks):
            pass(to: told, &output)
            note(marks, of: node, at: told, &output)
        case .setRules(let rules):
            pass(to: told, &output)
            self.rules = rules
            for index in watches.indices { watches[index]?.bursts.use(rules) }
        case .kind(let node, let kind):
            while kinds.count <= node.index { kinds.append("") }
            kinds[node.index] = kind
            if watches.indices.contains(node.index) {
                watches[node.index]?.bursts.model = kind
            }
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

    /// From now on everything that the ledger takes down is kept until ``takeEntries()``.
    public mutating func handOnEntries() { engine.handOnEntries() }

    /// What the ledger has taken down since the last time, in order.
    public mutating func takeEntries() -> [LedgerEntry] { engine.takeEntries() }

    /// A digest of the state: equal after equal inputs. O(state).
    public func stateHash() -> UInt64 {
        var hasher = StateHasher()
        hasher.add(engine.stateHash())
        hasher.add(digest)
        hasher.add(rules.rules.count)
        for signs in signs { hasher.add(signs.count) }
        for statements in statements { hasher.add(statements.count) }
        for byte in rules.version.utf8 { hasher.add(UInt64(byte)) }
        for case .some(let watch) in watches {
            hasher.add(watch.machine.rawValue)
            hasher.add(watch.lines)
            hasher.add(watch.lastFault.nanoseconds)
            hasher.add(watch.bursts.wakeAt?.nanoseconds ?? -1)
        }
        stacks.fold(into: &hasher)
        return hasher.digest
    }

    /// The kind of a node's accelerators, as it was told; empty without.
    public func kind(of node: NodeID) -> String {
        kinds.indices.contains(node.index) ? kinds[node.index] : ""
    }

    /// Whether a line of a node's log told a fault, with its time, and was handed in before.
    func hasSeen(_ line: String, of node: NodeID) -> Bool {
        watch(node)?.hasSeen(LogLine(line).text) ?? false
    }

    private func watch(_ node: NodeID) -> NodeWatch? {
        watches.indices.contains(node.index) ? watches[node.index] : nil
    }

    /// Lets time pass on the engine's clock, by which bursts go: it never leaps.
    private mutating func pass(to told: Instant, _ output: inout [HealthDirective]) {
        engine.apply(.wake(token: HealthDesk.burstToken), at: told, into: &output)
    }

    /// Another machine under a node's name has another log, and other values.
    private mutating func follow(_ node: NodeID) {
        guard let machine = engine[node]?.machine, let watch = watch(node),
            watch.machine != machine
        else { return }
        watches[node.index] = nil
        open.removeAll { $0 == node }
        if signs.indices.contains(node.index) { signs[node.index] = [] }
        forgetStatements(of: node)
    }

    // MARK: Logs

    /// Remembers what a node's logs have told by now.
    mutating func keep(_ watch: NodeWatch, of node: NodeID) { watches[node.index] = watch }

    /// What is remembered of a node's logs; nil when it is not here.
    mutating func begin(_ node: NodeID) -> NodeWatch? {
        guard let machine = engine[node]?.machine else { return nil }
        while watches.count <= node.index { watches.append(nil) }
        if let known = watches[node.index] { return known }
        var watch = NodeWatch(machine: machine)
        watch.bursts = FaultBursts(
            catalogue: FaultCatalogue(rules: rules), model: kind(of: node))
        return watch
    }

    private mutating func read(
        _ line: String, of node: NodeID, at told: Instant, _ output: inout [HealthDirective]
    ) {
        guard var watch = begin(node) else { return }
        var faults: [LogFault] = []
        watch.parser.parse(line, into: &faults)
        // The same line of a kernel's log, to the microsecond, is handed in once more.
        if faults.contains(where: { $0.uptime != nil }) {
            if !watch.isNew(line) { faults = [] }
        } else if !faults.isEmpty, KernelLogParser.hasDate(line) {
            // Whoever hands it in again asks first whether it is news.
            _ = watch.isNew(line)
        }
        watches[node.index] = watch
        note(faults.map { SeenFault(at: told, $0) }, in: line, of: node, at: told, &output)
    }

    private mutating func note(
        _ faults: [SeenFault], in line: String? = nil, of node: NodeID, at told: Instant,
        _ output: inout [HealthDirective]
    ) {
        guard var watch = begin(node) else { return }
        let wasOpen = watch.bursts.wakeAt != nil
        var verdicts: [(verdict: FaultVerdict, anew: ToldAnew?)] = []
        for seen in faults {
            watch.keep(seen.fault, line, at: seen.at)
            var own: [FaultVerdict] = []
            var anew: ToldAnew?
            if let part = watch.bursts.toldPart(of: seen.fault), isNews(of: part, on: node) {
                watch.bursts.tellAnew(seen.fault)
                anew = ToldAnew(part: part, at: seen.at)
            }
            watch.bursts.note(seen.fault, at: engine.clock.engine, into: &own)
            verdicts += own.map { ($0, anew) }
        }
        watches[node.index] = watch
        if let end = watch.bursts.wakeAt {
            earliestEnd = min(earliestEnd ?? end, end)
            if !wasOpen { insert(node) }
        }
        for (verdict, anew) in verdicts {
            take(verdict, of: node, at: told, anew: anew, &output)
        }
    }

    /// Whether a fault that was told in the burst that is open is news when it comes again: what it
    /// led to is over, or is being proved.
    private func isNews(of part: FaultedPart, on id: NodeID) -> Bool {
        guard let node = engine[id] else { return false }
        let isTested = node.track.state == .proving || node.track.state == .qualifying
        guard !isTested else { return !node.track.isFaultedInProof }
        guard node.track.state.takesWork, !node.track.wanted.takesOut else { return false }
        guard let device = device(part, of: id), node.devices.indices.contains(Int(device)) else {
            return true
        }
        let track = node.devices[Int(device)]
        switch track.state {
        case .proving, .qualifying: return !track.isFaultedInProof
        default: return track.state.takesWork && !track.wanted.takesOut
        }
    }

    private mutating func readFramework(
        _ line: String, of node: NodeID, at told: Instant, _ output: inout [HealthDirective]
    ) {
        var parser = FrameworkLogParser()
        guard engine[node] != nil, let fault = parser.parse(line),
            let reading = FaultReading(fault)
        else { return }
        let first = engine.entryCount
        find(reading, FaultCatalogue.version, seenAt: told, [], of: node, at: told, &output)
        engine.cite(NodeWatch.shown(line), from: first)
    }

    /// Puts a node among those with an open burst. O(log n) to find its place.
    private mutating func insert(_ node: NodeID) {
        var (low, high) = (0, open.count)
        while low < high {
            let middle = (low + high) / 2
            if open[middle] < node { low = middle + 1 } else { high = middle }
        }
        if low == open.count || open[low] != node { open.insert(node, at: low) }
    }

    private mutating func endBursts(at told: Instant, _ output: inout [HealthDirective]) {
        guard let end = earliestEnd, end <= engine.clock.engine else { return }
        for node in open {
            var verdicts: [FaultVerdict] = []
            watches[node.index]?.bursts.advance(to: engine.clock.engine, into: &verdicts)
            for verdict in verdicts { take(verdict, of: node, at: told, &output) }
        }
        open.removeAll { watches[$0.index]?.bursts.wakeAt == nil }
        earliestEnd = open.compactMap { watches[$0.index]?.bursts.wakeAt }.min()
    }

    /// Tells the engine what a verdict says of each part, once for each burst.
    private mutating func take(
        _ verdict: FaultVerdict, of node: NodeID, at told: Instant, anew: ToldAnew? = nil,
        _ output: inout [HealthDirective]
    ) {
        guard let watch = watch(node) else { return }
        for part in verdict.parts {
            // What can wait is told when the burst is over.
            guard verdict.stage == .final || part.takesOutOfService else { continue }
            // A part is what the log calls it: which device of the node that is may have become
            // known or been forgotten since, and makes no other fault of it.
            guard !part.isTold else { continue }
            let reading = FaultReading(part, device: device(part.part, of: node))
            let key = NodeWatch.Told(
                scope: reading.scope, cause: cause(reading.cause), action: reading.action)
            let wasTold = watches[node.index]?.told.contains(key) ?? true
            let again = anew.flatMap { $0.isAbout(part.part) ? $0 : nil }
            guard !wasTold || again != nil else { continue }
            if !wasTold { watches[node.index]?.told.append(key) }
            find(
                reading, verdict.catalogueVersion,
                seenAt: again?.at ?? watch.lastSeen(part.root.text),
                watch.numbers(of: part.root.text), interface(part.part, of: node), of: node,
                at: told, &output)
        }
        if verdict.stage == .final { watches[node.index]?.told = [] }
    }

    /// Tells the engine what an old line says, with the line's own time; what bursts that are open
    /// have told is untouched by it.
    mutating func take(
        past verdict: FaultVerdict, seenAt: Instant, of node: NodeID, at told: Instant,
        _ output: inout [HealthDirective]
    ) {
        for part in verdict.parts where !part.isTold {
            let line = watch(node)?.numbers(of: part.root.text).last
            find(
                FaultReading(part, device: device(part.part, of: node)),
                verdict.catalogueVersion, seenAt: seenAt, line.map { [$0] } ?? [],
                interface(part.part, of: node), of: node, at: told, &output)
        }
    }

    mutating func find(
        _ reading: FaultReading, _ version: String, seenAt: Instant, _ lines: [Int64],
        _ interface: IdentityID? = nil, of node: NodeID, at told: Instant,
        _ output: inout [HealthDirective]
    ) {
        let finding = Finding(
            scope: reading.scope, cause: cause(reading.cause), severity: reading.severity,
            action: reading.action, urgency: reading.urgency, components: reading.components,
            rule: names.rule(named: reading.rule),
            version: names.version(named: version), seenAt: seenAt,
            inputs: lines)
        let first = engine.entryCount
        engine.apply(.found(node, finding), at: told, into: &output)
        if let line = lines.last.flatMap({ watch(node)?.text(ofLine: $0) }) {
            engine.cite(line, from: first)
        }
        if let interface { engine.locate(interface, from: first) }
    }

    /// The GUID of the network interface of its node that a part is, by its place or its name.
    private func interface(_ part: FaultedPart, of node: NodeID) -> IdentityID? {
        let interfaces = engine[node]?.report.interfaces ?? []
        if let slot = part.device.flatMap({ names.identities.id(of: $0.text) }),
            let found = interfaces.first(where: { $0.slot == slot })
        {
            return found.guid
        }
        // A port stands behind the card's name.
        let card = String(part.interface.prefix { $0 != "/" })
        guard !card.isEmpty, let name = names.identities.id(of: card) else { return nil }
        return interfaces.first { $0.name == name }?.guid
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

    mutating func cause(_ text: String) -> CauseID { names.cause(named: text) }

    private mutating func askToBeWoken(_ output: inout [HealthDirective]) {
        guard let due = earliestEnd else { return }
        let wall = engine.clock.wallTime(ofEngine: due)
        if let asked = askedWake, asked <= wall, asked > engine.clock.wall { return }
        askedWake = wall
        output.append(.wake(at: wall, token: HealthDesk.burstToken))
    }
}

/// A part of which something is told again, though it was told in the same burst.
private struct ToldAnew {
    var part: FaultedPart
    /// When it came again.
    var at: Instant

    /// Whether it is that part; its identity may be told only now.
    func isAbout(_ other: FaultedPart) -> Bool {
        part.device == other.device && part.interface == other.interface
            && part.fabricSwitch == other.fabricSwitch
    }
}
