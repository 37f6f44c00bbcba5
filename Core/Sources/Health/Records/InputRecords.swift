import FleetModel
import Journal

/// The first byte of an input. Numbers are never given out twice.
private enum HealthInputTag: UInt8, CaseIterable {
    case arrived, departed, found, heard, occupied, qualified, repaired, stated, attemptEnded
    case compared, resetBreaker, setPolicy, resumed, wake
    case deaf

    init(_ input: HealthInput) {
        switch input {
        case .arrived: self = .arrived
        case .departed: self = .departed
        case .found: self = .found
        case .heard: self = .heard
        case .occupied: self = .occupied
        case .qualified: self = .qualified
        case .repaired: self = .repaired
        case .stated: self = .stated
        case .attemptEnded: self = .attemptEnded
        case .compared: self = .compared
        case .resetBreaker: self = .resetBreaker
        case .setPolicy: self = .setPolicy
        case .resumed: self = .resumed
        case .wake: self = .wake
        case .deaf: self = .deaf
        }
    }
}

extension HealthInput: RecordValue {
    package static var blank: HealthInput { .resumed }

    private var node: NodeID? {
        switch self {
        case .arrived(let node, _), .departed(let node), .found(let node, _), .heard(let node),
            .occupied(let node, _, _), .qualified(let node, _, _), .repaired(let node, _, _),
            .stated(let node, _):
            node
        default: nil
        }
    }

    private var operation: OperationID? {
        switch self {
        case .qualified(_, let id, _), .repaired(_, let id, _): id
        default: nil
        }
    }

    package mutating func pass(through coder: inout RecordCoder) {
        let tag = coder.tag(HealthInputTag(self))
        switch tag {
        case .arrived, .departed, .found, .heard, .occupied, .qualified, .repaired, .stated:
            passNode(tag, &coder)
        case .attemptEnded:
            var end: AttemptEnd?
            if case .attemptEnded(let it) = self { end = it }
            self = .attemptEnded(coder.part(end))
        case .compared:
            var (job, samples) = (JobID?.none, [PeerSample]?.none)
            if case .compared(let a, let b) = self { (job, samples) = (a, b) }
            self = .compared(coder.part(job), coder.part(samples))
        case .resetBreaker:
            var breaker: BreakerID?
            if case .resetBreaker(let it) = self { breaker = it }
            self = .resetBreaker(coder.part(breaker))
        case .setPolicy:
            var policy: HealthPolicy?
            if case .setPolicy(let it) = self { policy = it }
            self = .setPolicy(coder.part(policy))
        case .resumed: self = .resumed
        case .wake:
            var token: Int64?
            if case .wake(let it) = self { token = it }
            self = .wake(token: coder.part(token))
        case .deaf:
            var span: TimeSpan?
            if case .deaf(let it) = self { span = it }
            self = .deaf(coder.part(span))
        }
    }

    /// Those that are about one node.
    private mutating func passNode(_ tag: HealthInputTag, _ coder: inout RecordCoder) {
        let id = coder.part(node)
        switch tag {
        case .arrived:
            var arrival: Arrival?
            if case .arrived(_, let it) = self { arrival = it }
            self = .arrived(id, coder.part(arrival))
        case .departed: self = .departed(id)
        case .found:
            var finding: Finding?
            if case .found(_, let it) = self { finding = it }
            self = .found(id, coder.part(finding))
        case .heard: self = .heard(id)
        case .occupied:
            var (devices, isBusy) = (UInt64?.none, Bool?.none)
            if case .occupied(_, let a, let b) = self { (devices, isBusy) = (a, b) }
            self = .occupied(id, devices: coder.part(devices), isBusy: coder.part(isBusy))
        case .qualified:
            var outcome: QualificationOutcome?
            if case .qualified(_, _, let it) = self { outcome = it }
            self = .qualified(id, coder.part(operation), coder.part(outcome))
        case .repaired:
            var outcome: RepairOutcome?
            if case .repaired(_, _, let it) = self { outcome = it }
            self = .repaired(id, coder.part(operation), coder.part(outcome))
        case .stated:
            var statement: Statement?
            if case .stated(_, let it) = self { statement = it }
            self = .stated(id, coder.part(statement))
        case .attemptEnded, .compared, .resetBreaker, .setPolicy, .resumed, .wake, .deaf: break
        }
    }
}
