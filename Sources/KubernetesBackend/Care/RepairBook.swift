import ControlPlane
import FleetModel
import Health
import KubernetesObjects

/// The repairs of nodes that others carry out, and the stacks that they install: which are ordered,
/// how nodes are marked for them, and when they are done. Knows no clock and does no I/O.
struct RepairBook {
    let marks: [FaultAction: RepairMark]
    let installation: RepairMark?
    private(set) var runs: [OperationID: RepairRun] = [:]
    private var sequence: [OperationID] = []
    /// The last answers, for who asks for the same once more.
    private var answers: [OperationID: [BackendReport]] = [:]
    private var answered: [OperationID] = []
    /// Since when orders come, and when marks of nobody were last looked for.
    private var beganAt: Int64?
    private var lookedAt: Int64 = 0

    private var reports: [BackendReport] = []
    private var calls: [CareCall] = []

    private static let answersKept = 256
    /// How long the server may keep a mark from being set or taken back.
    private static let patienceMilliseconds: Int64 = 900_000
    private static let pauseMilliseconds: Int64 = 5_000
    /// When a mark that was set is not seen, it was taken away at once.
    private static let unseenMilliseconds: Int64 = 60_000
    /// Marks of nobody may be those of orders that are about to come again.
    private static let orphanMilliseconds: Int64 = 60_000
    private static let orphanPause: Int64 = 10_000

    /// A book for the repairs that others carry out, and for stacks if they install them.
    init(_ marks: [FaultAction: RepairMark], installation: RepairMark? = nil) {
        (self.marks, self.installation) = (marks, installation)
    }

    /// How it is asked for; nil where nobody does it.
    private func mark(for work: RepairWork) -> RepairMark? {
        switch work {
        case .repair(let action): marks[action]
        case .install: installation
        }
    }

    /// What is to be told and done since the last time.
    mutating func takeNews() -> (reports: [BackendReport], calls: [CareCall]) {
        defer { (reports, calls) = ([], []) }
        return (reports, calls)
    }

    // MARK: Orders

    /// Takes an order; it may have come before. Another one of the same node takes its place.
    mutating func take(
        _ work: RepairWork, _ id: OperationID, of part: NodeID, node: String, device: String?,
        at now: Int64
    ) {
        if let known = answers[id] { return reports += known }
        guard runs[id] == nil else { return }
        guard let mark = mark(for: work) else {
            let option = work.stack.isEmpty ? "--repair" : "--install"
            let words = "nobody carries out \(work.described): it has no \(option)"
            reports.append(.remarked(part, id, words))
            return reports.append(.repaired(part, id, .impossible))
        }
        for old in sequence where runs[old]?.node == node { drop(old) }
        runs[id] = RepairRun(
            id: id, part: part, node: node, work: work, device: device, mark: mark, since: now)
        sequence.append(id)
    }

    /// Nobody waits for it any more; what it has put on the node is taken back with the next look
    /// at marks of nobody.
    mutating func drop(_ id: OperationID) {
        runs[id] = nil
        sequence.removeAll { $0 == id }
    }

    private mutating func answer(
        _ run: RepairRun, _ outcome: RepairOutcome, _ words: String = ""
    ) {
        drop(run.id)
        let remark = "\(run.work.described) (\(run.id.rawValue)) ended: \(words)"
        let answer: [BackendReport] =
            (words.isEmpty ? [] : [.remarked(run.part, run.id, remark)])
            + [.repaired(run.part, run.id, outcome)]
        reports += answer
        answers[run.id] = answer
        answered.append(run.id)
        if answered.count > RepairBook.answersKept { answers[answered.removeFirst()] = nil }
    }

    // MARK: What the present state asks for

    /// Goes on with every repair, and takes back marks that nobody waits for.
    mutating func tend(_ nodes: NodeBook, at now: Int64) {
        if beganAt == nil { beganAt = now }
        for id in sequence {
            guard var run = runs[id] else { continue }
            guard nodes.isPresent(run.part), let facts = nodes.facts(run.node) else {
                drop(id)
                continue
            }
            guard now >= run.retryAt else { continue }
            switch run.phase {
            case .marking, .clearing: continue
            case .waiting where run.outcome != nil: clear(&run, facts, at: now)
            case .waiting: begin(&run, facts, at: now)
            case .standing: watch(&run, facts, at: now)
            }
            if runs[id] != nil { runs[id] = run }
        }
        clearOrphans(nodes, at: now)
    }

    private mutating func begin(_ run: inout RepairRun, _ facts: NodeFacts, at now: Int64) {
        // Where the note is, the mark was set: to set it once more could repair twice.
        let known = RepairNote(facts.repairNote)
        if let known, known.work == run.work, known.device == run.device,
            answers[OperationID(known.operation)] == nil
        {
            run.note = known
            run.wasSeen = true
            run.enter(.standing, at: now)
            return watch(&run, facts, at: now)
        }
        let note = RepairNote(run.work, run.id, device: run.device, of: facts)
        if let obstacle = note.obstacle { return answer(run, .impossible, obstacle) }
        run.note = note
        run.enter(.marking, at: now)
        let rest = known.map { clearing($0, facts) } ?? []
        calls.append(.mark(run.id, node: run.node, rest + run.mark.setting(note)))
    }

    private mutating func watch(_ run: inout RepairRun, _ facts: NodeFacts, at now: Int64) {
        // The note comes with the mark or after it.
        let isNoted = run.note != nil && run.note == RepairNote(facts.repairNote)
        if isNoted || run.mark.isSet(on: facts, run.work, device: run.device) {
            run.wasSeen = true
        }
        let isTaken =
            run.work.isKnownByMark && run.mark.isTaken(on: facts, run.work, device: run.device)
            && (run.wasSeen || now - run.since >= RepairBook.unseenMilliseconds)
        if isTaken || run.note?.isDone(facts) == true {
            run.outcome = .done
        } else if now - run.since >= run.work.patience {
            run.outcome = .failed
        } else {
            return
        }
        clear(&run, facts, at: now)
    }

    private mutating func clear(_ run: inout RepairRun, _ facts: NodeFacts, at now: Int64) {
        let isSet = run.mark.isSet(on: facts, run.work, device: run.device)
        run.enter(.clearing, at: now)
        let patches = run.mark.clearing(run.work, run.device, isSet: isSet)
        calls.append(.unmark(run.id, node: run.node, patches))
    }

    /// Marks of a control plane that is gone, or of orders that were given up.
    private mutating func clearOrphans(_ nodes: NodeBook, at now: Int64) {
        guard let beganAt, now - beganAt >= RepairBook.orphanMilliseconds,
            now - lookedAt >= RepairBook.orphanPause
        else { return }
        lookedAt = now
        let awaited = Set(runs.values.map(\.node))
        for name in nodes.nodeNames.sorted() where !awaited.contains(name) {
            guard let facts = nodes.facts(name), let note = RepairNote(facts.repairNote) else {
                continue
            }
            calls.append(.unmark(nil, node: name, clearing(note, facts)))
        }
    }

    /// What takes back what a note tells of.
    private func clearing(_ note: RepairNote, _ facts: NodeFacts) -> [NodePatch] {
        mark(for: note.work).map {
            let isSet = $0.isSet(on: facts, note.work, device: note.device)
            return $0.clearing(note.work, note.device, isSet: isSet)
        } ?? [.metadata(labels: [:], annotations: [RepairMark.noteKey: nil])]
    }

    // MARK: Answers

    mutating func take(_ answer: CareAnswer, to call: CareCall, at now: Int64) {
        switch call {
        case .mark(let id, _, _):
            guard var run = runs[id], run.phase == .marking else { return }
            switch answer {
            case .made:
                run.enter(.standing, at: now)
                run.troubledSince = nil
                runs[id] = run
            case .later(let words): wait(&run, words, at: now)
            case .refused(let words): self.answer(run, .impossible, words)
            case .read: break
            }
        case .unmark(let id?, _, _):
            guard var run = runs[id], run.phase == .clearing, let outcome = run.outcome else {
                return
            }
            switch answer {
            case .made:
                self.answer(
                    run, outcome, outcome == .failed ? "nobody has carried it out in time" : "")
            case .later(let words): wait(&run, words, at: now)
            case .refused(let words):
                self.answer(run, outcome, "its mark cannot be taken back: \(words)")
            case .read: break
            }
        case .unmark, .make, .read, .remove: break
        }
    }

    /// Tries again in a while, not for ever.
    private mutating func wait(_ run: inout RepairRun, _ words: String, at now: Int64) {
        let began = run.troubledSince ?? now
        guard now - began < RepairBook.patienceMilliseconds else {
            return answer(run, run.outcome ?? .failed, words)
        }
        run.troubledSince = began
        run.enter(.waiting, at: now)
        run.retryAt = now + RepairBook.pauseMilliseconds
        runs[run.id] = run
    }
}
