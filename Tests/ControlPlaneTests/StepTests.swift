import FleetModel
import Foundation
import Health
import HealthControl
import Store
import Testing

@testable import ControlPlane

/// Goal: what members say of their steps compares the nodes of a job, and the slow one is watched.
@Suite("Steps of members")
struct StepTests {
    @Test("a node that is slow three times is suspected, and no other")
    func findsTheSlow() async throws {
        let bench = try await Bench("8x8/1")
        try await bench.submit("{name: a, gpus: 4, members: 12}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let members = try #require(bench.plane.view.jobs[0]).members
        try #require(members.count > 5)
        let slow = members[5].placement.node
        for round in 0..<3 {
            for member in members {
                let cost: Int64 = member.rank == 5 ? 1_500_000 : 1_000_000 + Int64(member.rank)
                // Before the span is over nothing is compared.
                if round < 2 || member.rank != 11 {
                    try await bench.plane.step(
                        of: JobID(0), Attempt(1), rank: member.rank, microseconds: cost)
                }
            }
            let early = try await bench.plane.perform { $0.desk.engine[slow]?.track.state }
            #expect(early == .inService)
            try await bench.plane.perform { driver in
                driver.stepBooks[JobID(0)]?.since = Instant(
                    nanoseconds: driver.now.nanoseconds - 601_000_000_000)
            }
            try await bench.plane.step(
                of: JobID(0), Attempt(1), rank: 11, microseconds: 1_000_000)
        }
        for node in Set(members.map(\.placement.node)) {
            let state = try await bench.plane.perform { $0.desk.engine[node]?.track.state }
            #expect(state == (node == slow ? .suspect : .inService))
        }
        // What nobody runs, and other attempts, count for nothing.
        try await bench.plane.step(of: JobID(0), Attempt(7), rank: 0, microseconds: 1)
        try await bench.plane.step(of: JobID(9), Attempt(1), rank: 0, microseconds: 1)
        await bench.plane.stop()
    }
}
