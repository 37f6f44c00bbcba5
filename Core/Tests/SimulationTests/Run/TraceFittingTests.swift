import FleetModel
import Testing

@testable import Simulation

/// Which jobs of a trace a fleet takes, and as which gangs.
struct TraceFittingTests {
    private static let fleet = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2])

    private func job(
        _ line: Int, gpus: Int, _ change: (inout TraceJob) -> Void = { _ in }
    ) -> TraceJob {
        var job = TraceJob(
            line: line, name: "j\(line)", submitNanoseconds: 0, durationNanoseconds: 1, gpus: gpus)
        change(&job)
        return job
    }

    private func mistakes(_ jobs: [TraceJob], skips: Bool = false) -> [Diagnostic] {
        var fitting = TraceFitting(fleet: Self.fleet, file: "t", skipsUnplaceable: skips, hint: "h")
        if case .failure(let list) = fitting.fit(jobs) { return list.diagnostics }
        return []
    }

    @Test func largeJobsBecomeEqualMembers() throws {
        var fitting = TraceFitting(fleet: Self.fleet, file: "t")
        let workload = try fitting.fit([job(1, gpus: 24), job(2, gpus: 12), job(3, gpus: 31)]).get()
        let shapes = workload.jobs.map {
            [$0.spec.roles[0].minimum, $0.spec.roles[0].request.devices]
        }
        #expect(shapes == [[3, 8], [2, 6], [31, 1]])
    }

    @Test func whatTheEmptyFleetCannotHoldIsToldWithItsLine() {
        let jobs = [
            job(2, gpus: 33), job(3, gpus: 32), job(4, gpus: 1) { $0.kinds = ["H900"] },
            job(5, gpus: 0) { $0.cpuMilli = 192_001 }, job(6, gpus: 0) { $0.cpuMilli = 192_000 },
            job(7, gpus: 32) { $0.memoryMiB = 4 * (2 << 20) + 1 },
            job(8, gpus: 1) { $0.gpuMilli = 1 },
        ]
        let found = mistakes(jobs)
        #expect(found.map(\.line) == [2, 4, 5, 7])
        #expect(found.allSatisfy { $0.code == .unplaceable && $0.file == "t" && $0.hint == "h" })
        #expect(found.allSatisfy { !$0.expected.isEmpty })
        #expect(mistakes(jobs, skips: true).isEmpty)
    }

    @Test func gangsThatFitInSumButOnNoNodesAreTold() throws {
        var fleet = FleetDefinition(topology: Topology(levels: []))
        for node in 0..<9 {
            fleet.addNode(
                name: "n\(node)", pool: "default", kind: "GPU", devices: node == 0 ? 8 : 1,
                host: FleetDefinition.commonHost, path: [])
        }
        var fitting = TraceFitting(fleet: fleet, file: "t")
        guard case .failure(let list) = fitting.fit([job(1, gpus: 16)]) else {
            Issue.record("two nodes of 8 where there is one")
            return
        }
        #expect(list.diagnostics[0].message.contains("holds 1 of the job's 2 members"))
    }

    @Test func aJobOfNoKnownKindKeepsNone() throws {
        var fitting = TraceFitting(fleet: Self.fleet, file: "t", skipsUnplaceable: true)
        let jobs = [
            job(1, gpus: 1) { $0.kinds = ["H900"] }, job(2, gpus: 0) { $0.kinds = ["H900"] },
        ]
        let workload = try fitting.fit(jobs).get()
        #expect(workload.jobs.map { $0.spec.roles[0].accelerators.isEmpty } == [true, false])
    }

    @Test func tenantsAreAsManyAsAnEngineTakes() {
        let jobs = (0...FleetLimits.tenants).map { number in
            job(number, gpus: 1) { $0.tenant = "t\(number)" }
        }
        #expect(mistakes(Array(jobs.dropLast())).isEmpty)
        #expect(mistakes(jobs).map(\.code) == [.invalidField])
    }

    @Test func mistakesBeyondAHundredAreCounted() {
        let found = mistakes((0..<250).map { job($0, gpus: 99) })
        #expect(found.count == TraceFitting.diagnosticLimit + 1)
        #expect(found.last?.message.contains("150 more") == true)
    }
}
