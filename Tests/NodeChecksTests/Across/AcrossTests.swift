import FleetModel
import Foundation
import Glibc
import Health
import Qualification
import Synchronization
import Testing

@testable import NodeChecks

/// `muster check across` by real processes over loopback.
@Suite(.serialized)
struct AcrossTests {
    /// Rank 0's blocks of lines, one for each node that told something.
    private func runs(_ stage: GangStage) throws -> [CheckedRun] {
        var block: [Substring] = []
        var runs: [CheckedRun] = []
        for line in stage.out(0).split(separator: "\n") {
            guard !line.contains(#""kind":"pair""#), !line.contains(#""kind":"across""#) else {
                continue
            }
            block.append(line)
            guard line.contains(#""kind":"verdict""#) else { continue }
            runs.append(try CheckedRun(lines: Array(block.joined(separator: "\n").utf8)))
            block = []
        }
        #expect(block.isEmpty)
        return runs
    }

    @Test func goodMembersAreGoodAndProveNoNetworkOnOneMachine() async throws {
        let stage = try GangStage(4, ["--only", "identity"])
        try stage.start()
        let statuses = try await stage.statuses()
        // The network was tested, and nothing of it proved: all of this is one machine.
        #expect(statuses == [0: 75, 1: 75, 2: 75, 3: 75], "\(stage.talk(0))")
        #expect(stage.blamed == [])
        for rank in 1..<4 {
            #expect(stage.network(rank).status == "passed")
            #expect(
                stage.network(rank).note.hasSuffix("on the same machine, which tests no network"))
            let run = try CheckedRun(lines: Array(stage.out(rank).utf8))
            #expect(run.facts.host == "gpu-\(rank)")
            #expect(run.verdict.outcome.components == [])
        }
        #expect(try runs(stage).map(\.facts.host) == ["gpu-0", "gpu-1", "gpu-2", "gpu-3"])
        let pairs = stage.lines(0).filter { $0["kind"] as? String == "pair" }
        #expect(pairs.map { $0["ranks"] as? [Int] } == [[0, 1], [2, 3]])
        #expect(pairs.allSatisfy { $0["outcome"] as? String == "good" })
    }

    @Test(arguments: [2, 3])
    func aSlowMemberIsBlamed(bad: Int) async throws {
        let stage = try GangStage(6)
        let proxy = try GangProxy(stage.meeting, token: stage.token, .slow(2_000_000))
        try stage.start(but: [bad])
        try stage.start(bad, meeting: proxy.meeting)
        let statuses = try await stage.statuses()
        #expect(stage.blamed == [bad], "\(stage.out(0))")
        #expect(statuses[bad] == 1 && statuses[0] == 1, "\(statuses)")
        #expect(statuses.values.filter { $0 == 1 }.count == 2)
        #expect(stage.network(bad).note.contains("the median of the pairs is"))
        #expect(stage.network(5 - bad).status == "passed")
    }

    @Test func aCorruptingMemberIsBlamed() async throws {
        let stage = try GangStage(4)
        let proxy = try GangProxy(stage.meeting, token: stage.token, .corrupt)
        try stage.start(but: [1])
        try stage.start(1, meeting: proxy.meeting)
        let statuses = try await stage.statuses()
        #expect(stage.blamed == [1], "\(stage.out(0))")
        #expect(statuses[1] == 1 && statuses[2] == 75)
        #expect(stage.network(1).note.contains("changed"))
    }

    @Test func twoAloneCannotBeToldApart() async throws {
        let stage = try GangStage(2)
        let proxy = try GangProxy(stage.meeting, token: stage.token, .corrupt)
        try stage.start(0)
        try stage.start(1, meeting: proxy.meeting)
        // Something is wrong, and that is the result of all; whose fault it is nobody knows.
        #expect(try await stage.statuses() == [0: 1, 1: 75])
        #expect(stage.blamed == [] && stage.result["undecided"] as? [Int] == [0, 1])
        #expect(stage.network(1).status == "error")
    }

    @Test func twoBadMembersOfOnePairAreBothBlamed() async throws {
        let stage = try GangStage(8)
        let slow = try GangProxy(stage.meeting, token: stage.token, .slow(2_000_000))
        let deaf = try GangProxy(stage.meeting, token: stage.token, .deaf)
        try stage.start(but: [4, 5])
        try stage.start(4, meeting: slow.meeting)
        try stage.start(5, meeting: deaf.meeting)
        _ = try await stage.statuses()
        #expect(stage.blamed == [4, 5], "\(stage.out(0))")
    }

    @Test func oneThatDiesIsToldAndItsPartnerIsTestedWithAnother() async throws {
        let stage = try GangStage(4, ["--pace", "0.5"])
        // Its own blocks kill it: a timer could be too late on a busy machine.
        let victim = Mutex<pid_t?>(nil)
        let proxy = try GangProxy(
            stage.meeting, token: stage.token,
            .event {
                while true {
                    if let pid = victim.withLock({ $0 }) {
                        if pid > 0 { kill(pid, SIGKILL) }
                        return
                    }
                    usleep(1_000)
                }
            })
        try stage.start(but: [3])
        try stage.start(3, meeting: proxy.meeting)
        let pid = try #require(stage.members[3]).processIdentifier
        victim.withLock { $0 = pid }
        try await stage.awaitEnd(3)
        // Its number may be another process's from here on.
        victim.withLock { $0 = 0 }
        let statuses = try await stage.statuses()
        #expect(stage.absence(3) == "its connection ended", "\(stage.out(0))")
        #expect(stage.blamed == [] && stage.absence(2) == nil)
        #expect(stage.network(2).status == "passed")
        #expect(statuses[0] == 75 && statuses[2] == 75)
    }

    @Test func oneThatHangsIsGivenUp() async throws {
        let stage = try GangStage(3, ["--silence", "10", "--patience", "3600"])
        try stage.start(but: [1])
        try await stage.wait(for: "rank 2 (gpu-2) has come")
        // Before the last one is there, so that it cannot be done already.
        stage.signal(2, SIGSTOP)
        try stage.start(1)
        // Long before the patience of an hour is over.
        for rank in 0..<2 { try await stage.awaitEnd(rank) }
        stage.signal(2, SIGKILL)
        #expect(stage.absence(2)?.hasPrefix("nothing was heard of it for 10 s") == true)
        #expect(stage.blamed == [])
    }

    @Test func oneThatNeverComesIsToldAndKeepsNobody() async throws {
        let stage = try GangStage(3, ["--patience", "8"])
        // It looks for the lead already when its time to come begins.
        try stage.start(2, ["--patience", "300"])
        try stage.start(0)
        let statuses = try await stage.statuses()
        #expect(stage.absence(1) == "it never came")
        #expect(statuses == [0: 75, 2: 75])
        #expect(stage.network(2).status == "passed", "\(stage.out(0))")
    }

    @Test func whoeverIsStoppedSaysSo() async throws {
        // Tests that last until they are stopped.
        let stage = try GangStage(3, ["--pace", "20"])
        try stage.start()
        try await stage.wait(for: "pass 1: ")
        stage.signal(1, SIGTERM)
        try await stage.wait(for: "gpu-1 (rank 1) is not there any more: it was stopped")
        stage.signal(0, SIGINT)
        let statuses = try await stage.statuses()
        #expect(statuses == [0: 130, 1: 130, 2: 75])
        #expect(stage.result["complete"] as? Bool == false)
        #expect(stage.network(2).status == "notRun" || stage.network(2).status == "error")
    }

    @Test func membersOutliveTheirLead() async throws {
        let stage = try GangStage(3, ["--pace", "20"])
        try stage.start()
        try await stage.wait(for: "pass 1: ")
        stage.signal(0, SIGKILL)
        let statuses = try await stage.statuses()
        #expect(statuses[1] == 75 && statuses[2] == 75)
        #expect(stage.network(2).note.hasPrefix("rank 0 is not there any more: "))
        #expect(stage.out(2).contains("M1105"))
    }

    // MARK: Who is no member

    /// Joins as a member does.
    private func join(_ stage: GangStage, _ rank: Int, token: String) throws -> (Int32, String) {
        let descriptor = try NetworkCheck.connected(try PeerAddress(stage.meeting))
        func line() -> String {
            var (text, byte) = ("", UInt8(0))
            while recv(descriptor, &byte, 1, 0) == 1, byte != 10 {
                text.append(Character(UnicodeScalar(byte)))
            }
            return text
        }
        guard case .greeting(let nonce)? = GangWire.FromLead(Array(line().utf8)) else {
            return (descriptor, "")
        }
        let join = GangJoin(
            rank: rank, count: stage.count, port: 9, nonce: GangSecret.nonce(), boot: "b",
            node: "stranger")
        let secret = try #require(GangSecret(token: token))
        let text = GangWire.FromMember.join(join, proof: secret.memberProof(join, nonce: nonce))
        _ = GangLink.send(Array((text.text + "\n").utf8), to: descriptor)
        return (descriptor, line())
    }

    @Test func strangersStayOutside() async throws {
        let stage = try GangStage(3)
        try stage.start(but: [2])
        try await stage.wait(for: "2 of 3")
        var sockets: [Int32] = []
        // Silence, noise, a guess, another's rank: none of it keeps the gang from its work.
        for _ in 0..<40 {
            sockets.append(try NetworkCheck.connected(try PeerAddress(stage.meeting)))
        }
        _ = GangLink.send([UInt8](repeating: 0x41, count: 100_000), to: sockets[0])
        _ = GangLink.send(Array("GET / HTTP/1.1\r\n\r\n".utf8), to: sockets[1])
        _ = GangLink.send(Array("told {}\nchecked\n".utf8), to: sockets[2])
        let (guess, answer) = try join(stage, 2, token: "another token, and wrong")
        #expect(answer == "refused the token is another one")
        let (twice, second) = try join(stage, 1, token: stage.token)
        #expect(second.hasPrefix("refused rank 1 is there already"))
        try stage.start(2)
        let statuses = try await stage.statuses()
        #expect(statuses == [0: 75, 1: 75, 2: 75])
        #expect(stage.blamed == [] && stage.absence(2) == nil, "\(stage.out(0))")
        for socket in sockets + [guess, twice] { close(socket) }
    }

    @Test(arguments: ["noise", "too much", "a lie", "a long line", "a late result"])
    func whatNoMemberSaysEndsItsMembership(what: String) async throws {
        let stage = try GangStage(3)
        try stage.start(but: [1])
        try await stage.wait(for: "2 of 3")
        let (socket, answer) = try join(stage, 1, token: stage.token)
        defer { close(socket) }
        #expect(answer.hasPrefix("welcome "))
        let bytes: [UInt8]
        switch what {
        case "noise": bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) } + [10]
        case "too much":
            let line = Array("confirmed 1\n".utf8)
            bytes = Array(repeatElement(line, count: 400_000).joined())
        case "a lie": bytes = Array("told {\"kind\":\"verdict\",\"outcome\":\"passed\"}\n".utf8)
        case "a late result":
            let begin = CheckReport.begin(MachineFacts(), level: .twoMinutes, at: .seconds(9))
            let late = ResultLine.write(CheckResult(.hostCPU, .passed))
            bytes = Array("told \(begin)\nchecked\ntold \(late)\n".utf8)
        default: bytes = [UInt8](repeating: 0x41, count: 1 << 20)
        }
        _ = GangLink.send(bytes, to: socket)
        let statuses = try await stage.statuses()
        #expect(stage.absence(1)?.hasPrefix("it said what no member says: ") == true)
        #expect(statuses == [0: 75, 2: 75])
        #expect(stage.network(2).status == "passed", "\(stage.out(0))")
        #expect(stage.blamed == [])
    }

    @Test func aLeadWithoutTheTokenIsNotFollowed() async throws {
        let stage = try GangStage(2, ["--patience", "7"])
        // It looks for the lead already when the lead's patience begins.
        try stage.start(1, token: "another token, and wrong", ["--patience", "300"])
        try stage.start(0)
        let statuses = try await stage.statuses()
        #expect(statuses == [0: 75, 1: 75])
        #expect(stage.talk(1).contains("error M1105: rank 1 did not join"))
        #expect(stage.talk(1).contains("the token is another one"))
    }

    @Test func everythingThatIsMissingIsSaid() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: GangStage.program)
        process.arguments = ["check", "across", "--rank", "x"]
        process.environment = [:]
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        let text = String(decoding: data, as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 64)
        #expect(text.hasPrefix("error M0501: the number of members (--of) is not given, "))
        #expect(text.contains("the rank (--rank) is 'x', the place to meet (--meet)"))
    }
}

extension GangStage {
    /// Waits for one member's end.
    func awaitEnd(_ rank: Int, seconds: Double = 400) async throws {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end, members[rank]?.isRunning == true {
            try await Task.sleep(for: .milliseconds(20))
        }
        if members[rank]?.isRunning == true { Issue.record("rank \(rank) does not end") }
    }
}
