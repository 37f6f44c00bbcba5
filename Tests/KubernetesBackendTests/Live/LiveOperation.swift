import FleetModel

/// Something that happens to a cluster, or to its control plane. A list of them is a function of
/// its seed, whatever the cluster makes of it.
enum LiveOperation {
    /// Pods of a gang, but for the last ones.
    case create(Int, withheld: Int)
    /// The pods of a gang that are missing.
    case complete(Int)
    case delete(Int)
    case deletePod(Int, index: Int)
    /// What stands of it ends.
    case finish(Int)
    case failPod(Int, index: Int)
    case removeNode(Int)
    case addNode(Int)
    case label(Int, zone: Int)
    case cordon(Int, Bool)
    case limit(Int, gpus: Int?)
    /// Watches break off.
    case cut
    /// Requests of the control plane meet faults, or none.
    case faults(Bool)
    case restart(keepsData: Bool)
    /// The one that leads hears of nothing and cannot renew its lease, so that the other leads.
    case partition
}

/// A gang of a random run.
struct LiveGang {
    var id: Int
    var namespace: Int
    var count: Int
    var gpus: Int
    var zone: Int?
    var isJob: Bool

    var name: String { "g\(id)" }

    /// A pod of it; `number` tells those of the same index apart.
    func pod(_ index: Int, number: Int) -> PodText {
        let zone = zone.map { ["torture/zone": "z\($0)"] } ?? [:]
        var pod: PodText
        if isJob {
            pod = PodText(
                "\(name)-\(index)", gpus: gpus,
                labels: [
                    "batch.kubernetes.io/job-name": name,
                    "batch.kubernetes.io/job-completion-index": "\(index)",
                ], annotations: ["muster/gang": "whole"])
        } else if count == 1 {
            pod = PodText("\(name)-\(index)", gpus: gpus)
        } else {
            pod = PodText.gang(name, count: count, gpus: gpus)[index]
        }
        pod.labels[ClusterObserver.gangLabel] = name
        pod.labels[ClusterObserver.countLabel] = "\(count)"
        pod.name += "-\(number)"
        pod.selector = zone
        return pod
    }
}

/// Draws operations one after the other.
struct LiveDraw {
    static let nodes = 6
    private static let mostGangs = 16

    private var random: SplitMix
    private(set) var gangs: [LiveGang] = []
    /// Gangs that were neither deleted nor ended.
    private var open: [Int] = []
    private var absent: [Int] = []
    private let handovers: Int
    private var drawn = 0

    /// Every `handovers` operations the other replica leads.
    init(seed: UInt64, handovers: Int) {
        random = SplitMix(seed: seed)
        self.handovers = handovers
    }

    mutating func next() -> LiveOperation {
        drawn += 1
        if drawn % handovers == 0 { return .partition }
        if drawn % 400 == 0 { return .restart(keepsData: random.below(2) == 0) }
        switch random.below(100) {
        case 0..<24 where open.count < LiveDraw.mostGangs: return create()
        case 0..<24, 24..<38: return end()
        case 38..<60: return .complete(anyOpen)
        case 60..<66: return .deletePod(anyOpen, index: random.below(4))
        case 66..<72: return .failPod(anyOpen, index: random.below(4))
        case 72..<80: return node()
        case 80..<85: return .cordon(random.below(LiveDraw.nodes), random.below(3) == 0)
        case 85..<90: return .label(random.below(LiveDraw.nodes), zone: random.below(2))
        case 90..<93:
            return .limit(random.below(2), gpus: random.below(2) == 0 ? nil : 8 + random.below(32))
        case 93..<97: return .cut
        default: return .faults(random.below(3) == 0)
        }
    }

    /// Whether a gang was neither deleted nor ended.
    func isOpen(_ gang: Int) -> Bool { open.contains(gang) }

    /// A gang that is open; -1, which is none, without one.
    private var anyOpen: Int {
        mutating get { open.isEmpty ? -1 : open[random.below(open.count)] }
    }

    private mutating func create() -> LiveOperation {
        let count = [1, 1, 2, 3, 4][random.below(5)]
        let namespace = random.below(2)
        let gpus = [1, 2, 2, 4, 8][random.below(5)]
        let zone = random.below(6) == 0 ? random.below(2) : nil
        // In the end all of them have to fit, when zones have half of the nodes each.
        let fits = count * gpus <= LiveDraw.nodes / 2 * 8
        gangs.append(
            LiveGang(
                id: gangs.count, namespace: namespace, count: count, gpus: gpus,
                zone: fits ? zone : nil, isJob: count > 1 && random.below(3) == 0))
        open.append(gangs.count - 1)
        return .create(gangs.count - 1, withheld: random.below(3) == 0 ? random.below(count) : 0)
    }

    private mutating func end() -> LiveOperation {
        guard !open.isEmpty else { return .cut }
        let gang = open.remove(at: random.below(open.count))
        return random.below(3) == 0 ? .delete(gang) : .finish(gang)
    }

    private mutating func node() -> LiveOperation {
        if absent.count < 2, random.below(2) == 0 {
            let node = random.below(LiveDraw.nodes)
            guard !absent.contains(node) else { return .label(node, zone: 0) }
            absent.append(node)
            return .removeNode(node)
        }
        return .addNode(absent.isEmpty ? 0 : absent.removeFirst())
    }
}
