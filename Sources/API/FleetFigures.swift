import ControlPlane
import FleetModel
import Scheduler
import Store

/// The fleet in figures, at one moment. Amounts are thousandths of GPUs.
public struct FleetFigures: Sendable {
    /// The ladder of capacity; each rung is a part of the one above.
    public struct Ladder: Sendable {
        /// In the inventory, dead and absent ones included.
        public var installed: Int64 = 0
        /// Of those, on nodes that are there, in service.
        public var healthy: Int64 = 0
        /// Of those, on nodes that take work.
        public var schedulable: Int64 = 0
        /// In use.
        public var allocated: Int64 = 0

        mutating func add(_ node: NodeView) {
            installed += Int64(node.row.spec.devices) * 1000
            let healthy = Int64(node.healthyDevices.nonzeroBitCount) * 1000
            self.healthy += healthy
            if node.state == .ready { schedulable += healthy }
            allocated += node.allocatedMilli
        }
    }

    /// What keeps free GPUs from being used.
    public enum Strand: String, CaseIterable, Sendable {
        case cpu, memory, disk, nics
        /// The device is in use in part.
        case fraction
    }

    /// Jobs that wait for one reason.
    public struct Waiting: Sendable {
        /// Jobs.
        public var jobs = 0
        /// What they ask for.
        public var gpuMilli: Int64 = 0
    }

    /// The whole fleet.
    public var ladder = Ladder()
    /// By kind.
    public var kinds: [Ladder]
    /// By pool, with its nodes.
    public var pools: [(nodes: Int, ladder: Ladder)]
    /// What is free now, by kind.
    public var freeByKind: [Int64]
    /// Nodes by ``NodeState``, in the order of its cases.
    public var nodes: [Int]
    /// Jobs that wait, by ``RefusalCode/rawValue``.
    public var waiting: [Waiting]
    /// Jobs that wait and were not told why yet.
    public var undecided = Waiting()
    /// The longest wait of a job that waits.
    public var oldestWait: TimeSpan?
    /// Free thousandths that are of no use to a member that also wants its part of the host.
    public var stranded: [Strand: Int64] = [:]
    /// How many nodes that take work have so many wholly free GPUs.
    public var freePerNode: [Int]

    /// Adds everything up. O(nodes + jobs).
    public init(_ view: FleetView) {
        let fleet = view.directory.fleet
        kinds = fleet.kinds.names.map { _ in Ladder() }
        pools = fleet.pools.names.map { _ in (0, Ladder()) }
        freeByKind = kinds.map { _ in 0 }
        nodes = NodeState.allCases.map { _ in 0 }
        waiting = RefusalCode.allCases.map { _ in Waiting() }
        freePerNode = []
        view.nodes.forEach { node in
            add(node)
            return true
        }
        var oldest: Instant?
        view.jobs.forEach { job in
            guard job.row.state.isWaiting else { return true }
            if let reason = job.row.reason {
                waiting[Int(reason.code.rawValue)].jobs += 1
                waiting[Int(reason.code.rawValue)].gpuMilli += job.row.gpuMilli
            } else {
                undecided.jobs += 1
                undecided.gpuMilli += job.row.gpuMilli
            }
            oldest = min(oldest ?? .never, job.row.submittedAt)
            return true
        }
        oldestWait = oldest.map { view.now - $0 }
    }

    private mutating func add(_ node: NodeView) {
        let spec = node.row.spec
        ladder.add(node)
        pools[spec.pool.index].nodes += 1
        pools[spec.pool.index].ladder.add(node)
        if let kind = spec.kind {
            kinds[kind.index].add(node)
            freeByKind[kind.index] += node.freeMilli
        }
        let state = node.state
        nodes[NodeState.allCases.firstIndex(of: state) ?? 0] += 1
        guard state == .ready, spec.devices > 0 else { return }
        let whole = node.wholeFreeDevices.nonzeroBitCount
        while freePerNode.count <= Int(spec.devices) { freePerNode.append(0) }
        freePerNode[whole] += 1
        strand(node, whole: whole)
    }

    /// A free GPU counts as stranded by a resource of which less than half of its even part of the
    /// host is left: half, because that is what jobs on public traces ask for beside their GPUs.
    private mutating func strand(_ node: NodeView, whole: Int) {
        let shared = node.freeMilli - Int64(whole) * 1000
        if shared > 0 { stranded[.fraction, default: 0] += shared }
        guard whole > 0, !node.occupants.isEmpty else { return }
        let host = node.row.spec.host
        let free = node.freeHost
        let devices = Int64(node.row.spec.devices)
        let resources: [(Strand, Int64, Int64)] = [
            (.cpu, host.cpuMilli, free.cpuMilli), (.memory, host.memoryMiB, free.memoryMiB),
            (.disk, host.diskMiB, free.diskMiB), (.nics, host.nics, free.nics),
        ]
        var worst: (Strand, Int64)?
        for (strand, total, left) in resources where total > 0 {
            let usable = max(0, left) * 2 * devices / total
            let lost = Int64(whole) - min(Int64(whole), usable)
            if lost > worst?.1 ?? 0 { worst = (strand, lost) }
        }
        if let worst { stranded[worst.0, default: 0] += worst.1 * 1000 }
    }
}
