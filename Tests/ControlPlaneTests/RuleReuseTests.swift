import FleetModel
import Testing

@testable import ControlPlane

extension ClusterTests {
    /// More rules than there are ids come and go; one job has the first of them all the time.
    @Test("rules that no open job has make room for others, over a restart as well")
    func reusesRules() async throws {
        let bench = try await emptied()
        try await bench.report(.nodes([node(1), node(2)]))
        let limit = 12
        _ = try await bench.plane.perform { $0.ruleLimit = limit }
        bench.backend.report(.rule("kept", admits: [NodeID(1)]))
        bench.backend.report(
            .found(try job("stays", "gpus: 8", roles: [FoundRole(rule: "kept")])))
        for index in 0..<limit + 10 {
            let (rule, key) = ("rule-\(index)", "job-\(index)")
            bench.backend.report(.rule(rule, admits: [NodeID(2)]))
            bench.backend.report(
                .found(try job(key, "gpus: 8", roles: [FoundRole(rule: rule)])))
            bench.backend.report(.vanished(key: key))
        }
        try await bench.settle()
        #expect(!bench.backend.orders.contains { $0.contains("is refused") })
        #expect(bench.plane.view.directory.rules.count == limit)
        try await bench.restart()
        try await bench.report(.nodes([node(1), node(2)]))
        #expect(bench.plane.view.directory.rules.id(of: "kept") == NodeRuleID(0))
        #expect(bench.plane.view.directory.rules.id(of: "rule-0") == nil)
        _ = try await bench.plane.perform { $0.ruleLimit = limit }
        // What has been given away is asked for anew, and admits nothing until then.
        let count = bench.plane.view.openJobs
        let last = Int(bench.plane.view.openJobs) + limit + 10
        try await bench.report(
            .found(job("again", "gpus: 8", roles: [FoundRole(rule: "rule-0")])))
        #expect(bench.backend.orders.contains("say rule rule-0"))
        #expect(bench.plane.view.openJobs == count + 1)
        #expect(try bench.state(last) == "queued")
        try await bench.report(.rule("rule-0", admits: [NodeID(2)]))
        #expect(bench.backend.launch(JobID(last), 1)?.members.first?.node == NodeID(2))
        #expect(bench.plane.view.directory.rules.id(of: "kept") == NodeRuleID(0))
        await bench.plane.stop()
    }

    @Test("ports that no open job has make room for others, which are told apart")
    func reusesExclusives() async throws {
        let bench = try await emptied()
        var open = node(1)
        open.host.exclusives = .all
        open.host.slots = 1000
        try await bench.report(.nodes([open]))
        func found(_ port: Int, _ key: String) throws -> BackendReport {
            .found(try job(key, "cpu: 1", roles: [FoundRole(exclusives: ["port \(port)"])]))
        }
        for port in 0..<FleetLimits.exclusives + 10 {
            bench.backend.report(try found(port, "job-\(port)"))
            if port > 0 { bench.backend.report(.vanished(key: "job-\(port)")) }
        }
        try await bench.settle()
        let ports = FleetLimits.exclusives + 10
        #expect(bench.plane.view.directory.exclusives.count == FleetLimits.exclusives)
        #expect(bench.plane.view.directory.exclusives.id(of: "port 0") == ExclusiveID(0))
        // The first port is taken, that of another is not, though it was given out later.
        try await bench.report(found(0, "waits"))
        try await bench.report(found(ports, "starts"))
        #expect(try bench.state(ports) == "queued" && bench.state(ports + 1) == "starting")
        // With all of them open two ports count as one, which is safe.
        for port in 1..<FleetLimits.exclusives - 1 {
            bench.backend.report(try found(port, "open-\(port)"))
        }
        try await bench.report(found(1000, "one-more"))
        #expect(bench.plane.view.directory.exclusives.count == FleetLimits.exclusives + 1)
        await bench.plane.stop()
    }
}
