/// A running digest of everything that the engine asked for, in order.
///
/// Covers every field of every directive, so two runs with the same digest took the same decisions
/// as surely as 64 bits can say.
public struct DirectiveDigest: Sendable {
    private var hasher = StateHasher()

    /// Starts before the first directive.
    public init() {}

    /// Goes on from the ``state`` of an earlier one.
    public init(state: UInt64) { hasher.state = state }

    /// What a digest that goes on from here has to know.
    public var state: UInt64 { hasher.state }

    /// The digest of all directives so far.
    public var digest: UInt64 { hasher.digest }

    /// Folds one directive in; O(members) for a start, otherwise O(1).
    public mutating func add(_ directive: Directive) {
        switch directive {
        case .start(let job, let attempt, let members):
            addHead(1, job, attempt.rawValue)
            add(members)
        case .stop(let job, let attempt, let reason):
            addHead(2, job, attempt.rawValue)
            hasher.add(Int32(reason.rawValue))
        case .wait(let job, let refusal):
            addHead(3, job, 0)
            add(refusal)
        case .requeue(let job, let attempt, let cause):
            addHead(4, job, attempt.rawValue)
            hasher.add(Int32(cause.rawValue))
        case .end(let job, let outcome): addHead(5, job, Int32(outcome.rawValue))
        case .reject(let job, let reason): addHead(6, job, Int32(reason.rawValue))
        case .wake(let instant, let token):
            hasher.add(7)
            hasher.add(instant.nanoseconds)
            hasher.add(token)
        case .shrink(let job, let attempt, let resize, let members):
            addHead(8, job, attempt.rawValue)
            hasher.add(resize.rawValue)
            add(members)
        case .grow(let job, let attempt, let resize, let members):
            addHead(9, job, attempt.rawValue)
            hasher.add(resize.rawValue)
            add(members)
        case .estimate(let job, let estimate):
            addHead(10, job, Int32(estimate.basis.rawValue))
            hasher.add(estimate.earliest.nanoseconds)
            hasher.add(estimate.likely.nanoseconds)
            hasher.add(estimate.latest.nanoseconds)
        }
    }

    private mutating func add(_ members: [MemberPlacement]) {
        hasher.add(members.count)
        for member in members {
            hasher.add(member.node.rawValue)
            hasher.add(member.role)
            hasher.add(member.devices)
        }
    }

    private mutating func addHead(_ tag: Int, _ job: JobID, _ detail: Int32) {
        hasher.add(tag)
        hasher.add(job.rawValue)
        hasher.add(detail)
    }

    private mutating func add(_ refusal: Refusal) {
        hasher.add(Int32(refusal.code.rawValue))
        hasher.add(Int32(refusal.unit.rawValue))
        hasher.add(refusal.need)
        hasher.add(refusal.have)
        add(refusal.level.map { Int64($0.rawValue) })
        add(refusal.tenant.map { Int64($0.rawValue) })
        add(refusal.job.map { Int64($0.rawValue) })
    }

    // Presence is a word of its own, so that nil differs from every number.
    private mutating func add(_ number: Int64?) {
        hasher.add(number == nil ? 0 : 1)
        if let number { hasher.add(number) }
    }
}
