/// A job of the demo, as a user of a language model laboratory would write it.
struct DemoJob: Sendable {
    /// Name and number, such as `llama-70b-sft-17`.
    var name: String
    /// The tenant's full name.
    var tenant: String
    /// The class of its priority; nil for the normal one.
    var priority: String?
    var isPreemptible = false
    var minimumMembers: Int
    var maximumMembers: Int
    /// Of each member.
    var gpus: Int
    /// Half a GPU instead.
    var isHalf = false
    /// The topology wish, as in a file.
    var topology: String?
    var runMinutes: Int
    var limitMinutes: Int?
    var checkpointMinutes: Int?
    var restartMinutes = 0
    /// Retries for broken hardware; nil for the usual number.
    var retries: Int?
    var family: String
    var dependsOn: String?
    var fails = false

    /// Thousandths of GPUs for minutes that it takes when nothing goes wrong.
    var gpuMilliMinutes: Int {
        maximumMembers * (isHalf ? 500 : gpus * 1000) * runMinutes
    }

    /// The document, in YAML.
    var text: String {
        var lines = ["name: \(name)", "tenant: \(tenant)"]
        if let priority { lines.append("priority: \(priority)") }
        if isPreemptible { lines.append("preemptible: true") }
        if minimumMembers < maximumMembers {
            lines.append("members: {min: \(minimumMembers), max: \(maximumMembers)}")
        } else if maximumMembers > 1 {
            lines.append("members: \(maximumMembers)")
        }
        lines.append(isHalf ? "gpuFraction: 0.5" : "gpus: \(gpus)")
        lines.append("cpu: \(isHalf ? 4 : gpus * 20)")
        lines.append("memory: \(isHalf ? 32 : gpus * 200)GiB")
        if let topology { lines.append("topology: \(topology)") }
        if let limitMinutes { lines.append("timeLimit: \(limitMinutes)m") }
        if let checkpointMinutes { lines.append("checkpointPeriod: \(checkpointMinutes)m") }
        if restartMinutes > 0 { lines.append("restartCost: \(restartMinutes)m") }
        if let retries {
            lines.append("retries: {node: \(retries), device: \(retries), start: \(retries)}")
        }
        lines.append("family: \(family)")
        if let dependsOn { lines.append("dependsOn: [\(dependsOn)]") }
        lines.append("runTime: \(runMinutes)m")
        if fails { lines.append("fails: true") }
        return lines.joined(separator: "\n") + "\n"
    }
}
