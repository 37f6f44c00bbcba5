import FleetModel
import KubernetesJSON
import Synchronization

/// What a replica is told of leadership.
public enum LeaseChange: Hashable, Sendable {
    /// It leads from now on; the term grows with every change of the leader.
    case leading(term: Int64)
    /// It does not lead any more; perhaps it is told whom it follows.
    case following(holder: String)
    /// The lease cannot be read or written, for this reason; it is tried on. Told once until there
    /// is another reason or none.
    case troubled(String)
}

/// Keeps a lease, or waits for it: the shell around ``LeaseElector``.
///
/// A class, because its fence is asked from everywhere while its task runs.
public final class LeaseKeeper: Sendable {
    private let client: KubernetesClient
    private let place: ObjectPlace
    private let elector: Mutex<LeaseElector>
    private let random: Mutex<SplitMix>

    /// Prepares to compete for a lease. `identity` has to be unique for each start of each replica.
    public init(
        client: KubernetesClient, namespace: String, name: String, identity: String,
        timings: LeaseTimings = LeaseTimings()
    ) {
        self.client = client
        let type = ResourceType(
            group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease")
        place = ObjectPlace(type, namespace: namespace, name: name)
        elector = Mutex(LeaseElector(identity: identity, timings: timings))
        random = Mutex(SplitMix(seed: client.transport.seed()))
    }

    /// The fence: whether this replica may act as the leader now. Cheap enough for each request.
    public var isLeader: Bool { elector.withLock { $0.isLeader(at: Monotonic.now) } }

    /// The state as it is now, for pages and tests.
    public var state: LeaseElector { elector.withLock { $0 } }

    /// Competes until it is cancelled. `onChange` is told of changes in order; the fence may close
    /// before it is. Throws only for credentials, and when cancelled; the lease is not released
    /// then, ``release()`` does that.
    public nonisolated(nonsending) func run(onChange: (LeaseChange) async -> Void) async throws {
        var told: LeaseChange?
        // Reading may go well where writing does not.
        var (readTrouble, writeTrouble): (String?, String?)
        while true {
            try Task.checkCancellation()
            let (step, change) = elector.withLock { elector in
                let now = Monotonic.now
                let step = elector.next(at: now)
                let change: LeaseChange =
                    elector.isLeader(at: now)
                    ? .leading(term: elector.term) : .following(holder: elector.holder)
                return (step, change)
            }
            if change != told {
                told = change
                await onChange(change)
            }
            let (before, failure): (String?, String?)
            switch step {
            case .wait(let until):
                try await rest(until: until, isLeader: isLeader)
                continue
            case .read:
                (before, failure) = (readTrouble, try await read())
                readTrouble = failure
            case .write(let record):
                (before, failure) = (writeTrouble, try await write(record))
                writeTrouble = failure
            }
            if let failure, failure != before { await onChange(.troubled(failure)) }
        }
    }

    /// Gives the lease up if it is held, so that others take it at once. To be called when ``run``
    /// has ended; the fence is closed before anything is sent.
    public func release() async {
        guard var record = elector.withLock({ $0.release(at: Monotonic.now) }) else { return }
        record.renewed = Timestamp(microseconds: Monotonic.wallMicroseconds)
        _ = try? await client.replace(
            place, body: body(record), of: ObjectIdentity.self, options: options)
    }

    // MARK: Steps

    private func rest(until: Int64, isLeader: Bool) async throws {
        // Followers do not come all at once.
        let retry = Int(state.timings.retry)
        let jitter = isLeader ? 0 : random.withLock { $0.below(retry / 5 + 1) }
        let pause = until - Monotonic.now + Int64(jitter)
        if pause > 0 { try await Task.sleep(nanoseconds: UInt64(pause)) }
    }

    /// What kept it from that, in words; nil for nothing.
    private func read() async throws -> String? {
        do {
            let answer = try await client.get(place, of: LeaseRecord.self, isUrgent: true)
            return elector.withLock { elector in
                switch answer {
                case .success(let record): elector.read(record, at: Monotonic.now)
                case .failure(let refusal) where refusal.isNotFound:
                    elector.read(nil, at: Monotonic.now)
                case .failure(let refusal):
                    elector.failed(at: Monotonic.now)
                    return refusal.message
                }
                return nil
            }
        } catch let error as OperatingError where error.isPassing {
            elector.withLock { $0.failed(at: Monotonic.now) }
            return error.message
        }
    }

    private func write(_ record: LeaseRecord) async throws -> String? {
        var record = record
        let sentAt = Monotonic.now
        let time = Timestamp(microseconds: Monotonic.wallMicroseconds)
        record.renewed = time
        if record.acquired == nil { record.acquired = time }
        do {
            let answer: Result<LeaseRecord, APIRefusal>
            if record.resourceVersion.isEmpty {
                answer = try await client.create(
                    place.type, namespace: place.namespace, body: body(record), options: options)
            } else {
                answer = try await client.replace(place, body: body(record), options: options)
            }
            return elector.withLock { elector in
                switch answer {
                case .success(let written):
                    elector.wrote(written, sentAt: sentAt, at: Monotonic.now)
                case .failure(let refusal) where refusal.isConflict:
                    elector.conflicted(at: Monotonic.now)
                case .failure(let refusal):
                    elector.failed(at: Monotonic.now)
                    return refusal.message
                }
                return nil
            }
        } catch let error as OperatingError where error.isPassing {
            elector.withLock { $0.failed(at: Monotonic.now) }
            return error.message
        }
    }

    private func body(_ record: LeaseRecord) -> [UInt8] {
        record.body(name: place.name, namespace: place.namespace ?? "")
    }

    /// Short enough that several attempts fit before the deadline.
    private var options: WriteOptions {
        var options = WriteOptions()
        options.isUrgent = true
        options.timeoutSeconds = max(state.timings.renewDeadline / 4_000_000_000, 1)
        return options
    }
}
