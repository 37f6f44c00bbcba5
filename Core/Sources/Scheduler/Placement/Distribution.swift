import FleetModel

/// Members that go to one node of a gang: a position in the domain tree and how many.
struct NodeShare: Hashable, Sendable {
    /// The node's position.
    var position: Int32
    /// Members there.
    var members: Int32
}

extension ShapeIndex {
    /// Spreads `wanted` members below `domain`, which has room for them, over few subdomains.
    ///
    /// The tightest child that holds all is taken; when none does, the roomiest is filled and the
    /// rest goes on in the same way. Kueue's best-fit profile (KEP-2724) does the same per level.
    func distribute(
        _ wanted: Int, in domain: Int, tree: DomainTree, into shares: inout [NodeShare]
    ) {
        let children = tree.children(domain)
        guard !children.isEmpty else {
            distribute(wanted, overNodesOf: domain, tree: tree, into: &shares)
            return
        }
        for (child, members) in Spread.over(children, room: domainFit, wanted: wanted) {
            distribute(members, in: child, tree: tree, into: &shares)
        }
    }

    private func distribute(
        _ wanted: Int, overNodesOf domain: Int, tree: DomainTree, into shares: inout [NodeShare]
    ) {
        let range = tree.positions(domain)
        if let single = tightestNode(wanted, in: range) {
            shares.append(NodeShare(position: Int32(single), members: Int32(wanted)))
            return
        }
        var candidates = range.filter { fit[$0] > 0 }
        candidates.sort { left, right in
            if fit[left] != fit[right] { return fit[left] > fit[right] }
            let a = score(left)
            let b = score(right)
            return a != b ? a < b : left < right
        }
        var left = wanted
        var taken = 0
        while left > 0 {
            let position = candidates[taken]
            taken += 1
            let members = min(left, Int(fit[position]))
            if members < Int(fit[position]) {
                let rest = candidates[(taken - 1)...]
                let room = rest.last { Int(fit[$0]) >= left }.map { fit[$0] } ?? fit[position]
                let tightest = rest.first { fit[$0] == room } ?? position
                shares.append(NodeShare(position: Int32(tightest), members: Int32(left)))
                return
            }
            shares.append(NodeShare(position: Int32(position), members: Int32(members)))
            left -= members
        }
    }

    /// The node with the least room for at least `wanted` members, by score among equals.
    func tightestNode(_ wanted: Int, in range: Range<Int>) -> Int? {
        if wanted == 1 { return bestPosition(in: range) }
        var best = -1
        for position in range where Int(fit[position]) >= wanted {
            if best < 0 || fit[position] < fit[best]
                || (fit[position] == fit[best] && score(position) < score(best))
            {
                best = position
            }
        }
        return best < 0 ? nil : best
    }
}

/// How a number of units is spread over sibling domains.
enum Spread {
    /// Pairs of domain and units; together `wanted`, which the siblings have room for.
    static func over(
        _ siblings: Range<Int>, room: [Int], wanted: Int
    ) -> [(domain: Int, units: Int)] {
        if let single = tightest(siblings, room: room, wanted: wanted) {
            return [(single, wanted)]
        }
        var order = siblings.filter { room[$0] > 0 }
        order.sort { room[$0] != room[$1] ? room[$0] > room[$1] : $0 < $1 }
        var result: [(domain: Int, units: Int)] = []
        var left = wanted
        for (place, domain) in order.enumerated() where left > 0 {
            if room[domain] >= left {
                let tight = order[place...].last { room[$0] >= left } ?? domain
                result.append((tight, left))
                left = 0
            } else {
                result.append((domain, room[domain]))
                left -= room[domain]
            }
        }
        precondition(left == 0, "members were spread over domains without room for them")
        return result
    }

    /// The domain with the least room for at least `wanted`; the first among equals.
    static func tightest(_ domains: Range<Int>, room: [Int], wanted: Int) -> Int? {
        var best = -1
        for domain in domains where room[domain] >= wanted {
            if best < 0 || room[domain] < room[best] { best = domain }
        }
        return best < 0 ? nil : best
    }
}
