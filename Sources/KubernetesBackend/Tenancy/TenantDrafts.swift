import Documents
import FleetModel
import KubernetesObjects

/// Makes a tenants document of Tenant objects, and leaves out of it what keeps it from being a
/// tree. The document's checks are those of the tenants file; each field stands on a line of its
/// own, so that a mistake tells which field it is about.
struct TenantDrafts {
    private enum Field: Hashable {
        case name, parent
        case kind(String), guaranteed(String), limit(String), lend(String)
        case cellKind(Int), cellLevel(Int)

        var isKindOfCell: Bool {
            if case .cellKind = self { true } else { false }
        }

        var path: String {
            switch self {
            case .name: "metadata.name"
            case .parent: "spec.parent"
            case .kind(let kind): "spec.quota[\(kind)]"
            case .guaranteed(let kind): "spec.quota[\(kind)].guaranteed"
            case .limit(let kind): "spec.quota[\(kind)].limit"
            case .lend(let kind): "spec.quota[\(kind)].lend"
            case .cellKind, .cellLevel: "spec.cells"
            }
        }
    }

    private let fleet: FleetDefinition
    private let names: [String]
    /// The tenants of the document; nil for those that are left out.
    private var entries: [TenantEntry?] = []
    /// What stands on each line, beginning with line 1.
    private var lines: [(object: Int, field: Field)] = []
    /// Limits that count as the guarantee, because they cannot count as they are.
    private var narrowed: Set<Int> = []
    private(set) var problems: [String: [TenantProblem]] = [:]

    init(_ objects: [TenantObject], fleet: FleetDefinition) {
        self.fleet = fleet
        names = objects.map(\.metadata.name)
        for (index, object) in objects.enumerated() { entries.append(draft(object, index)) }
    }

    // MARK: Objects

    private mutating func draft(_ object: TenantObject, _ index: Int) -> TenantEntry? {
        guard index < FleetLimits.tenants else {
            say(
                .tooManyTenants, .name, "there are more than \(FleetLimits.tenants) tenants", index)
            return nil
        }
        for problem in object.problems {
            let isOfAll = ["spec", "spec.parent"].contains(problem.path)
            problems[names[index], default: []].append(
                TenantProblem(
                    reason: .unreadableField, field: problem.path,
                    message: problem.message
                        + (isOfAll ? "; the tenant is left out" : "; the field is left out")))
            if isOfAll { return nil }
        }
        var entry = TenantEntry(name: Located(object.metadata.name, line: line(index, .name)))
        entry.parent = object.parent.map { Located($0, line: line(index, .parent)) }
        var kinds: Set<String> = []
        for quota in object.quotas where kinds.insert(NodeBook.word(quota.kind)).inserted {
            entry.quotas.append(draft(quota, of: object, index))
        }
        for (place, cell) in object.cells.enumerated() where cell.count > 0 {
            entry.cells.append(
                CellEntry(
                    kind: Located(NodeBook.word(cell.kind), line: line(index, .cellKind(place))),
                    level: Located(cell.level, line: line(index, .cellLevel(place))),
                    count: Int32(min(cell.count, FleetLimits.nodes))))
        }
        return entry
    }

    private mutating func draft(
        _ quota: TenantObject.Quota, of object: TenantObject, _ index: Int
    ) -> QuotaEntry {
        let kind = quota.kind
        var entry = QuotaEntry(
            kind: Located(NodeBook.word(kind), line: line(index, .kind(kind))),
            weight: min(max(1, Int64(quota.weight ?? 1)), FleetLimits.tenantWeight))
        entry.guaranteed = amount(quota.guaranteed, index, .guaranteed(kind))
        entry.limit = amount(quota.limit, index, .limit(kind))
        entry.lend = amount(quota.lend, index, .lend(kind))
        let isLimitLost =
            quota.limit != nil && entry.limit == nil
            || object.problems.contains { $0.path == Field.limit(kind).path }
        if isLimitLost {
            let line = line(index, .limit(kind))
            narrowed.insert(line)
            entry.narrow(line: line)
        }
        return entry
    }

    private mutating func amount(
        _ text: String?, _ index: Int, _ field: Field
    ) -> Located<QuotaAmount>? {
        guard let text else { return nil }
        switch QuotaAmount.parse(text, key: field.path) {
        case .success(let amount): return Located(amount, line: line(index, field))
        case .failure(let list):
            for diagnostic in list.diagnostics {
                say(.invalidQuota, field, TenantDrafts.text(diagnostic), index)
            }
            return nil
        }
    }

    private mutating func line(_ object: Int, _ field: Field) -> Int {
        lines.append((object, field))
        return lines.count
    }

    private mutating func say(
        _ reason: TenantProblem.Reason, _ field: Field, _ message: String, _ index: Int
    ) {
        problems[names[index], default: []].append(
            TenantProblem(reason: reason, field: field.path, message: message))
    }

    private static func text(_ diagnostic: Diagnostic) -> String {
        [
            diagnostic.message,
            diagnostic.expected.isEmpty ? "" : "expected: \(diagnostic.expected)",
        ].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    // MARK: The tree

    /// The tree of what can be in it. Each pass leaves out what the one before found.
    mutating func resolve() -> TenantTree {
        while true {
            let document = TenantsDocument(file: "", tenants: entries.compactMap { $0 })
            switch document.resolve(fleet: fleet, isLive: true) {
            case .success(let tree): return tree
            case .failure(let list):
                // What comes after so many only counts the others.
                for diagnostic in list.diagnostics.prefix(DocumentLimits.diagnostics) {
                    leaveOut(diagnostic)
                }
            }
        }
    }

    private mutating func leaveOut(_ diagnostic: Diagnostic) {
        precondition(
            lines.indices.contains(diagnostic.line - 1), "a mistake that is about no field")
        let (index, field) = lines[diagnostic.line - 1]
        let text = TenantDrafts.text(diagnostic)
        switch field {
        case .name:
            say(
                diagnostic.code == .cycle ? .parentLoop : .invalidTenant, field,
                text + "; the tenant is left out", index)
            entries[index] = nil
        case .parent:
            let parent = entries[index]?.parent?.value ?? ""
            say(
                .unknownParent, field,
                names.contains(parent)
                    ? "the tenant '\(parent)' is left out, and so is this one"
                    : text + "; the tenant is left out", index)
            entries[index] = nil
        case .kind(let kind):
            say(
                .unknownKind, field, "no node has \(kind) now; it counts as soon as one has", index)
            entries[index]?.quotas.removeAll { $0.kind.line == diagnostic.line }
        case .guaranteed(let kind):
            say(.invalidQuota, field, text + "; the field is left out", index)
            change(kind, index) { quota in (quota.guaranteed, quota.lend) = (nil, nil) }
        case .limit(let kind):
            if narrowed.insert(diagnostic.line).inserted {
                say(.invalidQuota, field, text + "; the guarantee is the limit", index)
            }
            change(kind, index) { $0.narrow(line: diagnostic.line) }
        case .lend(let kind):
            say(.invalidQuota, field, text + "; the field is left out", index)
            change(kind, index) { $0.lend = nil }
        case .cellKind, .cellLevel:
            let isUnknown = diagnostic.code == .unknownName && field.isKindOfCell
            say(
                isUnknown ? .unknownKind : .invalidCells, field, text + "; it is left out", index)
            entries[index]?.cells.removeAll {
                $0.kind.line == diagnostic.line || $0.level.line == diagnostic.line
            }
        }
    }

    private mutating func change(
        _ kind: String, _ index: Int, _ body: (inout QuotaEntry) -> Void
    ) {
        let places = entries[index]?.quotas.indices.filter { place in
            entries[index]?.quotas[place].kind.value == NodeBook.word(kind)
        }
        for place in places ?? [] {
            guard var quota = entries[index]?.quotas[place] else { continue }
            body(&quota)
            entries[index]?.quotas[place] = quota
        }
    }
}

extension QuotaEntry {
    /// A limit that cannot count must not be none: nothing beyond the guarantee is borrowed then.
    /// Each time that it still cannot count it comes to less, and is given up at last.
    fileprivate mutating func narrow(line: Int) {
        let guaranteed = guaranteed?.value ?? .gpuMilli(0)
        switch limit?.value {
        case .gpuMilli(0): limit = nil
        case guaranteed: limit = Located(.gpuMilli(0), line: line)
        default: limit = Located(guaranteed, line: line)
        }
    }
}
