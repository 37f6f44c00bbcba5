import FleetModel

/// Reads Tenant objects of Kubernetes from their manifests: several YAML documents, or a `List`.
/// Other kinds among them are passed over.
struct TenantManifests {
    private let findings: Findings
    private var entries: [TenantEntry] = []

    /// The document of all Tenant objects in a text; nil when it has no manifests.
    static func read(_ source: SourceText) -> TenantsDocument? {
        var manifests = TenantManifests(findings: Findings(file: source.file))
        var isFirst = true
        for part in parts(of: source) {
            let value = YAMLReader.read(part, manifests.findings)
            if isFirst, value.flatMap({ field("kind", of: $0) }) == nil { return nil }
            isFirst = false
            if let value { manifests.take(value) }
        }
        guard !isFirst else { return nil }
        if manifests.entries.isEmpty, manifests.findings.count == 0 {
            manifests.findings.report(
                .missingKey, line: 1, "no Tenant object is in it",
                expected: "manifests with 'kind: Tenant'")
        }
        return TenantsDocument(
            file: source.file, tenants: manifests.entries, diagnostics: manifests.findings.all)
    }

    private init(findings: Findings) { self.findings = findings }

    /// The documents of a text, each with its lines where they were.
    private static func parts(of source: SourceText) -> [SourceText] {
        let newline = UInt8(ascii: "\n")
        var parts: [[UInt8]] = [[]]
        var number = 0
        for line in source.bytes.split(separator: newline, omittingEmptySubsequences: false) {
            if line.starts(with: "---".utf8), line.count == 3 || line[line.startIndex + 3] <= 32 {
                parts.append([UInt8](repeating: newline, count: number))
            }
            parts[parts.count - 1] += line + [newline]
            number += 1
        }
        return parts.filter { part in
            part.split(separator: newline).contains(where: saysSomething)
        }.map { SourceText(bytes: $0, file: source.file) }
    }

    private static func saysSomething(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.drop { $0 <= 32 }
        return !text.isEmpty && text.first != UInt8(ascii: "#")
            && String(decoding: text, as: UTF8.self) != "---"
    }

    private static func field(_ key: String, of value: YAMLValue) -> YAMLValue? {
        guard case .mapping(let pairs) = value.content else { return nil }
        return pairs.first { $0.key == key }?.value
    }

    private mutating func take(_ value: YAMLValue) {
        let group = TenantManifests.field("apiVersion", of: value)?.text ?? ""
        switch TenantManifests.field("kind", of: value)?.text {
        case "List", "TenantList":
            guard let items = TenantManifests.field("items", of: value),
                case .list(let objects) = items.content
            else { return }
            for object in objects { take(object) }
        case "Tenant" where group.hasPrefix("muster.dev/"): takeTenant(value)
        default: break
        }
    }

    private mutating func takeTenant(_ value: YAMLValue) {
        let reader = ScalarReader(findings: findings, label: "'metadata.name'")
        guard let metadata = TenantManifests.field("metadata", of: value),
            let text = TenantManifests.field("name", of: metadata)
        else {
            findings.report(
                .missingKey, line: value.line, "a Tenant has no 'metadata.name'",
                expected: "the object's name")
            return
        }
        guard let name = reader.name(text) else { return }
        guard let spec = TenantManifests.field("spec", of: value),
            let form = Form(
                spec, "the spec of '\(name.value)'",
                keys: ["parent", "quota", "cells", "namespaces", "queues"], findings)
        else { return entries.append(TenantEntry(name: name)) }
        entries.append(
            TenantEntry(
                name: name, parent: form.name("parent"),
                quotas: TenantsParser(findings: findings).quotas(form),
                cells: CellParser(findings: findings).cells(form)))
    }
}

extension TenantsDocument {
    /// The Tenant objects of Kubernetes whose manifests a text has; nil when it has none of any
    /// kind, as a tenants file. Mistakes are in ``diagnostics``.
    public static func parseManifests(_ source: SourceText) -> TenantsDocument? {
        TenantManifests.read(source)
    }

    /// The tenants of a tree as they would be with those of this document in place of, or beside,
    /// those of the same name. O(tenants).
    public func replacing(in tree: TenantTree, fleet: FleetDefinition) -> TenantsDocument {
        var named: [String: TenantEntry] = [:]
        for entry in tenants { named[entry.name.value] = entry }
        var merged: [TenantEntry] = []
        var isTaken: Set<String> = []
        for tenant in tree.tenants {
            // Such a one is gone from the tree, and only there until its jobs are over.
            if tenant.parent == nil, tree.names[tenant.id].contains("/") { continue }
            let name = tree.ownName(tenant.id)
            isTaken.insert(name)
            merged.append(named[name] ?? TenantEntry(tenant, of: tree, fleet))
        }
        merged += tenants.filter { !isTaken.contains($0.name.value) }
        return TenantsDocument(file: file, tenants: merged, diagnostics: diagnostics)
    }
}

extension TenantTree {
    /// The name without those of the tenants above.
    fileprivate func ownName(_ tenant: TenantID) -> String {
        names[tenant].split(separator: "/").last.map(String.init) ?? names[tenant]
    }
}

extension TenantEntry {
    /// A tenant of a tree in words, on no line.
    fileprivate init(_ tenant: TenantSpec, of tree: TenantTree, _ fleet: FleetDefinition) {
        func located<Value: Sendable>(_ value: Value) -> Located<Value> { Located(value, line: 0) }
        func amount(_ milli: Int64?) -> Located<QuotaAmount>? {
            milli.map { located(.gpuMilli($0)) }
        }
        self.init(
            name: located(tree.ownName(tenant.id)),
            parent: tenant.parent.map { located(tree.ownName($0)) },
            quotas: tenant.quotas.map { quota in
                QuotaEntry(
                    kind: located(fleet.kinds[quota.kind]),
                    guaranteed: amount(quota.guaranteedMilli), limit: amount(quota.limitMilli),
                    lend: amount(quota.lendableMilli), weight: quota.weight)
            },
            cells: tenant.cells.map { cell in
                CellEntry(
                    kind: located(fleet.kinds[cell.kind]),
                    level: located(fleet.topology.levels[cell.level.index].name),
                    count: cell.count)
            })
    }
}
