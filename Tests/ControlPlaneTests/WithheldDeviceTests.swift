import FleetModel
import Health
import HealthControl
import Store
import Testing

@testable import ControlPlane

/// Goal: where somebody else gives devices away, the driver's numbers are taken for what they are,
/// a count: no device is believed out that may still be given to somebody, and none is subtracted
/// twice.
@Suite("Devices that somebody else gives away")
struct WithheldDeviceTests {
    private static let memory = "NVRM: Xid (PCI:0000:03:00): 48, pid=1, DBE"
    private static let otherMemory = "NVRM: Xid (PCI:0000:05:00): 48, pid=1, DBE"

    private func facts(_ node: Int) -> HardwareFacts {
        HardwareFacts(
            chassis: "SN\(node)",
            devices: (0..<8).map {
                .init(
                    index: $0, uuid: "GPU-\(node)-\($0)", boardSerial: "",
                    slot: "0000:0\($0 + 1):00.0")
            }, deviceCount: 8)
    }

    private func report(_ node: Int, unhealthy: UInt64 = 0) -> BackendReport {
        .nodes([
            NodeReport(
                id: NodeID(node), name: "found-\(node)", pool: "default", kind: "H100",
                devices: 8, unhealthy: unhealthy,
                host: HostResources(cpuMilli: 64_000, memoryMiB: 1 << 20), path: ["leaf-0"])
        ])
    }

    /// A fleet of two nodes whose agents have told what they are made of.
    private func bench(_ count: Int = 2) async throws -> Bench {
        var settings = ControlPlaneSettings.fast(grace: 0)
        settings.health.repair.shrinksNodes = true
        let bench = try await Bench(
            "1x8/1", settings: settings, cares: true, assignsDevices: false)
        try await bench.report(.nodesLost([NodeID(0)], detail: ""))
        for index in 1...count {
            try await bench.report(report(index))
            try await bench.report(.withheld(NodeID(index), devices: 0))
            try await bench.report(.hardware(NodeID(index), facts(index)))
        }
        return bench
    }

    /// Our id of one of the backend's nodes.
    private func own(_ index: Int, _ bench: Bench) throws -> NodeID {
        try #require(bench.plane.view.directory.fleet.nodeNames.id(of: "found-\(index)"))
    }

    private func row(_ index: Int, _ bench: Bench) throws -> NodeRow {
        try #require(bench.plane.view.nodes[try own(index, bench).index]?.row)
    }

    private func health(_ index: Int, _ bench: Bench) async throws -> NodeHealth {
        let id = try own(index, bench)
        return try #require(await bench.plane.perform { $0.desk.engine[id] })
    }

    private func submit(_ bench: Bench, _ job: Int, gpus: Int) async throws -> Int {
        try await bench.submit("{name: j\(job), gpus: \(gpus)}")
        try await bench.settle(until: "start \(job)/1")
        try await bench.report(.started(JobID(job), Attempt(1)))
        let launch = try #require(bench.backend.launch(JobID(job), 1))
        return try #require(launch.members.first?.node.index)
    }

    private func end(_ bench: Bench) async throws {
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a bad device that may still be given away takes its node, whatever an agent tells")
    func drains() async throws {
        let bench = try await bench()
        let node = try await submit(bench, 0, gpus: 4)
        #expect(try await submit(bench, 1, gpus: 4) == node)
        try await bench.report(.hardware(NodeID(node), facts(node)))
        try await bench.log(WithheldDeviceTests.memory, of: own(node, bench))
        #expect(try row(node, bench).isHeld && row(node, bench).withdrawn == 0)
        // Which of the two has it is not known: both leave.
        try await bench.settle(until: "stop 0/1")
        try await bench.settle(until: "stop 1/1")
        for job in 0..<2 { try await bench.report(.stopped(JobID(job), Attempt(1), [])) }
        let engine = try await bench.plane.perform { $0.desk.engine }
        #expect(engine.losses[.hardware].attributed == 2)
        for job in 0..<2 {
            try await bench.settle(until: "start \(job)/2")
            let launch = try #require(bench.backend.launch(JobID(job), 2))
            #expect(launch.members.first?.node != NodeID(node))
        }
        try await end(bench)
    }

    @Test("a bad device that is withheld is taken off once, and nobody is stopped without need")
    func shrinks() async throws {
        let bench = try await bench(1)
        _ = try await submit(bench, 0, gpus: 4)
        try await bench.report(report(1, unhealthy: 0b1000_0000))
        try await bench.report(.withheld(NodeID(1), devices: 1))
        try await bench.log(WithheldDeviceTests.memory, of: own(1, bench))
        #expect(try await health(1, bench).toldUnhealthy == 0b100)
        #expect(try !row(1, bench).isHeld && row(1, bench).withdrawn == 0)
        #expect(try bench.state(0) == "running")
        // Seven devices are left, of which four are in use; the eighth is given to nobody.
        try await bench.submit("{name: four, gpus: 4}")
        try await bench.submit("{name: three, gpus: 3}")
        try await bench.settle(until: "start 2/1")
        #expect(try bench.state(1) == "queued")
        // Nobody knows whose it was: it is not repaired under a job.
        #expect(bench.backend.careOrders.isEmpty)
        try await end(bench)
    }

    @Test("the only job on a node has what is withheld if it has more than is left")
    func stopsTheOnlyHolder() async throws {
        let bench = try await bench()
        let node = try await submit(bench, 0, gpus: 8)
        // All are in use, so that the backend has none to count as out of service.
        try await bench.report(.withheld(NodeID(node), devices: 1))
        #expect(try bench.state(0) == "running")
        try await bench.log(WithheldDeviceTests.memory, of: own(node, bench))
        #expect(try row(node, bench).withdrawn == 0b1000_0000 && !row(node, bench).isHeld)
        try await bench.settle(until: "stop 0/1")
        try await bench.report(report(node, unhealthy: 0b1000_0000))
        #expect(try row(node, bench).withdrawn == 0)
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        try await bench.settle(until: "start 0/2")
        let launch = try #require(bench.backend.launch(JobID(0), 2))
        #expect(launch.members.first?.node != NodeID(node))
        let engine = try await bench.plane.perform { $0.desk.engine }
        #expect(engine.losses[.hardware].attributed == 1)
        #expect(
            bench.plane.view.nodes[try own(node, bench).index]?.healthyDevices == 0b0111_1111)
        try await end(bench)
    }

    @Test("of two jobs that have all devices nobody is blamed for the one that is withheld")
    func blamesNobody() async throws {
        let bench = try await bench(1)
        for job in 0..<2 { _ = try await submit(bench, job, gpus: 4) }
        try await bench.report(.withheld(NodeID(1), devices: 1))
        try await bench.log(WithheldDeviceTests.memory, of: own(1, bench))
        #expect(try row(1, bench).withdrawn == 0 && !row(1, bench).isHeld)
        #expect(try bench.state(0) == "running" && bench.state(1) == "running")
        try await end(bench)
    }

    @Test("a node goes when more of it is bad than is withheld")
    func goesForTheSecond() async throws {
        let bench = try await bench(1)
        _ = try await submit(bench, 0, gpus: 4)
        try await bench.report(report(1, unhealthy: 0b1000_0000))
        try await bench.report(.withheld(NodeID(1), devices: 1))
        try await bench.log(WithheldDeviceTests.memory, of: own(1, bench))
        #expect(try !row(1, bench).isHeld)
        try await bench.log(WithheldDeviceTests.otherMemory, of: own(1, bench))
        #expect(try row(1, bench).isHeld)
        try await end(bench)
    }

    @Test("a node goes when its bad device is given away again, not when the process does")
    func goesWhenGivenAway() async throws {
        let bench = try await bench(1)
        _ = try await submit(bench, 0, gpus: 4)
        try await bench.report(report(1, unhealthy: 0b1000_0000))
        try await bench.report(.withheld(NodeID(1), devices: 1))
        try await bench.log(WithheldDeviceTests.memory, of: own(1, bench))
        let fleet = bench.plane.view.directory.fleet
        try await bench.restart(fleet)
        let node = try own(1, bench)
        #expect(bench.plane.view.nodes[node.index]?.row.isHeld == false)
        try await bench.report(.withheld(node, devices: 1))
        #expect(bench.plane.view.nodes[node.index]?.row.isHeld == false)
        // A plug-in that starts anew knows nothing of what it saw.
        try await bench.report(.withheld(node, devices: 0))
        #expect(bench.plane.view.nodes[node.index]?.row.isHeld == true)
        try await end(bench)
    }
}
