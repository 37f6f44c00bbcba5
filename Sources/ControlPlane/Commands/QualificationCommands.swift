import FleetModel
import Health
import HealthControl
import Qualification
import Stacks
import Store

/// A test of a node that somebody ran on it and hands in.
public struct HandedInTest: Sendable {
    /// What it found.
    public var answer: QualificationAnswer
    /// When it began, by the clock of the node.
    public var began: Instant
    /// The serial number of the machine that was tested; empty where it was not told.
    public var chassis: String
    /// The UUIDs of its devices, by index; empty where they were not told.
    public var devices: [String]
    /// The versions that it found.
    public var versions: [FoundVersion]

    /// How far the clock of a node may be ahead.
    static let clockTolerance = TimeSpan.seconds(60)

    /// Gathers a test.
    public init(
        answer: QualificationAnswer, began: Instant, chassis: String = "", devices: [String] = [],
        versions: [FoundVersion] = []
    ) {
        self.versions = versions
        self.answer = answer
        self.began = began
        self.chassis = chassis
        self.devices = devices
    }
}

/// What became of a test that was handed in.
public struct TakenTest: Sendable {
    /// The node.
    public var node: NodeID
    /// The operations that it answered, at least one.
    public var operations: [OperationID]
    /// Whether it proved what had to be proved.
    public var isProof: Bool
    /// What it was found to say.
    public var answer: QualificationAnswer
}

extension ControlPlane {
    /// Takes in a test that somebody ran on a node, as the answer to what waits for one there.
    ///
    /// Throws `M0604` for a name that no node ever had, `M0616` when nothing waits for a test of
    /// it, and `M0617` for a test of other hardware, or of before the fault, the suspicion or the
    /// last test.
    public func take(
        _ test: HandedInTest, ofNode name: String, by caller: Caller
    ) async throws -> TakenTest {
        try await perform { driver in
            driver.now = max(driver.now, driver.clock.now())
            let node = try driver.node(named: name)
            guard let health = driver.desk.engine[node] else {
                throw OperatingError(.noTestAwaited, "the node '\(name)' is not here")
            }
            try driver.compare(test, with: health)
            let first = try driver.awaitedTest(of: health, named: name)
            let answer = driver.judged(test.answer, of: node)
            // Before its outcome: a test on other versions than ordered proves nothing.
            driver.note(test.versions, of: node, from: .run)
            driver.weighVersions(answer, of: node)
            let taken = driver.answer(first, with: answer)
            driver.learn(from: answer, to: first.id, of: node)
            driver.audit(
                caller, "qualification", "node \(name)",
                detail: answer.words + (taken.isProof ? "" : ", no proof"))
            driver.tell("health", node, "\(caller.name) hands in a test: \(answer.words)")
            driver.tellFaults(of: answer, node)
            driver.showsHealth = true
            return taken
        }
    }
}

extension Driver {
    /// Throws `M0617` when the test was of another machine, or before what it should disprove.
    func compare(_ test: HandedInTest, with node: NodeHealth) throws {
        func foreign(_ what: String, _ detail: String) -> OperatingError {
            OperatingError(
                .foreignTest, "the test is of \(what)", detail: detail,
                hint: "run muster check --json on the node now, and hand in what it prints")
        }
        // Asked of a copy: what is refused leaves no names behind.
        var names = desk.names.identities
        func compare(_ told: String, _ known: IdentityID?, _ what: String) throws {
            guard let known, let id = names.intern(told), id != known else { return }
            throw foreign(
                "other hardware",
                "\(what) is \(told.prefix(100)) there, and \(desk.names.identities.text(known)) "
                    + "as the node told it")
        }
        try compare(test.chassis, node.report.chassis, "the chassis")
        for device in node.report.devices where test.devices.indices.contains(Int(device.index)) {
            try compare(
                test.devices[Int(device.index)], device.uuid, "device \(device.index)")
        }
        let began = clock.time(ofWall: test.began)
        for (since, what, words) in desk.engine.beforeTests(of: node) {
            guard began > since else {
                throw foreign(what, "it began at \(began.utcText), \(words) " + since.utcText)
            }
        }
        guard began <= now + HandedInTest.clockTolerance else {
            throw foreign(
                "a time that has not come",
                "it began at \(began.utcText), and now is " + now.utcText)
        }
    }

    /// The test of a node that is outstanding, or that begins when somebody asks for it. Throws
    /// `M0616` when there is none.
    fileprivate func awaitedTest(of node: NodeHealth, named name: String) throws -> Operation {
        if let open = desk.engine.test(of: node.id) { return open }
        func notAwaited(_ state: String, _ hint: String) -> OperatingError {
            OperatingError(
                .noTestAwaited, "nothing waits for a test of the node '\(name)'",
                detail: "it is \(state)", hint: hint)
        }
        let state = node.hold.map { "\($0)" } ?? node.track.state.name
        guard node.awaitsTest else {
            let hint: String
            switch node.track.state {
            case _ where node.hold != nil: hint = "muster say accept \(name)"
            case .quarantined, .repairing: hint = "muster say repaired \(name), then test it"
            case .inService, .suspect: hint = "muster say test \(name)"
            case .retired: hint = "muster say reinstate \(name)"
            case .draining, .unqualified, .qualifying, .proving: hint = ""
            }
            throw notAwaited(state, hint)
        }
        // As if somebody had asked for a test: only if the engine begins one now.
        var desk = desk
        var directives: [HealthDirective] = []
        desk.apply(.engine(.stated(node.id, .test)), at: now, into: &directives)
        guard let begun = desk.engine.test(of: node.id) else {
            throw notAwaited(
                state, node.isBusy ? "something runs there: drain it first" : "")
        }
        tellHealth(.engine(.stated(node.id, .test)))
        return begun
    }

    /// Answers a test, and those of devices that wait behind it: one run tests all of a node.
    fileprivate func answer(
        _ first: Operation, with answer: QualificationAnswer
    ) -> TakenTest {
        var taken = TakenTest(
            node: first.node, operations: [], isProof: true, answer: answer)
        var next: Operation? = first
        var devices: Set<Int32?> = []
        while let operation = next, devices.insert(operation.device).inserted {
            let mark = healthDirectives.count
            take(answer.of(operation), to: operation.id, of: operation.node)
            taken.operations.append(operation.id)
            let isWeak = healthDirectives[mark...].contains {
                $0 == .tell(.weakProof(operation.node, operation.id))
            }
            // What follows with another node is what is left to prove.
            let isOpen = desk.engine[operation.node]?.network != nil
            guard answer.outcome.verdict == .passed, !isWeak, !isOpen else {
                taken.isProof = false
                break
            }
            next = desk.engine.test(of: operation.node)
        }
        let answered = taken.operations
        // Nobody needs to run what has its answer.
        healthDirectives.removeAll { directive in
            if case .qualify(_, let id, _, _, _) = directive { return answered.contains(id) }
            return false
        }
        return taken
    }
}

extension HealthEngine {
    /// What a test has to begin after to say something new of a node: what it should disprove, and
    /// the last test that is known. Times are the wall's, as that of a test is.
    fileprivate func beforeTests(
        of node: NodeHealth
    ) -> [(since: Instant, what: String, words: String)] {
        var found: [(Instant, String, String)] = []
        func add(_ since: Instant?, _ what: String, _ words: String) {
            if let since { found.append((since, what, words)) }
        }
        // A fault since the run began is not disproved by it, nor is what made the node suspect.
        let wanted = ([node.track] + node.devices).filter { $0.wanted.takesOut }
        let wantedAt = wanted.map(\.wantedAt).max().map {
            Instant(
                nanoseconds: clock.wall.nanoseconds - (clock.engine.nanoseconds - $0.nanoseconds))
        }
        add(wantedAt, "before the fault", "and the test is wanted since")
        add(
            node.suspicion?.since.wall, "before the suspicion", "and the node is suspect since")
        let histories =
            [ledger.machines[node.machine.index].history]
            + node.parts.compactMap { $0.map { ledger.parts[$0.index].history } }
        let faults = histories.flatMap(\.faults).filter { $0.action >= .watch }
        add(faults.map(\.at.wall).max(), "before the fault", "and the last fault was at")
        // One run answers once: what is older says nothing that is not known better.
        let tests = histories.compactMap { history in
            history.tests.last { $0.outcome.verdict != .inconclusive }?.at.wall
        }
        add(tests.max(), "before the last test", "and the last test ended at")
        return found
    }

    /// The test of a node, or of one of its devices, that is outstanding; one with another node is
    /// none of the node alone.
    fileprivate func test(of node: NodeID) -> Operation? {
        operations.first { $0.node == node && !$0.isRepair && $0.partner == nil }
    }
}

extension NodeHealth {
    /// Whether a test is all that it, or one of its devices, waits for.
    fileprivate var awaitsTest: Bool {
        guard hold == nil else { return false }
        switch track.state {
        case .unqualified, .proving: return true
        case .inService, .suspect:
            return suspicion != nil || isTestWanted
                || devices.contains { $0.state == .unqualified || $0.state == .proving }
        // The network is looked after: a run of the whole node takes the place of that.
        case .qualifying: return network != nil
        case .draining, .quarantined, .repairing, .retired: return false
        }
    }
}

extension QualificationAnswer {
    /// What it says of what an operation tests: a device is not to blame for the others.
    func of(_ operation: Operation) -> QualificationAnswer {
        guard let device = operation.device, outcome.verdict == .failed,
            outcome.failedDevices != 0, outcome.failedDevices & 1 << UInt64(device) == 0
        else { return self }
        var own = self
        own.outcome.verdict = .inconclusive
        return own
    }

    /// How it ended, in words.
    fileprivate var words: String {
        let load = outcome.isLoaded ? "under load" : "without load"
        let checks = failedTests.isEmpty ? "" : ": " + failedTests.joined(separator: ", ")
        return "\(outcome.verdict) \(load)\(checks)"
    }
}
