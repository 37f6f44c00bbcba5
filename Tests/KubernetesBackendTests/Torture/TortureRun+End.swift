import FleetModel
import KubernetesObjects
import Scheduler
import Store

@testable import ControlPlane
@testable import KubernetesBackend

// The end: nothing goes wrong any more, and everything that can must run.
extension TortureRun {
    /// Does all that is under way, and lets so many seconds pass.
    func settle(seconds: Int) throws {
        for _ in 0..<(seconds > 5 ? seconds / 5 : seconds) {
            for _ in 0..<40 {
                deliverNodes(.max)
                deliverObjects(.max)
                deliverPods(.max)
                try plane.drive(at: now)
                plane.carryOut(.max, at: now)
                while !plane.bindings.isEmpty { goOnBinding(mayFail: false) }
                while !plane.removals.isEmpty { goOnRemoving() }
                while !plane.readings.isEmpty { goOnReading() }
                for pod in cluster.sortedPods { tend(pod) }
                let isQuiet =
                    cluster.podEvents.isEmpty && plane.inbox.isEmpty && plane.orders.isEmpty
                    && plane.bindings.isEmpty && plane.removals.isEmpty
                    && plane.readings.isEmpty
                if isQuiet { break }
            }
            now += seconds > 5 ? 5_000 : 1_000
            plane.tick(at: now)
        }
    }

    /// Heals everything, and sees to it that all that can run does, one after the other.
    func end() throws {
        heal()
        for round in 0..<14 {
            deleteCancelled()
            for _ in 0..<8 { for id in cluster.workloads.keys.sorted() { complete(id) } }
            // The longest bound is that of jobs that were refused, or gave up.
            try settle(seconds: round < 3 ? 45 : 90)
            compare()
            let open = cluster.workloads.values.filter { !$0.isOver }.sorted { $0.id < $1.id }
            if open.isEmpty { break }
            for workload in open {
                finish(workload)
                // A part of what was whole may wait for the end of those that wait for its end.
                if round > 8, isTorn(workload),
                    cluster.workloads[workload.id]?.isOver == false
                {
                    reach("torn gangs")
                    delete(workload)
                }
            }
            // Also what came to run after its workload was over.
            for pod in cluster.sortedPods where pod.stands {
                if let id = pod.workload, cluster.workloads[id]?.isOver == true {
                    cluster.change(pod.text.uid) { $0.text.phase = "Succeeded" }
                }
            }
        }
        try settle(seconds: 3)
        plane.driver.view.jobs.forEach { job in
            guard !job.row.state.isOver else { return true }
            let places = job.members.map { "\($0.placement.node):\($0.placement.devices)" }
            let reason = job.row.reason.map { "\($0)" } ?? ""
            var engine = plane.driver.engine
            if let told = engine.explanation(of: job.row.id) { note("told: \(told)") }
            note("open: \(job.row.id) \(job.row.name) \(job.row.state.name) \(places) \(reason)")
            return true
        }
        for workload in cluster.workloads.values where !workload.isOver {
            let pods = cluster.pods(of: workload.id).map {
                "\($0.text.name)@\($0.node ?? "-") \($0.text.phase)"
            }
            complain(
                "\(workload.name) (\(workload.kind), \(workload.minimum) of \(workload.count)) "
                    + "never runs: \(pods)")
        }
        if cluster.pods.isEmpty, plane.driver.view.openJobs > 0 {
            complain("\(plane.driver.view.openJobs) jobs are open, and no pod is there")
        }
    }

    private func heal() {
        note("everything heals")
        for pod in cluster.sortedPods where pod.workload == nil { cluster.remove(pod.text.uid) }
        for index in 0..<7 {
            cluster.put(ModelCluster.node("n\(index)", zone: ModelCluster.zones[index % 2]))
        }
        var tree = plane.driver.view.directory.tenants
        for index in tree.tenants.indices { tree.tenants[index].quotas = [] }
        do { try plane.driver.setTenants(tree) } catch { complain("quotas: \(error)") }
        // What nobody makes anew is deleted, as people would.
        for workload in cluster.workloads.values.sorted(by: { $0.id < $1.id })
        where !workload.isOver && !workload.isRestarted {
            let own = cluster.pods(of: workload.id)
            let present = own.filter { $0.text.phase == "Succeeded" || !$0.isOver }
            if workload.made == workload.count, present.count < workload.count {
                delete(workload)
            } else {
                cluster.workloads[workload.id]!.isRestarted = true
            }
        }
    }

    /// Pods of jobs that were cancelled while they waited stay until people delete them.
    func deleteCancelled() {
        let jobs = plane.state.jobs.values.filter(\.isCancelled).sorted { $0.key < $1.key }
        for pod in jobs.flatMap({ $0.seats.compactMap(\.pod) }) { cluster.remove(pod.uid) }
    }

    /// Whether a pod of it waits in a job of its own.
    private func isTorn(_ workload: ModelWorkload) -> Bool {
        let waiting = plane.state.jobs.values.filter { $0.phase == .waiting && $0.isExtra }
        let pods = Set(waiting.flatMap { $0.seats.compactMap(\.pod) })
        return cluster.pods(of: workload.id).contains { pods.contains($0.key) }
    }

    private func complete(_ id: Int) {
        if let workload = cluster.workloads[id] { tend(workload) }
    }

    /// What the driver believes to run is what stands in the cluster.
    func compare() {
        let (state, driver) = (plane.state, plane.driver)
        var seated: Set<PodKey> = []
        driver.view.jobs.forEach { job in
            guard job.row.state.isPlaced else { return true }
            let members = job.members.map { member in
                "\(driver.view.directory.node(member.placement.node)) "
                    + String(member.placement.devices, radix: 2)
            }
            let own = state.keys[job.row.id].flatMap { state.jobs[$0] }
            let seats = (own?.seats ?? []).map { seat in
                let node = seat.hold.flatMap { state.nodes.node(of: $0.part) } ?? ""
                return "\(node) \(String(seat.hold?.devices ?? 0, radix: 2))"
            }
            if members.sorted() != seats.sorted() {
                complain(
                    "job \(job.row.id) \(job.row.name) has members on \(members), seats "
                        + "\(seats), \(own.map { "\($0.phase)" } ?? "unknown")")
            }
            for seat in own?.seats ?? [] where seat.state == .bound {
                if let pod = seat.pod { seated.insert(pod) }
            }
            return true
        }
        for pod in cluster.sortedPods where pod.stands && pod.workload != nil {
            if !seated.contains(pod.key) {
                complain("\(pod.text.name) stands on \(pod.node ?? "") for nobody")
            }
            seated.remove(pod.key)
        }
        for pod in seated { complain("\(pod.name) is believed to stand") }
        for finding in driver.engine.checkInvariants() { complain("the engine: \(finding)") }
        for (key, job) in state.jobs where job.number == nil && job.phase != .refused {
            complain("the driver never answered \(key)")
        }
    }
}
