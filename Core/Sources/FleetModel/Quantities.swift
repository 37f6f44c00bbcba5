/// What a node has, and a member asks for, beside its devices.
@frozen public struct HostResources: Hashable, Sendable {
    /// Thousandths of a CPU core.
    public var cpuMilli: Int64
    /// Main memory in MiB.
    public var memoryMiB: Int64
    /// Local disk in MiB.
    public var diskMiB: Int64
    /// Network interfaces for the accelerators' fabric (EFA, InfiniBand), counted.
    public var nics: Int64
    /// Places for members whatever they ask for, as a kubelet has a number of pods; 0 for members
    /// that are not counted.
    public var slots: Int64
    /// Things that a node has once.
    public var exclusives: Exclusives

    /// Gathers the quantities; each defaults to none.
    @inlinable public init(
        cpuMilli: Int64 = 0, memoryMiB: Int64 = 0, diskMiB: Int64 = 0, nics: Int64 = 0,
        slots: Int64 = 0, exclusives: Exclusives = .none
    ) {
        self.cpuMilli = cpuMilli
        self.memoryMiB = memoryMiB
        self.diskMiB = diskMiB
        self.nics = nics
        self.slots = slots
        self.exclusives = exclusives
    }

    /// Nothing of anything.
    @inlinable public static var zero: HostResources { HostResources() }

    /// Whether every quantity of `other` fits into this one's.
    @inlinable public func contains(_ other: HostResources) -> Bool {
        other.cpuMilli <= cpuMilli && other.memoryMiB <= memoryMiB
            && other.diskMiB <= diskMiB && other.nics <= nics && other.slots <= slots
            && exclusives.contains(other.exclusives)
    }

    /// Whether any quantity is below zero.
    @inlinable public var hasNegative: Bool {
        cpuMilli < 0 || memoryMiB < 0 || diskMiB < 0 || nics < 0 || slots < 0
            || exclusives.isOverdrawn
    }

    /// Whether there is something of a quantity of which `other` has something, too.
    public func sharesSome(of other: HostResources) -> Bool {
        cpuMilli > 0 && other.cpuMilli > 0 || memoryMiB > 0 && other.memoryMiB > 0
            || diskMiB > 0 && other.diskMiB > 0 || nics > 0 && other.nics > 0
            || slots > 0 && other.slots > 0 || exclusives.ones & other.exclusives.ones != 0
    }

    /// Quantity by quantity sum.
    @inlinable public static func + (left: HostResources, right: HostResources) -> HostResources {
        HostResources(
            cpuMilli: left.cpuMilli + right.cpuMilli, memoryMiB: left.memoryMiB + right.memoryMiB,
            diskMiB: left.diskMiB + right.diskMiB, nics: left.nics + right.nics,
            slots: left.slots + right.slots, exclusives: left.exclusives + right.exclusives)
    }

    /// Quantity by quantity difference; may go below zero.
    @inlinable public static func - (left: HostResources, right: HostResources) -> HostResources {
        HostResources(
            cpuMilli: left.cpuMilli - right.cpuMilli, memoryMiB: left.memoryMiB - right.memoryMiB,
            diskMiB: left.diskMiB - right.diskMiB, nics: left.nics - right.nics,
            slots: left.slots - right.slots, exclusives: left.exclusives - right.exclusives)
    }

    /// Quantity by quantity product.
    @inlinable public static func * (left: HostResources, factor: Int64) -> HostResources {
        HostResources(
            cpuMilli: left.cpuMilli * factor, memoryMiB: left.memoryMiB * factor,
            diskMiB: left.diskMiB * factor, nics: left.nics * factor, slots: left.slots * factor,
            exclusives: left.exclusives * factor)
    }
}

/// What one member of a gang asks of one node.
@frozen public struct MemberRequest: Hashable, Sendable {
    /// Devices on the node, 0 to ``FleetLimits/devicesPerNode``.
    public var devices: Int32
    /// Thousandths of each device, 1 to 1000. Below 1000 only for a single device.
    public var deviceMilli: Int32
    /// What it needs of the host.
    public var host: HostResources

    /// Gathers a request; whole devices by default.
    @inlinable public init(
        devices: Int32, deviceMilli: Int32 = 1000, host: HostResources = .zero
    ) {
        self.devices = devices
        self.deviceMilli = devices == 0 ? 1000 : deviceMilli
        self.host = host
    }

    /// Whether the member takes a part of one device.
    @inlinable public var isFractional: Bool { devices == 1 && deviceMilli < 1000 }

    /// Thousandths of GPUs that one member takes.
    @inlinable public var gpuMilli: Int64 { Int64(devices) * Int64(deviceMilli) }
}

/// Limits that the model enforces at the door, so that the engine's packed forms always hold.
public enum FleetLimits {
    /// Devices of one node: one bit each in a word.
    public static let devicesPerNode = 64
    /// Accelerator kinds of a fleet: one bit each in a word.
    public static let acceleratorKinds = 64
    /// Pools of a fleet: one bit each in a word.
    public static let pools = 64
    /// Node rules of a fleet: a bit for each node and rule, 5 MB with 10,000 nodes.
    public static let nodeRules = 4096
    /// Exclusive things that are told apart: a bit each in a word.
    public static let exclusives = 64
    /// Nodes of a fleet. Ten times the fleets that Muster is made for.
    public static let nodes = 100_000
    /// Topology levels, the host included; Kueue allows 16 as well (`apis/kueue/v1beta2`).
    public static let topologyLevels = 16
    /// Tenants in the quota tree.
    public static let tenants = 10_000
    /// Depth of the quota tree.
    public static let tenantDepth = 16
    /// Cell quotas of one tenant.
    public static let cellsPerTenant = 64
    /// Tenants with cells: each is a zone of the fleet, and zones share a word with the rest of it.
    public static let cellOwners = 63
    /// Roles of one job.
    public static let rolesPerJob = 16
    /// Members of one job over all roles.
    public static let membersPerJob = 100_000
    /// Dependencies of one job.
    public static let dependenciesPerJob = 1_000
    /// The largest host quantity of a node or request: far beyond hardware, and far from overflow
    /// when multiplied by ``membersPerJob`` and a thousand.
    public static let hostQuantity: Int64 = 1 << 32
    /// The largest weight of a tenant.
    public static let tenantWeight: Int64 = 1_000_000
    /// The longest time span that a file may state: a hundred years, in seconds.
    public static let seconds: Int64 = 3_155_760_000
    /// Retries per cause.
    public static let retries: Int64 = 1_000
}
