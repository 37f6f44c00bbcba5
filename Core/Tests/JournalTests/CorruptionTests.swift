import FleetModel
import Journal
import Testing

@Suite struct CorruptionTests {
    @Test func everyFlippedBitIsFoundWhereItIs() throws {
        let sample = JournalSample.small
        var bytes = try sample.encoded()
        let offsets = recordOffsets(bytes)
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            defer { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
            let reading = JournalReading(bytes)
            guard let error = reading.error else {
                Issue.record("bit \(bit) changed unnoticed")
                continue
            }
            // Records before the damage are good, the damaged one is named: never a later one, and
            // never an end of file that is not there.
            let whole = offsets.prefix { $0 <= bit / 8 }.count - 1
            #expect(error.recordNumber == whole + 1)
            #expect(error.code == (bit < 64 ? .journalHeader : .journalChecksum))
            #expect(reading.records == Array(sample.records.prefix(max(0, whole))))
            #expect(!error.isRecoverable)
        }
    }

    @Test func everyFlippedBitIsFoundInChunks() throws {
        var bytes = try JournalSample.small.encoded()
        for bit in stride(from: 0, to: bytes.count * 8, by: 3) {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(JournalReading(bytes, chunk: 13).error != nil)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test func damagedBytesAreFoundInJournalsOfEveryKind() throws {
        var random = SplitMix(seed: 21)
        for seed in 0..<12 as Range<UInt64> {
            let bytes = try JournalSample(seed: seed).encoded()
            for _ in 0..<40 {
                var damaged = bytes
                for _ in 0...random.below(3) {
                    damaged[random.below(bytes.count)] ^= UInt8(1 + random.below(255))
                }
                if damaged != bytes { #expect(JournalReading(damaged).error != nil) }
            }
        }
    }

    @Test func truncationAnywhereSaysHowManyRecordsAreWhole() throws {
        let sample = JournalSample.small
        let bytes = try sample.encoded()
        let offsets = recordOffsets(bytes)
        for length in 0..<bytes.count {
            let reading = JournalReading(Array(bytes[..<length]))
            let error = try #require(reading.error)
            let whole = offsets.prefix { $0 <= length }.count - 1
            #expect(error.code == .journalTruncated)
            #expect(error.recordNumber == whole + 1)
            #expect(error.wholeRecords == max(0, whole))
            #expect(error.isRecoverable == (whole >= 0))
            #expect(error.byteOffset == (whole < 0 ? 0 : offsets[whole]))
            #expect(reading.records == Array(sample.records.prefix(max(0, whole))))
        }
    }

    @Test func lostDoubledAndSwappedRecordsAreFound() throws {
        let bytes = try JournalSample.small.encoded()
        let offsets = recordOffsets(bytes)
        let head = Array(bytes[..<offsets[0]])
        let records = zip(offsets, offsets.dropFirst()).map { Array(bytes[$0..<$1]) }
        for index in records.indices.dropLast() {
            var lost = records
            lost.remove(at: index)
            var doubled = records
            doubled.insert(records[index], at: index)
            var swapped = records
            swapped.swapAt(index, index + 1)
            for (change, number) in [(lost, 1), (doubled, 2), (swapped, 1)] {
                let error = try #require(JournalReading(head + change.joined()).error)
                #expect(error.code == .journalChecksum)
                #expect(error.recordNumber == index + number)
            }
        }
    }

    @Test func recordsUnderAnotherHeaderAreFound() throws {
        var other = JournalSample.small
        other.header.policy.seed = 99
        let bytes = try JournalSample.small.encoded()
        let foreign = try other.encoded()
        let start = recordOffsets(bytes)[0]
        let mixed = foreign[..<recordOffsets(foreign)[0]] + bytes[start...]
        #expect(JournalReading(Array(mixed)).error?.code == .journalChecksum)
    }

    @Test(arguments: [1, 7, 8, 9, 100])
    func nothingMayFollowTheEnd(count: Int) throws {
        let sample = JournalSample.small
        let bytes = try sample.encoded()
        for filler in [0, 0xFF, 0x41] as [UInt8] {
            let reading = JournalReading(bytes + [UInt8](repeating: filler, count: count))
            #expect(reading.error?.code == .journalRecord)
            #expect(reading.error?.byteOffset == bytes.count)
            #expect(reading.records == sample.records)
        }
        let reading = JournalReading(bytes + bytes)
        #expect(reading.error?.code == .journalRecord)
    }

    /// File systems leave zeros behind a file that was being extended when the power went.
    @Test func zerosAreNoRecords() throws {
        let bytes = try JournalSample.small.encoded()
        let offsets = recordOffsets(bytes)
        let zeros = [UInt8](repeating: 0, count: 64)
        let reading = JournalReading(Array(bytes[..<offsets[2]]) + zeros)
        #expect(reading.error?.code == .journalChecksum)
        #expect(reading.error?.recordNumber == 3)
        #expect(JournalReading(zeros).error?.code == .journalHeader)
    }

    @Test func errorsAreRepeated() throws {
        var bytes = try JournalSample.small.encoded()
        bytes[bytes.count - 1] ^= 1
        var reader = JournalReader()
        reader.feed(bytes)
        var first: JournalError?
        do throws(JournalError) {
            try reader.finish()
        } catch {
            first = error
        }
        reader.feed(bytes)
        #expect(throws: try #require(first)) { try reader.next() }
        #expect(throws: try #require(first)) { try reader.readHeader() }
        #expect(throws: try #require(first)) { try reader.finish() }
    }
}
