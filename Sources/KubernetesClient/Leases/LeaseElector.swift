import KubernetesJSON

/// How long a lease holds, and how it is kept. All in nanoseconds.
public struct LeaseTimings: Hashable, Sendable {
    /// After so long without a renewal others may take the lease.
    public var lease: Int64
    /// After so long without a renewal the holder gives up by itself. What it sent before has the
    /// rest of the lease to arrive, so requests behind the fence should not wait for longer.
    public var renewDeadline: Int64
    /// From one attempt to the next.
    public var retry: Int64

    /// The timings of Kubernetes' own components by default: 15, 10 and 2 s. The deadline is kept
    /// below the lease, and the attempts below the deadline.
    public init(leaseSeconds: Int64 = 15, renewDeadlineSeconds: Int64 = 10, retrySeconds: Int64 = 2)
    {
        let second: Int64 = 1_000_000_000
        lease = max(leaseSeconds, 2) * second
        renewDeadline = min(max(renewDeadlineSeconds, 1) * second, lease - second)
        retry = min(max(retrySeconds * second, second / 10), renewDeadline / 2)
    }
}

/// Decides who leads: a state machine without a clock or connection.
///
/// Safety: clocks of different machines are never compared. Who wants the lease waits until it has
/// *seen* no renewal for the whole lease by its own clock; who holds it counts from before it
/// *sent* the last renewal that succeeded, and for less long. So, as long as clocks run at about
/// the same rate, the old holder has stopped before another begins. Writes carry the version that
/// was read, so of two who write the server refuses one.
///
/// Order: ``next(at:)`` says what to do; what came of it is told by one of the other inputs.
public struct LeaseElector: Hashable, Sendable {
    /// What to do.
    public enum Step: Hashable, Sendable {
        /// Read the lease.
        case read
        /// Write the lease: create it when it has no version. Times are the shell's to set.
        case write(LeaseRecord)
        /// Nothing before this time.
        case wait(until: Int64)
    }

    /// Who this is; no two replicas may have the same.
    public let identity: String
    /// How long things hold.
    public let timings: LeaseTimings
    /// The lease as it was last seen; nil for none, or when nothing is known of it.
    public private(set) var record: LeaseRecord?
    /// Whether ``record`` can be built upon.
    private var isFresh = false
    /// When the lease was last seen to change.
    private var seenAt: Int64 = .min
    /// When the last renewal that succeeded was sent; nil for followers.
    private var renewedAt: Int64?
    /// When to try next.
    private var tryAt: Int64 = .min

    /// A follower that knows nothing.
    public init(identity: String, timings: LeaseTimings = LeaseTimings()) {
        self.identity = identity
        self.timings = timings
    }

    /// The fence: whether this replica may act as the leader at this time. O(1).
    public func isLeader(at now: Int64) -> Bool {
        guard let renewedAt else { return false }
        return now >= renewedAt && now - renewedAt < timings.renewDeadline
    }

    /// When the fence closes unless the lease is renewed; nil for followers.
    public var fenceClosesAt: Int64? { renewedAt.map { $0 + timings.renewDeadline } }

    /// How often the leader has changed so far; grows with every change.
    public var term: Int64 { record?.transitions ?? 0 }

    /// Who leads, as far as is known; empty for nobody.
    public var holder: String { record?.holder ?? "" }

    /// What to do now. Who has not renewed in time is a follower from here on.
    public mutating func next(at now: Int64) -> Step {
        if renewedAt != nil, !isLeader(at: now) { resign() }
        guard now >= tryAt else { return .wait(until: tryAt) }
        guard isFresh else { return .read }
        guard let record else { return .write(claim(on: LeaseRecord())) }
        if renewedAt != nil {
            var renewal = record
            renewal.durationSeconds = timings.lease / 1_000_000_000
            return .write(renewal)
        }
        let isFree = record.holder.isEmpty || now - seenAt >= patience(for: record)
        // A lease of this identity is from before a restart: the fence was lost with it, so it is
        // taken like any other, but there is nobody to wait for.
        guard isFree || record.holder == identity else {
            isFresh = false
            tryAt = min(now + timings.retry, seenAt + patience(for: record))
            return .wait(until: tryAt)
        }
        return .write(claim(on: record))
    }

    /// The lease was read; nil when there is none.
    public mutating func read(_ found: LeaseRecord?, at now: Int64) {
        if found != record || seenAt == .min { seenAt = now }
        record = found
        // Nobody or somebody else has it: what this replica believed is void.
        if found?.holder != identity { resign() }
        isFresh = true
    }

    /// The lease was written by a request that was sent at `sentAt`; `written` is the answer.
    public mutating func wrote(_ written: LeaseRecord, sentAt: Int64, at now: Int64) {
        record = written
        seenAt = now
        isFresh = true
        guard written.holder == identity else { return resign() }
        renewedAt = max(renewedAt ?? .min, sentAt)
        tryAt = sentAt + timings.retry
    }

    /// The server refused the write because somebody else wrote meanwhile. A leader goes on until
    /// its deadline: perhaps its own last write arrived without an answer.
    public mutating func conflicted(at now: Int64) {
        isFresh = false
        tryAt = renewedAt == nil ? now + timings.retry : now
    }

    /// Nothing is known of what was read or written.
    public mutating func failed(at now: Int64) {
        isFresh = false
        tryAt = now + timings.retry / 2
    }

    /// Gives the lease up, at once; what to write so that others need not wait, if it was held.
    public mutating func release(at now: Int64) -> LeaseRecord? {
        guard isLeader(at: now), var record else {
            resign()
            return nil
        }
        resign()
        record.holder = ""
        record.durationSeconds = 1
        return record
    }

    private mutating func resign() {
        renewedAt = nil
        isFresh = false
    }

    /// The holder may have other timings.
    private func patience(for record: LeaseRecord) -> Int64 {
        let seconds = min(max(record.durationSeconds, 1), 3_600)
        return record.durationSeconds > 0 ? seconds * 1_000_000_000 : timings.lease
    }

    private func claim(on record: LeaseRecord) -> LeaseRecord {
        var claim = record
        claim.transitions = record.holder == identity ? record.transitions : record.transitions + 1
        if record.resourceVersion.isEmpty { claim.transitions = 1 }
        claim.holder = identity
        claim.acquired = nil
        claim.durationSeconds = timings.lease / 1_000_000_000
        return claim
    }
}
