import ControlPlane
import FleetModel
import KubernetesObjects

// The beginning: what the driver believes against what the cluster shows.
extension ClusterState {
    /// Begins to report. The lists of all objects are complete.
    mutating func begin(expecting gangs: [ExpectedGang]) {
        readTenants()
        hasBegun = true
        for report in nodes.standing { self.report(report) }
        ruleBook.forgetSaid()
        var marked: [String: [PodKey]] = [:]
        for (pod, mark) in marks { marked[mark.job, default: []].append(pod) }
        let gangOfPod = positions()
        for expected in gangs {
            // What is known of the last dry run is not how things are.
            if rules.isDryRun, let key = expected.launch.document.gangKey {
                report(.vanished(key: key, .placedByOthers))
                continue
            }
            let key = expected.launch.document.gangKey
            let pods = key.flatMap { marked[$0] } ?? []
            let gang = pods.lazy.compactMap { gangOfPod[$0] }.first
            take(expected, key, pods, gang.flatMap { self.gangs[$0] })
        }
        dry.isBeginning = true
        defer { dry.isBeginning = false }
        // Who runs already is told first, so that nobody is put in its place.
        let keys = self.gangs.keys.sorted()
        let standing = keys.filter { key in
            self.gangs[key]?.roles.contains { $0.pods.contains { $0.node != nil } } ?? false
        }
        for key in standing { look(at: key) }
        let others = Set(standing)
        for key in keys where !others.contains(key) { look(at: key) }
        countSuperseded(gangOfPod)
    }

    /// Pods that still stand though others came in their place have their devices until they go.
    private mutating func countSuperseded(_ gangOfPod: [PodKey: GangKey]) {
        let seated = Set(jobs.values.flatMap { $0.seats.compactMap(\.pod) })
        for (pod, mark) in marks where !seated.contains(pod) && gangOfPod[pod] == nil {
            guard let hold = nodes.hold(of: pod), let node = nodes.node(of: hold.part),
                let request = nodes.neighbours.profile(of: pod)?.request
            else { continue }
            nodes.setHold(pod, nil)
            nodes.setUse(pod, NodeUse(node: node, request: request, devices: mark.devices))
            superseded.insert(pod)
        }
    }

    private func positions() -> [PodKey: GangKey] {
        var found: [PodKey: GangKey] = [:]
        for gang in gangs.values {
            for role in gang.roles { for pod in role.pods { found[pod.key] = gang.key } }
        }
        return found
    }

    private mutating func take(
        _ expected: ExpectedGang, _ key: String?, _ pods: [PodKey], _ gang: ClusterGang?
    ) {
        let launch = expected.launch
        guard let key, let gang, !pods.isEmpty else {
            switch expected.phase {
            // Its order comes again.
            case .starting: break
            case .running:
                report(
                    .failed(
                        launch.job, launch.attempt, .node, suspect: nil, retry: .byCause,
                        exits: [], detail: "its pods are not there any more"))
            case .stopping: report(.stopped(launch.job, launch.attempt, []))
            }
            return
        }
        var job = ClusterJob(
            key: key, gang: gang.key, text: "", isExtra: false,
            subject: subject(of: gang, gang.roles.map(\.pods)), number: launch.job,
            attempt: launch.attempt, phase: .running, seats: [])
        seat(launch.members, pods, gang, isStarting: expected.phase == .starting, &job)
        add(job)
        keys[launch.job] = key
        guard expected.phase == .starting else {
            if expected.phase == .running { report(.started(launch.job, launch.attempt)) }
            return
        }
        // A start that was cut off is completed, or taken back if that is not possible.
        let missing = bindings(job)
        if job.seats.contains(where: { $0.state == .gone }) {
            giveUp(jobs[key] ?? job, "pods of it went while the control plane was away")
        } else if missing.isEmpty {
            report(.started(launch.job, launch.attempt))
        } else {
            jobs[key]?.phase = .starting
            bind(key, missing)
        }
    }

    /// Finds the pods of members: those that are marked by their nodes, and of a start that was cut
    /// off the others in the order of ranks.
    private mutating func seat(
        _ members: [MemberLaunch], _ pods: [PodKey], _ gang: ClusterGang, isStarting: Bool,
        _ job: inout ClusterJob
    ) {
        // The document has no roles without members, and those of the gang may have changed since.
        let roles = gang.roles.filter { !$0.pods.isEmpty }
        var standing = Set(pods)
        var order: [[ClusterPod]] = roles.map(\.pods)
        for member in members.sorted(by: { $0.rank < $1.rank }) {
            let hold = DeviceHold(part: member.node, devices: member.devices)
            let name = roles.indices.contains(member.role) ? roles[member.role].name : ""
            job.seats.append(
                Seat(role: member.role, roleName: name, hold: hold, state: .gone))
        }
        // By node and devices as far as possible; nodes may have gone under their pods.
        let (nodes, marks) = (nodes, marks)
        let fits: [(ClusterPod, DeviceHold) -> Bool] = [
            { $0.node == nodes.node(of: $1.part) && marks[$0.key]?.devices == $1.devices },
            { pod, hold in pod.node == nodes.node(of: hold.part) },
            { pod, _ in pod.node != nil },
        ]
        for fit in fits {
            for index in job.seats.indices where job.seats[index].pod == nil {
                guard let hold = job.seats[index].hold,
                    order.indices.contains(job.seats[index].role),
                    let pod = order[job.seats[index].role].first(where: {
                        standing.contains($0.key) && fit($0, hold)
                    })
                else { continue }
                standing.remove(pod.key)
                job.seats[index].pod = pod.key
                job.seats[index].index = pod.index
                job.seats[index].state = .bound
            }
        }
        for index in job.seats.indices where isStarting && job.seats[index].pod == nil {
            let role = job.seats[index].role
            guard order.indices.contains(role),
                let next = order[role].firstIndex(where: { $0.isLive && $0.node == nil })
            else { continue }
            let pod = order[role].remove(at: next)
            job.seats[index].pod = pod.key
            job.seats[index].index = pod.index
            job.seats[index].state = .waiting
        }
        for seat in job.seats.indices {
            guard let pod = job.seats[seat].pod else { continue }
            job.seats[seat].see(sights[pod])
            let isThere = job.seats[seat].hold.map { nodes.isPresent($0.part) } ?? false
            self.nodes.setHold(
                pod, job.seats[seat].isVacant || !isThere ? nil : job.seats[seat].hold)
        }
        for seat in job.seats.indices where job.seats[seat].isVacant {
            job.seats[seat].vacantAt = now
        }
    }
}
