import FleetModel

/// Reads the roles of a job, in the flat form or as a list.
struct RoleParser {
    let findings: Findings

    /// The keys that say what one member asks.
    static let requestKeys = ["gpus", "gpuFraction"] + Form.hostKeys + ["accelerators"]
    private static let roleKeys = ["name", "replicas"] + requestKeys
    private static let mostMembers = Int64(FleetLimits.membersPerJob)

    /// The roles of a job; none after a mistake that leaves nothing to look at.
    func roles(_ form: Form, jobName: String) -> [RoleEntry] {
        guard form.has("roles") else {
            return [role(form, countKey: "members", name: jobName)]
        }
        for key in ["members"] + RoleParser.requestKeys where form.has(key) {
            findings.report(
                .invalidValue, line: form.line(of: key), "a job with 'roles' has '\(key)' as well",
                expected: "'\(key == "members" ? "replicas" : key)' within each role")
        }
        guard let items = form.list("roles", of: "roles") else { return [] }
        if items.isEmpty || items.count > FleetLimits.rolesPerJob {
            findings.report(
                .invalidValue, line: form.line(of: "roles"), "the job has \(items.count) roles",
                expected: "1 to \(FleetLimits.rolesPerJob) roles")
        }
        var roles: [RoleEntry] = []
        for item in items {
            guard let form = Form(item, "a role", keys: RoleParser.roleKeys, findings) else {
                continue
            }
            form.require("name", expected: "the role's name, such as worker")
            let name = form.name("name")
            if let name, roles.contains(where: { $0.name == name.value }) {
                findings.report(
                    .duplicateName, line: name.line, "the role '\(name.value)' exists twice",
                    expected: "each role once")
            }
            roles.append(role(form, countKey: "replicas", name: name?.value ?? ""))
        }
        let members = roles.reduce(0) { $0 + Int64($1.maximum) }
        if members > RoleParser.mostMembers {
            findings.report(
                .invalidValue, line: form.line(of: "roles"), "the job has \(members) members",
                expected: "at most \(RoleParser.mostMembers) over all roles")
        }
        return roles
    }

    private func role(_ form: Form, countKey: String, name: String) -> RoleEntry {
        let count = count(form, countKey)
        let request = request(form, name: name)
        return RoleEntry(
            name: name, minimum: Int32(count.lowerBound), maximum: Int32(count.upperBound),
            request: request, accelerators: form.names("accelerators"), line: form.line)
    }

    /// A number of members: `4`, or `{min: 2, max: 8}`.
    func count(_ form: Form, _ key: String) -> ClosedRange<Int64> {
        guard let value = form.value(key) else { return 1...1 }
        let range = 1...RoleParser.mostMembers
        guard case .mapping = value.content else {
            let reader = ScalarReader(findings: findings, label: "'\(key)'")
            let count = reader.integer(value, range)?.value ?? 1
            return count...count
        }
        guard let bounds = Form(value, "'\(key)'", keys: ["min", "max"], findings) else {
            return 1...1
        }
        bounds.require("min", expected: "the fewest members that are of use")
        bounds.require("max", expected: "the most members")
        guard let minimum = bounds.integer("min", range), let maximum = bounds.integer("max", range)
        else { return 1...1 }
        guard minimum.value <= maximum.value else {
            findings.report(
                .invalidValue, line: minimum.line,
                "'min' is \(minimum.value), above 'max', \(maximum.value)",
                expected: "at most \(maximum.value)")
            return 1...1
        }
        return minimum.value...maximum.value
    }

    private func request(_ form: Form, name: String) -> MemberRequest {
        let devices = form.integer("gpus", 0...Int64(FleetLimits.devicesPerNode))
        let host = form.host()
        var request = MemberRequest(devices: Int32(devices?.value ?? 0), host: host)
        if let value = form.value("gpuFraction") {
            let reader = ScalarReader(findings: findings, label: "'gpuFraction'")
            let milli = reader.quantity(
                value, 1...1000, "a part of one GPU from 0.001 to 1, in thousandths"
            ) { text throws(FixedPoint.Failure) in try FixedPoint(text).scaled(by: 1000) }
            if let devices, devices.value != 1 {
                findings.report(
                    .invalidValue, line: form.line(of: "gpuFraction"),
                    "'gpuFraction' with \(devices.value) GPUs", expected: "one GPU",
                    hint: "a member takes a part of one GPU, or whole ones")
            } else {
                request = MemberRequest(devices: 1, deviceMilli: Int32(milli ?? 1000), host: host)
            }
        } else if !form.has("gpus") || devices?.value == 0,
            !Form.hostKeys.contains(where: form.has)
        {
            findings.report(
                .missingKey, line: form.line, "'\(name)' asks for nothing",
                expected: "'gpus', 'gpuFraction', 'cpu' or another resource")
        }
        return request
    }
}
