import FleetModel

/// The smallest change of one kind that starts a waiting job now. It was run, and the job started.
public struct Remedy: Hashable, Sendable {
    /// What has to be different.
    public enum Action: Hashable, Sendable {
        /// The job is released.
        case release
        /// It has so many members in all, the most that start now.
        case members(Int32)
        /// Its members may stand further apart.
        case topology(TopologyPreference)
        /// Its members do not stand in groups.
        case noSlices
        /// It accepts this kind as well.
        case accelerator(AcceleratorKindID)
        /// It may use this pool as well.
        case pool(PoolID)
        /// It has this priority.
        case priority(Int32)
        /// It may be stopped for others.
        case preemptible
        /// The limits of these tenants are raised, each by so many thousandths of GPUs.
        case raiseLimits([RaisedLimit])
        /// This gang is cancelled, which loses so many GPU-seconds of work since its last
        /// checkpoint, its restart included.
        case stop(JobID, lostGPUSeconds: Int64)
        /// These nodes take work again: drained ones are resumed, devices are in service.
        case bringBack([NodeID])
        /// These nodes are kept as spares no more.
        case freeSpares([NodeID])
    }

    /// What has to be different.
    public var action: Action
    /// The same as changes for ``Engine/whatIf(_:horizon:)``.
    public var changes: [Change]
    /// Running jobs that stop for it.
    public var stopped: [JobID]
}

/// A limit that is raised.
public struct RaisedLimit: Hashable, Sendable {
    /// The tenant.
    public var tenant: TenantID
    /// The kind.
    public var kind: AcceleratorKindID
    /// By how many thousandths of GPUs.
    public var byMilli: Int64
}
