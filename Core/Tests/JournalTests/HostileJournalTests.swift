import FleetModel
import Journal
import Testing

/// Journals that somebody made by hand, with checksums that are right.
@Suite struct HostileJournalTests {
    /// What follows the tag of an input: no time since the last, digest zero.
    private static let noTime = [UInt8](repeating: 0, count: 9)
    private static let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]

    private func refusal(_ payload: [UInt8]) throws -> JournalError? {
        JournalReading(try ForgedJournal().appending(payload)).error
    }

    private func input(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] { [tag] + Self.noTime + body }

    @Test func forgeryIsOtherwiseSound() throws {
        let cancel = try ForgedJournal().appending(input(8, [5]))
        let reading = JournalReading(cancel)
        #expect(reading.error?.code == .journalTruncated)
        #expect(
            reading.records == [
                .input(JournalInput(at: .zero, input: .cancel(JobID(5)), decisionDigest: 0))
            ])
    }

    /// Counts of 2^64 - 1, of one above the limit and of more than the record holds.
    @Test(arguments: [1, 2, 6, 16] as [UInt8])
    func countsAreBounded(tag: UInt8) throws {
        for count in [Self.huge, [0xA1, 0x8D, 0x06], [0x90, 0x4E], [2]] {
            let error = try #require(try refusal(input(tag, count + [0])))
            #expect(error.code == .journalRecord)
            #expect(error.recordNumber == 1)
        }
    }

    @Test(arguments: [0, 30, 63, 66, 255] as [UInt8])
    func unknownKindsOfRecordAreRefused(tag: UInt8) throws {
        let error = try #require(try refusal(input(tag, [0])))
        #expect(error.code == .journalRecord)
        #expect(error.message.contains("\(tag) is not a kind"))
    }

    @Test func emptyPayloadsAreRefused() throws {
        #expect(try refusal([])?.code == .journalRecord)
    }

    @Test(
        arguments: [
            [8, 0x80, 0x00],  // Zero in two bytes.
            [8, 0xFF, 0xFF, 0xFF, 0xFF, 0x08],  // 2^31.
            [8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2],  // 65 bits.
            [8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 1],  // 71 bits.
            [8, 0x80],  // Cut off.
            [8],  // Without a body.
            [8, 1, 0],  // With a byte too many.
            [14, 1, 2, 6],  // A seventh cause.
            [18, 1, 2, 6, 0],  // The same.
            [11, 1, 0x80, 0x80, 0x80, 0x80, 0x10],  // Attempt 2^31.
            [1, 1, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0],  // Pool 64.
            [1, 1, 0, 0, 1, 64, 0, 0, 0, 0, 0, 0, 0],  // Kind 64.
            [1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],  // A flag of 2.
            [1, 1, 0, 0, 0, 65, 0, 0, 0, 0, 0, 0],  // 65 devices.
            [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17],  // 17 domains.
            [6, 1, 0, 0, 65],  // 65 quotas.
            [6, 1, 0, 0, 1, 64, 0, 0, 0, 0, 0],  // A quota of kind 64.
            [7, 0, 0, 0x80, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x08],  // Family 2^31.
            [6, 1, 0, 0, 0, 65],  // 65 cell quotas.
            [6, 1, 0, 0, 0, 1, 64, 0, 0],  // A cell of kind 64.
            [7, 0, 0, 0, 0, 0, 5],  // An unknown preference.
            [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17],  // 17 roles.
            [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xE9, 7],  // 1001 dependencies.
        ] as [[UInt8]])
    func valuesOutsideTheFormatAreRefused(tagAndBody: [UInt8]) throws {
        // Padding, so that a count fails for its own sake and not for want of bytes.
        let isList = tagAndBody.last == 17 || tagAndBody.suffix(2) == [0xE9, 7]
        let padding = [UInt8](repeating: 0, count: isList ? 2_000 : 0)
        let error = try #require(
            try refusal(input(tagAndBody[0], tagAndBody.dropFirst() + padding)))
        #expect(error.code == .journalRecord)
        #expect(error.recordNumber == 1)
    }

    @Test func endMustCountTheRecords() throws {
        let hash = [UInt8](repeating: 0, count: 8)
        for (count, isRight) in [([1], true), ([0], false), ([2], false), (Self.huge, false)]
            as [([UInt8], Bool)]
        {
            var journal = try ForgedJournal()
            journal.append([64] + hash)
            let error = JournalReading(journal.appending([65] + hash + count)).error
            #expect(error?.code == (isRight ? nil : .journalRecord))
        }
    }

    @Test func recordsLongerThanTheFileAreOnlyWaitedFor() throws {
        let claim = littleEndian(lengthWord(JournalLimits.payloadBytes)) + [0, 0, 0, 0]
        let reading = JournalReading(try ForgedJournal().bytes + claim)
        #expect(reading.error?.code == .journalTruncated)
    }

    @Test func headersAreChecked() throws {
        let policy: [UInt8] = [3, 0] + [UInt8](repeating: 0, count: 35)
        let host: [UInt8] = [4] + Array("host".utf8) + [0]
        let valid = [1] + host + policy
        #expect(JournalReading(ForgedJournal(header: valid).bytes).error?.recordNumber == 1)
        let bad: [[UInt8]] = [
            [], [0] + policy, [1, 4] + Array("rack".utf8) + [0] + policy,
            [17] + (0..<17).flatMap { _ in host } + policy, valid + [0], valid.dropLast(),
            [1] + host + [5] + policy.dropFirst(), [1] + host + [0, 5] + policy.dropFirst(2),
            [1, 4, 0xFF, 0xFE, 0xFF, 0xFE, 0] + policy, [1, 4, 104, 0xC0, 0xAF, 116, 0] + policy,
            [1] + Self.huge + policy, Self.huge,
            [1, 0x81, 8] + [UInt8](repeating: 97, count: 1_025) + [0] + policy,
        ]
        for header in bad {
            let reading = JournalReading(ForgedJournal(header: header).bytes)
            #expect(reading.error?.code == .journalHeader, "\(header.prefix(20))")
            #expect(reading.error?.recordNumber == 0)
            #expect(reading.header == nil)
        }
        let long = [UInt8](repeating: 0, count: JournalLimits.headerBytes + 1)
        #expect(JournalReading(ForgedJournal(header: long).bytes).error?.code == .journalHeader)
    }

    @Test(arguments: [0, 1, 2, 4, .max] as [UInt32])
    func otherVersionsAreNamed(version: UInt32) {
        let bytes = ForgedJournal(header: [], version: version).bytes
        let error = JournalReading(bytes).error
        #expect(error?.code == .journalHeader)
        #expect(error?.message == "a journal of version \(version)")
    }

    /// Payloads that were changed and given a right checksum must be refused or be what the writer
    /// would have written for what they decode to.
    @Test func whatDecodesIsTheOnlyEncoding() throws {
        var random = SplitMix(seed: 31)
        var decoded = 0
        for round in 0..<3_000 {
            var inputs = RandomInputs(seed: UInt64(round))
            var writer = try JournalWriter(header: JournalSample.small.header)
            let head = writer.takeBytes()
            try writer.append(
                inputs.input(kind: round % RandomInputs.kinds), at: .seconds(1), decisionDigest: 7)
            var payload = Array(writer.takeBytes().dropFirst(8))
            for _ in 0...random.below(2) {
                let place = random.below(payload.count)
                switch random.below(4) {
                case 0: payload[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: payload[place] ^= 1 << UInt8(random.below(8))
                case 2: payload.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                default: if payload.count > 1 { payload.remove(at: place) }
                }
            }
            let bytes = try ForgedJournal().appending(payload)
            let reading = JournalReading(bytes)
            guard let record = reading.records.first else {
                #expect(reading.error?.code == .journalRecord)
                continue
            }
            if case .end = record { continue }
            decoded += 1
            var again = try JournalWriter(header: JournalSample.small.header)
            try again.append(record)
            #expect(again.takeBytes() == bytes)
            #expect(bytes.starts(with: head))
        }
        // Fewer would mean that the changes are too coarse to test anything.
        #expect(decoded > 500)
    }

    @Test func randomPayloadsNeverTrap() throws {
        var random = SplitMix(seed: 41)
        let journal = try ForgedJournal()
        for _ in 0..<4_000 {
            let mask: UInt64 = random.below(2) == 0 ? 0xFF : 0x07
            let body = (0..<random.below(60)).map { _ in
                UInt8(truncatingIfNeeded: random.next() & mask)
            }
            let payload = input(UInt8(1 + random.below(RandomInputs.kinds)), body)
            #expect(JournalReading(journal.appending(payload)).error != nil)
        }
    }
}
