import FleetModel
import Glibc
import Health
import Qualification
import Testing

@testable import NodeChecks

/// Places, proofs and lines of a check across nodes.
struct GangWireTests {
    private func place(
        _ variables: [String: String], rank: String? = nil, of: String? = nil,
        meet: String? = nil
    ) -> GangPlace? {
        try? GangPlace(rank: rank, count: of, meeting: meet) { variables[$0] }
    }

    @Test func launchersSayWhoAMemberIs() {
        #expect(
            place([
                "RANK": "3", "WORLD_SIZE": "8", "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500",
            ]) == GangPlace(rank: 3, count: 8, meeting: "10.0.0.1:29500"))
        #expect(
            place([
                "SLURM_PROCID": "1", "SLURM_NTASKS": "4", "SLURM_JOB_ID": "123457",
                "SLURM_JOB_NODELIST": "gpu-[007-012,020],login",
            ]) == GangPlace(rank: 1, count: 4, meeting: "gpu-007:23457"))
        #expect(
            place(["JOB_COMPLETION_INDEX": "2"], of: "4", meet: "check-0.check:7071")
                == GangPlace(rank: 2, count: 4, meeting: "check-0.check:7071"))
        // Flags go before the environment.
        #expect(
            place(["RANK": "3", "WORLD_SIZE": "8"], rank: "0", of: "2", meet: "[::1]:9")
                == GangPlace(rank: 0, count: 2, meeting: "[::1]:9"))
        #expect(
            place([
                "RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "fd00::1", "MASTER_PORT": "1",
            ])?.meeting == "[fd00::1]:1")
    }

    @Test func whatMakesNoSenseIsRefused() {
        #expect(place([:]) == nil)
        #expect(place([:], rank: "2", of: "2", meet: "a:1") == nil)
        #expect(place([:], rank: "-1", of: "2", meet: "a:1") == nil)
        #expect(place([:], rank: "0", of: "0", meet: "a:1") == nil)
        #expect(place([:], rank: "0", of: "2", meet: "a") == nil)
        #expect(place([:], rank: "0", of: "9999", meet: "a:1") == nil)
    }

    @Test func namesAreNotListenedAtByThemselves() throws {
        for (place, isLiteral) in [
            ("127.0.0.1:1", true), ("[::1]:1", true), ("localhost:1", true), ("gpu-1:1", false),
            ("check-0.check:1", false), (":1", false),
        ] {
            #expect(try PeerAddress(place).isLiteral == isLiteral, "\(place)")
        }
        #expect(ListeningSocket.isOwn(try PeerAddress("127.0.0.1:1")))
        #expect(!ListeningSocket.isOwn(try PeerAddress("192.0.2.7:1")))
        let everywhere = try ListeningSocket(try PeerAddress(":0"))
        let near = try NetworkCheck.connected(try PeerAddress("127.0.0.1:\(everywhere.port)"))
        let far = accept(everywhere.descriptor, nil, nil)
        defer {
            close(near)
            close(far)
        }
        // It came to a socket of the newer kind of addresses, and is told as what it is.
        #expect(SocketAddress.host(SocketAddress.bytes(of: far, getpeername)) == "127.0.0.1")
    }

    @Test func theFirstHostOfSlurm() {
        #expect(GangPlace.firstHost("a") == "a")
        #expect(GangPlace.firstHost("a-1,b") == "a-1")
        #expect(GangPlace.firstHost("gpu-[3,5]") == "gpu-3")
        #expect(GangPlace.firstHost("gpu-[03-05]") == "gpu-03")
        #expect(GangPlace.firstHost("") == nil)
        #expect(GangPlace.firstHost("gpu-[03") == nil)
    }

    private static let join = GangJoin(
        rank: 1, count: 8, port: 4711, nonce: String(repeating: "a0", count: 16), boot: "b-1",
        node: "gpu-1")

    @Test func linesAreReadAsTheyAreWritten() {
        let members: [GangWire.FromMember] = [
            .join(GangWireTests.join, proof: "ff"), .here, .told(Array("{\"a\": 1}".utf8)),
            .checked, .measured(7, Array("{} ".utf8)), .confirmed(0), .stopped,
        ]
        for line in members { #expect(GangWire.FromMember(Array(line.text.utf8)) == line) }
        let leads: [GangWire.FromLead] = [
            .greeting(nonce: "00"), .welcome(proof: "1f"), .refused("why not"), .here,
            .test(3, address: "[fd00::1]:9", seconds: 30), .confirm(2), .network([0x7B, 0x7D]),
            .end,
        ]
        for line in leads { #expect(GangWire.FromLead(Array(line.text.utf8)) == line) }
    }

    @Test(arguments: [
        "", " ", "here now", "join", "join 1 2 3", "measured x {}", "confirmed -1",
        "confirmed 99999999999999999999", "join 1 8 99999 00 b n p", "HERE", "checked 1",
    ])
    func othersAreNot(line: String) {
        #expect(GangWire.FromMember(Array(line.utf8)) == nil)
    }

    @Test func anotherVersionIsNotUnderstood() {
        #expect(GangWire.FromLead(Array("muster-gang 2 00".utf8)) == nil)
        #expect(GangWire.FromLead(Array("test 1 a:1 0".utf8)) == nil)
        #expect(GangWire.FromLead(Array("test 1 a:1 9999".utf8)) == nil)
    }

    @Test func aProofIsOfOneTokenOneNumberAndOneSide() throws {
        let join = GangWireTests.join
        let (own, other) = (
            try #require(GangSecret(token: "0123456789abcdef")),
            try #require(GangSecret(token: "0123456789abcdeg"))
        )
        #expect(GangSecret(token: "0123456789abcde") == nil)
        let proof = own.memberProof(join, nonce: "n")
        #expect(proof == own.memberProof(join, nonce: "n"))
        var moved = join
        moved.port += 1
        for wrong in [
            other.memberProof(join, nonce: "n"), own.memberProof(join, nonce: "m"),
            own.leadProof(join, nonce: "n"), own.memberProof(moved, nonce: "n"), "",
        ] {
            #expect(!GangSecret.isSame(proof, wrong))
        }
        #expect(own.peerKey.count == PeerProtocol.keyBytes && own.peerKey != other.peerKey)
    }

    @Test func linesHaveABound() {
        var lines = LineBuffer(mostBytes: 8)
        lines.append(Array("ab\n\ncd".utf8))
        #expect(lines.next() == Array("ab".utf8))
        #expect(lines.next() == [])
        #expect(lines.next() == nil && !lines.isOverfull)
        lines.append(Array("efghijk".utf8))
        #expect(lines.next() == nil && lines.isOverfull)
        var whole = LineBuffer(mostBytes: 8)
        whole.append(Array("123456789\n".utf8))
        #expect(whole.next() == nil && whole.isOverfull)
    }

    @Test func aListenerOfAGangAnswersItsOwn() throws {
        let key = [UInt8](repeating: 7, count: PeerProtocol.keyBytes)
        let server = try PeerServer("127.0.0.1:0", key: key)
        let isStopped = Flag()
        _ = Threads.start { server.serve { isStopped.isRaised } }
        defer { isStopped.raise() }
        func check(_ key: [UInt8]?) -> CheckResult {
            NetworkCheck(peer: server.address, seconds: 0.6, key: key).run()
        }
        #expect(check(key).status == .passed)
        #expect(check(nil).status == .error)
        #expect(check([UInt8](repeating: 8, count: PeerProtocol.keyBytes)).status == .error)
    }

    /// Two machines prove the network to each other, one machine does not.
    @Test func onlyMachinesThatStartedApartProveTheNetwork() throws {
        var check = GangCheck(
            members: 2, limits: GangLimits(checks: 100, pair: 100), at: .zero)
        var directives: [GangCheck.Directive] = []
        for rank in 0..<2 {
            check.apply(.joined(rank), at: .zero, into: &directives)
            check.apply(.checked(rank), at: .zero, into: &directives)
        }
        let result = CheckResult(
            .network, .passed, ["peer x"], figures: [Figure(.network, milli: 900)])
        check.apply(.measured(0, test: 0, result), at: .zero, into: &directives)
        for (boots, proves) in [(["a", "b"], true), (["a", "a"], false), (["-", "-"], false)] {
            let nodes = (0..<2).map { rank -> GangNode in
                var join = GangWireTests.join
                join.boot = boots[rank]
                join.node = "gpu-\(rank)"
                var node = GangNode(join: join, host: "", address: "")
                let line = CheckReport.begin(MachineFacts(), level: .twoMinutes, at: .zero)
                #expect(node.take(Array(line.utf8), level: .twoMinutes) == nil)
                return node
            }
            let report = GangReport(
                check: check, nodes: nodes, level: .twoMinutes, allReduce: nil,
                milliseconds: 1)
            #expect(report.outcome == (proves ? .passed : .inconclusive))
            #expect(report.lines[1].contains("peer gpu-1 (rank 1)") == proves)
            #expect(report.lines[2].contains(#""components":["network"]"#) == proves)
        }
    }
}
