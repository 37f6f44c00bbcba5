import FleetModel
import Health
import HealthFuzzing
import Testing

@testable import HealthControl
@testable import Journal

/// Goal: bytes that are damaged are refused, and bytes that are forged never trap.
@Suite struct HostileRecordTests {
    private static func sample() throws -> (batch: [UInt8], snapshot: [UInt8], desk: HealthDesk) {
        var world = HealthCase(seed: 3, length: 120)
        world.run()
        var desk = HealthDesk()
        var output: [HealthDirective] = []
        var random = SplitMix(seed: 9)
        var records: [DeskRecord] = []
        for step in world.steps {
            for input in [.engine(step.input), DeskSamples.log(&random)] as [DeskInput] {
                desk.apply(input, at: step.at, into: &output)
                records.append(DeskRecord(at: step.at, input: input))
            }
        }
        let batch = try DeskBatch(records: records, digest: desk.digest).bytes()
        return (batch, try desk.snapshotBytes(), desk)
    }

    @Test func everyChangeOfAByteIsFound() throws {
        let (batch, snapshot, desk) = try HostileRecordTests.sample()
        var random = SplitMix(seed: 11)
        for _ in 0..<400 {
            var bytes = batch
            bytes[random.below(bytes.count)] ^= UInt8(1 + random.below(255))
            #expect(throws: SealedRecordError.self) { try DeskBatch(bytes) }
        }
        for _ in 0..<40 {
            var bytes = snapshot
            bytes[random.below(bytes.count)] ^= UInt8(1 + random.below(255))
            #expect(throws: SealedRecordError.self) {
                try HealthDesk(snapshot: bytes, names: desk.names)
            }
        }
    }

    @Test func everyCutIsFound() throws {
        let (batch, snapshot, desk) = try HostileRecordTests.sample()
        for length in [0, 5, 8, 27, 28, 29, min(batch.count, snapshot.count) - 1] {
            #expect(throws: SealedRecordError.self) { try DeskBatch(Array(batch[..<length])) }
            #expect(throws: SealedRecordError.self) {
                try HealthDesk(snapshot: Array(snapshot[..<length]), names: desk.names)
            }
        }
        #expect(throws: SealedRecordError.self) { try DeskBatch(batch + [0]) }
        #expect(throws: SealedRecordError.self) { try DeskBatch(snapshot) }
    }

    /// Bytes with the right checks that nobody has written: read to the end or refused.
    @Test func forgedBytesNeverTrap() throws {
        let (batch, snapshot, _) = try HostileRecordTests.sample()
        var random = SplitMix(seed: 13)
        var (read, refused) = (0, 0)
        for round in 0..<600 {
            let isBatch = round % 2 == 0
            var bytes = Array((isBatch ? batch : snapshot).dropFirst(SealedRecord.headBytes))
            for _ in 0...random.below(3) {
                let place = random.below(min(bytes.count, isBatch ? bytes.count : 4000))
                switch random.below(3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                }
            }
            var coder = RecordCoder(reading: bytes, in: 0..<bytes.count)
            if isBatch {
                _ = coder.part(DeskBatch?.none)
            } else {
                _ = coder.part(DeskState?.none)
            }
            coder.finish()
            if coder.fault == nil { read += 1 } else { refused += 1 }
        }
        #expect(read > 0)
        #expect(refused > 100)
    }

    /// A count that the bytes do not hold reserves nothing.
    @Test func hugeCountsAreRefused() {
        var coder = RecordCoder()
        _ = coder.part(Int64.max)
        var reader = RecordCoder(reading: coder.bytes, in: 0..<coder.bytes.count)
        let list: [DeskRecord] = reader.part(nil)
        #expect(list.isEmpty)
        #expect(reader.fault != nil)
    }

    @Test func anotherVersionIsRefused() throws {
        let bytes = try SealedRecord.seal(
            DeskBatch(records: [], digest: 0), magic: "MUSTERHB", version: 7)
        #expect(throws: SealedRecordError.self) { try DeskBatch(bytes) }
    }
}
