import ControlPlane
import FleetModel
import Health
import HealthControl
import KubernetesObjects
import Qualification
import Testing

@testable import KubernetesBackend

/// Goal: a test between two nodes has a pod on each, the one that listens first, and both go on
/// every way that it may end.
@Suite("Tests between nodes by pods")
struct CarePairTests {
    private static let listening = CarePairTests.listener(isReady: true)
    private static func listener(isReady: Bool) -> String {
        #"""
        {"phase":"Running","podIP":"10.1.2.3","containerStatuses":[{"name":"check","image":"i",\#
        "imageID":"","restartCount":0,"ready":\#(isReady),"state":{"running":{}}}]}
        """#
    }
    private static let passed = HandedInTest(
        answer: QualificationAnswer(
            outcome: QualificationOutcome(
                verdict: .passed, level: .twoMinutes, isLoaded: true, components: .network,
                devices: 0)),
        began: .zero)

    private func order(_ bench: inout StateBench) {
        bench.state.take(
            .pair(NodeID(0), OperationID(7), .twoMinutes, with: NodeID(1)), of: HardwareFacts())
        bench.tend()
    }

    /// Both pods stand.
    private func stand(_ bench: inout StateBench) throws -> (listener: CheckPod, asker: CheckPod) {
        order(&bench)
        #expect(bench.made.map(\.name) == ["peer-n1-7"])
        let made = bench.make(Self.listening)
        bench.pass(seconds: 2)
        #expect(bench.made.map(\.name) == ["peer-n1-7", "check-n0-2m-0-7"])
        let shown = bench.make(CareBookTests.running)
        return (try #require(made), try #require(shown))
    }

    private func areRemoved(_ bench: StateBench, _ pods: [CheckPod]) -> Bool {
        pods.allSatisfy {
            bench.careCalls.contains(.remove(pod: $0.name, uid: $0.metadata.uid))
        }
    }

    @Test("the one that asks has the other's address, and both go when it has answered")
    func passes() throws {
        var bench = StateBench.testing()
        let (listener, asker) = try stand(&bench)
        #expect(bench.made[0].body.contains(#""nodeName":"n1""#))
        #expect(bench.made[0].body.contains(#"["check","--listen",":7071"]"#))
        #expect(bench.made[1].body.contains(#""nodeName":"n0""#))
        #expect(
            bench.made[1].body.contains(#""--only","network","--peer","10.1.2.3:7071"]"#))
        bench.show(bench.made[1].body, CareBookTests.ended)
        bench.answer(.read(Self.passed)) { if case .read = $0 { true } else { false } }
        #expect(bench.told == ["0/7 tested passed"])
        bench.pass(seconds: 2)
        #expect(areRemoved(bench, [listener, asker]))
    }

    @Test("a test that nobody waits for takes both pods with it")
    func isDropped() throws {
        var bench = StateBench.testing()
        let (listener, asker) = try stand(&bench)
        bench.state.take(.drop(NodeID(0), OperationID(7)), of: HardwareFacts())
        bench.pass(seconds: 2)
        #expect(bench.told.isEmpty && areRemoved(bench, [listener, asker]))
    }

    @Test("who comes after finds both pods, and makes none")
    func takesOver() throws {
        var first = StateBench.testing()
        let (listener, asker) = try stand(&first)
        var next = StateBench.testing(pods: [listener, asker])
        order(&next)
        next.pass(seconds: 2)
        #expect(next.made.isEmpty && next.careCalls.isEmpty)
        // With nobody to ask for the test both go.
        var late = StateBench.testing(pods: [listener, asker])
        late.pass(seconds: 62)
        #expect(areRemoved(late, [listener, asker]))
    }

    /// A run whose network check had trouble with the other side, after what it measured.
    private static func missed(
        _ words: String = "connecting: timed out", figures: [Figure] = []
    ) -> HandedInTest {
        var result = CheckResult(.network, .error, ["the peer: " + words])
        result.figures = figures
        result.code = .checkPeer
        let verdict = RunVerdict(
            results: [result], level: .twoMinutes, devices: 0, isComplete: true)
        return HandedInTest(
            answer: QualificationAnswer(MachineRun(facts: MachineFacts(), verdict: verdict)),
            began: .zero)
    }

    @Test("who listens is probed, and its address is told only when it is ready")
    func isReadyFirst() throws {
        var bench = StateBench.testing()
        order(&bench)
        let body = bench.made[0].body
        #expect(body.contains(#""readinessProbe":{"tcpSocket":{"port":7071}"#))
        _ = bench.make(Self.listener(isReady: false))
        bench.pass(seconds: 30)
        #expect(bench.made.count == 1)
        bench.show(body, Self.listening)
        bench.pass(seconds: 2)
        #expect(bench.made.count == 2 && !bench.made[1].body.contains("readinessProbe"))
    }

    @Test("who is ready and is not reached is told apart from what could not be tested")
    func isUnreached() throws {
        for (isReady, isUnreached) in [(true, true), (false, false)] {
            var bench = StateBench.testing()
            let (listener, asker) = try stand(&bench)
            if !isReady { bench.show(bench.made[0].body, Self.listener(isReady: false)) }
            bench.show(bench.made[1].body, CareBookTests.ended)
            bench.answer(.read(Self.missed())) { if case .read = $0 { true } else { false } }
            let told = isUnreached ? "0/7 inconclusive" : "0/7 tested inconclusive"
            #expect(bench.told == [told])
            let outcomes = bench.reports.compactMap { report -> QualificationOutcome? in
                if case .qualified(_, _, let answer) = report { answer.outcome } else { nil }
            }
            #expect(outcomes.map(\.isUnreached) == (isUnreached ? [true] : []))
            #expect(bench.remarks.contains { $0.contains("timed out") } == isUnreached)
            bench.pass(seconds: 2)
            #expect(areRemoved(bench, [listener, asker]))
        }
    }

    @Test("a connection that came about and broke is a test that could not be made")
    func wasReached() throws {
        let roundTrip = [Figure(.roundTrip, milli: 41_000)]
        let cases = [
            (Self.missed("connecting: Connection refused"), true),
            (Self.missed("connecting: timed out", figures: roundTrip), false),
            (Self.missed("it hung up"), false),
            (Self.missed("it hung up", figures: roundTrip), false),
            (Self.missed("it was silent for 20 s"), false),
            (Self.missed("no address of that name"), false),
        ]
        for (run, isUnreached) in cases {
            var bench = StateBench.testing()
            _ = try stand(&bench)
            bench.show(bench.made[1].body, CareBookTests.ended)
            bench.answer(.read(run)) { if case .read = $0 { true } else { false } }
            #expect(bench.told == [isUnreached ? "0/7 inconclusive" : "0/7 tested inconclusive"])
        }
    }

    @Test("a partner that is gone, is refused or never listens is no answer, and it is said why")
    func hasNoPartner() throws {
        var gone = StateBench.testing(nodes: 1)
        order(&gone)
        #expect(gone.told == ["0/7 inconclusive"])
        var refused = StateBench.testing()
        order(&refused)
        refused.answer(.refused("no"))
        #expect(refused.told == ["0/7 inconclusive"] && refused.remarks[0].contains("no"))
        var silent = StateBench.testing()
        order(&silent)
        let listener = silent.make()
        silent.pass(seconds: 605)
        #expect(silent.told == ["0/7 inconclusive"])
        #expect(silent.remarks[0].contains("does not run yet"))
        #expect(areRemoved(silent, [try #require(listener)]))
    }
}
