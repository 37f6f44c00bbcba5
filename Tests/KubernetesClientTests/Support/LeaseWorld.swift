import FleetModel
import KubernetesJSON

@testable import KubernetesClient

/// The lease as the server keeps it.
struct LeaseServer {
    private(set) var lease: LeaseRecord?
    private var version = 0

    /// The answer; nil for a conflict.
    mutating func write(_ record: LeaseRecord) -> LeaseRecord? {
        guard record.resourceVersion == lease?.resourceVersion ?? "" else { return nil }
        version += 1
        lease = record
        lease?.resourceVersion = String(version)
        return lease
    }
}

/// Replicas that compete for a lease, on a model of a network that delays, loses and is cut, with
/// clocks that are far apart. One tick is a tenth of a second.
struct LeaseWorld {
    private var random: SplitMix
    private var server = LeaseServer()
    private var electors: [LeaseElector]
    private let offsets: [Int64]
    private var isWaiting: [Bool]
    /// Until when a replica is cut off.
    private var cutUntil: [Int64]
    private var transit: [Message] = []

    private static let tick: Int64 = 100_000_000

    private struct Message {
        var at: Int64
        var replica: Int
        var identity: String
        var sentAt: Int64
        var step: LeaseElector.Step
        var isRequest = true
        var answer: LeaseRecord?
        var isLost = false
    }

    init(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let count = 2 + random.below(3)
        offsets = (0..<count).map { _ in Int64(random.below(1_000_000)) * 1_000_000_000 }
        electors = (0..<count).map { LeaseElector(identity: "r\($0)") }
        isWaiting = Array(repeating: false, count: count)
        cutUntil = Array(repeating: 0, count: count)
        self.random = random
    }

    /// Moves on, and answers who leads. In calm times nothing gets lost any more.
    mutating func step(_ tick: Int, isCalm: Bool) -> [Int] {
        let time = Int64(tick) * LeaseWorld.tick
        let due = transit.filter { $0.at <= time }
        transit.removeAll { $0.at <= time }
        for message in due { deliver(message, at: time, isCalm) }
        for index in electors.indices {
            if !isCalm, random.below(200) == 0 {
                cutUntil[index] = time + Int64(random.below(250)) * LeaseWorld.tick
            }
            if !isCalm, random.below(1_000) == 0 {
                electors[index] = LeaseElector(identity: "r\(index) from \(tick)")
                isWaiting[index] = false
            }
            guard !isWaiting[index] else { continue }
            let step = electors[index].next(at: time + offsets[index])
            if case .wait = step { continue }
            isWaiting[index] = true
            transit.append(
                Message(
                    at: arrival(index, time, isCalm), replica: index,
                    identity: electors[index].identity, sentAt: time, step: step))
        }
        return electors.indices.filter { electors[$0].isLeader(at: time + offsets[$0]) }
    }

    /// A tenth of a second or a few; of one that is cut off, when that is over.
    private mutating func arrival(_ index: Int, _ time: Int64, _ isCalm: Bool) -> Int64 {
        let usual = time + Int64(1 + random.below(3)) * LeaseWorld.tick
        return isCalm ? usual : max(usual, cutUntil[index])
    }

    private mutating func deliver(_ message: Message, at time: Int64, _ isCalm: Bool) {
        guard message.isRequest else { return finish(message, at: time) }
        var answer = message
        answer.isRequest = false
        // Lost on the way there, or on the way back.
        let fate = isCalm ? 9 : random.below(10)
        if fate > 0 {
            switch message.step {
            case .read: answer.answer = server.lease
            case .write(var record):
                // The shell sets the time, by which others see that it was renewed.
                record.renewed = Timestamp(microseconds: message.sentAt / 1_000)
                answer.answer = server.write(record)
            case .wait: break
            }
        }
        answer.isLost = fate <= 1
        answer.at = arrival(message.replica, time, isCalm)
        transit.append(answer)
    }

    private mutating func finish(_ message: Message, at time: Int64) {
        let index = message.replica
        // Another start of the replica does not get the answers of the one before.
        guard electors[index].identity == message.identity else { return }
        isWaiting[index] = false
        let now = time + offsets[index]
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
