import ControlPlane
import Documents
import FleetModel

/// What is known of a job's attempts, for orders that come twice and for logs.
struct JobHistory: Sendable {
    /// The job's name.
    let name: String
    /// The last attempt that began.
    private(set) var lastAttempt = Attempt(0)
    /// Whether its program has failed at its end once.
    var hasFailed = false
    /// The last attempts, oldest first.
    private(set) var attempts: [AttemptHistory] = []

    /// Attempts that are kept.
    static let keptAttempts = 8

    init(_ launch: GangLaunch) { name = launch.document.name.value }

    /// An attempt was ordered.
    mutating func begins(_ launch: GangLaunch, at instant: Instant) {
        lastAttempt = launch.attempt
        if attempts.count == JobHistory.keptAttempts { attempts.removeFirst() }
        attempts.append(AttemptHistory(launch, at: instant))
    }

    /// Every member runs.
    mutating func runs(_ attempt: Attempt, at instant: Instant) {
        change(attempt) { $0.runsAt = instant }
    }

    /// A checkpoint was written.
    mutating func checkpoints(_ attempt: Attempt, step: Int64, at instant: Instant) {
        change(attempt) { $0.add(step: step, at: instant) }
    }

    /// Members have come.
    mutating func join(_ attempt: Attempt, _ members: [MemberLaunch]) {
        change(attempt) { history in
            for member in members {
                history.members.removeAll { $0.rank == member.rank }
                history.members.append(AttemptHistory.Member(member))
            }
        }
    }

    /// Members leave while the others go on.
    mutating func leave(_ attempt: Attempt, ranks: [Int]) {
        let leaving = Set(ranks)
        change(attempt) { history in
            for place in history.members.indices where leaving.contains(history.members[place].rank)
            {
                history.members[place].hasLeft = true
            }
        }
    }

    /// Nothing of an attempt runs any more.
    mutating func ends(_ attempt: Attempt, _ detail: String, at instant: Instant) {
        change(attempt) { $0.end = AttemptHistory.End(at: instant, detail: detail) }
    }

    private mutating func change(_ attempt: Attempt, _ body: (inout AttemptHistory) -> Void) {
        guard let place = attempts.lastIndex(where: { $0.attempt == attempt }) else { return }
        body(&attempts[place])
    }
}

/// What is known of one attempt.
struct AttemptHistory: Sendable {
    /// A member that was there at some time.
    struct Member: Sendable {
        var rank: Int
        var node: NodeID
        var devices: UInt64
        var hasLeft = false

        init(_ launch: MemberLaunch) {
            rank = launch.rank
            node = launch.node
            devices = launch.devices
        }
    }

    /// A checkpoint, in seconds, so that many gangs with many of them fit into memory.
    struct Checkpoint: Sendable {
        /// After the order to start.
        var after: UInt32
        /// Work that it keeps.
        var step: UInt32
    }

    /// How it ended.
    struct End: Sendable {
        var at: Instant
        var detail: String
    }

    let attempt: Attempt
    let startedAt: Instant
    /// Seconds of work that it goes on from.
    let startStep: Int64
    /// Members when it started.
    let size: Int
    var members: [Member]
    /// When every member ran; nil before.
    var runsAt: Instant?
    /// The last checkpoints, oldest first, and how many there were before them.
    private(set) var checkpoints: [Checkpoint] = []
    private(set) var droppedCheckpoints = 0
    /// How it ended; nil before.
    var end: End?

    /// Checkpoints that are kept, and as many again between two cuts.
    static let keptCheckpoints = 32

    init(_ launch: GangLaunch, at instant: Instant) {
        attempt = launch.attempt
        startedAt = instant
        startStep = launch.progressKept.wholeSeconds
        size = launch.members.count
        members = launch.members.map { Member($0) }
    }

    mutating func add(step: Int64, at instant: Instant) {
        if checkpoints.count == 2 * AttemptHistory.keptCheckpoints {
            checkpoints.removeFirst(AttemptHistory.keptCheckpoints)
            droppedCheckpoints += AttemptHistory.keptCheckpoints
        }
        checkpoints.append(
            Checkpoint(
                after: UInt32(clamping: (instant - startedAt).wholeSeconds),
                step: UInt32(clamping: step)))
    }
}
