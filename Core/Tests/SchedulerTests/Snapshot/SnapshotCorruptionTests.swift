import FleetModel
import Testing

@testable import Scheduler

/// Goal: bytes that are not a whole, unchanged snapshot are refused, and nothing traps or asks for
/// memory that the bytes do not back. Method: every truncation and every flipped bit of a small
/// snapshot, and the same with the checksums made right again.
@Suite struct SnapshotCorruptionTests {
    private static let small: [UInt8] = {
        SnapshotSample.engine(seed: 3, order: .muster, steps: 40).snapshotBytes()
    }()

    private static func error(_ bytes: [UInt8]) -> SnapshotError? {
        do throws(SnapshotError) {
            _ = try Engine(snapshot: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func everyTruncationIsNamed() {
        for length in 0..<Self.small.count {
            let error = Self.error(Array(Self.small[..<length]))
            #expect(error?.kind == .truncated && error?.byteOffset == length)
        }
    }

    @Test func everyFlippedBitIsFound() {
        var bytes = Self.small
        let head = SnapshotFrame.headBytes * 8
        // The usual run takes one in seven of the rest, which are of all eight sorts.
        let rest = stride(from: head, to: bytes.count * 8, by: Effort.factor > 1 ? 1 : 7)
        for bit in Array(0..<head) + Array(rest) {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            defer { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
            guard let error = Self.error(bytes) else {
                Issue.record("bit \(bit) changed unnoticed")
                return
            }
            guard error.kind == (bit < 64 ? .notASnapshot : .checksum) else {
                Issue.record("bit \(bit): \(error)")
                return
            }
        }
    }

    @Test func damageOfEveryKindIsFound() {
        var random = SplitMix(seed: 5)
        for _ in 0..<400 {
            var bytes = Self.small
            for _ in 0...random.below(4) {
                bytes[random.below(bytes.count)] = UInt8(random.below(256))
            }
            if bytes != Self.small { #expect(Self.error(bytes) != nil) }
        }
        #expect(Self.error([])?.kind == .truncated)
        #expect(Self.error(Array("MUSTERJ1".utf8))?.kind == .notASnapshot)
        #expect(Self.error(Self.small + [0])?.kind == .content)
        #expect(Self.error([UInt8](repeating: 0, count: 100))?.kind == .notASnapshot)
    }

    @Test func anotherVersionIsNamed() {
        var bytes = Self.small
        bytes[8] = 99
        let check = Crc32c.checksum(Array(bytes[..<24]))
        for place in 0..<4 { bytes[24 + place] = UInt8(check >> (8 * place) & 0xFF) }
        #expect(Self.error(bytes)?.kind == .version)
    }

    /// Checksums find accidents only: behind them nothing may trap either.
    @Test func forgedStateNeverTraps() {
        let state = Array(Self.small[SnapshotFrame.headBytes...])
        var random = SplitMix(seed: 9)
        var refused = 0
        for _ in 0..<1_500 {
            var forged = state
            for _ in 0...random.below(3) {
                let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(random.below(256))]
                forged[random.below(forged.count)] = extremes[random.below(extremes.count)]
            }
            if Self.error(SnapshotFrame.seal(forged)) != nil { refused += 1 }
        }
        #expect(refused > 200)
        for length in stride(from: 0, to: state.count, by: 17) {
            #expect(Self.error(SnapshotFrame.seal(Array(state[..<length])))?.kind == .content)
        }
    }

    @Test func aCountThatTheBytesDoNotHoldReservesNothing() {
        // A million jobs in as many bytes: each takes more than one, so memory is not reserved
        // for all of them.
        let coder = SnapshotCoder(
            reading: [UInt8](repeating: 0, count: 1 << 20), in: 0..<(1 << 20))
        let jobs = coder.reserve(1 << 20, of: JobRecord.self)
        #expect(jobs * MemoryLayout<JobRecord>.stride <= 8 << 20)
        var lying = SnapshotCoder(reading: [0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0], in: 0..<6)
        var list: [Int32] = []
        lying.field(&list)
        #expect(list.isEmpty && lying.fault != nil)
    }

    @Test func aPolicyOutsideItsLimitsIsRefused() {
        var coder = SnapshotCoder(.writing)
        var (topology, policy) = (Topology(levels: []), Policy(shapeIndexes: 0))
        coder.field(&topology)
        coder.field(&policy)
        #expect(Self.error(SnapshotFrame.seal(coder.bytes))?.kind == .content)
    }
}
