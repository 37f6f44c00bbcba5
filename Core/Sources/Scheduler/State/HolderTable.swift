/// For each node the members that stand on it.
///
/// In chunks: a copy of the engine that is tried out copies the lists of the nodes that it touches,
/// not of ten thousand.
struct HolderTable: Sendable {
    private var chunks: [[[Holder]]] = []

    /// Nodes that have a list.
    private(set) var count = 0

    /// Nodes of one chunk: a power of two.
    private static let chunkNodes = 1 << chunkShift
    private static let chunkShift = 6

    /// A table without nodes.
    init() {}

    /// A table of these lists, in order of node.
    init(_ lists: [[Holder]]) {
        for list in lists { append(list) }
    }

    /// The lists in order of node. O(nodes).
    var lists: [[Holder]] { chunks.flatMap { $0 } }

    /// Adds a list for the next node.
    mutating func append(_ list: [Holder]) {
        if count & (HolderTable.chunkNodes - 1) == 0 {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(HolderTable.chunkNodes)
        }
        chunks[chunks.count - 1].append(list)
        count += 1
    }

    /// The members on a node, which must have a list.
    subscript(node: Int) -> [Holder] {
        // In place, for the reason that `JobTable` gives.
        @inline(__always) unsafeAddress {
            precondition(node >= 0 && node < count, "a node without a list")
            return chunks.withUnsafeBufferPointer { chunks in
                chunks[node >> HolderTable.chunkShift].withUnsafeBufferPointer { lists in
                    guard let first = lists.baseAddress else {
                        preconditionFailure("a chunk without lists")
                    }
                    return first + (node & (HolderTable.chunkNodes - 1))
                }
            }
        }
        @inline(__always) _modify {
            precondition(node >= 0 && node < count, "a node without a list")
            yield &chunks[node >> HolderTable.chunkShift][node & (HolderTable.chunkNodes - 1)]
        }
    }
}

extension HolderTable: SnapshotValue {
    static var blank: HolderTable { HolderTable() }

    mutating func pass(through coder: inout SnapshotCoder) {
        var all = lists
        coder.field(&all)
        // Counted again as the lists are added.
        coder.leaveOut()
        self = HolderTable(all)
    }
}
