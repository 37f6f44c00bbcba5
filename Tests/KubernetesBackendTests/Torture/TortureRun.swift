import FleetModel
import Foundation
import KubernetesObjects
import Scheduler
import Store

@testable import ControlPlane
@testable import KubernetesBackend

/// One random life of a cluster, a function of its seed: things happen, are seen late, twice or
/// only in the next list, calls fail, the control plane starts again.
final class TortureRun {
    var random: SplitMix
    var cluster = ModelCluster()
    var plane: ModelPlane
    /// Milliseconds.
    var now: Int64 = 0
    /// What is wrong; the first of it counts.
    var broken: [String] = []
    /// How often interesting things came up.
    var reached: [String: Int] = [:]
    let namespaces = ["ml", "nlp"]
    private let base: String
    private var folders = 0
    private var folder: String
    private var ticked: Int64 = 0
    private var steps = 0
    private var trace: [String] = []
    private let isTraced: Bool

    init(seed: UInt64, folder base: String, isTraced: Bool = false) throws {
        random = SplitMix(seed: seed)
        self.base = base
        self.isTraced = isTraced
        folder = base + "/0"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for index in 0..<(3 + random.below(4)) {
            cluster.put(ModelCluster.node("n\(index)", zone: ModelCluster.zones[index % 2]))
        }
        cluster.nodeEvents = []
        plane = try ModelPlane(cluster, folder: folder, at: now, log: nil)
        plane.log = { [unowned self] in note($0) }
    }

    func note(_ text: String) {
        if isTraced { print("\(now) \(text)") }
        trace.append("\(now) \(text)")
        if trace.count > 400 { trace.removeFirst(200) }
    }

    /// The last that happened.
    var tail: String { trace.suffix(60).joined(separator: "\n") }

    func reach(_ what: String) { reached[what, default: 0] += 1 }

    func complain(_ text: String) {
        note("BROKEN \(text)")
        broken.append(text)
    }

    func below(_ bound: Int) -> Int { random.below(bound) }
    func chance(_ percent: Int) -> Bool { random.below(100) < percent }
    func pick<T>(_ list: [T]) -> T? { list.isEmpty ? nil : list[random.below(list.count)] }

    // MARK: Steps

    /// One step: something happens, and some of what is under way goes on.
    func step() throws {
        now += Int64(below(120))
        switch below(100) {
        case 0..<14: try happen()
        case 14..<16: try disturb()
        default: try goOn()
        }
        if now - ticked >= 500 {
            ticked = now
            plane.tick(at: now)
        }
        for text in plane.broken { complain(text) }
        steps += 1
        if steps % 8 == 0 { watchHalves() }
    }

    /// What is under way: events, the driver, orders, calls, kubelets, controllers.
    func goOn() throws {
        switch below(12) {
        case 0, 1, 2: deliverPods(1 + below(6))
        case 3:
            deliverNodes(1 + below(3))
            deliverObjects(1 + below(3))
        case 4, 5: try plane.drive(at: now)
        case 6, 7: plane.carryOut(1 + below(3), at: now)
        case 8, 9: goOnBinding()
        case 10:
            goOnRemoving()
            goOnReading()
        default: tend()
        }
    }

    func deliverPods(_ count: Int) {
        let count = min(count, cluster.podEvents.count)
        guard count > 0 else { return }
        let events = Array(cluster.podEvents.prefix(count))
        cluster.podEvents.removeFirst(count)
        plane.take(pods: events)
        if chance(10) {
            reach("doubled events")
            plane.take(pods: [events[count - 1]])
        }
    }

    func deliverNodes(_ count: Int) {
        let events = Array(cluster.nodeEvents.prefix(count))
        cluster.nodeEvents.removeFirst(events.count)
        if !events.isEmpty { plane.take(nodes: events) }
    }

    func deliverObjects(_ count: Int) {
        let events = Array(cluster.declarations.prefix(count))
        cluster.declarations.removeFirst(events.count)
        if !events.isEmpty { plane.take(objects: events) }
    }

    /// Restarts, lists, and answers that never come.
    private func disturb() throws {
        switch below(8) {
        case 0, 1:
            reach("lists")
            cluster.podEvents = []
            plane.listPods(cluster)
        case 2:
            cluster.nodeEvents = []
            plane.listNodes(cluster)
        case 3, 4: try restart(keepsData: true)
        case 5: try restart(keepsData: false)
        case 6: changeQuota()
        default: try cancelSomething()
        }
    }

    /// The process ends, with or without its last batch, or another replica takes over.
    func restart(keepsData: Bool) throws {
        reach(keepsData ? "restarts" : "restarts without data")
        if chance(50) { try plane.drive(at: now) }
        // What was sent may still be done; nobody hears of it.
        for binding in plane.bindings {
            for each in binding.bindings.dropFirst(binding.next) {
                guard chance(40) else { break }
                _ = bind(each)
            }
        }
        plane.leave()
        if !keepsData {
            try? FileManager.default.removeItem(atPath: folder)
            folders += 1
            folder = base + "/\(folders)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        now += Int64(below(5_000))
        (cluster.podEvents, cluster.nodeEvents, cluster.declarations) = ([], [], [])
        note("restart \(keepsData)")
        // Nobody watched how long halves stand.
        for id in cluster.workloads.keys { cluster.workloads[id]!.halfSince = nil }
        plane = try ModelPlane(cluster, folder: folder, at: now) { [unowned self] in note($0) }
    }

    private func changeQuota() {
        let view = plane.driver.view
        guard let kind = view.directory.fleet.kinds.id(of: "nvidia.com-gpu"),
            let tenant = pick(namespaces),
            let id = view.directory.tenant(named: tenant)
        else { return }
        reach("quota changes")
        var tree = view.directory.tenants
        guard let index = tree.tenants.firstIndex(where: { $0.id == id }) else { return }
        let limit = chance(40) ? nil : Int64(4 + below(16)) * 1000
        note("limit of \(tenant) is \(limit ?? -1)")
        tree.tenants[index].quotas = [QuotaSpec(kind: kind, limitMilli: limit)]
        do {
            try plane.driver.setTenants(tree)
            try plane.commit()
        } catch { complain("the quotas are refused: \(error)") }
    }

    private func cancelSomething() throws {
        var open: [JobID] = []
        plane.driver.view.jobs.forEach { job in
            if !job.row.state.isOver { open.append(job.row.id) }
            return true
        }
        guard let job = pick(open) else { return }
        reach("cancelled jobs")
        note("cancel \(job)")
        try plane.driver.apply(.cancel(job))
        try plane.commit()
    }

    // MARK: Calls

    @discardableResult
    func bind(_ binding: PodBinding) -> String? {
        let before = cluster.pods[binding.pod.uid]?.node
        let refusal = cluster.bind(binding)
        guard refusal == nil, before == nil else { return refusal }
        reach("bindings")
        let use = cluster.use(of: binding.node)
        if use.doubled != 0 {
            complain("\(binding.pod.name) has devices of \(binding.node) that another has")
        }
        if use.count > ModelCluster.gpus {
            complain("\(use.count) GPUs of \(binding.node) are in use")
        }
        return nil
    }

    func goOnBinding(mayFail: Bool = true) {
        guard !plane.bindings.isEmpty else { return }
        let place = below(plane.bindings.count)
        var call = plane.bindings.remove(at: place)
        if call.next < call.bindings.count, call.trouble == nil {
            let binding = call.bindings[call.next]
            call.next += 1
            if mayFail, chance(2) {
                reach("fenced bindings")
                plane.end(call, .fenced)
                return
            }
            if mayFail, chance(4) {
                reach("failed bindings")
                call.trouble = "no answer"
                // Whether it was bound is not known then.
                if chance(50) { call.bound.append(binding.seat) }
                if chance(50), call.bound.last == binding.seat { bind(binding) }
            } else if let refusal = bind(binding) {
                reach("refused bindings")
                call.trouble = refusal
            } else {
                call.bound.append(binding.seat)
            }
            plane.bindings.insert(call, at: place)
        } else {
            plane.end(
                call, call.trouble.map { .failed($0, boundSeats: call.bound) } ?? .bound)
        }
    }

    func goOnReading() {
        guard !plane.readings.isEmpty else { return }
        reach("read logs")
        plane.end(plane.readings.remove(at: below(plane.readings.count)))
    }

    func goOnRemoving() {
        guard !plane.removals.isEmpty else { return }
        let removal = plane.removals.remove(at: below(plane.removals.count))
        reach("evictions")
        cluster.delete(removal.pod.uid)
    }

    // MARK: Invariants

    /// No part of a gang stands for long that was never a whole one.
    private func watchHalves() {
        for (id, workload) in cluster.workloads where workload.kind != .singles {
            guard cluster.isHalfBound(workload) else {
                if workload.halfSince != nil { cluster.workloads[id]!.halfSince = nil }
                continue
            }
            guard let since = workload.halfSince else {
                cluster.workloads[id]!.halfSince = now
                continue
            }
            // The bound, and what it takes to see and to evict in this model.
            if now - since > 60_000 {
                complain("\(workload.name) is half bound for \(now - since) ms")
                cluster.workloads[id]!.halfSince = now
            }
        }
    }
}
