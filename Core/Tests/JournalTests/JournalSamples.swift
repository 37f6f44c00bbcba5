import FleetModel
import Journal

/// A header, records and the journal that they make.
struct JournalSample {
    var header: JournalHeader
    var records: [JournalRecord]

    /// One input of every kind and a checkpoint after each fourth, all at random.
    init(seed: UInt64, inputs: Int = RandomInputs.kinds) {
        var random = RandomInputs(seed: seed)
        header = random.header()
        records = []
        for kind in 0..<inputs {
            let at = random.instant()
            let input = random.input(kind: kind % RandomInputs.kinds)
            let digest = random.word()
            records.append(.input(JournalInput(at: at, input: input, decisionDigest: digest)))
            if kind % 4 == 3 { records.append(.checkpoint(stateHash: random.word())) }
        }
        records.append(.end(stateHash: random.word(), recordCount: records.count))
    }

    init(header: JournalHeader, records: [JournalRecord]) {
        self.header = header
        self.records = records
    }

    /// A journal of a few hundred bytes.
    static var small: JournalSample {
        let job = JobSpec(
            id: JobID(0), tenant: TenantID(2), priority: -1,
            roles: [
                RoleSpec(
                    count: 4,
                    request: MemberRequest(devices: 8, host: HostResources(cpuMilli: 96_000)),
                    accelerators: AcceleratorKindSet([AcceleratorKindID(0)]))
            ], topology: TopologyConstraint(preference: .required(LevelIndex(1))),
            timeLimit: .seconds(3_600), dependencies: [Dependency(job: JobID(7))])
        let inputs: [(Int64, Input)] = [
            (0, .setTenants([TenantSpec(id: TenantID(0))])), (1, .submit(job)),
            (61, .confirmStart(JobID(0), Attempt(1))),
            (60, .fail(JobID(0), Attempt(1), .device)),
        ]
        var records = inputs.enumerated().map { number, entry in
            JournalRecord.input(
                JournalInput(
                    at: .seconds(entry.0), input: entry.1,
                    decisionDigest: SplitMix.mix(UInt64(number))))
        }
        records.append(.checkpoint(stateHash: 0x0123_4567_89AB_CDEF))
        records.append(.end(stateHash: 0xFEDC_BA98_7654_3210, recordCount: 5))
        return JournalSample(
            header: JournalHeader(
                topology: Topology(levels: [TopologyLevel(name: "rack", label: "x/rack")]),
                policy: Policy(shapeIndexes: 256, timeline: timeline)), records: records)
    }

    /// Written out, so that the bytes of ``small`` do not follow the defaults.
    private static let timeline = TimelinePolicy(
        learnsDurations: true, reservationsPerTenant: 2, reservations: 64, preempts: true,
        consolidates: true, youngSpan: .seconds(7_200), veteranSpan: .seconds(14_400),
        youngWait: .seconds(600), minimumRunTime: .seconds(1_800), lossPercent: 100,
        gangPatience: .seconds(36_000), singlePatience: .seconds(86_400), overdueGangPercent: 25,
        overdueSinglePercent: 10, overdueRunTime: .seconds(14_400), graceTime: .seconds(300),
        cheapRestart: .seconds(2_400), evictionsPerJob: 20, victimSteps: 20_000,
        promptSteps: 8_192, reviewPeriod: .seconds(300), estimatePeriod: .seconds(600))

    func encoded() throws -> [UInt8] {
        var writer = try JournalWriter(header: header)
        for record in records { try writer.append(record) }
        return writer.takeBytes()
    }
}

extension JournalWriter {
    mutating func append(_ record: JournalRecord) throws {
        switch record {
        case .input(let entry):
            try append(entry.input, at: entry.at, decisionDigest: entry.decisionDigest)
        case .checkpoint(let hash): appendCheckpoint(stateHash: hash)
        case .end(let hash, let count):
            precondition(count == recordCount, "a sample with a wrong count")
            end(stateHash: hash)
        }
    }
}

/// What a reader made of bytes: all records before the first error.
struct JournalReading {
    var header: JournalHeader?
    var records: [JournalRecord] = []
    var error: JournalError?

    init(_ bytes: [UInt8], chunk: Int = .max) {
        var reader = JournalReader()
        do throws(JournalError) {
            var offset = 0
            while offset < bytes.count {
                let end = chunk < bytes.count - offset ? offset + chunk : bytes.count
                reader.feed(Array(bytes[offset..<end]))
                offset = end
                while let record = try reader.next() { records.append(record) }
            }
            try reader.finish()
        } catch {
            self.error = error
        }
        header = reader.header
    }
}

/// Frames made by hand from the description of the format, so that payloads can be anything.
struct ForgedJournal {
    private(set) var bytes: [UInt8]
    private var checksum: UInt32

    init(header: [UInt8], version: UInt32 = JournalHeader.version) {
        let start =
            Array("MUSTERJ1".utf8) + littleEndian(version) + littleEndian(lengthWord(header.count))
        checksum = Crc32c.checksum(start + header)
        bytes = start + littleEndian(checksum) + header
    }

    /// Starts with a header of one level and the default policy.
    init() throws {
        let writer = try JournalSample.small.encoded()
        let length = Int(writer[12]) | Int(writer[13]) << 8
        self.init(header: Array(writer[20..<20 + length]))
    }

    mutating func append(_ payload: [UInt8]) {
        let word = littleEndian(lengthWord(payload.count))
        checksum = Crc32c.checksum(littleEndian(checksum) + word + payload)
        bytes += word + littleEndian(checksum) + payload
    }

    func appending(_ payload: [UInt8]) -> [UInt8] {
        var copy = self
        copy.append(payload)
        return copy.bytes
    }
}

func lengthWord(_ length: Int) -> UInt32 {
    var check = 0x2A
    for shift in stride(from: 0, to: 26, by: 6) { check ^= length >> shift & 0x3F }
    return UInt32(length | check << 26)
}

func littleEndian(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
}

/// The offsets at which the records of a well-formed journal start, and its length.
func recordOffsets(_ bytes: [UInt8]) -> [Int] {
    func length(at offset: Int) -> Int {
        Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2]) << 16
            | Int(bytes[offset + 3] & 3) << 24
    }
    var offsets = [20 + length(at: 12)]
    while let last = offsets.last, last < bytes.count {
        offsets.append(last + 8 + length(at: last))
    }
    return offsets
}
