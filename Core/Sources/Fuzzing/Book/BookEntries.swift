import FleetModel

/// What the world knows of a node.
struct BookNode {
    var spec: NodeSpec
    var isPresent = true
    var isDrained = false
    var unhealthy: UInt64
    /// When it must be empty, if it was told so.
    var deadline: Instant?
    /// Thousandths in use, by device.
    var used: [Int32]
    /// Host resources in use.
    var host = HostResources.zero
    /// Members that run, or have not been confirmed to have stopped.
    var members = 0

    init(spec: NodeSpec) {
        self.spec = spec
        unhealthy = spec.unhealthyDevices
        used = [Int32](repeating: 0, count: Int(spec.devices))
    }
}

/// What the world knows of a job.
struct BookJob {
    /// Where it stands.
    enum Phase { case waiting, running, stopping, ended }

    /// Members that were told to leave.
    struct Leaving {
        var resize: Resize
        var members: [MemberPlacement]
    }

    let spec: JobSpec
    let order: Int
    let submittedAt: Instant
    var phase = Phase.waiting
    var isHeld: Bool
    var attempt: Int32 = 0
    var startedAt = Instant.zero
    var stopReason = StopReason.cancelled
    /// Members of the gang as it is to be.
    var members: [MemberPlacement] = []
    /// Members that have been told to leave and are not confirmed to be gone.
    var leaving: [Leaving] = []
    var resize: Int32 = 0
    /// Members of the attempt before.
    var previous: [MemberPlacement] = []
    var lastCause: FailureCause?
    var suspects: [NodeID] = []
    var outcome: JobOutcome?
    /// When it last began to wait.
    var waitsSince: Instant

    init(spec: JobSpec, order: Int, at now: Instant) {
        self.spec = spec
        self.order = order
        submittedAt = now
        waitsSince = now
        isHeld = spec.held
    }

    /// Whether its topology wish was not asked for where it stands.
    var standsAsIs = false

    var isPlaced: Bool { phase == .running || phase == .stopping }
}
