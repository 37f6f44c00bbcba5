import FleetModel

/// Which jobs of a document wait for which, by position.
struct DependencyGraph {
    /// For each job the jobs that it waits for.
    var edges: [[Int]]

    /// One cycle for each way back onto a path, as positions with the first one repeated at the
    /// end. O(jobs + edges), without recursion, so that long chains cost no stack.
    func cycles() -> [[Int]] {
        var cycles: [[Int]] = []
        // 0: not seen, 1: on the path, 2: done.
        var state = [UInt8](repeating: 0, count: edges.count)
        var path: [Int] = []
        var next = [Int](repeating: 0, count: edges.count)
        for start in edges.indices where state[start] == 0 {
            path = [start]
            state[start] = 1
            while let job = path.last {
                guard next[job] < edges[job].count else {
                    state[job] = 2
                    path.removeLast()
                    continue
                }
                let target = edges[job][next[job]]
                next[job] += 1
                if state[target] == 0 {
                    state[target] = 1
                    path.append(target)
                } else if state[target] == 1, cycles.count < DocumentLimits.diagnostics {
                    cycles.append(Array(path[(path.lastIndex(of: target) ?? 0)...]) + [target])
                }
            }
        }
        return cycles
    }

    /// Positions in the given order, but each after those of its edges that come at the same time.
    /// The graph must have no cycles.
    func order(_ preferred: [Int], isSameTime: (Int, Int) -> Bool) -> [Int] {
        var order: [Int] = []
        order.reserveCapacity(preferred.count)
        var isPlaced = [Bool](repeating: false, count: edges.count)
        var next = [Int](repeating: 0, count: edges.count)
        for first in preferred where !isPlaced[first] {
            var path = [first]
            while let job = path.last {
                if next[job] < edges[job].count {
                    let target = edges[job][next[job]]
                    next[job] += 1
                    if !isPlaced[target], isSameTime(target, job) { path.append(target) }
                } else {
                    path.removeLast()
                    if !isPlaced[job] {
                        isPlaced[job] = true
                        order.append(job)
                    }
                }
            }
        }
        return order
    }
}
