import FleetModel

/// Reads the YAML form of the quota tree.
struct TenantsParser {
    let findings: Findings
    private var entries: [TenantEntry] = []

    init(findings: Findings) { self.findings = findings }

    /// The tenants of a list and all that is nested in them.
    func tenants(_ items: [YAMLValue], line: Int) -> [TenantEntry] {
        if items.isEmpty {
            findings.report(
                .invalidValue, line: line, "there are no tenants", expected: "one tenant or more")
        }
        var parser = self
        for item in items { parser.read(item, nestedIn: nil) }
        return parser.entries
    }

    private mutating func read(_ value: YAMLValue, nestedIn outer: Int?) {
        guard
            let form = Form(
                value, "a tenant", keys: ["name", "parent", "quota", "cells", "tenants"], findings)
        else { return }
        form.require("name", expected: "the tenant's own name, without its parents'")
        let position = entries.count
        // A tenant without a readable name still carries what is nested in it.
        entries.append(
            TenantEntry(
                name: form.name("name") ?? Located("", line: form.line), nestedIn: outer,
                parent: form.name("parent", also: "/"), quotas: quotas(form),
                cells: CellParser(findings: findings).cells(form)))
        if outer != nil, form.has("parent") {
            findings.report(
                .invalidValue, line: form.line(of: "parent"),
                "a nested tenant has a 'parent'", expected: "one of the two",
                hint: "move it to the outer list, or remove 'parent'")
            entries[position].parent = nil
        }
        for item in form.list("tenants", of: "tenants") ?? [] { read(item, nestedIn: position) }
    }

    /// The quotas of a tenant: a mapping from kinds to amounts.
    func quotas(_ form: Form) -> [QuotaEntry] {
        guard let value = form.value("quota") else { return [] }
        guard case .mapping(let pairs) = value.content else {
            findings.report(
                .invalidValue, line: value.line, "'quota' is \(value.described)",
                expected: "a mapping from accelerator kinds, such as {H100: {guaranteed: 64}}")
            return []
        }
        return pairs.compactMap(quota)
    }

    private func quota(_ pair: YAMLEntry) -> QuotaEntry? {
        guard
            let form = Form(
                pair.value, "the quota of '\(pair.key)'",
                keys: ["guaranteed", "limit", "lend", "weight"], findings)
        else { return nil }
        return QuotaEntry(
            kind: Located(pair.key, line: pair.line), guaranteed: amount(form, "guaranteed"),
            limit: amount(form, "limit"), lend: amount(form, "lend"),
            weight: form.integer("weight", 1...FleetLimits.tenantWeight)?.value ?? 1)
    }

    private static let amountExpected =
        "GPUs such as 64 or 0.5, or whole domains such as \"4 nodes\", \"2 racks\" or {racks: 2}"

    func amount(_ form: Form, _ key: String) -> Located<QuotaAmount>? {
        form.value(key).flatMap { amount($0, key) }
    }

    /// An amount; `key` is what it is called in messages.
    func amount(_ value: YAMLValue, _ key: String) -> Located<QuotaAmount>? {
        let reader = ScalarReader(findings: findings, label: "'\(key)'")
        if case .mapping(let pairs) = value.content {
            guard pairs.count == 1 else {
                findings.report(
                    .invalidValue, line: value.line, "'\(key)' has \(pairs.count) units",
                    expected: TenantsParser.amountExpected)
                return nil
            }
            guard let count = reader.integer(pairs[0].value, 0...Int64(FleetLimits.nodes)) else {
                return nil
            }
            return Located(.domains(count.value, level: pairs[0].key), line: pairs[0].line)
        }
        if let text = value.text, let words = TenantsParser.words(text) {
            return worded(value, words, reader)
        }
        let gpus = reader.quantity(
            value, 0...TenantsParser.most * 1000, TenantsParser.amountExpected
        ) { text throws(FixedPoint.Failure) in try FixedPoint(text).scaled(by: 1000) }
        return gpus.map { Located(.gpuMilli($0), line: value.line) }
    }

    /// The number and the unit of `4 nodes` or `4nodes`; nil when it has not these two.
    private static func words(_ text: String) -> [Substring]? {
        let words = text.split(separator: " ")
        if words.count == 2, let first = words[0].utf8.first, first <= UInt8(ascii: "9") {
            return words
        }
        let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count)
        guard !number.isEmpty, unit.count > 1, unit.allSatisfy({ $0.isASCII && $0.isLetter }) else {
            return nil
        }
        return [number, unit]
    }

    /// More GPUs than any fleet has.
    static let most = Int64(FleetLimits.nodes * FleetLimits.devicesPerNode)

    private func worded(
        _ value: YAMLValue, _ words: [Substring], _ reader: ScalarReader
    ) -> Located<QuotaAmount>? {
        let unit = String(words[1])
        let isGPUs = ["gpu", "gpus"].contains(unit.lowercased())
        let amount = reader.quantity(
            value, 0...(isGPUs ? TenantsParser.most * 1000 : Int64(FleetLimits.nodes)),
            TenantsParser.amountExpected
        ) { _ throws(FixedPoint.Failure) in
            let number = try FixedPoint(words[0])
            return isGPUs ? try number.scaled(by: 1000) : try number.scaled(by: 1)
        }
        return amount.map {
            Located(isGPUs ? .gpuMilli($0) : .domains($0, level: unit), line: value.line)
        }
    }
}
