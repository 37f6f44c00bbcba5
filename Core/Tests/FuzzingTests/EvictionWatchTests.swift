import FleetModel
import Testing

@testable import Fuzzing

/// Goal: two jobs that come and go in turn are found, whoever is named as the one that they are
/// stopped for. Method: their starts and stops on one device, told by hand.
@Suite struct EvictionWatchTests {
    private var watch = EvictionWatch()
    private var counts = SometimesCounts()
    private let place = [MemberPlacement(node: NodeID(0), role: 0, devices: 1)]

    private func job(_ id: Int, waitsSince seconds: Int64) -> BookJob {
        let role = RoleSpec(count: 1, request: MemberRequest(devices: 1))
        var job = BookJob(
            spec: JobSpec(id: JobID(id), tenant: TenantID(0), roles: [role]), order: id,
            at: .zero + .seconds(seconds))
        job.members = place
        return job
    }

    /// Job `victim` is stopped for job 9, and job `next`, which has waited or has not, is the
    /// first on its place.
    private mutating func turn(_ victim: Int, _ next: Int, hasWaited: Bool = true) {
        let now = Instant.zero + .seconds(100)
        watch.told(job(victim, waitsSince: 0), for: JobID(9), at: now)
        watch.started(job(next, waitsSince: hasWaited ? 50 : 150), place, &counts)
    }

    @Test mutating func turnsThatGoOnAreFound() {
        for _ in 0..<2 {
            turn(1, 2)
            turn(2, 1)
        }
        #expect(watch.mutual == nil, "a third job may be the reason for as much")
        turn(1, 2)
        #expect(watch.mutual == nil)
        turn(2, 1)
        #expect(watch.mutual != nil)
    }

    @Test mutating func whoComesLaterOnlyFindsThePlaceFree() {
        for _ in 0..<9 {
            turn(1, 2, hasWaited: false)
            turn(2, 1, hasWaited: false)
        }
        #expect(watch.mutual == nil)
    }

    @Test mutating func oneDirectionIsNotInTurn() {
        for _ in 0..<9 {
            turn(1, 2)
            turn(3, 1)
        }
        #expect(watch.mutual == nil)
    }
}
