import AgentWire
import FleetModel
import HealthSignals
import NodeAgent
import Testing

/// An agent and a receiver between which everything goes wrong: requests and answers are lost or
/// come late and twice, the receiver dies before and after it took a message, the agent is killed
/// with its file cut at any byte.
private struct World {
    var random: SplitMix
    var now = Instant.seconds(1000)
    var uplink: Uplink
    var file: [UInt8] = []
    var roster = AgentRoster()
    var kept: [AgentMark] = []
    var late: [AgentMessage] = []
    /// What happened, and what the receiver was told of it.
    var happened: [Int64] = []
    var told: [Int64] = []
    var lost: UInt64 = 0
    /// Values as they are, and as the receiver has them.
    var values: [SampleKey: Int64] = [:]
    var seen: [SampleKey: Int64] = [:]
    var report = MachineReport()
    var seenReport: MachineReport?
    var kills = 0
    var duplicates = 0

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        let queue = RecordQueue(stream: 99)
        uplink = World.uplink(queue, run: 1, seed: seed, now: now)
        file = SpillImage.encoded(queue, run: 1, boot: BootID(), position: .beginning)
    }

    static func uplink(_ queue: RecordQueue, run: UInt32, seed: UInt64, now: Instant) -> Uplink {
        Uplink(
            node: "n", boot: BootID(), queue: queue, run: run, seed: seed, interval: .seconds(30),
            now: now)
    }

    mutating func step() {
        now = now + TimeSpan(nanoseconds: Int64(random.below(20)) * 1_000_000_000)
        switch random.below(10) {
        case 0, 1, 2: happen()
        case 3: change()
        case 4 where random.below(4) == 0: kill()
        default: send()
        }
    }

    mutating func happen() {
        let number = Int64(happened.count)
        happened.append(number)
        var fault = LogFault(.xid(79))
        fault.uptime = TimeSpan(nanoseconds: number)
        let (sequence, bytes) = uplink.append(AgentRecord(at: now, .fault(fault)), now: now)
        file += SpillImage.encoded(
            .record(sequence: sequence, position: .beginning, bytes: bytes))
    }

    mutating func change() {
        let key = SampleKey(.device(UInt8(random.below(3))), .field(Int32(random.below(3))))
        values[key] = random.below(4) == 0 ? nil : Int64(random.below(3))
        uplink.set(.devices, values.map { AgentSample($0, $1) })
        report.product = "\(random.below(3))"
        uplink.set(report, now: now)
    }

    /// The agent is killed, perhaps while it wrote what has not been sent yet.
    mutating func kill() {
        kills += 1
        guard let image = SpillImage(file) else {
            Issue.record("the file is no memory")
            return
        }
        uplink = World.uplink(image.queue, run: image.run + 1, seed: random.next(), now: now)
        file = SpillImage.encoded(
            image.queue, run: image.run + 1, boot: image.boot, position: image.position)
        uplink.set(.devices, values.map { AgentSample($0, $1) })
        uplink.set(report, now: now)
    }

    mutating func send() {
        now = max(now, uplink.due)
        let message = uplink.message(wall: now)
        if random.below(6) == 0 { late.append(message) }
        if random.below(4) == 0 { return uplink.fail(now: now) }
        let answer = receive(message)
        if let old = late.first, random.below(3) == 0 {
            _ = receive(old)
            late.removeFirst()
        }
        guard let answer, random.below(4) > 0 else { return uplink.fail(now: now) }
        _ = uplink.acknowledge(answer, now: now)
        if uplink.waiting.stream == answer.stream {
            file += SpillImage.encoded(.acknowledged(sequence: answer.sequence))
        }
    }

    mutating func receive(_ message: AgentMessage) -> AgentAcknowledgement? {
        guard let bytes = try? AgentMessage(decoding: message.encoded()),
            let reception = roster.receive(bytes, at: now)
        else {
            Issue.record("a message is refused")
            return nil
        }
        if random.below(10) == 0 {
            // It dies before anything is safe.
            roster = AgentRoster(kept)
            return nil
        }
        for event in reception.events { take(event) }
        roster.commit(reception)
        kept = [reception.mark]
        if random.below(10) == 0 {
            roster = AgentRoster(kept)
            return nil
        }
        return reception.acknowledgement
    }

    mutating func take(_ event: AgentEvent) {
        switch event {
        case .record(let record):
            guard case .fault(let fault) = record.body else { return }
            if told.contains(fault.uptime!.nanoseconds) { duplicates += 1 }
            told.append(fault.uptime!.nanoseconds)
        case .lost(let count): lost += count
        case .arrived(let report, _): seenReport = report
        case .samples(let samples, let isWhole):
            if isWhole { seen = [:] }
            for sample in samples { seen[sample.key] = sample.value }
        case .heard: break
        }
    }
}

@Suite struct UplinkTests {
    @Test(arguments: UInt64(0)..<12)
    func everythingIsToldOnce(_ seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<600 { world.step() }
        // Then the network is well again.
        for _ in 0..<20 {
            world.now = max(world.now, world.uplink.due)
            let message = world.uplink.message(wall: world.now)
            guard let reception = world.roster.receive(message, at: world.now) else {
                Issue.record("a message is refused")
                return
            }
            for event in reception.events { world.take(event) }
            world.roster.commit(reception)
            #expect(world.uplink.acknowledge(reception.acknowledgement, now: world.now) == .taken)
        }
        #expect(world.told == world.happened)
        #expect(world.lost == 0 && world.duplicates == 0)
        #expect(world.seen == world.values)
        #expect(world.seenReport == world.report)
        #expect(world.kills > 5 && world.happened.count > 100)
    }

    @Test func aQueueThatIsFullSaysWhatIsMissing() throws {
        var world = World(seed: 1)
        _ = world.uplink.message(wall: world.now)
        world.uplink.fail(now: world.now)
        for _ in 0..<RecordQueue.capacity + 7 { world.happen() }
        #expect(world.uplink.waiting.dropped == 7)
        // The receiver has heard of the stream before anything was lost.
        var first = AgentMessage(
            node: "n", boot: BootID(), stream: 99, number: 1, sentAt: world.now)
        first.firstSequence = 1
        world.roster.commit(try #require(world.roster.receive(first, at: world.now)))
        let reception = try #require(
            world.roster.receive(world.uplink.message(wall: world.now), at: world.now))
        #expect(reception.events.contains(.lost(7)))
    }

    @Test func aRefusedRecordIsFoundAndDropped() {
        var world = World(seed: 2)
        for _ in 0..<9 { world.happen() }
        var widths: [Int] = []
        var dropped: UInt64?
        while dropped == nil, widths.count < 20 {
            world.now = max(world.now, world.uplink.due)
            widths.append(world.uplink.message(wall: world.now).records.count)
            dropped = world.uplink.refuse(now: world.now)
        }
        #expect(widths == [9, 4, 2, 1] && dropped == 1)
        #expect(world.uplink.message(wall: world.now).firstSequence == 2)
    }

    /// A receiver of before there were seats, which is upgraded after a while.
    @Test func anOlderReceiverIsToldWhatItKnows() throws {
        var uplink = World.uplink(RecordQueue(stream: 9), run: 1, seed: 1, now: .zero)
        var roster = AgentRoster()
        var report = MachineReport()
        report.devices = [
            ReportedDevice(
                index: 0, uuid: "u", fabric: ReportedFabric(cluster: "c", clique: 1))
        ]
        uplink.set(report, now: .zero)
        var newest: UInt8 = 1
        var seen: MachineReport?
        var refused = 0
        func send() throws {
            let now = uplink.due
            let message = uplink.message(wall: now)
            guard message.version <= newest else {
                refused += 1
                let isToldInAnOlderOne = uplink.refuseVersion(now: now)
                #expect(isToldInAnOlderOne)
                return
            }
            let reception = try #require(
                roster.receive(try AgentMessage(decoding: message.encoded()), at: now))
            for event in reception.events {
                if case .arrived(let report, _) = event { seen = report }
            }
            roster.commit(reception)
            #expect(uplink.acknowledge(reception.acknowledgement, now: now) == .taken)
        }
        try send()
        try send()
        #expect(refused == 1 && seen?.devices.first?.uuid == "u")
        #expect(seen?.devices.first?.fabric == nil)
        while uplink.due < .seconds(8000) { try send() }
        #expect((2...3).contains(refused))
        newest = 2
        while uplink.due < .seconds(16_000) { try send() }
        #expect(seen == report && (2...3).contains(refused))
        // One that knows no version at all is an error like any other.
        newest = 0
        uplink.set(MachineReport(), now: uplink.due)
        try send()
        _ = uplink.message(wall: uplink.due)
        let isToldOnceMore = uplink.refuseVersion(now: uplink.due)
        #expect(!isToldOnceMore && uplink.isReceiverAway)
    }

    @Test func aReceiverThatKnowsMoreGetsANewStream() {
        var world = World(seed: 3)
        world.happen()
        _ = world.uplink.message(wall: world.now)
        let ahead = AgentAcknowledgement(
            stream: 99, sequence: 500, wantsWhole: false, intervalSeconds: 30)
        #expect(world.uplink.acknowledge(ahead, now: world.now) == .restarted)
        let next = world.uplink.message(wall: world.now)
        #expect(next.stream != 99 && next.firstSequence == 1 && next.records.count == 1)
        world.uplink.fail(now: world.now)
        _ = world.uplink.message(wall: world.now)
        let foreign = AgentAcknowledgement(
            stream: 5, sequence: .max, wantsWhole: false, intervalSeconds: 30)
        #expect(world.uplink.acknowledge(foreign, now: world.now) == .failed)
        #expect(world.uplink.waiting.count == 1)
    }

    @Test func aFaultIsToldAtOnceAndHeartbeatsAreSpread() {
        var dues: Set<Int64> = []
        for seed in UInt64(0)..<50 {
            var world = World(seed: seed)
            world.uplink.set(world.report, now: world.now)
            world.now = max(world.now, world.uplink.due)
            let message = world.uplink.message(wall: world.now)
            #expect(message.isWhole && message.report != nil)
            let answer = world.roster.receive(message, at: world.now)!.acknowledgement
            _ = world.uplink.acknowledge(answer, now: world.now)
            let wait = (world.uplink.due - world.now).nanoseconds
            dues.insert(wait)
            #expect((28_500_000_000..<31_500_000_000).contains(wait))
            world.happen()
            #expect(world.uplink.due == world.now + TimeSpan(nanoseconds: 500_000_000))
        }
        #expect(dues.count > 40)
    }

    @Test func whileNobodyListensFaultsDoNotHurryIt() {
        var world = World(seed: 4)
        for _ in 0..<10 {
            world.now = max(world.now, world.uplink.due)
            _ = world.uplink.message(wall: world.now)
            world.uplink.fail(now: world.now)
        }
        let due = world.uplink.due
        world.happen()
        #expect(world.uplink.due == due)
        #expect(due - world.now > .seconds(50))
        // A receiver that asks for time gets it.
        _ = world.uplink.message(wall: world.now)
        world.uplink.fail(now: world.now, after: .seconds(300))
        #expect(world.uplink.due - world.now == .seconds(300))
    }
}

@Suite struct BackoffTests {
    @Test func waitsDoubleUpToABound() {
        var backoff = Backoff(seed: 7)
        for step in [1, 2, 4, 8, 16, 32, 64, 120, 120, 120] {
            let wait = backoff.next()
            #expect(wait < .seconds(Int64(step)))
            #expect(wait.nanoseconds >= Int64(step) * 500_000_000)
        }
        backoff.reset()
        #expect(backoff.next() < .seconds(1))
    }
}

@Suite struct SampleBookTests {
    private let key = SampleKey(.device(0), .field(150))
    private let other = SampleKey(.named("mlx5_0/1"), .counter("link_downed"))

    @Test func onlyChangesAreTold() {
        var book = SampleBook()
        book.set(.devices, [AgentSample(key, 40)])
        book.set(.machine, [AgentSample(other, 0)])
        #expect(book.send(limit: 9) == [AgentSample(key, 40), AgentSample(other, 0)])
        book.acknowledge()
        #expect(book.send(limit: 9) == [])
        book.set(.machine, [AgentSample(other, 1)])
        #expect(book.send(limit: 9) == [AgentSample(other, 1)])
        book.acknowledge()
        book.set(.devices, [])
        #expect(book.send(limit: 9) == [AgentSample(key, nil)])
    }

    /// The receiver may have the middle value of 1, 2, 1.
    @Test func whatMayHaveArrivedIsToldAgain() {
        var book = SampleBook()
        book.set(.devices, [AgentSample(key, 1)])
        _ = book.send(limit: 9)
        book.acknowledge()
        book.set(.devices, [AgentSample(key, 2)])
        _ = book.send(limit: 9)
        book.fail()
        book.set(.devices, [AgentSample(key, 1)])
        #expect(book.send(limit: 9) == [AgentSample(key, 1)])
        book.acknowledge()
        #expect(book.send(limit: 9) == [])
    }

    @Test func ofTwoReadersTheFirstCounts() {
        var book = SampleBook()
        book.set(.exporter, [AgentSample(key, 41)])
        book.set(.devices, [AgentSample(key, 40)])
        #expect(book.value(of: key) == 40)
        book.set(.devices, [])
        #expect(book.value(of: key) == 41)
    }

    @Test func whatDoesNotFitFollows() {
        var book = SampleBook()
        book.set(.devices, (0..<5).map { AgentSample(SampleKey(.device($0), .field(1)), 1) })
        #expect(book.send(limit: 3).count == 3)
        book.acknowledge()
        #expect(book.send(limit: 3).count == 2)
    }

    /// Until it is known what the machine is made of, records go out and no report does.
    @Test func nothingIsWholeBeforeTheReportIsKnown() {
        var uplink = World.uplink(RecordQueue(stream: 9), run: 1, seed: 1, now: .zero)
        var roster = AgentRoster()
        func send(at now: Instant) -> AgentMessage {
            _ = uplink.append(AgentRecord(at: now, .logOverrun), now: now)
            let message = uplink.message(wall: now)
            guard let reception = roster.receive(message, at: now) else { return message }
            roster.commit(reception)
            #expect(uplink.acknowledge(reception.acknowledgement, now: now) == .taken)
            return message
        }
        let first = send(at: .seconds(2))
        #expect(first.report == nil && !first.isWhole && first.records.count == 1)
        // It waits for the next heartbeat, and does not ask again and again.
        #expect(uplink.due > .seconds(20))
        uplink.set(MachineReport(), now: .seconds(4))
        #expect(uplink.due == Instant(nanoseconds: 4_500_000_000))
        let second = send(at: .seconds(5))
        #expect(second.report == MachineReport() && second.isWhole)
    }
}
