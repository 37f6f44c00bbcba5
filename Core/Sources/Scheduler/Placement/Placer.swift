import FleetModel

/// Finds places for gangs on the fleet, and takes them.
///
/// Owns the state of the fleet and everything derived from it. All search is bounded: the domains
/// of every level are looked at once, gangs with several roles are tried in a limited number of
/// domains.
struct Placer: Sendable {
    /// What is free.
    var fleet = FleetState()
    /// The fleet in topology order.
    private(set) var tree = DomainTree()
    /// Indexes by shape.
    private(set) var indexes: ShapeIndexStore
    /// Ranks nodes.
    var scorer: NodeScorer
    /// Draws among equals, for the rules that want it.
    var generator: SplitMix
    /// Work done.
    var counters = WorkCounters()

    private var domainLevels: Int
    private var domainTries: Int

    init(topology: Topology, policy: Policy) {
        domainLevels = topology.domainLevelCount
        domainTries = Int(policy.domainTries)
        indexes = ShapeIndexStore(limit: Int(policy.shapeIndexes))
        scorer = NodeScorer(rule: policy.placement)
        generator = SplitMix(seed: policy.seed)
    }

    /// Brings the domain tree up to date after nodes came or went.
    mutating func refreshTree() {
        if tree.version != fleet.topologyVersion {
            tree.rebuild(from: fleet, levels: domainLevels)
        }
    }

    /// Takes over what the fleet is expected to run.
    mutating func expectWorkload(_ classes: [WorkloadClass]) {
        scorer.profile.take(classes, fleet: fleet)
    }

    /// Counts members of a shape that were submitted.
    mutating func observe(_ shape: Shape, members: Int64) {
        scorer.profile.observe(shape, members: members, fleet: fleet)
    }

    /// The index of a shape, its counts caught up.
    mutating func index(of shape: Shape) -> ShapeIndex {
        let slot = slot(of: shape, isScored: false)
        return indexes.entries[slot]
    }

    /// The slot of a shape's index: its counts caught up, and its scores if they are wanted.
    mutating func slot(of shape: Shape, isScored: Bool) -> Int {
        refreshTree()
        return indexes.slot(
            of: shape, fleet: fleet, tree: tree, scorer: isScored ? scorer : nil,
            counters: &counters)
    }

    /// Whether a place for the gang is possible as far as the counts per domain tell; a `true` can
    /// still turn out wrong for gangs with several roles, kinds or slices, a `false` cannot.
    mutating func mayFit(_ gang: GangRequest) -> Bool {
        for role in gang.roles where role.minimum > 0 {
            let slot = slot(of: role.shape, isScored: false)
            let room = indexes.entries[slot].domainFit
            if room[0] < Int(role.minimum) { return false }
            guard let level = gang.topology.preference.requiredLevel else { continue }
            if level.index >= domainLevels {
                if !indexes.entries[slot].fit.contains(where: { $0 >= role.minimum }) {
                    return false
                }
            } else if !tree.levelRanges[level.index].contains(where: {
                room[$0] >= Int(role.minimum)
            }) {
                return false
            }
        }
        return true
    }

    /// Places the gang and takes what it needs, or changes nothing. Members come in rank order.
    ///
    /// Only kinds in `kinds` are used, and every member of a role gets the same kind.
    mutating func place(
        _ gang: GangRequest, kinds: AcceleratorKindSet = .all, headroom: Headroom = .none
    ) -> [PlacedMember]? {
        counters.attempts += 1
        guard mayFit(gang) else { return nil }
        guard !gang.avoided.isEmpty else {
            return placeSparing(gang, kinds: kinds, headroom: headroom)
        }
        let mark = fleet.checkpoint()
        for node in gang.avoided where fleet.takesWork(node.index) {
            fleet.takeAll(of: node.index)
        }
        let members = placeSparing(gang, kinds: kinds, headroom: headroom)
        fleet.rollback(to: mark)
        for member in members ?? [] { fleet.take(member.grant) }
        return members
    }

    /// Places an elastic gang beside spares if that is possible; on spares, no more of it than it
    /// needs.
    private mutating func placeSparing(
        _ gang: GangRequest, kinds: AcceleratorKindSet, headroom: Headroom
    ) -> [PlacedMember]? {
        guard gang.isElastic, !fleet.spares.nodes.isEmpty else {
            return placeInZones(gang, kinds: kinds, headroom: headroom)
        }
        let beside = gang.besideSpares(of: fleet)
        if mayFit(beside),
            let members = placeInZones(beside, kinds: kinds, headroom: headroom)
        {
            return members
        }
        var least = gang
        for role in least.roles.indices {
            if gang.roles[role].minimum > 0 || gang.minimumMembers == 0 {
                least.roles[role].maximum = max(1, gang.roles[role].minimum)
            } else {
                least.roles[role].shape.sparePools = 0
            }
        }
        return placeInZones(least, kinds: kinds, headroom: headroom)
    }

    /// Places the gang in the first zones with room for it.
    private mutating func placeInZones(
        _ gang: GangRequest, kinds: AcceleratorKindSet, headroom: Headroom
    ) -> [PlacedMember]? {
        for zones in gang.zoneSteps {
            var narrow = gang
            for role in narrow.roles.indices { narrow.roles[role].shape.zones &= zones }
            guard mayFit(narrow),
                let members = placeRoom(narrow, kinds: kinds, headroom: headroom)
            else { continue }
            return members
        }
        return placeRoom(gang, kinds: kinds, headroom: headroom)
    }

    /// Places the gang on nodes that its rules prefer, if that is possible, else on any.
    private mutating func placeRoom(
        _ gang: GangRequest, kinds: AcceleratorKindSet, headroom: Headroom
    ) -> [PlacedMember]? {
        var choosy = gang
        for role in gang.roles.indices where gang.roles[role].shape.rule >= 0 {
            choosy.roles[role].shape.isChoosy =
                fleet.hasPreference(Int(gang.roles[role].shape.rule))
        }
        if choosy != gang, mayFit(choosy),
            let members = placeAnywhere(choosy, kinds: kinds, headroom: headroom)
        {
            return members
        }
        return placeAnywhere(gang, kinds: kinds, headroom: headroom)
    }

    private mutating func placeAnywhere(
        _ gang: GangRequest, kinds: AcceleratorKindSet, headroom: Headroom
    ) -> [PlacedMember]? {
        if gang.roles.count == 1 {
            return placeSingleRole(gang, kinds: kinds, headroom: headroom)
        }
        return placeRoles(gang, kinds: kinds, headroom: headroom)
    }

    private mutating func placeSingleRole(
        _ gang: GangRequest, kinds: AcceleratorKindSet, headroom: Headroom
    ) -> [PlacedMember]? {
        let role = gang.roles[0]
        let narrowed = role.shape.kinds.bits & kinds.bits
        if role.shape.request.devices == 0 || role.maximum == 1 {
            var shape = role.shape
            if shape.request.devices > 0 { shape.kinds = AcceleratorKindSet(bits: narrowed) }
            guard !shape.kinds.isEmpty else { return nil }
            return placeUniform(shape, role, gang.topology, headroom)
        }
        for kind in kindsInUse(narrowed) {
            var shape = role.shape
            shape.kinds = AcceleratorKindSet(bits: 1 << UInt64(kind))
            if let members = placeUniform(shape, role, gang.topology, headroom) { return members }
        }
        return nil
    }

    private func kindsInUse(_ bits: UInt64) -> [Int] {
        (0..<FleetLimits.acceleratorKinds).filter {
            bits & (1 << UInt64($0)) != 0 && fleet.schedulableMilli[$0] > 0
        }
    }

    private mutating func placeUniform(
        _ shape: Shape, _ role: RoleRequest, _ topology: TopologyConstraint, _ headroom: Headroom
    ) -> [PlacedMember]? {
        let slot = slot(of: shape, isScored: true)
        let most = headroom.members(of: role, shape: shape)
        guard most >= Int(role.minimum) else { return nil }
        guard
            let shares = chooseShares(
                slot, minimum: Int(role.minimum), maximum: most, topology: topology)
        else { return nil }
        var members: [PlacedMember] = []
        members.reserveCapacity(shares.reduce(0) { $0 + Int($1.members) })
        for share in shares { take(share, shape: shape, role: 0, into: &members) }
        return members
    }

    private mutating func chooseShares(
        _ slot: Int, minimum: Int, maximum: Int, topology: TopologyConstraint
    ) -> [NodeShare]? {
        if maximum == 1 && topology.slice == nil {
            return chooseBestNode(slot).map { [NodeShare(position: Int32($0), members: 1)] }
        }
        let finder = DomainFinder(tree: tree, index: indexes.entries[slot], topology: topology)
        guard let (domain, count) = finder.find(minimum: minimum, maximum: maximum) else {
            return nil
        }
        var shares = finder.shares(count, in: domain)
        shares.sort { $0.position < $1.position }
        return shares
    }

    private mutating func chooseBestNode(_ slot: Int) -> Int? {
        guard scorer.drawsTies else { return indexes.entries[slot].bestPosition }
        var generator = generator
        let position = indexes.entries[slot].bestPosition { generator.below($0) }
        self.generator = generator
        return position
    }

    private mutating func take(
        _ share: NodeShare, shape: Shape, role: Int32, into members: inout [PlacedMember]
    ) {
        let node = Int(tree.nodeAt[Int(share.position)])
        for _ in 0..<share.members {
            let grant = Grant(
                node: NodeID(node), deviceMilli: shape.request.deviceMilli,
                devices: scorer.devices(node, shape: shape, fleet: fleet),
                host: shape.request.host)
            fleet.take(grant)
            members.append(PlacedMember(grant: grant, role: role))
        }
    }

    /// Roles one after the other, largest first, in one domain after the other until all fit.
    private mutating func placeRoles(
        _ gang: GangRequest, kinds: AcceleratorKindSet, headroom: Headroom
    ) -> [PlacedMember]? {
        let order = gang.roles.indices.sorted { left, right in
            let a = gang.roles[left].shape.request.gpuMilli
            let b = gang.roles[right].shape.request.gpuMilli
            return a != b ? a > b : left < right
        }
        let candidates = candidatePlaces(for: gang, lead: order[0])
        for place in candidates.places {
            let mark = fleet.checkpoint()
            if let members = placeRoles(gang, order, in: place, kinds: kinds, headroom: headroom) {
                fleet.commit()
                return members
            }
            fleet.rollback(to: mark)
        }
        if candidates.isCut { counters.limitsHit += 1 }
        return nil
    }

    /// Places with room for each role by itself, as far as counts tell.
    private mutating func candidatePlaces(
        for gang: GangRequest, lead: Int
    ) -> (places: [DomainFinder.Place], isCut: Bool) {
        let others = gang.roles.indices.filter { $0 != lead && gang.roles[$0].minimum > 0 }
        let indexesOfOthers = others.map { index(of: gang.roles[$0].shape) }
        let finder = DomainFinder(
            tree: tree, index: index(of: gang.roles[lead].shape), topology: gang.topology)
        return finder.candidates(
            minimum: Int(gang.roles[lead].minimum), limit: domainTries
        ) { place in
            zip(others, indexesOfOthers).allSatisfy { role, index in
                switch place {
                case .node(let position): index.fit[position] >= gang.roles[role].minimum
                case .domain(let domain):
                    index.domainFit[domain] >= Int(gang.roles[role].minimum)
                }
            }
        }
    }

    private mutating func placeRoles(
        _ gang: GangRequest, _ order: [Int], in place: DomainFinder.Place,
        kinds: AcceleratorKindSet, headroom: Headroom
    ) -> [PlacedMember]? {
        var byRole = [[PlacedMember]](repeating: [], count: gang.roles.count)
        var shapes = [Shape?](repeating: nil, count: gang.roles.count)
        var headroom = headroom
        // The minimum of every role first: none may grow into room that another one needs.
        for index in order where gang.roles[index].minimum > 0 {
            let role = gang.roles[index]
            let choice = singleKindShapes(role.shape, kinds).first { shape in
                add(
                    Int(role.minimum)...Int(role.minimum), of: role, index, shape, gang.topology,
                    in: place, &headroom, &byRole[index])
            }
            guard let choice else { return nil }
            shapes[index] = choice
        }
        for index in order where gang.roles[index].maximum > gang.roles[index].minimum {
            let role = gang.roles[index]
            let more = Int(role.maximum - role.minimum)
            _ = (shapes[index].map { [$0] } ?? singleKindShapes(role.shape, kinds)).first { shape in
                add(
                    1...more, of: role, index, shape, gang.topology, in: place, &headroom,
                    &byRole[index])
            }
            byRole[index].sort {
                tree.positionOf[$0.grant.node.index] < tree.positionOf[$1.grant.node.index]
            }
        }
        return byRole.flatMap { $0 }
    }

    /// The shape for each kind in use that it accepts, as members of a role get the same kind.
    private func singleKindShapes(_ shape: Shape, _ kinds: AcceleratorKindSet) -> [Shape] {
        guard shape.request.devices > 0 else { return [shape] }
        return kindsInUse(shape.kinds.bits & kinds.bits).map { kind in
            var single = shape
            single.kinds = AcceleratorKindSet(bits: 1 << UInt64(kind))
            return single
        }
    }

    /// Places as many members as fit within `range`, or none. Says whether it did.
    private mutating func add(
        _ range: ClosedRange<Int>, of role: RoleRequest, _ index: Int, _ shape: Shape,
        _ topology: TopologyConstraint, in place: DomainFinder.Place, _ headroom: inout Headroom,
        _ members: inout [PlacedMember]
    ) -> Bool {
        let most = min(range.upperBound, headroom.members(of: role, shape: shape))
        let slot = slot(of: shape, isScored: true)
        let finder = DomainFinder(
            tree: tree, index: indexes.entries[slot], topology: topology)
        guard let count = finder.count(in: place, minimum: range.lowerBound, maximum: most) else {
            return false
        }
        var shares = finder.shares(count, in: place)
        shares.sort { $0.position < $1.position }
        for share in shares { take(share, shape: shape, role: Int32(index), into: &members) }
        headroom.use(count, of: role, shape: shape)
        return true
    }

    /// Returns what members hold.
    mutating func putBack(_ members: [PlacedMember]) {
        for member in members { fleet.putBack(member.grant) }
    }
}

extension TopologyPreference {
    /// The level that binds, if one does.
    var requiredLevel: LevelIndex? {
        switch self {
        case .required(let level), .relaxing(let level, after: _, then: _): level
        case .closest, .preferred: nil
        }
    }
}

extension Placer: SnapshotValue {
    static var blank: Placer { Placer(topology: .blank, policy: .blank) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&fleet)
        coder.field(&tree)
        // An index is built anew when it is next asked for, from the fleet, the tree and the scorer
        // alone, so it answers as it would have. Only `nodesEvaluated` tells the difference.
        coder.leaveOut()
        coder.field(&scorer)
        coder.field(&generator)
        coder.field(&counters)
        coder.field(&domainLevels)
        coder.field(&domainTries)
    }
}
