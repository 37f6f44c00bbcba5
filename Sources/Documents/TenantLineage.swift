import FleetModel

/// Who is above whom among the entries of a tenants document.
struct TenantLineage {
    let entries: [TenantEntry]
    let findings: Findings
    /// The parent of each entry, by position.
    private(set) var parents: [Int?]
    /// `research/vision`; empty where it cannot be told.
    private(set) var fullNames: [String]
    private var isSound = true

    init(entries: [TenantEntry], findings: Findings) {
        self.entries = entries
        self.findings = findings
        parents = entries.map(\.nestedIn)
        fullNames = entries.map { _ in "" }
        let pending = lookUpPlainParents()
        let blocked = findCycles()
        nameAll(pending: pending, blocked: blocked)
        checkDuplicates()
    }

    /// Positions with parents before children, siblings in order of the text; nil after a mistake.
    func order() -> [Int]? {
        guard isSound else { return nil }
        var children = [[Int]](repeating: [], count: entries.count)
        var stack: [Int] = []
        for position in entries.indices {
            if let parent = parents[position] {
                children[parent].append(position)
            } else {
                stack.append(position)
            }
        }
        stack.reverse()
        var order: [Int] = []
        while let position = stack.popLast() {
            order.append(position)
            stack += children[position].reversed()
        }
        return order
    }

    /// Finds parents that are named by a single word; returns those that are named by a path.
    private mutating func lookUpPlainParents() -> [Int] {
        var byName: [String: [Int]] = [:]
        for (position, entry) in entries.enumerated() {
            byName[entry.name.value, default: []].append(position)
            if entry.name.value.isEmpty { isSound = false }
        }
        var pending: [Int] = []
        for (position, entry) in entries.enumerated() {
            guard let parent = entry.parent else { continue }
            if parent.value.contains("/") {
                pending.append(position)
                continue
            }
            let candidates = byName[parent.value] ?? []
            let outermost = candidates.filter {
                entries[$0].nestedIn == nil && entries[$0].parent == nil
            }
            if candidates.count == 1 {
                parents[position] = candidates[0]
            } else if outermost.count == 1 {
                parents[position] = outermost[0]
            } else if candidates.isEmpty {
                reportUnknownParent(position)
            } else {
                isSound = false
                findings.report(
                    .invalidValue, line: parent.line,
                    "\(candidates.count) tenants are called '\(parent.value)'",
                    expected: "the full name, with the tenants above it, such as"
                        + " research/\(parent.value)")
            }
        }
        return pending
    }

    private mutating func reportUnknownParent(_ position: Int) {
        guard let parent = entries[position].parent else { return }
        isSound = false
        let known = entries.map(\.name.value) + fullNames.filter { $0.contains("/") }
        findings.reportUnknown("tenant", parent.value, line: parent.line, among: known)
    }

    /// Reports each cycle once; returns which entries are in one or below one.
    private mutating func findCycles() -> [Bool] {
        // 0: not seen, 1: on the path being walked, 2: ends at the top, 3: ends in a cycle.
        var state = [UInt8](repeating: 0, count: entries.count)
        for start in entries.indices where state[start] == 0 {
            var path: [Int] = []
            var current: Int? = start
            while let position = current, state[position] == 0 {
                state[position] = 1
                path.append(position)
                current = parents[position]
            }
            var verdict: UInt8 = 2
            if let end = current {
                if state[end] == 1 { reportCycle(path[(path.firstIndex(of: end) ?? 0)...]) }
                verdict = state[end] == 2 ? 2 : 3
            }
            for position in path { state[position] = verdict }
        }
        return state.map { $0 == 3 }
    }

    private mutating func reportCycle(_ cycle: ArraySlice<Int>) {
        isSound = false
        guard let first = cycle.first else { return }
        let names = (Array(cycle) + [first]).map { entries[$0].name.value }
        findings.report(
            .cycle, line: entries[first].name.line,
            "the tenant '\(entries[first].name.value)' is above itself: "
                + names.joined(separator: " in "),
            expected: "a tree", hint: "remove 'parent' from one of them")
    }

    /// Gives full names from the top down, looking up paths as the tenants they name get theirs.
    private mutating func nameAll(pending: [Int], blocked: [Bool]) {
        var waiting = [Bool](repeating: false, count: entries.count)
        for position in pending { waiting[position] = true }
        var depths = [Int](repeating: 0, count: entries.count)
        var byFullName: [String: Int] = [:]
        var hasProgress = true
        while hasProgress {
            hasProgress = false
            for position in entries.indices where fullNames[position].isEmpty && !blocked[position]
            {
                if waiting[position], let path = entries[position].parent?.value,
                    let parent = byFullName[path]
                {
                    parents[position] = parent
                    waiting[position] = false
                }
                guard !waiting[position] else { continue }
                var name = entries[position].name.value
                if let parent = parents[position] {
                    guard !fullNames[parent].isEmpty else { continue }
                    name = fullNames[parent] + "/" + name
                    depths[position] = depths[parent] + 1
                }
                guard depths[position] < FleetLimits.tenantDepth else {
                    reportDepth(position)
                    return
                }
                fullNames[position] = name
                byFullName[name] = byFullName[name] ?? position
                if !name.isEmpty { hasProgress = true }
            }
        }
        // Below a tenant without a name no path is known, which is that tenant's mistake alone.
        guard !entries.contains(where: { $0.name.value.isEmpty }) else { return }
        for position in pending where waiting[position] { reportUnknownParent(position) }
    }

    private mutating func reportDepth(_ position: Int) {
        isSound = false
        findings.report(
            .invalidValue, line: entries[position].name.line,
            "the tenant '\(entries[position].name.value)' has \(FleetLimits.tenantDepth) tenants"
                + " above it",
            expected: "at most \(FleetLimits.tenantDepth) levels of tenants")
    }

    private mutating func checkDuplicates() {
        var lines: [String: Int] = [:]
        for (position, name) in fullNames.enumerated() where !name.isEmpty {
            let line = entries[position].name.line
            guard !entries[position].name.value.isEmpty else { continue }
            if let first = lines[name] {
                isSound = false
                findings.report(
                    .duplicateName, line: line, "the tenant '\(name)' exists twice",
                    expected: "each tenant once", hint: "it is on line \(first) already")
            } else {
                lines[name] = line
            }
        }
    }
}
