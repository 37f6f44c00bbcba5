import Culprits
import FleetModel

/// What is known about an attempt that hung, beside what the control plane knows itself.
public struct AttemptEvidence: Sendable {
    /// What was read from files.
    public var evidence: Evidence
    /// What the logs of its members say, by their ranks.
    public var signs: [MemberSign]

    /// Gathers evidence.
    public init(evidence: Evidence = Evidence(), signs: [MemberSign] = []) {
        self.evidence = evidence
        self.signs = signs
    }

    /// Whether it says nothing.
    public var isEmpty: Bool { evidence.isEmpty && signs.isEmpty }
}

/// Names an attempt.
struct CaseKey: Hashable {
    var job: JobID
    var attempt: Attempt

    init(_ job: JobID, _ attempt: Attempt) {
        self.job = job
        self.attempt = attempt
    }
}

/// The evidence of the attempts that were asked about last, so that files may come one by one. It
/// is lost with the process; what followed from it is kept with the attempt.
struct EvidenceCases {
    private var cases: [(key: CaseKey, evidence: AttemptEvidence)] = []

    /// Attempts that are kept.
    private static let most = 8

    /// What there is about an attempt; nil when nothing was ever handed in.
    subscript(_ key: CaseKey) -> AttemptEvidence? {
        cases.first { $0.key == key }?.evidence
    }

    /// Adds to what there is. A later record of a rank takes the place of an earlier one.
    mutating func add(_ told: AttemptEvidence, to key: CaseKey) {
        var evidence = self[key] ?? AttemptEvidence()
        evidence.evidence.add(told.evidence)
        evidence.signs += told.signs
        cases.removeAll { $0.key == key }
        cases.append((key, evidence))
        if cases.count > EvidenceCases.most { cases.removeFirst() }
    }

    /// Forgets an attempt.
    mutating func remove(_ key: CaseKey) { cases.removeAll { $0.key == key } }
}
