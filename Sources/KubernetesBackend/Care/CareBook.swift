import ControlPlane
import FleetModel
import Health
import KubernetesObjects

/// The tests of nodes: which are ordered, which pods there are for them, and what follows. Knows no
/// clock and does no I/O; ``tend(_:at:)`` does whatever the present state asks for.
struct CareBook {
    let settings: CheckSettings
    var runs: [OperationID: CheckRun] = [:]
    /// Their order of coming.
    private(set) var sequence: [OperationID] = []
    private var runOfPart: [NodeID: OperationID] = [:]
    /// All pods of tests that there are, by name.
    private(set) var pods: [String: CheckPod] = [:]
    /// The names of pods whose tests have ended here: they answer nothing else.
    private var ended: Set<String> = []
    /// When pods were last asked to go.
    private var removals: [String: Int64] = [:]
    /// Since when all pods are known; nil before that.
    private var listedAt: Int64?
    private var listed: Set<String>?
    /// The last answers, for who asks for the same once more.
    private var answers: [OperationID: [BackendReport]] = [:]
    private var answered: [OperationID] = []

    private var reports: [BackendReport] = []
    var calls: [CareCall] = []

    /// Pods of nobody may be those of orders that are about to come again.
    private static let orphanMilliseconds: Int64 = 60_000
    private static let removalMilliseconds: Int64 = 15_000
    private static let answersKept = 256
    /// Pods that are asked to go at a time.
    private static let removalsAtOnce = 32

    init(_ settings: CheckSettings) { self.settings = settings }

    /// What is to be told and done since the last time.
    mutating func takeNews() -> (reports: [BackendReport], calls: [CareCall]) {
        defer { (reports, calls) = ([], []) }
        return (reports, calls)
    }

    // MARK: Orders

    /// Takes an order; it may have come before. Another one of the same node takes its place.
    mutating func take(_ order: CheckOrder, at now: Int64) {
        if let known = answers[order.id] { return reports += known }
        guard runs[order.id] == nil else { return }
        if let old = runOfPart[order.part] { drop(old) }
        runs[order.id] = CheckRun(order, at: now)
        runOfPart[order.part] = order.id
        sequence.append(order.id)
    }

    /// Nobody waits for this test any more.
    mutating func drop(_ id: OperationID) {
        guard let run = runs.removeValue(forKey: id) else { return }
        if run.phase != .waiting { ended.insert(run.pod) }
        if let listener = run.order.listenerName, run.listenerAskedAt != nil {
            ended.insert(listener)
        }
        if runOfPart[run.order.part] == id { runOfPart[run.order.part] = nil }
        sequence.removeAll { $0 == id }
    }

    private mutating func answer(_ run: CheckRun, _ answer: [BackendReport]) {
        drop(run.order.id)
        reports += answer
        answers[run.order.id] = answer
        answered.append(run.order.id)
        if answered.count > CareBook.answersKept {
            answers[answered.removeFirst()] = nil
        }
    }

    /// A test ends without an answer, for a reason in words.
    mutating func end(_ run: CheckRun, _ words: String) {
        let (part, id) = (run.order.part, run.order.id)
        answer(run, CareBook.noAnswer(part, id, run.order.level, words))
    }

    /// What is told of a test that says nothing about the hardware.
    static func noAnswer(
        _ part: NodeID, _ id: OperationID, _ level: QualificationLevel, _ words: String
    ) -> [BackendReport] {
        [
            .remarked(part, id, "the test \(id.rawValue) has no answer: \(words)"),
            .qualified(part, id, .noAnswer(level)),
        ]
    }

    // MARK: Pods

    mutating func see(_ pod: CheckPod) {
        listed?.insert(pod.name)
        pods[pod.name] = pod
        // It may be gone again before anybody looks at it.
        guard let id = pod.operation, let run = runs[id], run.pod == pod.name,
            run.phase == .asking || run.phase == .standing && run.uid == pod.metadata.uid
        else { return }
        runs[id]?.wasSeen = true
    }

    mutating func lose(_ name: String) {
        pods[name] = nil
        removals[name] = nil
        ended.remove(name)
    }

    mutating func listBegan() { listed = [] }

    /// A list of all pods is complete; gives those that are gone.
    mutating func listEnded(at now: Int64) -> [CheckPod] {
        let gone = pods.values.filter { listed?.contains($0.name) == false }
        for pod in gone { lose(pod.name) }
        listed = nil
        if listedAt == nil { listedAt = now }
        return gone
    }

    /// The names of pods that somebody waits for.
    var wanted: Set<String> {
        Set(runs.values.filter { $0.phase != .waiting }.map(\.pod))
            .union(runs.values.compactMap(\.order.listenerName))
    }

    // MARK: What the present state asks for

    /// Goes on with every test, and has the pods removed that nobody waits for.
    mutating func tend(_ nodes: NodeBook, at now: Int64) {
        guard let listedAt else { return }
        let standing = Dictionary(grouping: pods.values) { $0.pod.nodeName ?? "" }
        var count = runs.values.count { $0.phase != .waiting }
        let most = settings.most(nodes: nodes.nodeNames.count)
        for id in sequence {
            guard var run = runs[id] else { continue }
            guard nodes.isPresent(run.order.part) else {
                drop(id)
                continue
            }
            guard now >= run.retryAt else { continue }
            switch run.phase {
            case .asking: break
            case .standing:
                let step = run.look(at: pods[run.pod], at: now)
                settle(run, step, at: now)
            case .reading: read(run)
            case .waiting:
                let here = standing[run.order.node] ?? []
                guard count < most || !here.isEmpty else { continue }
                begin(run, here, nodes, at: now)
                if runs[id]?.phase != .waiting { count += 1 }
            }
        }
        removeLeftOvers(since: listedAt, at: now)
    }

    private mutating func read(_ run: CheckRun) {
        // Until the answer is there.
        runs[run.order.id]?.retryAt = .max
        calls.append(.read(run.order.id, pod: run.pod))
    }

    mutating func settle(_ run: CheckRun, _ step: CheckRun.Step, at now: Int64) {
        var run = run
        switch step {
        case .wait: runs[run.order.id] = run
        case .end(let words): end(run, words)
        case .read:
            run.enter(.reading, at: now)
            runs[run.order.id] = run
            read(run)
        }
    }

    private mutating func begin(
        _ run: CheckRun, _ here: [CheckPod], _ nodes: NodeBook, at now: Int64
    ) {
        var run = run
        if let found = successor(of: here, for: run) {
            run.enter(.standing, at: now)
            (run.pod, run.uid, run.wasSeen) = (found.name, found.metadata.uid, true)
            let step = run.look(at: found, at: now)
            return settle(run, step, at: now)
        }
        // One test of a node at a time: what is left of others goes first.
        let isFree = here.allSatisfy { $0.pod.phase.isTerminal && $0.name != run.pod }
        guard isFree else {
            let words = "the pod of another test is still on its node"
            let step = run.fail(words, retryIn: 1_000, at: now)
            return settle(run, step, at: now)
        }
        switch nodes.share(for: run.order) {
        case .never(let words): end(run, words)
        case .blocked(let words):
            let step = run.fail(words, retryIn: 1_000, at: now)
            settle(run, step, at: now)
        case .share(let share):
            guard let role = role(of: &run, nodes, at: now) else { return }
            let body = CheckPodBody(
                order: run.order, share: share, settings: settings, role: role
            ).bytes
            calls.append(.make(run.order.id, pod: run.pod, body: body))
            let trouble = run.trouble
            run.enter(.asking, at: now)
            (run.trouble, run.wasSeen) = (trouble, false)
            runs[run.order.id] = run
        }
    }

    /// The pod of an order that was given before: by this control plane under the same name, or by
    /// one with other data, of which only what still runs counts.
    private func successor(of here: [CheckPod], for run: CheckRun) -> CheckPod? {
        let free = here.filter { pod in
            !ended.contains(pod.name) && !pod.metadata.isDeleting && pod.covers(run.order)
        }
        return free.first { $0.name == run.pod }
            ?? free.filter { !$0.pod.phase.isTerminal }.min { $0.name < $1.name }
    }

    private mutating func removeLeftOvers(since listedAt: Int64, at now: Int64) {
        let wanted = wanted
        let waiting = Dictionary(grouping: runs.values.filter { $0.phase == .waiting }) {
            $0.order.node
        }
        var count = 0
        for name in pods.keys.sorted() where !wanted.contains(name) {
            guard let pod = pods[name], !pod.metadata.isDeleting else { continue }
            let awaiting = waiting[pod.pod.nodeName ?? ""] ?? []
            guard !awaiting.contains(where: { successor(of: [pod], for: $0) != nil }) else {
                continue
            }
            let isDue =
                ended.contains(name) || !awaiting.isEmpty
                || now - listedAt >= CareBook.orphanMilliseconds
            let isAsked = removals[name].map { now - $0 < CareBook.removalMilliseconds } ?? false
            guard isDue, !isAsked, count < CareBook.removalsAtOnce else { continue }
            count += 1
            removals[name] = now
            calls.append(.remove(pod: name, uid: pod.metadata.uid))
        }
    }

    // MARK: Answers

    mutating func take(_ answer: CareAnswer, to call: CareCall, at now: Int64) {
        switch call {
        case .make(let id, let pod, _) where runs[id]?.order.listenerName == pod:
            tookListener(answer, of: id, at: now)
        case .make(let id, let pod, _):
            guard var run = runs[id], run.pod == pod, run.phase == .asking else { return }
            switch answer {
            case .made(let uid):
                run.enter(.standing, at: now)
                run.uid = uid
                runs[id] = run
            case .later(let words):
                let trouble = run.trouble
                run.enter(.waiting, at: now)
                run.trouble = trouble
                let step = run.fail(words, retryIn: 3_000, at: now)
                settle(run, step, at: now)
            case .refused(let words): end(run, words)
            case .read: break
            }
        case .read(let id, _):
            guard var run = runs[id], run.phase == .reading else { return }
            switch answer {
            case .read(let test): self.answer(run, news(of: run, test))
            case .later(let words):
                let step = run.failRead(words, at: now)
                settle(run, step, at: now)
            case .refused(let words): end(run, words)
            case .made: break
            }
        case .remove, .mark, .unmark: break
        }
    }
}
