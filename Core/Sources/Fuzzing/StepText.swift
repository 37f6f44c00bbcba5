import FleetModel

/// Inputs and policies as a person reads them.
public enum StepText {
    /// One step on one line.
    public static func line(_ step: FuzzStep) -> String {
        "\(seconds(step.at.nanoseconds))  \(text(step.input))"
    }

    /// The setup on one line: what differs from the defaults.
    public static func line(_ setup: FuzzSetup) -> String {
        let levels = setup.topology.levels.map(\.name).joined(separator: ", ")
        let policy = setup.policy
        let plain = Policy()
        var parts = ["levels [\(levels)]", policy.queueOrder.name]
        func add(_ name: String, _ value: some Equatable, _ usual: some Equatable) {
            if "\(value)" != "\(usual)" { parts.append("\(name) \(value)") }
        }
        add("placement", policy.placement.name, plain.placement.name)
        add("half-life", policy.usageHalfLife.wholeSeconds, plain.usageHalfLife.wholeSeconds)
        add("entry penalty", policy.entryPenalty.wholeSeconds, plain.entryPenalty.wholeSeconds)
        add("backfill depth", policy.backfillDepth, plain.backfillDepth)
        add("domain tries", policy.domainTries, plain.domainTries)
        add("shape indexes", policy.shapeIndexes, plain.shapeIndexes)
        let timeline = policy.timeline
        let usual = plain.timeline
        add("learns", timeline.learnsDurations, usual.learnsDurations)
        add("reservations per tenant", timeline.reservationsPerTenant, usual.reservationsPerTenant)
        add("reservations", timeline.reservations, usual.reservations)
        add("preempts", timeline.preempts, usual.preempts)
        add("consolidates", timeline.consolidates, usual.consolidates)
        add("young", timeline.youngSpan.wholeSeconds, usual.youngSpan.wholeSeconds)
        add("minimum run", timeline.minimumRunTime.wholeSeconds, usual.minimumRunTime.wholeSeconds)
        add("veteran", timeline.veteranSpan.wholeSeconds, usual.veteranSpan.wholeSeconds)
        add("gang patience", timeline.gangPatience.wholeSeconds, usual.gangPatience.wholeSeconds)
        add(
            "single patience", timeline.singlePatience.wholeSeconds,
            usual.singlePatience.wholeSeconds)
        add("grace", timeline.graceTime.wholeSeconds, usual.graceTime.wholeSeconds)
        add("cheap restart", timeline.cheapRestart.wholeSeconds, usual.cheapRestart.wholeSeconds)
        add("evictions", timeline.evictionsPerJob, usual.evictionsPerJob)
        add("victim steps", timeline.victimSteps, usual.victimSteps)
        add("prompt steps", timeline.promptSteps, usual.promptSteps)
        return parts.joined(separator: ", ")
    }

    /// One input.
    public static func text(_ input: Input) -> String {
        switch input {
        case .addNodes(let nodes):
            "add nodes " + nodes.map(text).joined(separator: "; ")
        case .removeNodes(let ids): "remove nodes \(list(ids))"
        case .drain(let node): "drain node \(node)"
        case .resume(let node): "resume node \(node)"
        case .setDeviceHealth(let node, let bits):
            "node \(node) devices out of service 0x\(String(bits, radix: 16))"
        case .setTenants(let tenants): "tenants " + tenants.map(text).joined(separator: "; ")
        case .submit(let spec): "submit " + text(spec)
        case .resubmit(let spec, let suspects): "submit \(text(spec)), not on \(list(suspects))"
        case .suspect(let job, let node): "job \(job) goes on with what node \(node) ended"
        case .cancel(let job): "cancel job \(job)"
        case .hold(let job): "hold job \(job)"
        case .release(let job): "release job \(job)"
        case .confirmStart(let job, let attempt): "started job \(job)#\(attempt.rawValue)"
        case .confirmStop(let job, let attempt): "stopped job \(job)#\(attempt.rawValue)"
        case .finish(let job, let attempt): "finished job \(job)#\(attempt.rawValue)"
        case .fail(let job, let attempt, let cause):
            "failed job \(job)#\(attempt.rawValue), \(cause)"
        case .wake(let token): "wake \(token)"
        case .expectWorkload(let classes): "expect \(classes.count) classes of work"
        case .drainBy(let node, let deadline):
            "drain node \(node) by \(seconds(deadline.nanoseconds))"
        case .failOn(let job, let attempt, let cause, let suspect):
            "failed job \(job)#\(attempt.rawValue), \(cause), by node \(suspect)"
        case .checkpointed(let job, let attempt): "checkpointed job \(job)#\(attempt.rawValue)"
        case .confirmShrink(let job, let attempt, let resize):
            "shrunk job \(job)#\(attempt.rawValue), resize \(resize.rawValue)"
        case .updateNodes(let nodes): "change " + nodes.map(text).joined(separator: "; ")
        case .setRule(let rule, let nodes): "rule \(rule) admits \(list(nodes))"
        case .preferNodes(let rule, let nodes): "rule \(rule) prefers \(list(nodes))"
        case .adopt(let spec, let attempt, let places):
            "adopt " + text(spec, attempt, places)
        case .replace(let gone, let spec, let attempt, let places):
            "replace jobs \(list(gone)) by " + text(spec, attempt, places)
        case .keepSpares(let nodes, let gangs):
            "keep \(list(nodes))"
                + gangs.map { ", in pool \($0.pool) from \($0.leastMilli)" }.joined()
        }
    }

    private static func text(
        _ spec: JobSpec, _ attempt: Attempt, _ places: [MemberPlacement]
    ) -> String {
        text(spec) + " as #\(attempt.rawValue) on "
            + places.map { "\($0.node):\(String($0.devices, radix: 2))" }.joined(separator: ", ")
    }

    private static func text(_ node: NodeSpec) -> String {
        var text = "\(node.id): \(node.devices)"
        if let kind = node.kind { text += " of kind \(kind)" }
        if node.pool.rawValue != 0 { text += " pool \(node.pool)" }
        if !node.domains.isEmpty { text += " in \(list(node.domains))" }
        if node.unhealthyDevices != 0 {
            text += " broken 0x\(String(node.unhealthyDevices, radix: 16))"
        }
        if node.host.cpuMilli < 64_000 {
            text += " host \(node.host.cpuMilli) mCPU \(node.host.memoryMiB) MiB"
        }
        return text
    }

    private static func text(_ tenant: TenantSpec) -> String {
        var text = "\(tenant.id)"
        if let above = tenant.parent { text += " below \(above)" }
        for quota in tenant.quotas {
            text += ", kind \(quota.kind) guaranteed \(quota.guaranteedMilli)"
            if let limit = quota.limitMilli { text += " limit \(limit)" }
            if let lendable = quota.lendableMilli { text += " lends \(lendable)" }
            if quota.weight != 1 { text += " weight \(quota.weight)" }
        }
        for cell in tenant.cells {
            text += ", \(cell.count) cells of kind \(cell.kind) at level \(cell.level.rawValue)"
        }
        return text
    }

    private static func text(_ spec: JobSpec) -> String {
        var parts = ["job \(spec.id) of tenant \(spec.tenant)"]
        for role in spec.roles { parts.append(text(role)) }
        if spec.priority != 0 { parts.append("priority \(spec.priority)") }
        if spec.preemptible { parts.append("preemptible") }
        if spec.topology.preference != .closest { parts.append("\(spec.topology.preference)") }
        if let slice = spec.topology.slice {
            parts.append("slices of \(slice.members) at level \(slice.level.rawValue)")
        }
        if spec.pools != .all { parts.append("pools 0x\(String(spec.pools.bits, radix: 16))") }
        func add(_ name: String, _ span: TimeSpan?) {
            if let span, span != .zero { parts.append("\(name) \(seconds(span.nanoseconds))") }
        }
        add("limit", spec.timeLimit)
        add("expected", spec.expectedDuration)
        add("checkpoints every", spec.checkpointPeriod)
        add("restart", spec.restartCost)
        add("minimum run", spec.minimumRunTime)
        if spec.retries != RetryLimits() { parts.append("retries \(spec.retries.counts)") }
        for need in spec.dependencies {
            parts.append("after \(need.mustSucceed ? "success" : "end") of \(need.job)")
        }
        if spec.held { parts.append("held") }
        if let time = spec.notBefore { parts.append("not before \(seconds(time.nanoseconds))") }
        if let family = spec.family { parts.append("family \(family)") }
        return parts.joined(separator: ", ")
    }

    private static func text(_ role: RoleSpec) -> String {
        var text = "\(role.minimum)"
        if role.maximum != role.minimum { text += "…\(role.maximum)" }
        text += " × \(role.request.devices) devices"
        if role.request.isFractional { text += " of \(role.request.deviceMilli) thousandths" }
        if role.accelerators != .all {
            text += " of kinds 0x\(String(role.accelerators.bits, radix: 16))"
        }
        let host = role.request.host
        if host != .zero {
            text += " (\(host.cpuMilli) mCPU, \(host.memoryMiB) MiB, \(host.nics) NICs"
            if host.slots > 0 { text += ", \(host.slots) slots" }
            if host.exclusives != .none {
                text += ", alone with " + String(host.exclusives.ones, radix: 2)
            }
            text += ")"
        }
        if let rule = role.rule { text += " by rule \(rule)" }
        return text
    }

    private static func list(_ ids: [some DenseID]) -> String {
        "[" + ids.map(\.description).joined(separator: ", ") + "]"
    }

    /// Seconds with as many decimals as there are.
    static func seconds(_ nanoseconds: Int64) -> String {
        if nanoseconds == .max { return "never" }
        let sign = nanoseconds < 0 ? "-" : ""
        let whole = nanoseconds.magnitude / 1_000_000_000
        let rest = nanoseconds.magnitude % 1_000_000_000
        guard rest != 0 else { return "\(sign)\(whole)s" }
        let digits = String(rest)
        var text = String(repeating: "0", count: 9 - digits.count) + digits
        while text.last == "0" { text.removeLast() }
        return "\(sign)\(whole).\(text)s"
    }
}
