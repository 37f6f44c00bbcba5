import FleetModel
import Journal
import Testing

@Suite struct ChunkingTests {
    @Test(arguments: 1...17)
    func chunksOfAnySizeGiveTheSameRecords(chunk: Int) throws {
        let sample = JournalSample(seed: 3)
        let reading = JournalReading(try sample.encoded(), chunk: chunk)
        #expect(reading.error == nil)
        #expect(reading.header == sample.header)
        #expect(reading.records == sample.records)
    }

    @Test func bytesFedBeforeAnyRecordIsTakenAreKept() throws {
        let sample = JournalSample(seed: 4)
        let bytes = try sample.encoded()
        var reader = JournalReader()
        for byte in bytes { reader.feed([byte]) }
        #expect(try reader.readHeader() == sample.header)
        var records: [JournalRecord] = []
        while let record = try reader.next() { records.append(record) }
        try reader.finish()
        #expect(records == sample.records)
        #expect(reader.byteOffset == bytes.count)
        #expect(reader.recordCount == sample.records.count - 1)
    }

    @Test func rawBytesAreBytes() throws {
        let sample = JournalSample.small
        let bytes = try sample.encoded()
        var reader = JournalReader()
        bytes.withUnsafeBytes { reader.feed($0) }
        var records: [JournalRecord] = []
        while let record = try reader.next() { records.append(record) }
        #expect(records == sample.records)
    }

    @Test(arguments: [1, 5, 16, 100, 1_000])
    func offsetsPointAtRecords(chunk: Int) throws {
        let bytes = try JournalSample.small.encoded()
        var reader = JournalReader()
        var offsets: [Int] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            reader.feed(Array(bytes[start..<min(start + chunk, bytes.count)]))
            if offsets.isEmpty, try reader.readHeader() != nil {
                offsets.append(reader.byteOffset)
            }
            while try reader.next() != nil { offsets.append(reader.byteOffset) }
        }
        #expect(offsets == recordOffsets(bytes))
        #expect(offsets.last == bytes.count)
    }

    @Test func finishReadsWhatIsLeft() throws {
        var bytes = try JournalSample.small.encoded()
        var reader = JournalReader()
        reader.feed(bytes)
        try reader.finish()
        #expect(reader.recordCount == 5)

        bytes[bytes.count - 40] ^= 1
        var broken = JournalReader()
        broken.feed(bytes)
        #expect(throws: JournalError.self) { try broken.finish() }
    }
}
