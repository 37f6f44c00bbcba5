import Documents
import FleetModel
import Scheduler
import Store
import Testing

@testable import ControlPlane

@Suite("A backend that finds its nodes and jobs")
struct ClusterTests {
    func node(
        _ index: Int, devices: Int32 = 8, pool: String = "default", kind: String? = "H100",
        unhealthy: UInt64 = 0, rack: String = "leaf-0", cores: Int64 = 64
    ) -> NodeReport {
        NodeReport(
            id: NodeID(index), name: "found-\(index)", pool: pool, kind: kind, devices: devices,
            unhealthy: unhealthy,
            host: HostResources(cpuMilli: cores * 1000, memoryMiB: 1 << 20), path: [rack])
    }

    func job(
        _ key: String, _ fields: String, roles: [FoundRole] = [], at members: [MemberPlacement] = []
    ) throws -> FoundJob {
        let text = "{name: \(key), tenant: team-a, \(fields)}"
        let document = try #require(JobsDocument.parse(SourceText(text, file: "")).jobs.first)
        return FoundJob(
            key: key, owner: "team-a", document: document, text: text, roles: roles,
            members: members)
    }

    func emptied() async throws -> Bench {
        let bench = try await Bench("1x8/1")
        try await bench.report(.nodesLost([NodeID(0)], detail: ""))
        return bench
    }

    @Test("nodes join, change under what runs, and come back")
    func takesNodes() async throws {
        let bench = try await emptied()
        try await bench.report(.nodes([node(1), node(2, rack: "leaf-1")]))
        try await bench.submit("{name: a, gpus: 8, members: 2}")
        try await bench.settle()
        #expect(try bench.state(0) == "starting")
        let launch = try #require(bench.backend.launch(JobID(0), 1))
        #expect(Set(launch.members.map(\.node)) == [NodeID(1), NodeID(2)])
        try await bench.report(.nodes([node(1, pool: "other", rack: "leaf-9", cores: 1)]))
        #expect(try bench.state(0) == "starting")
        let known = try #require(bench.plane.view.directory.fleet.nodeNames.id(of: "found-1"))
        let row = try #require(bench.plane.view.nodes[known.index]?.row)
        #expect(bench.plane.view.directory.fleet.pools[row.spec.pool] == "other")
        #expect(row.spec.host.cpuMilli == 1000)
        try await bench.report(.nodesLost([NodeID(1)], detail: "gone"))
        #expect(try bench.state(0) == "stopping")
        try await bench.report(.nodes([node(1, unhealthy: 0b1)]))
        #expect(bench.plane.view.nodes[known.index]?.row.isPresent == true)
        #expect(bench.plane.view.nodes[known.index]?.row.unhealthy == 1)
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a found job is known by its key, its tenant appears, and it ends when it vanishes")
    func takesJobs() async throws {
        let bench = try await emptied()
        try await bench.report(.nodes([node(1)]))
        try await bench.report(.found(job("one", "gpus: 8")))
        #expect(bench.backend.orders.contains("one is 0"))
        #expect(bench.plane.view.directory.tenant(named: "team-a") != nil)
        try await bench.report(.found(job("two", "gpus: 8")))
        #expect(bench.backend.orders.contains("two waits: capacity"))
        try await bench.restart()
        // The backend numbers its nodes anew.
        try await bench.report(.nodes([node(1)]))
        try await bench.report(.found(job("two", "gpus: 8")))
        #expect(bench.backend.orders.contains("two is 1"))
        #expect(bench.plane.view.openJobs == 2)
        try await bench.report(.vanished(key: "one"))
        #expect(try bench.state(0) == "cancelled" && bench.state(1) == "starting")
        try await bench.report(.vanished(key: "nobody"))
        await bench.plane.stop()
    }

    @Test("what cannot be taken is told why, and stops nobody")
    func refusesJobs() async throws {
        let bench = try await emptied()
        try await bench.report(.nodes([node(1)]))
        try await bench.report(.found(job("large", "gpus: 8, members: 2000000")))
        try await bench.report(.found(job("odd", "gpus: 8, pools: [nowhere]")))
        #expect(bench.backend.orders.contains { $0.hasPrefix("odd is refused") })
        try await bench.report(.found(job("fine", "gpus: 8")))
        #expect(bench.backend.orders.contains { $0.hasPrefix("fine is ") })
        await bench.plane.stop()
    }

    @Test("rules keep jobs to their nodes, over a restart as well")
    func keepsRules() async throws {
        let bench = try await emptied()
        try await bench.report(.nodes([node(1), node(2)]))
        try await bench.report(.rule("zone=b", admits: [NodeID(2)]))
        try await bench.report(.found(job("a", "gpus: 8", roles: [FoundRole(rule: "zone=b")])))
        try await bench.report(.found(job("b", "gpus: 8", roles: [FoundRole(rule: "zone=b")])))
        #expect(bench.backend.launch(JobID(0), 1)?.members.first?.node == NodeID(2))
        #expect(try bench.state(1) == "queued")
        try await bench.restart()
        try await bench.report(.nodes([node(1), node(2)]))
        try await bench.report(.rule("zone=b", admits: [NodeID(1), NodeID(2)]))
        #expect(bench.backend.launch(JobID(1), 1)?.members.first?.node == NodeID(1))
        await bench.plane.stop()
    }

    @Test("a job that runs already is adopted with its devices")
    func adopts() async throws {
        let bench = try await emptied()
        try await bench.report(.nodes([node(1), node(2)]))
        let places = [
            MemberPlacement(node: NodeID(2), role: 0, devices: 0b1111),
            MemberPlacement(node: NodeID(1), role: 0, devices: 0b11110000),
        ]
        try await bench.report(.found(job("old", "gpus: 4, members: 2", at: places)))
        #expect(try bench.state(0) == "running")
        try await bench.submit("{name: new, tenant: team-a, gpus: 8}")
        #expect(try bench.state(1) == "queued")
        var fleet = FleetDefinition(topology: bench.fleet.topology)
        for report in [node(2), node(1)] {
            fleet.addNode(
                name: report.name, pool: report.pool, kind: report.kind, devices: 8,
                host: report.host, path: report.path)
        }
        try await bench.restart(fleet)
        #expect(bench.backend.expected.map(\.phase) == [.running])
        #expect(bench.backend.expected[0].launch.members.map(\.node) == [NodeID(0), NodeID(1)])
        try await bench.report(.finished(JobID(0), Attempt(1), []))
        #expect(try bench.state(0) == "succeeded" && bench.state(1) == "starting")
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a backend is told of ends that are not its own, and of keys that are used up")
    func tellsEnds() async throws {
        let bench = try await emptied()
        try await bench.report(.nodes([node(1)]))
        try await bench.report(.found(job("one", "gpus: 8")))
        try await bench.report(.found(job("two", "gpus: 8")))
        _ = try await bench.plane.act(.cancel, on: JobID(1), reason: "", by: Bench.caller)
        try await bench.settle()
        #expect(bench.backend.orders.last == "two ended: cancelled")
        // What somebody cancelled stays so, what ended in another way is something new.
        try await bench.report(.found(job("two", "gpus: 8")))
        #expect(bench.backend.orders.suffix(2) == ["two is 1", "two ended: cancelled"])
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(.finished(JobID(0), Attempt(1), []))
        try await bench.report(.found(job("one", "gpus: 8")))
        #expect(bench.backend.orders.last == "one is spent")
        // So is what was only taken away for a while.
        try await bench.report(.found(job("four", "gpus: 8")))
        try await bench.report(.vanished(key: "four"))
        try await bench.report(.found(job("four", "gpus: 8")))
        #expect(bench.backend.orders.last == "four is spent")
        try await bench.report(.found(job("three", "gpus: 8", at: [place(of: 77)])))
        #expect(bench.backend.orders.last?.hasPrefix("three is refused") == true)
        await bench.plane.stop()
    }

    private func place(of node: Int) -> MemberPlacement {
        MemberPlacement(node: NodeID(node), role: 0, devices: 0xFF)
    }

    @Test("after a restart without its node a gang has a node that is none of the others")
    func translatesLostNodes() async throws {
        let bench = try await emptied()
        try await bench.report(.nodes([node(1), node(2)]))
        try await bench.submit("{name: a, gpus: 8, members: 2}")
        try await bench.settle()
        var fleet = FleetDefinition(topology: bench.fleet.topology)
        fleet.addNode(
            name: "found-2", pool: "default", kind: "H100", devices: 8, host: node(2).host,
            path: node(2).path)
        try await bench.restart(fleet)
        #expect(bench.backend.expected.map(\.phase) == [.stopping])
        let nodes = bench.backend.expected[0].launch.members.map(\.node.rawValue)
        #expect(nodes.sorted() == [-1, 0])
        // A start that was never confirmed does not come again for what is to stop.
        #expect(bench.backend.launch(JobID(0), 1) == nil)
        // A suspect that nobody knows does no harm.
        try await bench.report(
            .failed(
                JobID(0), Attempt(1), .node, suspect: NodeID(rawValue: -1), retry: .byCause,
                exits: [], detail: ""))
        #expect(bench.plane.view.openJobs <= 1)
        await bench.plane.stop()
    }

    @Test("a node that was closed, and was gone at a restart, comes back open")
    func forgetsClosing() async throws {
        let bench = try await emptied()
        try await bench.report(.nodes([node(1)]))
        try await bench.report(.drain(NodeID(1), deadline: nil, detail: "cordoned"))
        try await bench.restart(FleetDefinition(topology: bench.fleet.topology))
        try await bench.report(.nodes([node(1)]))
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.settle()
        #expect(try bench.state(0) == "starting")
        await bench.plane.stop()
    }
}
