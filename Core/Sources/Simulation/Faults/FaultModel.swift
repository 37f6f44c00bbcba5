import FleetModel

/// How often what goes wrong in a simulated fleet, and how long it takes to notice and mend.
///
/// Rates are counts per million node-days or, for racks, per million domain-days.
public struct FaultModel: Hashable, Sendable {
    /// Events per million node-days (domain-days) by ``FaultKind/rawValue``.
    public var rates: [Int64]
    /// How long it takes to repair a node or device, once somebody knows.
    public var repair: SpanDistribution
    /// How long it takes to repair a rack.
    public var rackRepair: SpanDistribution
    /// How long a slow node or wrong results go unnoticed.
    public var detection: SpanDistribution
    /// From the break of a gang by a dead link to the drain of the node that is to blame.
    public var diagnosis: TimeSpan
    /// How long gangs may stay on a node that was found slow.
    public var drainGrace: TimeSpan
    /// Speed of a slow node in parts per million of full speed, all of them as likely.
    public var slowSpeed: ClosedRange<Int64>
    /// The seed of everything random here.
    public var seed: UInt64

    /// The highest rate: a thousand faults a day on each node.
    public static let highestRate: Int64 = 1_000_000_000

    /// Gathers a model without any faults; the spans are assumptions, see ``SpanDistribution``.
    public init(seed: UInt64 = 1) {
        rates = FaultKind.allCases.map { _ in 0 }
        repair = .repairs
        rackRepair = .rackRepairs
        detection = .detections
        diagnosis = .seconds(120)
        drainGrace = .seconds(900)
        slowSpeed = 600_000...900_000
        self.seed = seed
    }

    /// The rate of one kind.
    public subscript(kind: FaultKind) -> Int64 {
        get { rates[Int(kind.rawValue)] }
        set { rates[Int(kind.rawValue)] = newValue }
    }

    /// The 3.79 interruptions per 1000 node-days of Llama 3's pretraining (419 on 2,048 nodes in 54
    /// days), by its table of causes. Devices: faulty GPU 148, HBM 72, SRAM 19, GPU system
    /// processor 17, thermal 6. Nodes: host maintenance 32, SSD 3, power supply 3, chassis 2, I/O
    /// board 2, CPU 2, memory 2. Links: switch or cable 35, NIC 7. Software: bugs 54, NCCL watchdog
    /// 7, dependencies 2. Silent corruption 6.
    ///
    /// Beside these, slow nodes are 0.8 % of all, as ByteDance's drops of utilization are. Nobody
    /// publishes how often racks fail; one failure in five years is an assumption.
    public static func llama3(seed: UInt64 = 1) -> FaultModel {
        var model = FaultModel(seed: seed)
        let counts: [(FaultKind, Int64)] = [
            (.device, 262), (.node, 46), (.link, 42), (.software, 63), (.corruption, 6),
        ]
        for (kind, count) in counts { model[kind] = count * 3789 / 419 }
        model[.slowNode] = 3789 * 8 / 1000
        model[.rack] = 1_000_000 / (5 * 365)
        return model
    }

    /// The 6.50 failures per 1000 node-days of Meta's RSC-1, the higher of the two rates that large
    /// clusters have published, in the mix of ``llama3(seed:)``.
    public static func published(seed: UInt64 = 1) -> FaultModel {
        llama3(seed: seed).scaled(to: 6500)
    }

    /// The model with `total` faults per million node-days in all; the mix and the rate of racks
    /// stay.
    public func scaled(to total: Int64) -> FaultModel {
        let sum = perMillionNodeDays
        guard sum > 0 else { return self }
        var model = self
        for kind in FaultKind.allCases where kind.strikesNode {
            model[kind] = Int64(Int128(self[kind]) * Int128(total) / Int128(sum))
        }
        // What the divisions rounded away.
        model[.device] += total - model.perMillionNodeDays
        return model
    }

    /// Faults of all kinds but racks per million node-days.
    public var perMillionNodeDays: Int64 {
        FaultKind.allCases.reduce(0) { $0 + ($1.strikesNode ? self[$1] : 0) }
    }

    /// Whether every figure is one to work with.
    public var isWellFormed: Bool {
        rates.count == FaultKind.allCases.count
            && rates.allSatisfy { (0...FaultModel.highestRate).contains($0) }
            && repair.isWellFormed && rackRepair.isWellFormed && detection.isWellFormed
            && [diagnosis, drainGrace].allSatisfy {
                $0 >= .zero && $0 <= .seconds(FleetLimits.seconds)
            }
            && slowSpeed.lowerBound > 0 && slowSpeed.upperBound <= 1_000_000
    }
}
