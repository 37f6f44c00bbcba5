import FleetModel
import HealthSignals
import Testing

@testable import Culprits

/// Who is to blame, in cases made by hand.
@Suite struct CulpritTests {
    private let end = Instant.seconds(1_700)

    private func nodes(_ count: Int, silent: Set<Int> = []) -> [NodeSign] {
        (0..<count).map {
            NodeSign(
                node: NodeID($0), name: "gpu-\($0)",
                lastHeard: .seconds(silent.contains($0) ? 1_100 : 1_690),
                isSilent: silent.contains($0))
        }
    }

    private func given(_ dumps: [Dump], members: Int = 0) throws -> HangCase {
        HangCase(
            members: (0..<members).map { NodeID($0) }, nodes: nodes(members), endedAt: end,
            evidence: try Evidence(dumps))
    }

    @Test func namesTheRankThatDidNotCome() throws {
        let finding = try given(Dump.job(of: 8, late: [5]), members: 8).judge()
        #expect(
            finding.verdict
                == .named([CulpritSuspect(rank: 5, node: NodeID(5))], .missingAtFront))
        #expect(finding.onset == .seconds(1_000))
        #expect(finding.nodes == [NodeID(5)])
        #expect(
            finding.text == "rank 5 did not come to operation 42 of group '0' (nccl:all_reduce), "
                + "in which 7 others wait, and waits in no other")
        #expect(finding.grounds.last == "8 of 8 ranks wrote flight records")
    }

    @Test func findsTheNodeOfARankThatALauncherMade() throws {
        let finding = try given(Dump.job(of: 32, late: [17]), members: 4).judge()
        #expect(
            finding.verdict
                == .named([CulpritSuspect(rank: 17, node: NodeID(2))], .missingAtFront))
    }

    @Test func blamesNobodyWhenManyDidNotCome() throws {
        let three = try given(Dump.job(of: 8, late: [1, 2, 3]), members: 8).judge()
        #expect(three.verdict == .notAttributable(.tooMany))
        let eleven = try given(Dump.job(of: 64, late: Set(0..<11)), members: 8).judge()
        #expect(eleven.verdict == .notAttributable(.tooMany))
        let ten = try given(Dump.job(of: 64, late: Set(0..<10)), members: 8).judge()
        #expect(ten.nodes == [NodeID(0), NodeID(1)])
    }

    @Test func followsTheBlameThroughGroups() throws {
        // Ranks 0 to 3 and 4 to 7 reduce among themselves, pairs exchange: 6 is stuck outside, so
        // that 4, 5 and 7 wait for it, and for them 0 to 3 in the pairs.
        let dumps = (0..<8).map { rank in
            let tensor = rank < 4 ? "t0" : "t1"
            var operations = [Dump.Operation]()
            if rank < 4 { operations.append(.init(group: "d\(rank)", sequence: 9, seconds: 1_005)) }
            if rank >= 4, rank != 6 { operations.append(.init(group: tensor, sequence: 20)) }
            return Dump(
                rank: rank,
                groups: [
                    (tensor, rank < 4 ? Array(0..<4) : Array(4..<8)),
                    ("d\(rank % 4)", [rank % 4, rank % 4 + 4]),
                ], operations: operations)
        }
        let finding = try given(dumps, members: 8).judge()
        #expect(
            finding.verdict
                == .named([CulpritSuspect(rank: 6, node: NodeID(6))], .missingAtFront))
    }

    @Test func followsSendsAndReceives() throws {
        let dumps = (0..<4).map { rank in
            Dump(
                rank: rank, groups: [("0", [0, 1, 2, 3])],
                operations: rank == 0
                    ? []
                    : [
                        .init(
                            group: "0", sequence: 0, name: "nccl:recv \(rank)<-\(rank - 1)",
                            isMeeting: true)
                    ])
        }
        let finding = try given(dumps, members: 4).judge()
        #expect(
            finding.verdict
                == .named([CulpritSuspect(rank: 0, node: NodeID(0))], .missingAtFront))
    }

    @Test func blamesTheProgramForAMismatch() throws {
        var dumps = Dump.job(of: 4, late: [])
        dumps[2].operations[1].name = "nccl:_all_gather_base"
        let other = try given(dumps, members: 4).judge()
        #expect(other.verdict == .program(.mismatch))
        #expect(other.nodes.isEmpty)
        dumps = Dump.job(of: 4, late: [])
        dumps[3].operations[1].size = "1024, 1023"
        #expect(try given(dumps, members: 4).judge().verdict == .program(.mismatch))
        // Where sizes may differ they say nothing.
        for index in dumps.indices { dumps[index].operations[1].name = "nccl:all_to_all" }
        #expect(try given(dumps, members: 4).judge().verdict == .notAttributable(.allInside))
    }

    @Test func blamesTheProgramForOrder() throws {
        let dumps = (0..<2).map { rank in
            Dump(
                rank: rank, groups: [("a", [0, 1]), ("b", [0, 1])],
                operations: [.init(group: rank == 0 ? "a" : "b", sequence: 1)])
        }
        #expect(try given(dumps).judge().verdict == .program(.order))
    }

    @Test func saysThatEveryRankWasThere() throws {
        let finding = try given(Dump.job(of: 8, late: []), members: 8).judge()
        #expect(finding.verdict == .notAttributable(.allInside))
        #expect(finding.grounds.contains { $0.contains("all 8 ranks") })
    }

    @Test func namesTheDeviceThatHasNotBegun() throws {
        var dumps = Dump.job(of: 8, late: [])
        dumps[1].operations[1].state = "scheduled"
        #expect(
            try given(dumps, members: 8).judge().verdict
                == .named([CulpritSuspect(rank: 1, node: NodeID(1))], .notStarted))
        for index in dumps.indices where index != 3 {
            dumps[index].operations[1].state = "completed"
        }
        #expect(
            try given(dumps, members: 8).judge().verdict
                == .named([CulpritSuspect(rank: 3, node: NodeID(3))], .notEnded))
    }

    @Test func namesWhoWroteNoRecord() throws {
        let dumps = Dump.job(of: 8, late: [], absent: [4])
        let finding = try given(dumps, members: 8).judge()
        #expect(finding.verdict == .named([CulpritSuspect(rank: 4, node: NodeID(4))], .noRecord))
        #expect(finding.grounds.last == "7 of 8 ranks wrote flight records")
        let most = try given(Dump.job(of: 8, late: [], absent: Set(2..<8)), members: 8).judge()
        #expect(most.verdict == .notAttributable(.tooMany))
    }

    @Test func putsTheFirstFaultOfHardwareBeforeAllElse() throws {
        var given = try given(Dump.job(of: 8, late: [5]), members: 8)
        given.hardware = [
            HardwareSign(node: NodeID(2), cause: "xid-79", at: .seconds(1_020)),
            HardwareSign(node: NodeID(3), cause: "xid-48", at: .seconds(980)),
            // Before the window, which goes back from the onset, and behind its end.
            HardwareSign(node: NodeID(0), cause: "xid-94", at: .seconds(399)),
            HardwareSign(node: NodeID(1), cause: "xid-94", at: .seconds(2_001)),
        ]
        let finding = given.judge()
        #expect(finding.verdict == .named([CulpritSuspect(node: NodeID(3))], .hardwareFault))
        #expect(finding.grounds.count { $0.hasPrefix("node gpu-") } == 2)
        given.hardware.removeFirst(2)
        #expect(given.judge().nodes == [NodeID(5)])
    }

    @Test func doesNotBlameWhoReports() throws {
        var parser = FrameworkLogParser()
        let line =
            "[rank0]:[E] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=42, "
            + "OpType=ALLREDUCE, Timeout(ms)=600000) ran for 600029 milliseconds"
        let found = parser.parse(line)
        let fault = try #require(found)
        let given = HangCase(
            members: [NodeID(0), NodeID(1)], nodes: nodes(2),
            hardware: [HardwareSign(node: NodeID(1), cause: "xid-79", at: .seconds(700))],
            endedAt: end, signs: [MemberSign(member: 0, fault)])
        let finding = given.judge()
        #expect(finding.nodes == [NodeID(1)])
        #expect(finding.grounds.last == "rank 0 reported the timeout, having waited")
        var without = given
        without.hardware = []
        #expect(without.judge().verdict == .notAttributable(.noEvidence))
    }

    @Test func readsLogs() throws {
        var parser = FrameworkLogParser()
        let first = parser.parse("CUDA error: uncorrectable ECC error encountered")
        let second = parser.parse("CUDA out of memory. Tried to allocate 2 GiB")
        let (ecc, memory) = (try #require(first), try #require(second))
        var given = HangCase(
            members: [NodeID(0), NodeID(1)], nodes: nodes(2), endedAt: end,
            signs: [MemberSign(member: 1, ecc), MemberSign(member: 0, memory)])
        #expect(
            given.judge().verdict
                == .named([CulpritSuspect(rank: 1, node: NodeID(1))], .deviceError))
        given.signs.removeFirst()
        #expect(given.judge().verdict == .program(.ownError))
        // On two nodes none is known to be the first.
        given.signs = [MemberSign(member: 0, ecc), MemberSign(member: 1, ecc)]
        #expect(given.judge().verdict == .notAttributable(.noEvidence))
    }

    @Test func namesTheNodeWithoutASignOfLife() {
        var given = HangCase(
            members: [NodeID(0), NodeID(1)], nodes: nodes(2, silent: [1]), endedAt: end)
        #expect(given.judge().verdict == .named([CulpritSuspect(node: NodeID(1))], .silentNode))
        given.nodes = nodes(2, silent: [0, 1])
        #expect(given.judge().verdict == .notAttributable(.noEvidence))
    }

    @Test func namesTheProcessThatRASDoesNotReach() throws {
        var evidence = Evidence()
        try evidence.add(Array(RASReportTests.json.utf8), name: "ras.json")
        let given = HangCase(
            members: (0..<8).map { NodeID($0) }, nodes: nodes(8), endedAt: end,
            evidence: evidence)
        #expect(
            given.judge().verdict
                == .named(
                    [CulpritSuspect(rank: 5, node: NodeID(5), host: "10.0.0.2")], .lostProcess))
        var named = given
        named.nodes[7].name = "10.0.0.2"
        #expect(named.judge().nodes == [NodeID(7)])
    }

    @Test func worksWithoutNodes() throws {
        let finding = try given(Dump.job(of: 4, late: [2])).judge()
        #expect(finding.verdict == .named([CulpritSuspect(rank: 2)], .missingAtFront))
        #expect(finding.nodes.isEmpty)
        #expect(HangCase(endedAt: end).judge().verdict == .notAttributable(.noEvidence))
    }
}
