import FleetModel

/// Reads the YAML form of a list of changes.
struct WhatIfParser {
    let findings: Findings

    private static let actions = [
        "job", "submit", "cancel", "release", "quota", "tenants", "drain", "resume", "remove",
        "return", "add", "unhealthy", "policy",
    ]
    private static let jobKeys = [
        "members", "gpus", "accelerators", "topology", "priority", "pools", "tenant",
        "preemptible", "timeLimit",
    ]

    /// The changes under the key `changes`, those without mistakes.
    func changes(_ form: Form) -> [WhatIfDocument.Item] {
        guard let items = form.list("changes", of: "changes") else { return [] }
        if items.isEmpty {
            findings.report(
                .invalidValue, line: form.line(of: "changes"), "there are no changes",
                expected: "one change or more")
        }
        return items.compactMap { item in
            let keys = WhatIfParser.actions + WhatIfParser.jobKeys
            return Form(item, "a change", keys: keys, findings).flatMap(change)
        }
    }

    private func change(_ form: Form) -> WhatIfDocument.Item? {
        form.exclusive(WhatIfParser.actions)
        guard let action = WhatIfParser.actions.first(where: form.has) else {
            findings.report(
                .missingKey, line: form.line, "the change does not say what is different",
                expected: "one of " + WhatIfParser.actions.joined(separator: ", "))
            return nil
        }
        for key in WhatIfParser.jobKeys where form.has(key) && action != "job" {
            if key == "tenant" && action == "quota" { continue }
            findings.report(
                .invalidValue, line: form.line(of: key), "'\(key)' beside '\(action)'",
                expected: "'\(key)' beside 'job', with the name of the job that is different")
        }
        return kind(form, action).map { WhatIfDocument.Item(kind: $0, line: form.line) }
    }

    private func kind(_ form: Form, _ action: String) -> WhatIfDocument.Item.Kind? {
        switch action {
        case "job": return job(form).map { .job($0) }
        case "submit": return submission(form)
        case "cancel": return form.names(action).map { .cancel($0) }
        case "release": return form.names(action).map { .release($0) }
        case "quota": return quota(form)
        case "tenants":
            guard let items = form.list(action, of: "tenants") else { return nil }
            let line = form.line(of: action)
            return .tenants(TenantsParser(findings: findings).tenants(items, line: line))
        case "drain": return form.names(action).map { .drain($0) }
        case "resume": return form.names(action).map { .resume($0) }
        case "remove": return form.names(action).map { .remove($0) }
        case "return": return form.names(action).map { .bringBack($0) }
        case "add": return addition(form)
        case "unhealthy": return unhealthy(form)
        default: return policy(form)
        }
    }

    private func job(_ form: Form) -> WhatIfDocument.JobEdit? {
        guard let name = form.name("job") else { return nil }
        if !WhatIfParser.jobKeys.contains(where: form.has) {
            findings.report(
                .missingKey, line: form.line, "nothing is different about '\(name.value)'",
                expected: "one or more of " + WhatIfParser.jobKeys.joined(separator: ", "))
        }
        let jobs = JobsParser(findings: findings)
        var edit = WhatIfDocument.JobEdit(name: name)
        if form.has("members") {
            let count = RoleParser(findings: findings).count(form, "members")
            edit.members = Located(
                Int32(count.lowerBound)...Int32(count.upperBound), line: form.line(of: "members"))
        }
        edit.gpus = form.integer("gpus", 0...Int64(FleetLimits.devicesPerNode)).map {
            Located(Int32($0.value), line: $0.line)
        }
        edit.accelerators = form.names("accelerators")
        edit.topology = form.value("topology").map { value in
            value.text == "closest"
                ? TopologyEntry(preference: .closest, slice: nil) : jobs.topology(value)
        }
        if form.has("priority") { edit.priority = jobs.priority(form) }
        edit.pools = form.names("pools")
        edit.tenant = form.name("tenant", also: "/")
        edit.preemptible = form.boolean("preemptible")
        if form.has("timeLimit") { edit.timeLimit = jobs.positive(form, "timeLimit") }
        return edit
    }

    private func submission(_ form: Form) -> WhatIfDocument.Item.Kind? {
        guard let value = form.value("submit"), case .mapping = value.content else {
            findings.report(
                .invalidValue, line: form.line(of: "submit"), "'submit' is no job",
                expected: "a mapping with the job's name and what it asks for")
            return nil
        }
        return JobsParser(findings: findings).jobs(file: value).first.map { .submit($0) }
    }

    private func quota(_ form: Form) -> WhatIfDocument.Item.Kind? {
        form.require("tenant", expected: "the full name of the tenant with this quota")
        guard let value = form.value("quota"), case .mapping(let pairs) = value.content else {
            findings.report(
                .invalidValue, line: form.line(of: "quota"), "'quota' is no mapping",
                expected: "a mapping from accelerator kinds, such as {H100: {limit: 64}}")
            return nil
        }
        let amounts = TenantsParser(findings: findings)
        let edits = pairs.compactMap { pair -> WhatIfDocument.QuotaEdit? in
            guard
                let numbers = Form(
                    pair.value, "the quota of '\(pair.key)'",
                    keys: ["guaranteed", "limit", "lend", "weight"], findings)
            else { return nil }
            return WhatIfDocument.QuotaEdit(
                kind: Located(pair.key, line: pair.line),
                guaranteed: amounts.amount(numbers, "guaranteed"),
                limit: amounts.amount(numbers, "limit"), lend: amounts.amount(numbers, "lend"),
                weight: numbers.integer("weight", 1...FleetLimits.tenantWeight)?.value)
        }
        return form.name("tenant", also: "/").map { .quota($0, edits) }
    }

    private func addition(_ form: Form) -> WhatIfDocument.Item.Kind? {
        guard let value = form.value("add"),
            let nodes = Form(value, "'add'", keys: ["like", "count"], findings)
        else { return nil }
        nodes.require("like", expected: "the name of the node that the new ones are like")
        let count = nodes.integer("count", 1...Int64(FleetLimits.nodes))?.value ?? 1
        return nodes.name("like").map { .add(like: $0, count: Int(count)) }
    }

    private func unhealthy(_ form: Form) -> WhatIfDocument.Item.Kind? {
        guard let (names, devices) = EventsParser(findings: findings).unhealthy(form) else {
            return nil
        }
        return names.first.map { .unhealthy($0, devices) }
    }

    private func policy(_ form: Form) -> WhatIfDocument.Item.Kind? {
        guard let name = form.name("policy") else { return nil }
        guard let order = QueueOrder.allCases.first(where: { $0.name == name.value }) else {
            findings.reportUnknown(
                "policy", name.value, line: name.line, among: QueueOrder.allCases.map(\.name))
            return nil
        }
        return .policy(order)
    }
}
