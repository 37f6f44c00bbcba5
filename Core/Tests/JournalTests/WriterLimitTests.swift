import FleetModel
import Journal
import Testing

@Suite struct WriterLimitTests {
    private static let role = RoleSpec(count: 1, request: MemberRequest(devices: 1))
    private static let node = NodeSpec(
        id: NodeID(0), pool: PoolID(0), kind: nil, devices: 0, host: .zero, domains: [])

    private static func job(_ change: (inout JobSpec) -> Void) -> Input {
        var job = JobSpec(id: JobID(0), tenant: TenantID(0), roles: [role])
        change(&job)
        return .submit(job)
    }

    private static func nodes(_ change: (inout NodeSpec) -> Void) -> Input {
        var node = node
        change(&node)
        return .addNodes([node])
    }

    private static func tenant(_ quotas: [QuotaSpec]) -> Input {
        .setTenants([TenantSpec(id: TenantID(0), quotas: quotas)])
    }

    private static let quota = QuotaSpec(kind: AcceleratorKindID(0))
    private static let cell = CellQuota(
        kind: AcceleratorKindID(0), level: LevelIndex(0), count: 1)
    private static let dependency = Dependency(job: JobID(0))
    private static let workload = WorkloadClass(
        request: MemberRequest(devices: 1), accelerators: .all, weight: 1)

    static let refused: [Input] = [
        .cancel(JobID(-1)), .drain(NodeID(-1)), .removeNodes([NodeID(3), NodeID(rawValue: .min)]),
        job { $0.id = JobID(-1) }, job { $0.tenant = TenantID(-1) },
        job { $0.roles = .init(repeating: role, count: FleetLimits.rolesPerJob + 1) },
        job {
            $0.dependencies = .init(
                repeating: dependency, count: FleetLimits.dependenciesPerJob + 1)
        },
        job { $0.dependencies = [Dependency(job: JobID(-5))] },
        job { $0.retries.counts = [1, 2, 3, 4, 5] },
        job { $0.retries.counts = [1, 2, 3, 4, 5, 6, 7] }, job { $0.family = FamilyID(-1) },
        .drainBy(NodeID(-1), deadline: .zero),
        .failOn(JobID(0), Attempt(1), .node, suspect: NodeID(-1)),
        .setTenants([
            TenantSpec(
                id: TenantID(0),
                cells: .init(repeating: cell, count: FleetLimits.cellsPerTenant + 1))
        ]),
        nodes { $0.devices = 65 }, nodes { $0.devices = -1 }, nodes { $0.pool = PoolID(64) },
        nodes { $0.pool = PoolID(-1) }, nodes { $0.kind = AcceleratorKindID(64) },
        nodes { $0.domains = .init(repeating: DomainID(0), count: 17) },
        nodes { $0.domains = [DomainID(-1)] },
        tenant([QuotaSpec(kind: AcceleratorKindID(64))]),
        tenant(.init(repeating: quota, count: FleetLimits.acceleratorKinds + 1)),
        .setTenants([TenantSpec(id: TenantID(0), parent: TenantID(-1))]),
        .setTenants(
            .init(repeating: TenantSpec(id: TenantID(0)), count: FleetLimits.tenants + 1)),
        .removeNodes(.init(repeating: NodeID(0), count: FleetLimits.nodes + 1)),
        .addNodes(.init(repeating: node, count: FleetLimits.nodes + 1)),
        .expectWorkload(.init(repeating: workload, count: JournalLimits.workloadClasses + 1)),
    ]

    @Test func refusedInputsLeaveNoTrace() throws {
        let sample = JournalSample.small
        let expected = try sample.encoded()
        var writer = try JournalWriter(header: sample.header)
        var before = writer
        for (number, record) in sample.records.enumerated() {
            for input in Self.refused {
                do {
                    try writer.append(input, at: .seconds(1_000), decisionDigest: 3)
                    Issue.record("accepted")
                } catch {
                    #expect(error.code == .journalRecord)
                    #expect(error.recordNumber == number + 1)
                    #expect(error.byteOffset == writer.byteCount)
                    #expect(!error.expected.isEmpty)
                }
                #expect(writer.byteCount == before.byteCount)
            }
            try writer.append(record)
            before = writer
            if number == sample.records.count - 2 { break }
        }
        try writer.append(try #require(sample.records.last))
        #expect(writer.takeBytes() == expected)
    }

    @Test func valuesAtTheLimitsComeBack() throws {
        let inputs: [Input] = [
            Self.job {
                $0.id = JobID(rawValue: .max)
                $0.roles = .init(repeating: Self.role, count: FleetLimits.rolesPerJob)
                $0.dependencies = .init(
                    repeating: Self.dependency, count: FleetLimits.dependenciesPerJob)
            },
            Self.nodes {
                $0.devices = 64
                $0.pool = PoolID(63)
                $0.kind = AcceleratorKindID(63)
                $0.domains = .init(repeating: DomainID(rawValue: .max), count: 16)
            },
            Self.tenant(.init(repeating: Self.quota, count: FleetLimits.acceleratorKinds)),
        ]
        var writer = try JournalWriter(header: JournalSample.small.header)
        for input in inputs { try writer.append(input, at: .never, decisionDigest: .max) }
        writer.end(stateHash: .max)
        let reading = JournalReading(writer.takeBytes())
        #expect(reading.error == nil)
        #expect(
            reading.records.dropLast()
                == inputs.map {
                    .input(JournalInput(at: .never, input: $0, decisionDigest: .max))
                }[...])
    }

    @Test func namesAreBounded() throws {
        func header(_ count: Int) -> JournalHeader {
            let level = TopologyLevel(name: "a", label: String(repeating: "b", count: count))
            return JournalHeader(topology: Topology(levels: [level]), policy: Policy())
        }
        _ = try JournalWriter(header: header(JournalLimits.nameBytes))
        let error = #expect(throws: JournalError.self) {
            try JournalWriter(header: header(JournalLimits.nameBytes + 1))
        }
        #expect(error?.code == .journalHeader)
        #expect(error?.recordNumber == 0)
    }

    @Test func diagnosticsNameThePlace() {
        let error = JournalError(
            .journalChecksum, recordNumber: 12, byteOffset: 345, message: "wrong",
            expected: "right", hint: "mend it")
        let diagnostic = error.diagnostic(file: "a.journal")
        #expect(diagnostic.text.hasPrefix("a.journal: error M0403: record 12, byte 345: wrong"))
        #expect(diagnostic.expected == "right")
        #expect(diagnostic.hint == "mend it")
        #expect(
            JournalError(.journalHeader, recordNumber: 0, byteOffset: 0, message: "x")
                .diagnostic(file: "").message == "header, byte 0: x")
    }
}
