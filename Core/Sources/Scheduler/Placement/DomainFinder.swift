import FleetModel

/// Finds the domain in which a number of equal members shall stand.
struct DomainFinder {
    /// A place for a gang: one node, or one domain (0 is the whole fleet).
    enum Place: Hashable {
        /// All on the node at this position.
        case node(Int)
        /// Within this domain.
        case domain(Int)
    }

    private let tree: DomainTree
    private let index: ShapeIndex
    private let topology: TopologyConstraint
    /// Whole slices that fit, by domain at the slice level or coarser; nil without slices.
    private let sliceRoom: [Int]?
    private let hostLevel: Int

    init(tree: DomainTree, index: ShapeIndex, topology: TopologyConstraint) {
        self.tree = tree
        self.index = index
        self.topology = topology
        hostLevel = tree.levelRanges.count
        sliceRoom = topology.slice.map {
            DomainFinder.countSlices($0, tree: tree, index: index)
        }
    }

    /// How many members go where: as many as some allowed place has room for, `maximum` at most, in
    /// the tightest place of the finest level that holds so many; nil when fewer than `minimum`
    /// fit.
    func find(minimum: Int, maximum: Int) -> (Place, Int)? {
        let size = Int(topology.slice?.members ?? 1)
        let most = maximum / size * size
        guard most >= minimum else { return nil }
        if let place = finest(most) { return (place, most) }
        guard most > minimum else { return nil }
        let room = min(most, roomInCoarsest)
        guard room >= minimum, let place = finest(room) else { return nil }
        return (place, room)
    }

    /// The tightest place of the finest allowed level with room for so many, whole slices if any.
    private func finest(_ wanted: Int) -> Place? {
        for level in allowedLevels {
            if let place = tightest(wanted, level: level) { return place }
        }
        return nil
    }

    /// The most members, in whole slices if any, for which one place of the coarsest allowed level
    /// has room; finer ones are parts of it.
    private var roomInCoarsest: Int {
        let size = Int(topology.slice?.members ?? 1)
        guard let level = allowedLevels.last, level < hostLevel else {
            return Int(index.fit.max() ?? 0) / size * size
        }
        let range = domains(at: level)
        if let sliceRoom, isSliced(range.lowerBound) {
            return (range.map { sliceRoom[$0] }.max() ?? 0) * size
        }
        return (range.map { index.domainFit[$0] }.max() ?? 0) / size * size
    }

    /// Places that will do to try in turn: finest level first, tightest first within a level; and
    /// whether the limit left some out.
    func candidates(
        minimum: Int, limit: Int, willDo: (Place) -> Bool
    ) -> (places: [Place], isCut: Bool) {
        var result: [Place] = []
        var isCut = false
        for level in allowedLevels {
            var sized: [(room: Int, place: Place)] = []
            if level == hostLevel {
                for position in 0..<tree.nodeCount where Int(index.fit[position]) >= minimum {
                    if willDo(.node(position)) {
                        sized.append((Int(index.fit[position]), .node(position)))
                    }
                }
            } else {
                for domain in domains(at: level) where index.domainFit[domain] >= minimum {
                    if willDo(.domain(domain)) {
                        sized.append((index.domainFit[domain], .domain(domain)))
                    }
                }
            }
            let order = sized.indices.sorted {
                sized[$0].room != sized[$1].room ? sized[$0].room < sized[$1].room : $0 < $1
            }
            let share = level < 0 ? limit : max(1, limit / (allowedLevels.count + 1))
            let kept = min(share, limit - result.count, order.count)
            if kept < order.count { isCut = true }
            result += order.prefix(kept).map { sized[$0].place }
        }
        return (result, isCut)
    }

    /// How many members may stand in the place; nil when fewer than `minimum`.
    func count(in place: Place, minimum: Int, maximum: Int) -> Int? {
        var room: Int
        switch place {
        case .node(let position): room = Int(index.fit[position])
        case .domain(let domain): room = index.domainFit[domain]
        }
        if let slice = topology.slice {
            let size = Int(slice.members)
            if case .domain(let domain) = place, let sliceRoom, isSliced(domain) {
                room = sliceRoom[domain] * size
            }
            room = min(room, maximum) / size * size
        }
        let count = min(room, maximum)
        return count >= minimum ? count : nil
    }

    /// Members per node for `count` members in a place that has room for them.
    func shares(_ count: Int, in place: Place) -> [NodeShare] {
        var shares: [NodeShare] = []
        switch place {
        case .node(let position):
            shares.append(NodeShare(position: Int32(position), members: Int32(count)))
        case .domain(let domain):
            if let slice = topology.slice, let sliceRoom, isSliced(domain) {
                distributeSlices(
                    count / Int(slice.members), in: domain, room: sliceRoom, slice: slice,
                    into: &shares)
            } else {
                index.distribute(count, in: domain, tree: tree, into: &shares)
            }
        }
        return shares
    }

    /// Levels that the constraint allows, in the order in which they are tried; -1 is the fleet.
    private var allowedLevels: [Int] {
        switch topology.preference {
        case .closest: Array((-1...hostLevel).reversed())
        case .required(let level), .relaxing(let level, after: _, then: _):
            Array((min(level.index, hostLevel)...hostLevel).reversed())
        case .preferred(let level): Array((-1...min(level.index, hostLevel)).reversed())
        }
    }

    private func domains(at level: Int) -> Range<Int> {
        level < 0 ? 0..<1 : tree.levelRanges[level]
    }

    /// Whether slices, not members, are what counts in the domain.
    private func isSliced(_ domain: Int) -> Bool {
        guard let slice = topology.slice, slice.level.index < hostLevel else {
            return topology.slice != nil
        }
        return domain < tree.levelRanges[slice.level.index].upperBound
    }

    private func tightest(_ wanted: Int, level: Int) -> Place? {
        if level == hostLevel {
            return index.tightestNode(wanted, in: 0..<tree.nodeCount).map { .node($0) }
        }
        let range = domains(at: level)
        if let slice = topology.slice, let sliceRoom, isSliced(range.lowerBound) {
            let slices = (wanted + Int(slice.members) - 1) / Int(slice.members)
            return Spread.tightest(range, room: sliceRoom, wanted: slices).map { .domain($0) }
        }
        return Spread.tightest(range, room: index.domainFit, wanted: wanted).map { .domain($0) }
    }

    private func distributeSlices(
        _ slices: Int, in domain: Int, room: [Int], slice: TopologySlice,
        into shares: inout [NodeShare]
    ) {
        let size = Int(slice.members)
        let isSliceLevel =
            slice.level.index < hostLevel
            && tree.levelRanges[slice.level.index].contains(domain)
        if isSliceLevel {
            index.distribute(slices * size, in: domain, tree: tree, into: &shares)
            return
        }
        let children = tree.children(domain)
        guard children.isEmpty else {
            for (child, units) in Spread.over(children, room: room, wanted: slices) {
                distributeSlices(units, in: child, room: room, slice: slice, into: &shares)
            }
            return
        }
        let positions = tree.positions(domain)
        let nodeRoom = positions.map { Int(index.fit[$0]) / size }
        for (offset, units) in Spread.over(0..<nodeRoom.count, room: nodeRoom, wanted: slices) {
            shares.append(
                NodeShare(
                    position: Int32(positions.lowerBound + offset), members: Int32(units * size)))
        }
    }

    private static func countSlices(
        _ slice: TopologySlice, tree: DomainTree, index: ShapeIndex
    ) -> [Int] {
        var room = [Int](repeating: 0, count: tree.domainCount)
        let size = Int(slice.members)
        if slice.level.index < tree.levelRanges.count {
            for domain in tree.levelRanges[slice.level.index] {
                room[domain] = index.domainFit[domain] / size
            }
        } else {
            for position in 0..<tree.nodeCount {
                room[Int(tree.leafOf[position])] += Int(index.fit[position]) / size
            }
        }
        let last =
            slice.level.index < tree.levelRanges.count
            ? tree.levelRanges[slice.level.index].upperBound : tree.domainCount
        for domain in stride(from: last - 1, to: 0, by: -1) {
            room[Int(tree.parent[domain])] += room[domain]
        }
        return room
    }
}
