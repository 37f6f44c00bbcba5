import FleetModel
import KubernetesJSON
import Testing

@testable import KubernetesClient

/// The elector on a model of the API server, with clocks that differ and messages that get lost.
@Suite struct LeaseElectorTests {
    private let second: Int64 = 1_000_000_000

    @Test func takesAFreeLeaseAndRenewsIt() {
        var server = LeaseServer()
        var elector = LeaseElector(identity: "a")
        var now: Int64 = 100 * second
        #expect(elector.next(at: now) == .read)
        elector.read(nil, at: now)
        guard case .write(let claim) = elector.next(at: now) else {
            Issue.record("no claim")
            return
        }
        #expect(claim.holder == "a" && claim.transitions == 1 && claim.durationSeconds == 15)
        #expect(!elector.isLeader(at: now))
        elector.wrote(server.write(claim)!, sentAt: now, at: now + second)
        #expect(elector.isLeader(at: now + second))
        #expect(elector.next(at: now + second) == .wait(until: now + 2 * second))
        now += 2 * second
        guard case .write(let renewal) = elector.next(at: now) else {
            Issue.record("no renewal")
            return
        }
        #expect(renewal.transitions == 1)
        // The fence counts from when the renewal was sent, not from its answer.
        elector.wrote(server.write(renewal)!, sentAt: now, at: now + 9 * second)
        #expect(elector.isLeader(at: now + 9 * second))
        #expect(!elector.isLeader(at: now + 10 * second))
        #expect(elector.term == 1)
    }

    @Test func theFenceClosesByItself() {
        var server = LeaseServer()
        var elector = LeaseElector(identity: "a")
        elector.read(nil, at: 0)
        guard case .write(let claim) = elector.next(at: 0) else { return }
        elector.wrote(server.write(claim)!, sentAt: 0, at: 0)
        for time in stride(from: Int64(2), to: 10, by: 1) {
            elector.failed(at: time * second)
            #expect(elector.isLeader(at: time * second))
        }
        #expect(!elector.isLeader(at: 10 * second))
        _ = elector.next(at: 10 * second)
        // Renewed or not, once it resigned it has to take the lease anew.
        #expect(!elector.isLeader(at: 9 * second))
    }

    @Test func waitsAWholeLeaseByItsOwnClock() {
        var other = LeaseRecord()
        (other.holder, other.durationSeconds, other.transitions) = ("b", 15, 7)
        other.resourceVersion = "3"
        var elector = LeaseElector(identity: "a")
        let start = 1_000 * second
        elector.read(other, at: start)
        var time = start
        while time < start + 15 * second {
            switch elector.next(at: time) {
            case .write: Issue.record("took it after \((time - start) / second) s")
            case .read: elector.read(other, at: time)
            case .wait(let until):
                #expect(until > time)
                time = until
            }
        }
        _ = elector.next(at: time)
        elector.read(other, at: time)
        guard case .write(let claim) = elector.next(at: time) else {
            Issue.record("did not take it")
            return
        }
        #expect(claim.transitions == 8 && claim.resourceVersion == "3")
    }

    @Test func aReleasedLeaseIsTakenAtOnce() {
        var server = LeaseServer()
        var first = LeaseElector(identity: "a")
        first.read(nil, at: 0)
        guard case .write(let claim) = first.next(at: 0) else { return }
        first.wrote(server.write(claim)!, sentAt: 0, at: 0)
        let released = first.release(at: second)
        #expect(!first.isLeader(at: second))
        _ = server.write(released!)
        var second = LeaseElector(identity: "b")
        second.read(server.lease, at: 5)
        guard case .write(let taken) = second.next(at: 5) else {
            Issue.record("not taken")
            return
        }
        #expect(taken.holder == "b" && taken.transitions == 2)
        #expect(first.release(at: 2 * self.second) == nil)
    }

    @Test func aConflictMeansToLookAgain() {
        var server = LeaseServer()
        var elector = LeaseElector(identity: "a")
        elector.read(nil, at: 0)
        guard case .write(let claim) = elector.next(at: 0) else { return }
        var other = claim
        other.holder = "b"
        _ = server.write(other)
        #expect(server.write(claim) == nil)
        elector.conflicted(at: 0)
        #expect(!elector.isLeader(at: 0))
        #expect(elector.next(at: 2 * second) == .read)
        // A leader that conflicts reads at once, and goes on when the lease is still its own.
        var leader = LeaseElector(identity: "b")
        leader.wrote(server.lease!, sentAt: 0, at: 0)
        leader.conflicted(at: second)
        #expect(leader.next(at: second) == .read)
        leader.read(server.lease, at: second)
        #expect(leader.isLeader(at: second))
        var lost = server.lease!
        lost.holder = "c"
        leader.read(lost, at: second)
        #expect(!leader.isLeader(at: second))
    }

    /// Whatever gets lost or comes late, and however far apart clocks are, two never lead at once,
    /// and when nothing gets lost any more somebody leads.
    @Test func neverTwoLeaders() {
        var led = 0
        var handOvers = 0
        for seed in 0..<300 {
            var world = LeaseWorld(seed: UInt64(seed))
            var leaders: Set<Int> = []
            for tick in 0..<1_600 {
                let now = world.step(tick, isCalm: tick > 1_200)
                #expect(now.count <= 1, "seed \(seed), tick \(tick): \(now)")
                leaders.formUnion(now)
                if tick == 1_599 { led += now.count }
            }
            handOvers += leaders.count - 1
        }
        #expect(led == 300)
        #expect(handOvers > 200, "\(handOvers)")
    }
}
