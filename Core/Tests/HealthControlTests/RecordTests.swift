import FleetModel
import Fuzzing
import Health
import HealthSignals
import Journal
import Stacks
import Testing

@testable import HealthControl
@testable import HealthFuzzing

/// Goal: what the health desk was told, and what it knows, survives as bytes; bytes that are
/// anything else are refused.
@Suite struct RecordTests {
    /// The inputs of random worlds, each through bytes of its own and in a batch.
    @Test(arguments: UInt64(0)..<8)
    func inputsOfRandomWorldsComeBack(seed: UInt64) throws {
        var world = HealthCase(seed: seed, length: 250)
        world.run()
        #expect(world.failure == nil)
        let records = world.steps.map { DeskRecord(at: $0.at, input: .engine($0.input)) }
        let batch = DeskBatch(records: records, digest: seed)
        let bytes = try batch.bytes()
        let back = try DeskBatch(bytes)
        #expect(back == batch)
        #expect(try back.bytes() == bytes)
    }

    /// A desk that is cut at random and restored from its bytes goes on as the other.
    @Test(arguments: UInt64(100)..<116)
    func snapshotsOfRandomWorldsGoOn(seed: UInt64) throws {
        var world = HealthCase(seed: seed, length: 250)
        world.run()
        var random = SplitMix(seed: seed)
        var one = HealthDesk()
        var other = one
        for (index, step) in world.steps.enumerated() {
            let log = random.below(6) == 0 ? DeskSamples.log(&random) : nil
            for input in [.engine(step.input), log].compactMap({ $0 }) {
                var (first, second): ([HealthDirective], [HealthDirective]) = ([], [])
                one.apply(input, at: step.at, into: &first)
                other.apply(input, at: step.at, into: &second)
                #expect(DeskSamples.deeds(first) == DeskSamples.deeds(second))
            }
            guard index % 20 == 7 else { continue }
            let bytes = try other.snapshotBytes()
            other = try HealthDesk(snapshot: bytes, names: other.names)
            #expect(try other.snapshotBytes() == bytes)
            #expect(RecordTests.state(other) == RecordTests.state(one))
            #expect(other.stateHash() == one.stateHash())
        }
    }

    /// What a desk's engine knows, but for when it asked to be woken: a restored one has no look
    /// queued that has become needless, and so may ask for a later time.
    private static func state(_ desk: HealthDesk) -> HealthSnapshot {
        var snapshot = desk.engine.snapshot
        snapshot.askedWake = nil
        return snapshot
    }

    /// What desks kept before there were stacks is read, and newer ones by nobody older.
    @Test func aSnapshotWithoutStacksIsRead() throws {
        var desk = DeskSamples.desk()
        let bytes = try SealedRecord.seal(DeskState(desk), magic: "MUSTERHS", version: 1)
        let back = try HealthDesk(snapshot: bytes, names: desk.names)
        #expect(back.stateHash() == desk.stateHash())
        var output: [HealthDirective] = []
        desk.apply(.stack(.placed(NodeID(0), pool: "p")), at: DeskSamples.start, into: &output)
        let newer = try desk.snapshotBytes()
        #expect(newer[8] == 6)
        #expect(try HealthDesk(snapshot: newer, names: desk.names).stateHash() == desk.stateHash())
        #expect(throws: SealedRecordError.self) {
            _ = try HealthDesk(
                snapshot: try SealedRecord.seal(
                    DeskState(desk), magic: "MUSTERHS", version: 7), names: desk.names)
        }
        // Before there were statements of other tools.
        let second = try SealedRecord.seal(DeskState(desk), magic: "MUSTERHS", version: 2)
        let read = try HealthDesk(snapshot: second, names: desk.names)
        #expect(read.stateHash() == desk.stateHash())
        // Before there were tests between nodes.
        let third = try SealedRecord.seal(DeskState(desk), magic: "MUSTERHS", version: 3)
        let back3 = try HealthDesk(snapshot: third, names: desk.names)
        #expect(back3.stateHash() == desk.stateHash())
    }

    /// Where devices sit comes back, and what was written before that was known is read.
    @Test func seatsComeBack() throws {
        var desk = HealthDesk()
        var output: [HealthDirective] = []
        var facts = HardwareFacts(chassis: "box", devices: [.init(index: 0, uuid: "GPU-0")])
        var place = HardwareFacts.Place()
        place.guid = "0xd3b7e8d1ba5ee500"
        place.chassis = "1821624410056"
        place.seat = DeviceSeat(slot: 12, tray: 8, host: 1, module: 2, peer: 1)
        place.cluster = "01020304-0506-0708-090a-0b0c0d0e0f10"
        place.clique = 32766
        facts.devices[0].place = place
        facts.nics = ["b83f:d203:0012:3456"]
        facts.interfaces = [
            .init(guid: "b83f:d203:0012:3456", name: "mlx5_0", slot: "0000:9a:00.0")
        ]
        let arrival = Arrival(report: desk.names.report(facts))
        #expect(desk.names.facts(arrival.report).devices.first?.place?.seat == place.seat)
        #expect(
            desk.names.facts(arrival.report).devices.first?.place?.cluster
                == place.cluster.uppercased())
        desk.apply(.engine(.arrived(NodeID(0), arrival)), at: .seconds(9), into: &output)
        let part = try #require(desk.engine.ledger.parts.first)
        #expect(desk.engine[NodeID(0)]?.report.interfaces.count == 1)
        #expect(desk.names.facts(arrival.report).interfaces.first?.guid == "B83F:D203:0012:3456")
        #expect(part.seat?.tray == 8 && part.fabric?.clique == 32766 && part.guid != nil)
        let back = try HealthDesk(snapshot: desk.snapshotBytes(), names: desk.names)
        #expect(back.engine.snapshot == desk.engine.snapshot)
        #expect(back.stateHash() == desk.stateHash())
        let batch = DeskBatch(
            records: [DeskRecord(at: .zero, input: .engine(.arrived(NodeID(0), arrival)))],
            digest: 0)
        #expect(try DeskBatch(batch.bytes()) == batch)
        let old = try SealedRecord.seal(DeskState(desk), magic: "MUSTERHS", version: 5)
        let older = try HealthDesk(snapshot: old, names: desk.names)
        var bare = part
        (bare.seat, bare.fabric, bare.guid) = (nil, nil, nil)
        bare.history.places[0].seat = nil
        #expect(older.engine.ledger.parts == [bare])
    }

    /// A node in a test between two, and its partner.
    @Test func testsBetweenNodesComeBack() throws {
        var desk = HealthDesk()
        var output: [HealthDirective] = []
        func tell(_ input: HealthInput) {
            desk.apply(.engine(input), at: .seconds(1_764_000_000), into: &output)
        }
        var policy = HealthPolicy()
        policy.arrival.new = .admit
        tell(.setPolicy(policy))
        tell(.arrived(NodeID(0), Arrival(report: HardwareReport(), pool: PoolID(2))))
        policy.arrival.new = .qualify
        policy.network = .standard
        tell(.setPolicy(policy))
        tell(.arrived(NodeID(1), Arrival(report: HardwareReport(), pool: PoolID(2))))
        let test = try #require(desk.engine.operations.first)
        tell(
            .qualified(
                NodeID(1), test.id,
                QualificationOutcome(
                    verdict: .passed, level: .hour, isLoaded: true, components: .host, devices: 0)))
        #expect(desk.engine.operations.first?.partner == NodeID(0))
        #expect(desk.engine[NodeID(0)]?.lentTo == NodeID(1))
        let back = try HealthDesk(snapshot: desk.snapshotBytes(), names: desk.names)
        #expect(back.engine.snapshot == desk.engine.snapshot)
        #expect(back.engine[NodeID(1)]?.pool == PoolID(2))
        let batch = DeskBatch(
            records: [
                DeskRecord(
                    at: .zero,
                    input: .engine(
                        .arrived(NodeID(1), Arrival(report: HardwareReport(), pool: PoolID(2)))))
            ], digest: 0)
        #expect(try DeskBatch(batch.bytes()) == batch)
    }

    /// A node that could not reach two, whoever is to show that they can be reached, and a pool in
    /// which nobody reaches anybody; before the sixth version there was nothing of that.
    @Test func missesBetweenNodesComeBack() throws {
        let outcome = DeskBatch(
            records: [
                DeskRecord(
                    at: .zero,
                    input: .engine(.qualified(NodeID(1), OperationID(2), .unreached(.twoMinutes))))
            ], digest: 0)
        #expect(try DeskBatch(outcome.bytes()) == outcome)
        let old = try DeskBatch(SealedRecord.seal(outcome, magic: "MUSTERHB", version: 5))
        #expect(
            old.records.first?.input
                == .engine(.qualified(NodeID(1), OperationID(2), .noAnswer(.twoMinutes))))
        var misses = 0
        for seed in UInt64(0)..<12 {
            var world = HealthCase(seed: seed, length: 300)
            world.run()
            var desk = HealthDesk(policy: HealthSource.policy(seed: seed))
            for step in world.steps {
                var output: [HealthDirective] = []
                desk.apply(.engine(step.input), at: step.at, into: &output)
                let isMissed = output.contains {
                    if case .tell(.unreached) = $0 { true } else { false }
                }
                guard isMissed else { continue }
                misses += 1
                let back = try HealthDesk(snapshot: desk.snapshotBytes(), names: desk.names)
                #expect(back.engine.snapshot == desk.engine.snapshot)
            }
        }
        #expect(misses > 0)
        var state = DeskState(HealthDesk())
        var reach = PoolReach(pool: PoolID(3))
        (reach.failed, reach.isMute) = ([NodeID(4), NodeID(2)], true)
        reach.mutedUntil = .seconds(86_400)
        state.engine.reaches = [PoolReach(pool: nil), reach]
        state.engine.reaches[0].failed = [NodeID(0)]
        func read(version: UInt32) throws -> [PoolReach] {
            let bytes = try SealedRecord.seal(state, magic: "MUSTERHS", version: version)
            return try HealthDesk(snapshot: bytes, names: HealthNames()).engine.reaches
        }
        #expect(try read(version: 6) == state.engine.reaches)
        #expect(try read(version: 5).isEmpty)
    }

    @Test func everyPartOfAPolicyComesBack() throws {
        var policy = HealthPolicy()
        policy.arrival = ArrivalPolicy()
        policy.arrival.new = .refuse
        policy.arrival.knownGood = .qualify
        policy.arrival.knownBad = .refuse
        policy.arrival.knownBadRenamed = .qualify
        policy.arrival.contradictory = .admit
        policy.arrival.level = .hour
        policy.arrival.proofLifetime = .seconds(11)
        policy.breakers.window = .seconds(12)
        policy.breakers.reset = .after(.seconds(13))
        policy.breakers.attemptReset = .after(.seconds(14))
        policy.breakers.attemptWindow = .seconds(15)
        policy.breakers.domainMilli = 16
        policy.breakers.domainLevel = 1
        policy.repair.levels[1] = .hour
        policy.repair.repeatWindow = .seconds(17)
        policy.repair.testTimeouts[0] = .seconds(18)
        policy.repair.fruitlessTests = 19
        policy.repair.testPause = .seconds(20)
        policy.repair.afterFailedTest = .replace
        policy.repair.drainGrace = .seconds(21)
        policy.repair.drainPatience = nil
        policy.suspicion.findingLifetime = .seconds(22)
        policy.suspicion.lifetime = .seconds(23)
        policy.suspicion.silence = .seconds(24)
        policy.suspicion.longSilence = .seconds(25)
        policy.suspicion.idleLevel = .hour
        policy.suspicion.idleTestInterval = .seconds(26)
        policy.suspicion.peerDeviationMilli = 2700
        policy.suspicion.peerShareMilli = 28
        policy.suspicion.leastPeers = 29
        policy.suspicion.lemon.days = 30
        policy.suspicion.lemon.threshold = 31
        policy.suspicion.lemon.signals[2] = LemonWeight(weight: 32, cap: 33)
        policy.suspicion.lemon.leastSoloJobs = 34
        policy.decisionsKept = 35
        policy.suspicion.idleTestPeriod = .seconds(3636)
        policy.network = .standard
        policy.network.idle = false
        policy.network.heldMilli = 37
        policy.network.patience = .seconds(38)
        func batch() -> DeskBatch {
            DeskBatch(
                records: [DeskRecord(at: .zero, input: .engine(.setPolicy(policy)))], digest: 0)
        }
        #expect(try DeskBatch(batch().bytes()) == batch())
        // Before the fourth version nobody was paired.
        let second = try SealedRecord.seal(batch(), magic: "MUSTERHB", version: 2)
        policy.network = NetworkPolicy()
        #expect(try DeskBatch(second) == batch())
        // The first version had no tests of idle nodes without a suspicion.
        let old = try SealedRecord.seal(batch(), magic: "MUSTERHB", version: 1)
        policy.suspicion.idleTestPeriod = nil
        #expect(try DeskBatch(old) == batch())
    }

    @Test func linesOfLogsComeBack() throws {
        let long = String(repeating: "é", count: 5000)
        let batch = DeskBatch(
            records: [
                DeskRecord(
                    at: .seconds(1), input: .kernelLog(NodeID(3), [LogLine("a"), LogLine("")])),
                DeskRecord(at: .seconds(2), input: .frameworkLog(NodeID(4), [LogLine(long)])),
                DeskRecord(
                    at: .seconds(3),
                    input: .pastLog(NodeID(5), [PastLine(at: .seconds(1), LogLine("b"))])),
            ], digest: .max)
        #expect(try DeskBatch(batch.bytes()) == batch)
        #expect(LogLine(long).text.utf8.count <= LogLine.most)
    }
}
