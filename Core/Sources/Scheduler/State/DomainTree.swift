import FleetModel

/// The nodes of the fleet in topology order, and the domains above them as ranges of that order.
///
/// Domain 0 is the whole fleet. Domains are numbered level by level, so the domains of one level
/// are a range, and so are the children of one domain. Rebuilt whole when nodes come or go.
struct DomainTree: Sendable {
    /// Node index by position.
    private(set) var nodeAt: [Int32] = []
    /// Position by node index; -1 for nodes that are not in the fleet.
    private(set) var positionOf: [Int32] = []
    /// First position of each domain.
    private(set) var firstPosition: [Int32] = [0]
    /// One past the last position of each domain.
    private(set) var endPosition: [Int32] = [0]
    /// First child of each domain above the finest domain level.
    private(set) var firstChild: [Int32] = [0]
    /// One past the last child of each domain.
    private(set) var endChild: [Int32] = [0]
    /// The domain above; -1 for the fleet.
    private(set) var parent: [Int32] = [-1]
    /// The finest domain of each position.
    private(set) var leafOf: [Int32] = []
    /// Domains of each level above the host, as ranges of numbers.
    private(set) var levelRanges: [Range<Int>] = []
    /// The fleet's version that this tree shows.
    private(set) var version = -1

    /// Domains, the fleet included.
    var domainCount: Int { parent.count }

    /// Nodes in the fleet.
    var nodeCount: Int { nodeAt.count }

    /// Positions of a domain.
    @inline(__always) func positions(_ domain: Int) -> Range<Int> {
        Int(firstPosition[domain])..<Int(endPosition[domain])
    }

    /// Children of a domain; empty for the finest domains.
    @inline(__always) func children(_ domain: Int) -> Range<Int> {
        Int(firstChild[domain])..<Int(endChild[domain])
    }

    /// The domain of a position at a level above the host.
    func domain(ofPosition position: Int, level: Int) -> Int {
        var domain = Int(leafOf[position])
        while domain >= levelRanges[level].upperBound { domain = Int(parent[domain]) }
        return domain
    }

    /// Builds the tree of the nodes now in the fleet. O(n log n).
    mutating func rebuild(from fleet: FleetState, levels: Int) {
        var order: [Int32] = []
        for node in 0..<fleet.nodeCount where fleet.present[node] { order.append(Int32(node)) }
        order.sort { left, right in
            let a = fleet.domains[Int(left)]
            let b = fleet.domains[Int(right)]
            for level in 0..<levels where a[level] != b[level] { return a[level] < b[level] }
            return left < right
        }
        nodeAt = order
        positionOf = [Int32](repeating: -1, count: fleet.nodeCount)
        for (position, node) in order.enumerated() { positionOf[Int(node)] = Int32(position) }
        resetToFleet(nodes: order.count)
        var above = 0..<1
        for level in 0..<levels {
            let first = parent.count
            for domain in above { split(domain, level: level, fleet: fleet) }
            levelRanges.append(first..<parent.count)
            above = first..<parent.count
        }
        leafOf = [Int32](repeating: 0, count: order.count)
        for domain in above {
            for position in positions(domain) { leafOf[position] = Int32(domain) }
        }
        version = fleet.topologyVersion
    }

    private mutating func resetToFleet(nodes: Int) {
        firstPosition = [0]
        endPosition = [Int32(nodes)]
        firstChild = [0]
        endChild = [0]
        parent = [-1]
        levelRanges = []
    }

    private mutating func split(_ domain: Int, level: Int, fleet: FleetState) {
        firstChild[domain] = Int32(parent.count)
        var position = Int(firstPosition[domain])
        let end = Int(endPosition[domain])
        while position < end {
            let id = fleet.domains[Int(nodeAt[position])][level]
            let start = position
            while position < end, fleet.domains[Int(nodeAt[position])][level] == id {
                position += 1
            }
            parent.append(Int32(domain))
            firstPosition.append(Int32(start))
            endPosition.append(Int32(position))
            firstChild.append(0)
            endChild.append(0)
        }
        endChild[domain] = Int32(parent.count)
    }
}

extension DomainTree: SnapshotValue {
    static var blank: DomainTree { DomainTree() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&nodeAt)
        coder.field(&positionOf)
        coder.field(&firstPosition)
        coder.field(&endPosition)
        coder.field(&firstChild)
        coder.field(&endChild)
        coder.field(&parent)
        coder.field(&leafOf)
        coder.field(&levelRanges)
        coder.field(&version)
    }
}
