import ControlPlane
import FleetModel
import KubernetesObjects

/// Who pays for whom in a cluster: the Tenant objects, or without any the tenants of the driver.
struct ClusterTenancy {
    private let base: TenantMapping
    private(set) var book = TenantBook()
    /// What the objects say; nil when there are none.
    private(set) var reading: TenantReading?
    /// Whose work is whose.
    private(set) var mapping: TenantMapping
    /// The tenants of the driver, by full name.
    private var figures: [String: TenantFigures] = [:]
    /// Tenants of the list that is being read.
    private var listed: Set<String>?
    /// Whether the objects are to be read anew, and whether that can wait a moment.
    private(set) var staleness = Staleness.fresh
    /// The kinds of accelerators when they were last read.
    private var kinds: Set<String> = []
    /// What the driver was last told.
    private var reported: TenantsReport?
    private var hasReported = false
    /// Problems that were said in an event, by uid.
    private var said: [String: Set<TenantProblem>] = [:]
    /// Whether statuses may be other ones.
    private var hasNews = false

    /// Whether the objects have to be read again.
    enum Staleness {
        /// They need not.
        case fresh
        /// Nodes have changed, as they do all the time.
        case old
        /// Objects have changed.
        case wrong
    }

    init(_ base: TenantMapping) {
        self.base = base
        mapping = base
    }

    // MARK: Objects

    mutating func put(_ object: TenantObject) {
        listed?.insert(object.metadata.name)
        if book.put(object) { staleness = .wrong }
        hasNews = true
    }

    mutating func remove(_ name: String) {
        book.remove(name)
        staleness = .wrong
    }

    mutating func listBegan() { listed = [] }

    mutating func listEnded() {
        for name in book.objects.keys where listed?.contains(name) == false { remove(name) }
        listed = nil
    }

    /// Nodes have changed. A kind that is new has its quotas before anybody starts on it.
    mutating func noteNodes(_ nodes: NodeBook, hasGrown: Bool) {
        guard !book.objects.isEmpty, staleness != .wrong else { return }
        staleness = hasGrown && nodes.presentKinds != kinds ? .wrong : .old
    }

    /// Reads the objects again if that is due. Says whether work may be somebody else's now.
    mutating func read(_ nodes: NodeBook) -> Bool {
        guard staleness != .fresh else { return false }
        staleness = .fresh
        hasNews = true
        let before = (mapping, reading?.leaves)
        mapping = base
        guard !book.objects.isEmpty else {
            reading = nil
            said = [:]
            return before != (mapping, nil)
        }
        let fleet = nodes.presentFleet
        kinds = Set(fleet.kinds.names)
        let reading = book.read(fleet)
        self.reading = reading
        mapping.queues.merge(reading.queues) { _, ours in ours }
        mapping.namespaces.merge(reading.namespaces) { _, ours in ours }
        return before != (mapping, reading.leaves)
    }

    /// What the driver is to be told: another tree, or that it is not ours to say.
    mutating func takeReport() -> BackendReport? {
        let report = reading.map { TenantsReport(tree: $0.tree, kinds: $0.kinds) }
        let isKnown =
            switch (reported, report) {
            case (nil, nil): hasReported
            case (let old?, let new?): old.isSame(as: new)
            default: false
            }
        guard !isKnown else { return nil }
        (hasReported, reported) = (true, report)
        return .tenants(report)
    }

    // MARK: Driver

    /// Takes in the tenants of the driver. Says whether work may be somebody else's now.
    mutating func note(_ all: [TenantFigures]) -> Bool {
        let before = figures.filter { $0.value.isLeaf }.mapValues(\.hasNumbers)
        figures = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        hasNews = true
        return reading == nil
            && figures.filter { $0.value.isLeaf }.mapValues(\.hasNumbers) != before
    }

    /// The full name of the tenant that is called so and can have work; nil for none. A leaf that
    /// may have been made for the jobs of a namespace is none to queues of others.
    func leaf(named name: String, namespaces: [String: Namespace]) -> String? {
        if let reading { return reading.leaves[name] }
        guard let known = figures[name], known.isLeaf, known.absence == nil,
            known.hasNumbers || namespaces[name] == nil
        else { return nil }
        return name
    }

    // MARK: Words

    /// What is wrong and was not said in an event yet, with the object that it is about.
    mutating func takeProblems() -> [(subject: ObjectReference, problem: TenantProblem)] {
        guard let reading else { return [] }
        var news: [(ObjectReference, TenantProblem)] = []
        var now: [String: Set<TenantProblem>] = [:]
        for (name, object) in book.objects.sorted(by: { $0.key < $1.key }) {
            let uid = object.metadata.uid
            for problem in (reading.problems[name] ?? []) + absence(of: name) {
                // The same with other figures is not said again.
                var stem = problem
                stem.message = ""
                if now[uid, default: []].insert(stem).inserted,
                    said[uid]?.contains(stem) != true
                {
                    news.append((ClusterTenancy.reference(object), problem))
                }
            }
        }
        said = now
        return news
    }

    private func absence(of name: String) -> [TenantProblem] {
        guard let full = reading?.fullNames[name], let why = figures[full]?.absence else {
            return []
        }
        return [
            TenantProblem(
                reason: .parentHasJobs, field: "spec.parent",
                message: "\(why), and only leaves have work; it counts when they are over")
        ]
    }

    private static func reference(_ object: TenantObject) -> ObjectReference {
        ObjectReference(
            ObjectKey(.tenant, name: object.metadata.name), uid: object.metadata.uid)
    }

    /// The statuses of all objects when they may be other ones than before; nil otherwise.
    mutating func takeStatuses() -> [ObjectStatus]? {
        guard hasNews else { return nil }
        hasNews = false
        return book.objects.sorted { $0.key < $1.key }.map { status(of: $0.value) }
    }

    private func status(of object: TenantObject) -> ObjectStatus {
        let name = object.metadata.name
        let problems = (reading?.problems[name] ?? []) + absence(of: name)
        let faults = problems.filter { !$0.isRemark }
        let full = reading?.fullNames[name]
        let message = (faults + problems.filter(\.isRemark)).map(\.text)
        var status = ObjectStatus(
            subject: ClusterTenancy.reference(object), generation: object.metadata.generation,
            isAccepted: faults.isEmpty, reason: faults.first?.reason.rawValue ?? "InForce",
            message: message.isEmpty ? "it is in force" : message.joined(separator: ". "))
        if let accepted = object.accepted, accepted.isTrue == status.isAccepted {
            status.since = accepted.since
        }
        if let full, let known = figures[full], known.absence == nil {
            status.use = ObjectStatus.Use(
                tenant: full, kinds: known.kinds, running: known.running, waiting: known.waiting)
        }
        return status
    }
}

extension TenantsReport {
    fileprivate func isSame(as other: TenantsReport) -> Bool {
        kinds == other.kinds && tree.tenants == other.tree.tenants
            && tree.names.names == other.tree.names.names
    }
}
