import ControlPlane
import FleetModel
import HealthSignals
import KubernetesObjects

/// The nodes of the cluster as the engine is to know them, less what others use. Knows no clock
/// and does no I/O: facts go in, reports come out.
struct NodeBook {
    /// A node of the engine: a node of the cluster, or one accelerator resource of it.
    struct Part {
        var node: String
        var resource: String?
        /// What was last reported; nil before that.
        var reported: NodeReport?
        /// Whether it is there; reported as lost otherwise.
        var isPresent = false
        /// Why it takes no new work, as last reported; nil when it does. A node that was closed
        /// when it went is reported open when it comes back so.
        var closedFor: String?
        /// Devices that are not allocatable, as last reported; nil before that.
        var withheld: Int?
        /// What other tools say of its node, as last reported.
        var statements: [ToolStatement] = []
    }

    private struct Entry {
        var facts: NodeFacts
        var parts: [NodeID] = []
    }

    /// What has happened since the last time.
    struct News {
        var reports: [BackendReport] = []
        /// Parts whose node is there, gone, or has other facts, now.
        var changed: [NodeID] = []
        /// Parts that were there and are not.
        var lost: [NodeID] = []
        /// Whether a part is there that was not, or has more devices.
        var hasGrown = false
    }

    let translation: NodeTranslation
    private(set) var parts: [Part] = []
    private var names = NameTable<NodeID>()
    private var entries: [String: Entry] = [:]
    private var uses: [PodKey: NodeUse] = [:]
    private var loads: [String: NodeLoad] = [:]
    /// Those of them that say which devices they have, by node.
    private var marked: [String: [PodKey: NodeUse]] = [:]
    private var holds: [PodKey: DeviceHold] = [:]
    private var holders: [NodeID: Set<PodKey>] = [:]
    private var dirty: Set<String> = []
    /// Those of them of which more has changed than who uses them.
    private var altered: Set<String> = []
    private var hasGrown = false
    /// All parts that a node ever had.
    private var partsOfNode: [String: [NodeID]] = [:]
    /// Who stands where.
    var neighbours = NeighbourBook()
    private var kinds: Set<String> = []
    private var pools: Set<String> = []

    init(_ translation: NodeTranslation) { self.translation = translation }

    // MARK: Facts

    /// The names of all nodes that are there.
    var nodeNames: some Collection<String> { entries.keys }

    func facts(_ node: String) -> NodeFacts? { entries[node]?.facts }

    func isPresent(_ part: NodeID) -> Bool {
        parts.indices.contains(part.index) && parts[part.index].isPresent
    }

    func isOpen(_ part: NodeID) -> Bool {
        isPresent(part) && parts[part.index].closedFor == nil
    }

    /// The node of the cluster behind one of the engine's.
    func node(of part: NodeID) -> String? {
        parts.indices.contains(part.index) ? parts[part.index].node : nil
    }

    /// The engine's node for a pod with this request; of one without devices the first part.
    func part(node: String, resource: String?) -> NodeID? {
        guard let entry = entries[node] else { return nil }
        guard let resource else { return entry.parts.first }
        return entry.parts.first { parts[$0.index].resource == resource }
    }

    /// A node is new, or like this now.
    mutating func put(_ facts: NodeFacts) {
        guard entries[facts.name]?.facts != facts else { return }
        var facts = facts
        if let old = entries[facts.name] { keepCapacity(&facts, old) }
        entries[facts.name, default: Entry(facts: facts)].facts = facts
        neighbours.setNode(facts.name, facts.labels)
        dirty.insert(facts.name)
        altered.insert(facts.name)
    }

    mutating func remove(_ node: String) {
        guard entries[node] != nil else { return }
        dirty.insert(node)
        altered.insert(node)
        entries[node] = nil
        neighbours.setNode(node, nil)
    }

    /// While pods of ours stand on a node it has the devices that it had: a device plug-in that
    /// starts anew takes the resource away for a while, and nothing that runs is touched by that.
    private func keepCapacity(_ facts: inout NodeFacts, _ old: Entry) {
        for id in old.parts where holders[id]?.isEmpty == false {
            guard let resource = parts[id.index].resource else { continue }
            let before = old.facts.capacity.others[resource]
            if facts.capacity.others[resource] < before {
                facts.capacity.others[resource] = before
            }
        }
    }

    // MARK: Use

    /// A pod that the engine does not know takes this of a node; nil when it no longer does.
    mutating func setUse(_ pod: PodKey, _ use: NodeUse?) {
        guard uses[pod] != use else { return }
        if let old = uses[pod] {
            loads[old.node]?.add(old.request, sign: -1)
            marked[old.node]?[pod] = nil
            dirty.insert(old.node)
        }
        if let use {
            loads[use.node, default: NodeLoad()].add(use.request, sign: 1)
            if use.devices != 0 { marked[use.node, default: [:]][pod] = use }
            dirty.insert(use.node)
        }
        uses[pod] = use
        place(pod)
    }

    /// Where others see a pod. Of a node with several parts the engine knows nothing as a whole.
    private mutating func place(_ pod: PodKey) {
        let held = holds[pod].flatMap { node(of: $0.part) }
        let isWhole =
            held.flatMap { entries[$0] }.map {
                $0.facts.accelerators(translation.naming).count <= 1
            } ?? false
        neighbours.place(pod, on: held ?? uses[pod]?.node, isKept: isWhole)
    }

    /// A pod of ours has these devices; nil when it has none any more.
    mutating func setHold(_ pod: PodKey, _ hold: DeviceHold?) {
        guard holds[pod] != hold else { return }
        if let old = holds[pod] {
            holders[old.part]?.remove(pod)
            if let name = node(of: old.part) { dirty.insert(name) }
        }
        if let hold {
            holders[hold.part, default: []].insert(pod)
            if let name = node(of: hold.part) { dirty.insert(name) }
        }
        holds[pod] = hold
        place(pod)
    }

    /// The engine's nodes that a node of the cluster ever was.
    func partsOf(_ node: String) -> [NodeID] { partsOfNode[node] ?? [] }

    func hold(of pod: PodKey) -> DeviceHold? { holds[pod] }

    /// The pods of ours that have devices, or stand without any, on a part.
    func holders(of part: NodeID) -> [PodKey] {
        (holders[part] ?? []).sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
    }

    /// Whether a part is there and has these devices for a pod: no other has them, and they are in
    /// service. The engine may have decided before it heard of that.
    func isFree(_ hold: DeviceHold, for pod: PodKey) -> Bool {
        guard isPresent(hold.part) else { return false }
        let part = parts[hold.part.index]
        let held = (holders[hold.part] ?? []).reduce(0) {
            $1 == pod ? $0 : $0 | (holds[$1]?.devices ?? 0)
        }
        let taken = held | marks(on: part) | (part.reported?.unhealthy ?? 0)
        guard hold.devices & taken == 0 else { return false }
        // What was reported may be older than what has come to the node.
        guard let resource = part.resource, let facts = entries[part.node]?.facts else {
            return hold.devices == 0
        }
        let used = loads[part.node]?.devices[resource] ?? 0
        let left = facts.allocatable.others[resource] - used - Int64(held.nonzeroBitCount)
        return Int64(hold.devices.nonzeroBitCount) <= left
    }

    /// Devices of a part that pods have which the engine does not know.
    private func marks(on part: Part) -> UInt64 {
        (marked[part.node] ?? [:]).values
            .filter { $0.request.accelerator?.name == part.resource }
            .reduce(0) { $0 | $1.devices }
    }

    /// The devices of a part that pods of ours have.
    func held(_ part: NodeID) -> UInt64 {
        (holders[part] ?? []).reduce(0) { $0 | (holds[$1]?.devices ?? 0) }
    }

    /// How many devices of a part pods have that the engine does not know.
    func usedByOthers(_ part: NodeID) -> Int {
        guard let resource = parts[part.index].resource else { return 0 }
        return Int(loads[parts[part.index].node]?.devices[resource] ?? 0)
    }

    /// Devices for a pod that runs already without saying which: free ones, if there are enough.
    func freeDevices(_ part: NodeID, count: Int) -> UInt64? {
        guard let report = parts[part.index].reported else { return nil }
        var free =
            NodeBook.low(Int(report.devices)) & ~held(part) & ~marks(on: parts[part.index])
        var chosen: UInt64 = 0
        for _ in 0..<count {
            guard free != 0 else { return nil }
            let bit = free & (~free &+ 1)
            chosen |= bit
            free &= ~bit
        }
        return chosen
    }

    // MARK: Reports

    /// What is to be reported since the last time. O(nodes concerned).
    mutating func collect(problems: inout [FieldProblem]) -> News {
        guard !dirty.isEmpty else { return News() }
        var seen: [NodeReport] = []
        var lost: [NodeID] = []
        var gates: [BackendReport] = []
        for name in dirty.sorted() {
            let parts = look(at: name, &seen, &gates, &problems)
            entries[name]?.parts = parts
            for id in partsOfNode[name] ?? [] where !parts.contains(id) {
                guard self.parts[id.index].isPresent else { continue }
                self.parts[id.index].isPresent = false
                lost.append(id)
            }
        }
        var news = News()
        news.changed = altered.sorted().flatMap { partsOfNode[$0] ?? [] }
        news.hasGrown = hasGrown
        news.lost = lost
        (dirty, altered, hasGrown) = ([], [], false)
        if !lost.isEmpty {
            news.reports.append(.nodesLost(lost, detail: "is not in the cluster"))
        }
        if !seen.isEmpty { news.reports.append(.nodes(seen)) }
        news.reports += gates
        return news
    }

    private mutating func look(
        at name: String, _ news: inout [NodeReport], _ gates: inout [BackendReport],
        _ problems: inout [FieldProblem]
    ) -> [NodeID] {
        guard let facts = entries[name]?.facts else { return [] }
        let load = loads[name] ?? NodeLoad()
        let wanted = translation.parts(
            of: facts, taken: load.host, takenDevices: load.devices, problems: &problems)
        var seen: [NodeID] = []
        for part in wanted {
            guard fits(part) else { continue }
            let id = names.intern(part.name)
            if id.index == parts.count {
                parts.append(Part(node: name, resource: part.resource))
                partsOfNode[name, default: []].append(id)
            }
            seen.append(id)
            parts[id.index].resource = part.resource
            let report = report(id, part)
            if report != parts[id.index].reported || !parts[id.index].isPresent {
                news.append(report)
            }
            if !parts[id.index].isPresent
                || report.devices > parts[id.index].reported?.devices ?? 0
            {
                hasGrown = true
            }
            // What comes again is another node to whoever hears of it.
            if !parts[id.index].isPresent {
                parts[id.index].statements = []
                parts[id.index].withheld = nil
            }
            parts[id.index].reported = report
            parts[id.index].isPresent = true
            gate(id, facts, &gates)
            if parts[id.index].withheld != part.withheldDevices {
                parts[id.index].withheld = part.withheldDevices
                gates.append(.withheld(id, devices: part.withheldDevices))
            }
            let statements = facts.statements
            // While a repair is asked for, what is written may be Muster's own mark.
            if facts.repairNote.isEmpty, statements != parts[id.index].statements {
                parts[id.index].statements = statements
                gates.append(.statements(id, statements))
            }
        }
        return seen
    }

    /// The engine has a bit for each kind and pool; nodes beyond that are left out.
    private mutating func fits(_ part: NodePart) -> Bool {
        let kind = part.kind.map(NodeBook.word)
        if let kind, !kinds.contains(kind), kinds.count >= FleetLimits.acceleratorKinds {
            return false
        }
        if !pools.contains(part.pool), pools.count >= FleetLimits.pools { return false }
        if let kind { kinds.insert(kind) }
        pools.insert(part.pool)
        return names.count < FleetLimits.nodes || names.id(of: part.name) != nil
    }

    private func report(_ id: NodeID, _ part: NodePart) -> NodeReport {
        let before = parts[id.index].isPresent ? parts[id.index].reported?.unhealthy ?? 0 : 0
        return NodeReport(
            id: id, name: part.name, pool: part.pool, kind: part.kind.map(NodeBook.word),
            devices: Int32(part.devices),
            unhealthy: NodeBook.outOfService(
                part.unhealthyDevices.nonzeroBitCount, of: part.devices, held: held(id),
                taken: marks(on: parts[id.index]), before: before), host: part.host, path: part.path
        )
    }

    private mutating func gate(
        _ id: NodeID, _ facts: NodeFacts, _ gates: inout [BackendReport]
    ) {
        let reason: String? =
            switch facts.readiness {
            case .ready: nil
            case .cordoned: "cordoned"
            case .notReady(let why): "not ready: \(why)"
            }
        guard reason != parts[id.index].closedFor else { return }
        parts[id.index].closedFor = reason
        gates.append(
            reason.map { .drain(id, deadline: nil, detail: $0) } ?? .resume(id, detail: ""))
    }

    /// So many devices as are not to be had, none that a pod of ours has: what somebody has for
    /// sure comes first, then what was out of service before, so that nothing changes without need,
    /// then the last ones, because the engine hands out the first ones first.
    static func outOfService(
        _ count: Int, of devices: Int, held: UInt64, taken: UInt64 = 0, before: UInt64
    ) -> UInt64 {
        var mask: UInt64 = 0
        var left = count
        for choice in [taken, before, .max] {
            for device in stride(from: devices - 1, through: 0, by: -1) where left > 0 {
                let bit: UInt64 = 1 << UInt64(device)
                guard held & bit == 0, mask & bit == 0, choice & bit != 0 else { continue }
                mask |= bit
                left -= 1
            }
        }
        return mask
    }

    static func low(_ count: Int) -> UInt64 { count >= 64 ? .max : (1 << UInt64(count)) - 1 }

    /// A kind as the files' rules for names have it: resources contain a slash.
    static func word(_ text: String) -> String {
        String(
            decoding: text.utf8.map { byte -> UInt8 in
                let isFine =
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                return isFine ? byte : UInt8(ascii: "-")
            }, as: UTF8.self)
    }
}

extension NodeBook {
    /// What ``fleet`` does not tell: nodes that are gone already, those that are closed, and what
    /// other tools say, also where that is nothing any more.
    var standing: [BackendReport] {
        parts.indices.flatMap { index -> [BackendReport] in
            let id = NodeID(index)
            guard parts[index].isPresent else {
                return [.nodesLost([id], detail: "is not in the cluster")]
            }
            let isMarked = entries[parts[index].node]?.facts.repairNote.isEmpty == false
            let said = BackendReport.statements(id, parts[index].statements)
            return (parts[index].closedFor.map { [.drain(id, deadline: nil, detail: $0)] } ?? [])
                + [.withheld(id, devices: parts[index].withheld ?? 0)]
                + (isMarked ? [] : [said])
        }
    }
}
