import FleetModel
import Journal
import Testing

@Suite struct RoundTripTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func everythingComesBack(seed: UInt64) throws {
        let sample = JournalSample(seed: seed, inputs: 4 * RandomInputs.kinds)
        let reading = JournalReading(try sample.encoded())
        #expect(reading.error == nil)
        #expect(reading.header == sample.header)
        #expect(reading.records == sample.records)
    }

    @Test(arguments: Topology.presets.map(\.name))
    func presetsComeBack(name: String) throws {
        let topology = try #require(Topology.preset(named: name))
        let header = JournalHeader(topology: topology, policy: Policy())
        var writer = try JournalWriter(header: header)
        writer.end(stateHash: 0)
        let reading = JournalReading(writer.takeBytes())
        #expect(reading.error == nil)
        #expect(reading.header == header)
        #expect(reading.records == [.end(stateHash: 0, recordCount: 0)])
    }

    /// A field that the codec does not know would come back as its default without a test noticing.
    @Test func everyStoredPropertyIsKnownToTheCodec() {
        var random = RandomInputs(seed: 1)
        let job = random.job()
        let request = MemberRequest(devices: 1)
        let role = RoleSpec(count: 1, request: request)
        let quota = QuotaSpec(kind: AcceleratorKindID(0))
        let node = NodeSpec(
            id: NodeID(0), pool: PoolID(0), kind: nil, devices: 0, host: .zero, domains: [])
        let workload = WorkloadClass(request: request, accelerators: .all, weight: 1)
        let known: [(Any, String)] = [
            (
                job,
                "id tenant priority preemptible roles topology pools timeLimit expectedDuration "
                    + "checkpointPeriod restartCost minimumRunTime retries dependencies held "
                    + "notBefore family"
            ),
            (job.topology, "preference slice"), (job.retries, "counts"),
            (TopologySlice(members: 1, level: LevelIndex(0)), "members level"),
            (Dependency(job: JobID(0)), "job mustSucceed"),
            (role, "minimum maximum request accelerators rule"),
            (request, "devices deviceMilli host"),
            (HostResources.zero, "cpuMilli memoryMiB diskMiB nics slots exclusives"),
            (node, "id pool kind devices unhealthyDevices host domains"),
            (TenantSpec(id: TenantID(0)), "id parent quotas cells"),
            (
                CellQuota(kind: AcceleratorKindID(0), level: LevelIndex(0), count: 1),
                "kind level count"
            ),
            (quota, "kind guaranteedMilli limitMilli lendableMilli weight"),
            (workload, "request accelerators weight"),
            (
                Policy(),
                "queueOrder placement seed usageHalfLife entryPenalty backfillDepth domainTries "
                    + "shapeIndexes timeline"
            ),
            (
                TimelinePolicy(),
                "learnsDurations reservationsPerTenant reservations preempts consolidates "
                    + "youngSpan veteranSpan youngWait minimumRunTime lossPercent gangPatience "
                    + "singlePatience overdueGangPercent overdueSinglePercent overdueRunTime "
                    + "graceTime cheapRestart evictionsPerJob victimSteps promptSteps "
                    + "reviewPeriod estimatePeriod"
            ),
            (JournalSample.small.header.topology, "levels"),
            (TopologyLevel(name: "a"), "name label"),
        ]
        for (value, names) in known {
            let labels = Mirror(reflecting: value).children.compactMap(\.label)
            #expect(labels.joined(separator: " ") == names, "\(type(of: value))")
        }
        #expect(FailureCause.allCases.count == 6)
    }

    @Test func takenPiecesAreTheJournal() throws {
        let sample = JournalSample(seed: 5)
        let whole = try sample.encoded()
        var writer = try JournalWriter(header: sample.header)
        var pieces = writer.takeBytes()
        for record in sample.records {
            try writer.append(record)
            #expect(writer.byteCount == pieces.count + writer.pendingByteCount)
            pieces += writer.takeBytes()
            #expect(writer.pendingByteCount == 0)
        }
        #expect(pieces == whole)
        #expect(writer.byteCount == whole.count)
        #expect(writer.recordCount == sample.records.count - 1)
    }

    @Test func largestFleetIsOneRecord() throws {
        let node = NodeSpec(
            id: NodeID(0), pool: PoolID(1), kind: AcceleratorKindID(2), devices: 8,
            host: FleetDefinition.commonHost, domains: [DomainID(3), DomainID(4)])
        let nodes = (0..<20_000).map { index in
            var copy = node
            copy.id = NodeID(index)
            return copy
        }
        let record = JournalRecord.input(
            JournalInput(at: .zero, input: .addNodes(nodes), decisionDigest: 1))
        let sample = JournalSample(
            header: JournalSample.small.header,
            records: [record, .end(stateHash: 2, recordCount: 1)])
        let reading = JournalReading(try sample.encoded(), chunk: 4_096)
        #expect(reading.error == nil)
        #expect(reading.records == sample.records)
    }
}
