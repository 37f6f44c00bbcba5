import FleetModel

/// Reads the YAML form of jobs.
struct JobsParser {
    let findings: Findings
    private var classes: [String: Int32] = [:]

    static let jobKeys =
        [
            "name", "tenant", "priority", "preemptible", "members", "roles", "topology", "pools",
            "timeLimit", "expectedDuration", "checkpointPeriod", "restartCost", "minimumRunTime",
            "family", "retries", "dependsOn", "hold", "notBefore", "submit", "runTime", "fails",
            "cancelAfter", "repeat",
        ] + ExecutionParser.keys + RoleParser.requestKeys

    init(findings: Findings) {
        self.findings = findings
        for known in JobsDocument.priorityClasses { classes[known.name] = known.priority }
    }

    /// The jobs of a file that holds nothing else.
    func jobs(file value: YAMLValue) -> [JobDocument] {
        guard case .mapping(let pairs) = value.content,
            !pairs.contains(where: { $0.key == "jobs" })
        else {
            let keys = ["jobs", "priorityClasses"]
            guard
                let form = Form(value, "the jobs file", keys: keys, allowsExtras: true, findings)
            else { return [] }
            return jobs(form)
        }
        let keys = JobsParser.jobKeys + ["priorityClasses"]
        guard let form = Form(value, "the job", keys: keys, allowsExtras: true, findings) else {
            return []
        }
        var parser = self
        parser.readClasses(form)
        return [parser.job(form)].compactMap { $0 }
    }

    /// The jobs under the keys `jobs` and `priorityClasses` of a form.
    func jobs(_ form: Form) -> [JobDocument] {
        var parser = self
        parser.readClasses(form)
        guard let items = form.list("jobs", of: "jobs") else { return [] }
        if items.isEmpty {
            findings.report(
                .invalidValue, line: form.line(of: "jobs"), "there are no jobs",
                expected: "one job or more")
        }
        return items.compactMap { item in
            Form(item, "a job", keys: JobsParser.jobKeys, findings).flatMap(parser.job)
        }
    }

    private static let priorities = -DocumentLimits.priority...DocumentLimits.priority

    private mutating func readClasses(_ form: Form) {
        guard let value = form.value("priorityClasses") else { return }
        guard case .mapping(let pairs) = value.content else {
            findings.report(
                .invalidValue, line: value.line, "'priorityClasses' is \(value.described)",
                expected: "a mapping from names to numbers, such as {urgent: 500}")
            return
        }
        for pair in pairs {
            let reader = ScalarReader(findings: findings, label: "the priority '\(pair.key)'")
            let number = reader.integer(pair.value, JobsParser.priorities)
            classes[pair.key] = Int32(number?.value ?? 0)
        }
    }

    private func job(_ form: Form) -> JobDocument? {
        form.require("name", expected: "the job's name")
        let name = form.name("name") ?? Located("", line: form.line)
        let job = JobDocument(
            name: name, tenant: form.nameOrUnreadable("tenant", also: "/"),
            priority: priority(form),
            preemptible: form.boolean("preemptible") ?? false,
            roles: RoleParser(findings: findings).roles(form, jobName: name.value),
            topology: form.value("topology").map(topology)
                ?? TopologyEntry(preference: .closest, slice: nil),
            pools: form.names("pools"), timeLimit: positive(form, "timeLimit"),
            expectedDuration: positive(form, "expectedDuration"),
            checkpointPeriod: positive(form, "checkpointPeriod"),
            restartCost: form.duration("restartCost") ?? .zero,
            minimumRunTime: form.duration("minimumRunTime") ?? .zero,
            family: form.name("family", also: "/"), retries: retries(form),
            dependencies: dependencies(form), held: form.boolean("hold") ?? false,
            notBefore: form.duration("notBefore"), simulation: simulation(form),
            execution: ExecutionParser(findings: findings).execution(form), line: form.line)
        return name.value.isEmpty ? nil : job
    }

    /// A time span that must not be zero.
    func positive(_ form: Form, _ key: String) -> TimeSpan? {
        let span = form.duration(key)
        if span == .zero {
            findings.report(
                .invalidValue, line: form.line(of: key), "'\(key)' is no time at all",
                expected: "a time span above zero", hint: "remove the key if there is none")
        }
        // An unreadable value still says that there is one.
        return span ?? (form.has(key) ? .seconds(1) : nil)
    }

    func priority(_ form: Form) -> Int32 {
        guard let value = form.value("priority") else { return 0 }
        if let text = value.text, let first = text.utf8.first, first > UInt8(ascii: "9") {
            if let priority = classes[text] { return priority }
            findings.reportUnknown(
                "priority class", text, line: value.line, among: classes.keys.sorted())
            return 0
        }
        let reader = ScalarReader(findings: findings, label: "'priority'")
        return Int32(reader.integer(value, JobsParser.priorities)?.value ?? 0)
    }

    // MARK: Topology

    func topology(_ value: YAMLValue) -> TopologyEntry {
        let keys = ["required", "preferred", "prefer", "for", "then", "slice"]
        guard let form = Form(value, "the topology", keys: keys, findings) else {
            return TopologyEntry(preference: .closest, slice: nil)
        }
        form.exclusive(["required", "preferred", "prefer"])
        var preference = TopologyEntry.Preference.closest
        if let level = form.name("required") {
            preference = .required(level)
        } else if let level = form.name("preferred") {
            preference = .preferred(level)
        } else if let level = form.name("prefer") {
            form.require(
                "for", expected: "how long the job waits for the level, such as 10m",
                hint: "write 'preferred' to take the level only if it is free")
            let then = form.name("then").flatMap { $0.value == "any" ? nil : $0 }
            preference = .relaxing(level, after: form.duration("for") ?? .zero, then: then)
        }
        for key in ["for", "then"] where form.has(key) && !form.has("prefer") {
            findings.report(
                .invalidValue, line: form.line(of: key), "'\(key)' without 'prefer'",
                expected: "'prefer' with the level to wait for")
        }
        return TopologyEntry(preference: preference, slice: form.value("slice").flatMap(slice))
    }

    private func slice(
        _ value: YAMLValue
    ) -> (members: Located<Int32>, level: Located<String>)? {
        guard let form = Form(value, "the slice", keys: ["members", "level"], findings) else {
            return nil
        }
        form.require("members", expected: "how many members stand together")
        form.require("level", expected: "the level of which one domain holds them")
        let members = form.integer("members", 1...Int64(FleetLimits.membersPerJob))
        guard let members, let level = form.name("level") else { return nil }
        return (Located(Int32(members.value), line: members.line), level)
    }

    // MARK: Lifecycle

    private func retries(_ form: Form) -> RetryLimits {
        var limits = RetryLimits()
        let causes: [(String, FailureCause)] = [
            ("application", .application), ("node", .node), ("device", .device), ("start", .start),
            ("preemption", .preemption),
        ]
        guard let value = form.value("retries"),
            let form = Form(value, "'retries'", keys: causes.map(\.0), findings)
        else { return limits }
        for (key, cause) in causes {
            if let count = form.integer(key, 0...FleetLimits.retries) {
                limits[cause] = Int32(count.value)
            }
        }
        return limits
    }

    private func dependencies(_ form: Form) -> [DependencyEntry] {
        guard let value = form.value("dependsOn") else { return [] }
        var items = [value]
        if case .list(let values) = value.content { items = values }
        if items.count > FleetLimits.dependenciesPerJob {
            findings.report(
                .invalidValue, line: value.line, "'dependsOn' has \(items.count) jobs",
                expected: "at most \(FleetLimits.dependenciesPerJob)")
        }
        return items.compactMap(dependency)
    }

    private func dependency(_ value: YAMLValue) -> DependencyEntry? {
        if value.text != nil {
            let name = ScalarReader(findings: findings, label: "a job in 'dependsOn'").name(value)
            return name.map { DependencyEntry(job: $0, mustSucceed: true) }
        }
        let keys = ["job", "condition"]
        guard let form = Form(value, "a dependency", keys: keys, findings) else { return nil }
        form.require("job", expected: "the name of the job waited for")
        var mustSucceed = true
        if let condition = form.name("condition") {
            mustSucceed = condition.value == "succeeded"
            if !["succeeded", "ended"].contains(condition.value) {
                findings.report(
                    .invalidValue, line: condition.line, "'condition' is '\(condition.value)'",
                    expected: "succeeded or ended")
            }
        }
        return form.name("job").map { DependencyEntry(job: $0, mustSucceed: mustSucceed) }
    }

    private func simulation(_ form: Form) -> SimulationEntry {
        SimulationEntry(
            submit: form.duration("submit") ?? .zero, runTime: positive(form, "runTime"),
            fails: form.boolean("fails") ?? false, cancelAfter: form.duration("cancelAfter"),
            repetition: form.value("repeat").flatMap(repetition))
    }

    private func repetition(_ value: YAMLValue) -> (count: Int, every: TimeSpan)? {
        guard let form = Form(value, "'repeat'", keys: ["count", "every"], findings) else {
            return nil
        }
        form.require("count", expected: "how many copies there are")
        let count = form.integer("count", 1...Int64(DocumentLimits.jobs))
        let every = form.duration("every") ?? .zero
        return count.map { (Int($0.value), every) }
    }
}
