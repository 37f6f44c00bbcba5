import Documents
import FleetModel
import Foundation
import Simulation
import Testing

@testable import SimulatedBackend

@Suite struct DemoTrafficTests {
    /// Monday, 2026-11-23, at nine.
    static let nine = Instant.seconds(1_795_424_400)

    static func fleet() throws -> FleetDefinition {
        try FleetDocument.parse(SourceText(DemoFleet.text, file: "fleet.yaml")).resolve().get()
    }

    static func tenants(of fleet: FleetDefinition) throws -> TenantTree {
        try TenantsDocument.parse(SourceText(DemoFleet.tenants(of: fleet), file: "tenants.yaml"))
            .resolve(fleet: fleet).get()
    }

    private static func traffic(
        _ fleet: FleetDefinition, seed: UInt64 = 1, count: Int
    ) -> [DemoTraffic.Submission] {
        var traffic = DemoTraffic(fleet: fleet, seed: seed, from: nine)
        var jobs = traffic.preload()
        while jobs.count < count, let job = traffic.next() { jobs.append(job) }
        return jobs
    }

    @Test func theExamplesAreWhatTheProgramHas() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Examples/demo")
        let fleet = try String(contentsOf: root.appending(path: "fleet.yaml"), encoding: .utf8)
        #expect(fleet == DemoFleet.text)
        let tenants = try String(contentsOf: root.appending(path: "tenants.yaml"), encoding: .utf8)
        #expect(try tenants == DemoFleet.tenants(of: Self.fleet()))
    }

    @Test func theFleetHasAThousandDevices() throws {
        let fleet = try Self.fleet()
        #expect(fleet.nodes.count == 128)
        #expect(fleet.deviceCount == 1024)
        #expect(fleet.topology.levels.map(\.name) == ["spine", "rack", "host"])
        #expect(try Self.tenants(of: fleet).tenants.count == 8)
        #expect(DemoFleet.faults().isWellFormed)
    }

    /// Every document passes the door, in the order given: jobs that one depends on came before.
    @Test(arguments: ["demo", "16x8/4/2", "1000x8/16/8", "6x4", "1x1"])
    func everyDocumentIsAccepted(_ name: String) throws {
        let fleet = try name == "demo" ? Self.fleet() : FleetDefinition.parse(shorthand: name).get()
        let tenants = try Self.tenants(of: fleet)
        var door = JobDoor(fleet: fleet, tenants: tenants)
        var jobs: [String: JobID] = [:]
        var families = NameTable<FamilyID>()
        for (index, submission) in Self.traffic(fleet, count: 500).enumerated() {
            let document = JobsDocument.parse(SourceText(submission.text, file: "job.yaml"))
            #expect(document.diagnostics.isEmpty, "\(submission.text)")
            let job = try #require(document.jobs.first)
            let spec = door.spec(
                of: job, id: JobID(index), file: "job.yaml", origin: submission.at,
                jobNamed: { jobs[$0] }, familyNamed: { families.intern($0) })
            switch spec {
            case .success(let spec):
                #expect(spec.isWellFormed(levels: fleet.topology.levels.count))
            case .failure(let list): Issue.record("\(list)\n\(submission.text)")
            }
            #expect(jobs.updateValue(JobID(index), forKey: job.name.value) == nil)
        }
    }

    @Test func theSameSeedGivesTheSameJobs() throws {
        let fleet = try Self.fleet()
        let jobs = Self.traffic(fleet, count: 1000)
        #expect(jobs == Self.traffic(fleet, count: 1000))
        #expect(jobs != Self.traffic(fleet, seed: 2, count: 1000))
        #expect(zip(jobs, jobs.dropFirst()).allSatisfy { $0.at <= $1.at })
        #expect(jobs[0].at == Self.nine)
    }

    /// About as much as the fleet can do in a week is asked for, and more of it by day.
    @Test(arguments: [UInt64(1), 2, 3]) func theLoadIsAsPlanned(_ seed: UInt64) throws {
        let fleet = try Self.fleet()
        var traffic = DemoTraffic(fleet: fleet, seed: seed, from: Self.nine)
        var day = 0
        var night = 0
        let days: Int64 = 56
        while let (at, job) = traffic.nextJob(), at < Self.nine + .seconds(days * 86_400) {
            let work = job.gpuMilliMinutes
            let hour = at.nanoseconds / 3_600_000_000_000 % 24
            if (9..<19).contains(hour) { day += work } else { night += work }
        }
        let whole = 1024 * 1000 * 60 * Int(days)
        #expect((72...84).contains((day + night) * 100 / (whole * 24)))
        #expect((110...140).contains(day * 100 / (whole * 10)))
    }
}
