import FleetModel

/// Reads the YAML form of a fleet.
struct FleetParser {
    let findings: Findings

    static let keys = ["topology", "kinds", "pools", "nodes"]

    func document(_ value: YAMLValue?) -> FleetDocument {
        var document = FleetDocument(
            file: findings.file, levels: [], kinds: nil, pools: nil, nodes: [], diagnostics: [])
        if let value,
            let form = Form(
                value, "the fleet", keys: FleetParser.keys, allowsExtras: true, findings)
        {
            if let value = form.value("topology") { document.levels = levels(value) }
            document.kinds = unique(
                form.names("kinds"), "kind", limit: FleetLimits.acceleratorKinds)
            document.pools = unique(form.names("pools"), "pool", limit: FleetLimits.pools)
            form.require("nodes", expected: "a list of nodes")
            let items = form.list("nodes", of: "nodes")
            document.nodes = (items ?? []).compactMap(node)
            if items?.isEmpty == true {
                findings.report(
                    .invalidValue, line: form.line(of: "nodes"), "the fleet has no nodes",
                    expected: "one node or more")
            }
        }
        document.diagnostics = findings.all
        return document
    }

    private func unique(
        _ names: [Located<String>]?, _ what: String, limit: Int
    ) -> [Located<String>]? {
        guard let names else { return nil }
        var lines: [String: Int] = [:]
        for name in names {
            if let first = lines.updateValue(name.line, forKey: name.value) {
                findings.report(
                    .duplicateName, line: name.line, "the \(what) '\(name.value)' is listed twice",
                    expected: "each \(what) once", hint: "it is on line \(first) already")
            }
        }
        if names.count > limit {
            findings.report(
                .invalidValue, line: names[limit].line, "\(names.count) \(what)s are listed",
                expected: "at most \(limit) \(what)s")
        }
        return names
    }

    // MARK: Topology

    private func levels(_ value: YAMLValue) -> [Located<TopologyLevel>] {
        guard let form = Form(value, "the topology", keys: ["preset", "levels"], findings) else {
            return []
        }
        form.exclusive(["preset", "levels"])
        if !form.has("preset") {
            form.require("levels", expected: "'preset' or 'levels'")
        }
        if let preset = form.name("preset") {
            guard let topology = Topology.preset(named: preset.value) else {
                findings.reportUnknown(
                    "preset", preset.value, line: preset.line, among: Topology.presets.map(\.name))
                return []
            }
            return topology.levels.dropLast().map { Located($0, line: preset.line) }
        }
        let levels = (form.list("levels", of: "levels, coarse to fine") ?? []).compactMap(level)
        return checked(levels)
    }

    private func level(_ value: YAMLValue) -> Located<TopologyLevel>? {
        if value.text != nil {
            let name = ScalarReader(findings: findings, label: "a level").name(value)
            return name.map { Located(TopologyLevel(name: $0.value), line: $0.line) }
        }
        guard let form = Form(value, "a level", keys: ["name", "label"], findings) else {
            return nil
        }
        form.require("name", expected: "the level's name, such as rack")
        let label = form.name("label", also: "/")
        guard let name = form.name("name") else { return nil }
        return Located(
            TopologyLevel(name: name.value, label: label?.value ?? ""), line: name.line)
    }

    private func checked(_ levels: [Located<TopologyLevel>]) -> [Located<TopologyLevel>] {
        var above = levels
        if above.last?.value.name == Topology.hostName { above.removeLast() }
        var lines: [String: Int] = [:]
        for level in above {
            let name = level.value.name
            if name == Topology.hostName {
                findings.report(
                    .invalidValue, line: level.line, "the level 'host' is not the last one",
                    expected: "levels coarse to fine", hint: "the host is always the finest level")
            } else if ["node", "any", "gpu"].contains(name) {
                findings.report(
                    .invalidValue, line: level.line, "a level cannot be called '\(name)'",
                    expected: "a name other than host, node, gpu and any")
            }
            if let first = lines.updateValue(level.line, forKey: name) {
                findings.report(
                    .duplicateName, line: level.line, "the level '\(name)' is listed twice",
                    expected: "each level once", hint: "it is on line \(first) already")
            }
        }
        let limit = FleetLimits.topologyLevels - 1
        if above.count > limit {
            findings.report(
                .invalidValue, line: above[limit].line, "\(above.count) levels above the host",
                expected: "at most \(limit)")
            return Array(above.prefix(limit))
        }
        return above
    }

    // MARK: Nodes

    private static let nodeKeys =
        ["name", "count", "first", "digits", "pool", "gpus"] + Form.hostKeys + ["domains", "group"]

    private func node(_ value: YAMLValue) -> NodeEntry? {
        guard let form = Form(value, "a node", keys: FleetParser.nodeKeys, findings) else {
            return nil
        }
        form.require("name", expected: "the node's name, or a pattern such as gpu-{index}")
        let count = form.integer("count", 1...Int64(FleetLimits.nodes))
        var entry = NodeEntry(
            name: form.name("name", also: "{}") ?? Located("", line: form.line),
            count: count.map { Located(Int($0.value), line: $0.line) },
            first: Int(form.integer("first", 0...1_000_000_000)?.value ?? 0),
            digits: Int(form.integer("digits", 1...12)?.value ?? 0),
            pool: form.nameOrUnreadable("pool"), kind: nil, devices: 0, unhealthyDevices: 0,
            host: form.host(), domains: [], groups: [], line: form.line)
        readDevices(form, into: &entry)
        // An unreadable value still says that there is one.
        entry.domains = pairs(form, "domains").map { pair in
            let value = ScalarReader(findings: findings, label: "the domain of '\(pair.key)'")
                .name(pair.value, also: "{}")
            return DomainEntry(
                level: Located(pair.key, line: pair.line), value: value?.value ?? "")
        }
        entry.groups = pairs(form, "group").map { pair in
            let size = ScalarReader(findings: findings, label: "the group size of '\(pair.key)'")
                .integer(pair.value, 1...Int64(FleetLimits.nodes))
            return GroupEntry(
                level: Located(pair.key, line: pair.line), size: Int(size?.value ?? 1))
        }
        checkGenerator(form, entry)
        return entry.name.value.isEmpty ? nil : entry
    }

    private func pairs(_ form: Form, _ key: String) -> [YAMLEntry] {
        guard let value = form.value(key) else { return [] }
        if case .mapping(let entries) = value.content { return entries }
        findings.report(
            .invalidValue, line: value.line, "'\(key)' is \(value.described)",
            expected: "a mapping from topology levels, such as {leaf: ...}")
        return []
    }

    private func readDevices(_ form: Form, into entry: inout NodeEntry) {
        guard let value = form.value("gpus") else { return }
        let range = 0...Int64(FleetLimits.devicesPerNode)
        if value.text != nil {
            let reader = ScalarReader(findings: findings, label: "'gpus'")
            entry.devices = Int(reader.integer(value, range)?.value ?? 0)
            return
        }
        guard
            let gpus = Form(value, "'gpus'", keys: ["count", "kind", "unhealthy"], findings)
        else { return }
        gpus.require("count", expected: "how many devices each node has")
        let count = gpus.integer("count", range)
        entry.devices = Int(count?.value ?? 0)
        entry.kind = gpus.nameOrUnreadable("kind")
        let reader = ScalarReader(findings: findings, label: "an index in 'unhealthy'")
        for item in gpus.list("unhealthy", of: "device indexes, counted from 0") ?? [] {
            let last = Int64(count.map { max(0, $0.value - 1) } ?? range.upperBound - 1)
            guard let index = reader.integer(item, 0...last) else { continue }
            entry.unhealthyDevices |= 1 << UInt64(index.value)
        }
        if count?.value == 0 { entry.unhealthyDevices = 0 }
    }

    private func checkGenerator(_ form: Form, _ entry: NodeEntry) {
        let pattern = IndexPattern(entry.name.value)
        if let count = entry.count {
            if !pattern.hasIndex, count.value > 1, !entry.name.value.isEmpty {
                findings.report(
                    .invalidValue, line: entry.name.line,
                    "'\(entry.name.value)' would name \(count.value) nodes",
                    expected: "a pattern with {index}",
                    hint: "write \(entry.name.value)-{index}")
            }
        } else {
            for key in ["first", "digits", "group"] where form.has(key) && !form.has("count") {
                findings.report(
                    .invalidValue, line: form.line(of: key), "'\(key)' without 'count'",
                    expected: "'count', which makes the entry a generator")
            }
            if pattern.hasIndex, !form.has("count") {
                findings.report(
                    .missingKey, line: entry.name.line,
                    "the name has {index}, but the node has no 'count'",
                    expected: "how many nodes to make")
            }
        }
        if pattern.hasOtherBraces {
            findings.report(
                .invalidValue, line: entry.name.line,
                "'\(entry.name.value)' has braces beside {index}",
                expected: "a name, or a pattern with {index}",
                hint: "zeros in front come from 'digits'")
        }
    }
}
