import FleetModel

/// One fault with everything that chance has to say about it.
public struct Fault: Hashable, Sendable {
    /// When it strikes.
    public var at: Instant
    /// What it is.
    public var kind: FaultKind
    /// The nodes that it strikes; one, or all of a domain.
    public var nodes: [NodeID]
    /// From when somebody knows of it until it is repaired.
    public var repair: TimeSpan
    /// How long nobody knows of it, if it is silent.
    public var detection: TimeSpan
    /// The speed that it leaves, in parts per million, if it slows.
    public var speed: Int64
    /// Chooses among what is found where it strikes: a device, a gang.
    public var draw: UInt64
}

/// Faults in order of time, drawn one by one from a seed and the fleet alone, so that every policy
/// meets the same ones. Never ends unless all rates are zero.
package struct FaultSchedule: Sendable {
    private let model: FaultModel
    private var random: SplitMix
    private let nodes: [NodeID]
    /// Nodes with devices, by domain of the finest level.
    private let racks: [[NodeID]]
    /// Events per million days on the fleet, by kind.
    private let rates: [Int]
    private let total: Int
    private var clock: Instant
    /// Faults still to come when they are not drawn, last first.
    private var planned: [Fault] = []

    /// The next fault; nil when there is none.
    package private(set) var next: Fault?

    private static let millionDays = Int128(1_000_000 * 86_400) * 1_000_000_000

    /// Prepares for a fleet, with faults from an instant on; nodes without devices are left alone.
    /// O(nodes).
    package init(model: FaultModel, fleet: FleetDefinition, from start: Instant = .zero) {
        precondition(model.isWellFormed, "a fault model outside its limits: \(model)")
        self.model = model
        clock = start
        random = SplitMix(seed: model.seed)
        let struck = fleet.nodes.filter { $0.devices > 0 }
        nodes = struck.map(\.id)
        var places: [DomainID: Int] = [:]
        var racks: [[NodeID]] = []
        for node in struck {
            guard let domain = node.domains.last else { continue }
            if let place = places[domain] {
                racks[place].append(node.id)
            } else {
                places[domain] = racks.count
                racks.append([node.id])
            }
        }
        self.racks = racks
        rates = FaultKind.allCases.map {
            Int(model[$0]) * ($0.strikesNode ? struck.count : racks.count)
        }
        total = rates.reduce(0, +)
        draw()
    }

    /// These faults, in this order, and no others.
    init(_ faults: [Fault]) {
        model = FaultModel()
        clock = .zero
        random = SplitMix(seed: 0)
        (nodes, racks, rates, total) = ([], [], [], 0)
        planned = faults.reversed()
        draw()
    }

    /// Goes on to the fault after ``next``. Draws as often for every kind, so that another rate of
    /// one kind changes no other's figures more than it must.
    package mutating func draw() {
        guard total > 0 else {
            next = planned.popLast()
            return
        }
        let gap = Int128(FixedPoint.exponential(&random)) * FaultSchedule.millionDays
        clock = clock + TimeSpan(nanoseconds: Int64(clamping: (gap / Int128(total)) >> 32))
        var place = random.below(total)
        var kind = FaultKind.device
        for candidate in FaultKind.allCases {
            kind = candidate
            if place < rates[Int(candidate.rawValue)] { break }
            place -= rates[Int(candidate.rawValue)]
        }
        let index = random.below(kind.strikesNode ? nodes.count : racks.count)
        let repair = random.next()
        let detection = random.next()
        let slowness = random.below(
            Int(model.slowSpeed.upperBound - model.slowSpeed.lowerBound) + 1)
        next = Fault(
            at: clock, kind: kind, nodes: kind.strikesNode ? [nodes[index]] : racks[index],
            repair: (kind.strikesNode ? model.repair : model.rackRepair).span(at: repair),
            detection: model.detection.span(at: detection),
            speed: model.slowSpeed.lowerBound + Int64(slowness), draw: random.next())
    }

    /// Passes over faults that nobody was there to meet.
    mutating func skip(before instant: Instant) {
        while let fault = next, fault.at < instant { draw() }
    }
}
