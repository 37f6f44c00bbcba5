import Documents
import FleetModel
import Store
import Testing

@testable import ControlPlane

@Suite("Driver")
struct DriverTests {
    @Test("a job runs from submission to its end")
    func runsJob() async throws {
        let bench = try await Bench()
        let answer = try await bench.submit("{name: a, gpus: 8, members: 2, command: [x]}")
        #expect(answer.isNew && answer.job.row.state == .starting)
        try await bench.settle()
        #expect(bench.backend.orders == ["start 0/1"])
        let launch = try #require(bench.backend.launch(JobID(0), 1))
        #expect(launch.members.map(\.rank) == [0, 1])
        #expect(launch.document.execution.command == ["x"])
        #expect(launch.tenant == "default")
        try await bench.report(.started(JobID(0), Attempt(1)))
        #expect(try bench.state(0) == "running")
        #expect(bench.plane.view.nodes[0]?.allocatedMilli == 8000)
        try await bench.report(.finished(JobID(0), Attempt(1), [MemberExit(rank: 0, code: 0)]))
        #expect(try bench.state(0) == "succeeded")
        #expect(bench.plane.view.nodes[0]?.allocatedMilli == 0)
        let kinds = try bench.plane.store.read { try $0.events(after: 0, limit: 100) }.map(\.kind)
        #expect(kinds.suffix(4) == ["submitted", "started", "running", "ended"])
        await bench.plane.stop()
    }

    @Test("a job that does not fit waits with its reason, and starts when there is room")
    func waits() async throws {
        let bench = try await Bench("1x8/1")
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.submit("{name: b, gpus: 8}")
        let waiting = try #require(bench.plane.view.jobs[1])
        #expect(waiting.row.state == .queued && waiting.row.reason?.code == .capacity)
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(.finished(JobID(0), Attempt(1), []))
        #expect(try bench.state(1) == "starting")
        await bench.plane.stop()
    }

    @Test("the same key is the same job; another document under it is refused")
    func repeatsKeys() async throws {
        let bench = try await Bench()
        let first = try await bench.submit("{name: a, gpus: 1}", key: "k")
        let second = try await bench.submit("{name: a, gpus: 1}", key: "k")
        #expect(first.isNew && !second.isNew)
        #expect(first.job.row.id == second.job.row.id)
        try await bench.restart()
        let third = try await bench.submit("{name: a, gpus: 1}", key: "k")
        #expect(third.job.row.id == first.job.row.id)
        await #expect {
            try await bench.submit("{name: b, gpus: 1}", key: "k")
        } throws: { ($0 as? OperatingError)?.code == .conflictingKey }
        await bench.plane.stop()
    }

    @Test("a dry run leaves nothing behind")
    func dryRun() async throws {
        let bench = try await Bench()
        let answer = try await bench.submit("{name: a, gpus: 1}", isDryRun: true)
        #expect(!answer.isNew)
        try await bench.settle()
        #expect(bench.plane.view.openJobs == 0 && bench.backend.orders.isEmpty)
        await #expect {
            try await bench.submit("{name: a, gpus: 9}", isDryRun: true)
        } throws: { ($0 as? OperatingError)?.diagnostics.first?.code == .unplaceable }
        await bench.plane.stop()
    }

    @Test("a job cancelled while it runs is stopped first")
    func cancels() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let after = try await bench.plane.act(
            .cancel, on: JobID(0), reason: "", by: Bench.caller)
        #expect(after.row.state == .stopping)
        try await bench.settle()
        #expect(bench.backend.orders.last == "stop 0/1")
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        #expect(try bench.state(0) == "cancelled")
        await #expect {
            _ = try await bench.plane.act(.cancel, on: JobID(0), reason: "", by: Bench.caller)
        } throws: { ($0 as? OperatingError)?.code == .jobIsOver }
        await bench.plane.stop()
    }

    @Test("an exit code that says never ends the job as failed, whatever its retries")
    func neverRetries() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1, retries: {application: 5}}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(
            .failed(
                JobID(0), Attempt(1), .application, suspect: nil, retry: .never,
                exits: [MemberExit(rank: 0, code: 78)], detail: "exit code 78"))
        #expect(try bench.state(0) == "failed")
        let attempts = try bench.plane.store.read { try $0.attempts(of: JobID(0), limit: 10) }
        #expect(attempts.count == 1)
        #expect(attempts.first?.ending == "failed" && attempts.first?.detail == "exit code 78")
        await bench.plane.stop()
    }

    @Test("an exit code that blames the machine starts the job elsewhere")
    func retriesElsewhere() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.settle()
        let first = try #require(bench.backend.launch(JobID(0), 1)).members[0].node
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(
            .failed(
                JobID(0), Attempt(1), .application, suspect: first, retry: .elsewhere, exits: [],
                detail: "exit code 76"))
        let second = try #require(bench.backend.launch(JobID(0), 2)).members[0].node
        #expect(second != first)
        await bench.plane.stop()
    }

    @Test("progress tells of checkpoints, and what is lost is known")
    func progress() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(
            .progress(
                JobID(0), Attempt(1), JobProgress(step: 10, checkpointedStep: 8)))
        let row = try #require(bench.plane.view.jobs[0]).row
        #expect(row.step == 10 && row.checkpointedStep == 8 && row.checkpointedAt != nil)
        try await bench.report(
            .progress(
                JobID(0), Attempt(2), JobProgress(step: 99, checkpointedStep: 99)))
        #expect(bench.plane.view.jobs[0]?.row.step == 10)
        await bench.plane.stop()
    }

    @Test("a lost node takes its gang down, and is shown as lost")
    func losesNode() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 8, members: 2}")
        try await bench.settle()
        let node = try #require(bench.backend.launch(JobID(0), 1)).members[0].node
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(.nodesLost([node], detail: "no answer"))
        #expect(bench.plane.view.nodes[node.index]?.state == .lost)
        #expect(bench.backend.orders.contains("stop 0/1"))
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        #expect(bench.backend.orders.last == "start 0/2")
        try await bench.report(.nodesJoined([node]))
        #expect(bench.plane.view.nodes[node.index]?.state == .ready)
        await bench.plane.stop()
    }

    @Test("a cordon by hand outlasts what the backend says, and a restart")
    func keepsCordons() async throws {
        let bench = try await Bench()
        _ = try await bench.plane.act(
            .cordon(reason: "fan"), onNode: "node-1", by: Bench.caller)
        try await bench.report(.drain(NodeID(1), deadline: nil, detail: "slow"))
        try await bench.report(.resume(NodeID(1), detail: ""))
        #expect(bench.plane.view.nodes[1]?.state == .cordoned)
        try await bench.restart()
        #expect(bench.plane.view.nodes[1]?.state == .cordoned)
        #expect(bench.plane.view.nodes[1]?.row.reason == "fan")
        _ = try await bench.plane.act(
            .uncordon(reason: ""), onNode: "node-1", by: Bench.caller)
        #expect(bench.plane.view.nodes[1]?.state == .ready)
        await bench.plane.stop()
    }

    @Test("each who closed a node has a deadline of its own")
    func keepsDeadlinesApart() async throws {
        let bench = try await Bench()
        _ = try await bench.plane.act(
            .drain(reason: "fan", within: .seconds(3600)), onNode: "node-1", by: Bench.caller)
        let byHand = try #require(bench.plane.view.nodes[1]?.row.deadline)
        try await bench.report(.drain(NodeID(1), deadline: nil, detail: "slow"))
        #expect(bench.plane.view.nodes[1]?.row.deadline == byHand)
        let early = Instant(nanoseconds: byHand.nanoseconds - 1_800_000_000_000)
        try await bench.report(
            .drain(NodeID(1), deadline: early, detail: "slow"))
        #expect(bench.plane.view.nodes[1]?.row.deadline == early)
        try await bench.restart()
        #expect(bench.plane.view.nodes[1]?.row.deadline == byHand)
        await bench.plane.stop()
    }

    @Test("a program may call anything a step")
    func takesAnyStep() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(
            .progress(
                JobID(0), Attempt(1), JobProgress(step: .max, checkpointedStep: .max)))
        try await bench.report(
            .failed(
                JobID(0), Attempt(1), .node, suspect: nil, retry: .byCause, exits: [], detail: ""))
        #expect(bench.backend.launch(JobID(0), 2)?.checkpointedStep == .max)
        try await bench.restart()
        #expect(bench.backend.expected.first?.launch.checkpointedStep == .max)
        await bench.plane.stop()
    }

    @Test("a job that waits for another does so after a hold as well")
    func staysBlocked() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        try await bench.submit("{name: b, gpus: 1, dependsOn: [a]}")
        _ = try await bench.plane.act(.hold, on: JobID(1), reason: "", by: Bench.caller)
        _ = try await bench.plane.act(.release, on: JobID(1), reason: "", by: Bench.caller)
        #expect(try bench.state(1) == "blocked")
        await bench.plane.stop()
    }
}
