import FleetModel
import KubernetesJSON
import Testing

@testable import KubernetesClient

/// The elector on a model of the API server, with clocks that differ and messages that get lost.
@Suite struct LeaseElectorTests {
    private let second: Int64 = 1_000_000_000

    /// The lease as the server keeps it.
    private struct Server {
        var lease: LeaseRecord?
        var version = 0

        /// The answer; nil for a conflict.
        mutating func write(_ record: LeaseRecord) -> LeaseRecord? {
            guard record.resourceVersion == lease?.resourceVersion ?? "" else { return nil }
            version += 1
            lease = record
            lease?.resourceVersion = String(version)
            return lease
        }
    }

    @Test func takesAFreeLeaseAndRenewsIt() {
        var server = Server()
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
        var server = Server()
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
        var server = Server()
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
        var server = Server()
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
        for seed in 0..<400 {
            var random = SplitMix(seed: UInt64(seed))
            var server = Server()
            let count = 2 + random.below(3)
            let offsets = (0..<count).map { _ in Int64(random.below(1_000_000)) * second }
            var electors = (0..<count).map { LeaseElector(identity: "r\($0)") }
            var transit: [Message] = []
            var busy = Array(repeating: false, count: count)
            var leaders: Set<Int> = []
            for tick in 0..<1_600 {
                let time = Int64(tick) * second / 10
                let isCalm = tick > 1_200
                // What is due arrives.
                for message in transit where message.at <= time {
                    deliver(message, &server, &electors, &busy, &transit, offsets, &random, isCalm)
                }
                transit.removeAll { $0.at <= time }
                for index in 0..<count where !busy[index] {
                    if !isCalm, random.below(300) == 0 {
                        electors[index] = LeaseElector(identity: "r\(index)-\(tick)")
                        continue
                    }
                    let step = electors[index].next(at: time + offsets[index])
                    if case .wait = step { continue }
                    busy[index] = true
                    transit.append(
                        Message(
                            at: time + delay(&random, isCalm), to: index, sentAt: time, step: step,
                            isRequest: true, identity: electors[index].identity))
                }
                let now = electors.indices.filter {
                    electors[$0].isLeader(at: time + offsets[$0])
                }
                #expect(now.count <= 1, "seed \(seed), tick \(tick): \(now)")
                leaders.formUnion(now)
                if tick == 1_599 { led += now.count }
            }
            handOvers += leaders.count - 1
        }
        #expect(led == 400)
        #expect(handOvers > 200, "\(handOvers)")
    }

    private struct Message {
        var at: Int64
        var to: Int
        var sentAt: Int64
        var step: LeaseElector.Step
        var isRequest: Bool
        var identity: String
        var answer: LeaseRecord?
        var isConflict = false
        var isLost = false
    }

    private func delay(_ random: inout SplitMix, _ isCalm: Bool) -> Int64 {
        Int64(1 + random.below(isCalm || random.below(4) > 0 ? 3 : 40)) * second / 10
    }

    private func deliver(
        _ message: Message, _ server: inout Server, _ electors: inout [LeaseElector],
        _ busy: inout [Bool], _ transit: inout [Message], _ offsets: [Int64],
        _ random: inout SplitMix, _ isCalm: Bool
    ) {
        var answer = message
        answer.at = message.at + delay(&random, isCalm)
        if message.isRequest {
            answer.isRequest = false
            answer.isLost = !isCalm && random.below(5) == 0
            let arrives = isCalm || random.below(5) > 0
            if arrives {
                switch message.step {
                case .read: answer.answer = server.lease
                case .write(let record):
                    // Times change with each renewal, as the shell sets them.
                    var record = record
                    record.renewed = .init(microseconds: message.sentAt / 1_000)
                    answer.answer = server.write(record)
                    answer.isConflict = answer.answer == nil
                case .wait: break
                }
            } else {
                answer.isLost = true
            }
            transit.append(answer)
            return
        }
        let index = message.to
        busy[index] = false
        // It was started anew meanwhile.
        guard electors[index].identity == message.identity else { return }
        let now = message.at + offsets[index]
        if message.isLost { return electors[index].failed(at: now) }
        switch message.step {
        case .read: electors[index].read(message.answer, at: now)
        case .write:
            guard let written = message.answer else { return electors[index].conflicted(at: now) }
            electors[index].wrote(written, sentAt: message.sentAt + offsets[index], at: now)
        case .wait: break
        }
    }
}
