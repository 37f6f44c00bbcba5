import Documents
import FleetModel
import KubernetesJSON
import KubernetesObjects

/// A gang written as a job's document (docs/FILES.md). JSON is YAML, and needs no care with quotes.
struct JobText {
    /// The variable of the environment that carries the job's key from one run to the next.
    static let keyVariable = "MUSTER_GANG"
    /// Priorities of Kubernetes go further than those of documents.
    private static let largestPriority: Int32 = 1_000_000
    private static let nameBytes = 200

    /// How often a start may fail with nothing bound. Pods that must not be near each other are
    /// given places side by side as long as none of them stands, and get them one after the other.
    private var startTries: Int64 {
        gang.roles.contains { $0.rules.neighbours.contains { !$0.keepsNodesApart } }
            ? FleetLimits.retries : 10
    }

    let gang: ClusterGang
    let tenant: String
    let topology: Topology

    /// The text of everything but the key: gangs with the same one are the same to a scheduler.
    /// `counts` are members by role; roles without any are left out.
    func shape(_ counts: [Int], problems: inout [GangProblem]) -> String {
        String(decoding: bytes(counts, key: nil, problems: &problems), as: UTF8.self)
    }

    /// The document's text.
    func text(_ counts: [Int], key: String) -> String {
        var problems: [GangProblem] = []
        return String(decoding: bytes(counts, key: key, problems: &problems), as: UTF8.self)
    }

    private func bytes(_ counts: [Int], key: String?, problems: inout [GangProblem]) -> [UInt8] {
        let constraint = gang.constraint(in: topology, problems: &problems)
        return JSONWriter.object { job in
            job.member("name", JobText.name(of: gang))
            job.member("tenant", tenant)
            let most = JobText.largestPriority
            job.member("priority", Int64(min(max(gang.priority, -most), most)))
            job.member("preemptible", gang.isPreemptible)
            write(constraint, counts, &job)
            if let seconds = gang.expectedSeconds, seconds > 0 {
                job.member("timeLimit", "\(min(seconds, FleetLimits.seconds))s")
            }
            // Controllers make pods anew: what Muster would try again is another job by then.
            // Only a start that left nothing behind is tried again.
            job.object("retries") { retries in
                for cause in ["application", "node", "device"] { retries.member(cause, 0) }
                retries.member("start", startTries)
            }
            if let key { job.object("environment") { $0.member(JobText.keyVariable, key) } }
            job.array("roles") { roles in
                var names: Set<String> = []
                for (role, count) in zip(gang.roles, counts) where count > 0 {
                    roles.object { JobText.write(role, count, &names, &$0) }
                }
            }
        }
    }

    private func write(
        _ constraint: TopologyConstraint, _ counts: [Int], _ job: inout JSONWriter
    ) {
        func name(_ level: LevelIndex) -> String { topology.levels[level.index].name }
        var slice = constraint.slice
        if let size = slice?.members, counts.contains(where: { $0 % Int(size) != 0 }) {
            slice = nil
        }
        guard constraint.preference != .closest || slice != nil else { return }
        job.object("topology") { wish in
            switch constraint.preference {
            case .required(let level): wish.member("required", name(level))
            case .preferred(let level): wish.member("preferred", name(level))
            case .closest, .relaxing: break
            }
            if let slice {
                wish.object("slice") { object in
                    object.member("members", Int64(slice.members))
                    object.member("level", name(slice.level))
                }
            }
        }
    }

    private static func write(
        _ role: ClusterRole, _ count: Int, _ names: inout Set<String>, _ object: inout JSONWriter
    ) {
        let stem = word(role.name, otherwise: "worker")
        var name = stem
        var number = 2
        while !names.insert(name).inserted {
            name = "\(stem)-\(number)"
            number += 1
        }
        object.member("name", name)
        object.member("replicas", Int64(count))
        let request = role.request
        object.member("gpus", request.accelerator?.count ?? 0)
        // A pod that asks for nothing still has to ask for something here.
        object.member("cpu", "\(request.asksForNothing ? 1 : request.cpuMilli)m")
        if request.memoryMiB > 0 { object.member("memory", "\(request.memoryMiB)MiB") }
        if request.diskMiB > 0 { object.member("disk", "\(request.diskMiB)MiB") }
        if request.nics > 0 { object.member("nics", request.nics) }
    }

    /// `namespace.name` in the characters that names may have.
    static func name(of gang: ClusterGang) -> String {
        word("\(gang.namespace).\(gang.name)", otherwise: "gang")
    }

    /// The characters that names may have, others as dashes; long ones end in a digest.
    private static func word(_ text: String, otherwise: String) -> String {
        guard let first = text.unicodeScalars.first else { return otherwise }
        let isFine = first.isASCII && first.properties.isAlphabetic || ("0"..."9").contains(first)
        var word = NodeBook.word(isFine ? text : "x" + text)
        if word.utf8.count > nameBytes {
            word = word.prefix(nameBytes - 33) + "-" + Digest.hex(text)
        }
        return word
    }
}

extension JobDocument {
    /// The key of the gang that it was made of; nil when it was made of none.
    var gangKey: String? {
        execution.environment.first { $0.name == JobText.keyVariable }?.value
    }
}
