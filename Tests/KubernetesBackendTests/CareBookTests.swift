import ControlPlane
import FleetModel
import Health
import HealthControl
import KubernetesObjects
import Qualification
import Testing

@testable import KubernetesBackend

/// Goal: every test that is ordered is answered once, by what its pod says of this node, and what
/// keeps it from that is said; nothing stays behind.
@Suite("Tests of nodes by pods")
struct CareBookTests {
    static let ended = #"""
        {"phase":"Succeeded","containerStatuses":[{"state":{"terminated":{"exitCode":0}}}]}
        """#
    static let running = #"{"phase":"Running"}"#

    static let passed = HandedInTest(
        answer: QualificationAnswer(
            outcome: QualificationOutcome(
                verdict: .passed, level: .twoMinutes, isLoaded: true, components: .ofOneDevice,
                devices: 0xFF)),
        began: .zero)

    @Test("a pod has the node for itself, is read when it has ended, and goes")
    func passes() throws {
        var bench = StateBench.testing()
        bench.test(1, 7)
        let body = try #require(bench.made.first?.body)
        #expect(bench.made.map(\.name) == ["check-n1-2m-ff-7"])
        for part in [
            #""nodeName":"n1""#, #""limits":{"nvidia.com/gpu":"8"}"#, #""operator":"Exists""#,
            #""restartPolicy":"Never""#, #"["check","--level","2m","--folder","/checks","--json"]"#,
        ] {
            #expect(body.contains(part), "\(part) in \(body)")
        }
        #expect(!body.contains("NVIDIA_VISIBLE_DEVICES") && !body.contains("--only"))
        let shown = bench.make(Self.running)
        let pod = try #require(shown)
        #expect(bench.told.isEmpty)
        bench.show(body, Self.ended)
        guard case .read(OperationID(7), pod.name)? = bench.careCalls.last else {
            Issue.record("it is not read: \(bench.careCalls)")
            return
        }
        bench.answer(.read(Self.passed))
        #expect(bench.told == ["1/7 tested passed"])
        guard case .remove(pod.name, "u-check-n1-2m-ff-7")? = bench.careCalls.last else {
            Issue.record("it does not go: \(bench.careCalls)")
            return
        }
        bench.state.lose(pod)
        // Who asks again has the same answer, and no other pod.
        bench.clear()
        bench.test(1, 7)
        #expect(bench.told == ["1/7 tested passed"] && bench.careCalls.isEmpty)
    }

    @Test("an order that comes again while its pod stands makes no other")
    func isHarmlessTwice() {
        var bench = StateBench.testing()
        bench.test(0, 1)
        bench.test(0, 1)
        _ = bench.make(Self.running)
        bench.test(0, 1)
        bench.pass(seconds: 30)
        #expect(bench.made.count == 1 && bench.told.isEmpty)
    }

    @Test("who comes after has the pod that stands, of the same order also one that has ended")
    func takesOver() throws {
        var first = StateBench.testing()
        first.test(0, 5)
        let body = try #require(first.made.first?.body)
        for (status, id, isTaken) in [
            (Self.running, 5, true), (Self.ended, 5, true), (Self.running, 9, true),
            (Self.ended, 9, false),
        ] {
            let pod = try #require(StateBench.pod(body, status))
            var next = StateBench.testing(pods: [pod])
            next.test(0, id)
            #expect(next.made.isEmpty == isTaken)
            next.show(body, Self.ended)
            let isRead = next.careCalls.contains { if case .read = $0 { true } else { false } }
            #expect(isRead == isTaken, "\(status) \(id)")
            guard !isTaken else {
                next.answer(.read(Self.passed))
                #expect(next.told == ["0/\(id) tested passed"])
                continue
            }
            // What ended before has nothing to say about this order, and goes in the end.
            #expect(next.made.map(\.name) == ["check-n0-2m-ff-9"])
            next.pass(seconds: 61)
            #expect(next.careCalls.contains(.remove(pod: pod.name, uid: pod.metadata.uid)))
        }
    }

    @Test("a pod that tests less than what is asked for is in nobody's place")
    func takesNoWeakerOne() throws {
        var first = StateBench.testing()
        first.test(0, 5)
        let pod = try #require(StateBench.pod(first.made[0].body, Self.running))
        var next = StateBench.testing(pods: [pod])
        next.test(0, 5, level: .fifteenMinutes)
        #expect(next.careCalls == [.remove(pod: pod.name, uid: pod.metadata.uid)])
        next.state.lose(pod)
        next.pass(seconds: 2)
        #expect(next.made.map(\.name) == ["check-n0-15m-ff-5"])
    }

    private static let ends: [(status: String, seconds: Int64, words: String)] = [
        (
            #"{"phase":"Failed","reason":"OutOfnvidia.com/gpu","message":"Node didn't have"}"#, 0,
            "its node ends the pod check-n0-2m-ff-1: OutOfnvidia.com/gpu: Node didn't have"
        ),
        (
            #"{"phase":"Failed","reason":"UnexpectedAdmissionError","message":"Allocate failed"}"#,
            0, "UnexpectedAdmissionError: Allocate failed"
        ),
        (
            #"""
            {"phase":"Failed","containerStatuses":[{"state":{"terminated":{"exitCode":137}}}]}
            """#, 0, "ended with the exit code 137"
        ),
        (#"{"phase":"Failed"}"#, 0, "nobody says how"),
        (
            #"""
            {"phase":"Pending","containerStatuses":[{"state":{"waiting":\#
            {"reason":"ImagePullBackOff","message":"no such image"}}}]}
            """#, 61, "does not start: ImagePullBackOff: no such image"
        ),
        (#"{"phase":"Pending"}"#, 601, "has not started for 600 s"),
        (#"{"phase":"Running"}"#, 1321, "does not come to an end"),
    ]

    @Test("what keeps a pod from its answer ends the test and is said", arguments: ends)
    func hasNoAnswer(_ end: (status: String, seconds: Int64, words: String)) throws {
        var bench = StateBench.testing()
        bench.test(0, 1)
        let shown = bench.make(end.status)
        let pod = try #require(shown)
        bench.pass(seconds: end.seconds)
        #expect(bench.told == ["0/1 inconclusive"])
        #expect(bench.remarks.count == 1)
        #expect(bench.remarks.last?.contains(end.words) == true, "\(bench.remarks)")
        #expect(bench.careCalls.contains(.remove(pod: pod.name, uid: pod.metadata.uid)))
    }

    @Test("pods that go, or of which another stands there, have no answer")
    func losesPods() throws {
        var bench = StateBench.testing()
        bench.test(0, 1)
        let shown = bench.make(Self.running)
        let pod = try #require(shown)
        bench.state.lose(pod)
        bench.tend()
        #expect(bench.remarks.last?.contains("went before it had ended") == true)
        // The same before it is known that it was made.
        bench.test(1, 9)
        let early = try #require(bench.made.last)
        let seen = bench.show(early.body, Self.running)
        bench.state.lose(try #require(seen))
        bench.answer(.made(uid: "u-" + early.name)) { if case .make = $0 { true } else { false } }
        #expect(bench.told == ["0/1 inconclusive", "1/9 inconclusive"])
        bench.test(0, 2)
        let body = try #require(bench.made.last?.body)
        _ = bench.make(Self.running)
        bench.show(body, Self.ended, uid: "another")
        #expect(bench.remarks.last?.contains("another pod has the name") == true)
        bench.test(1, 3)
        _ = bench.make(Self.running)
        bench.show(bench.made.last?.body ?? "", Self.running, isDeleting: true)
        #expect(bench.remarks.last?.contains("somebody deletes") == true)
        bench.test(1, 4)
        #expect(
            bench.told == [
                "0/1 inconclusive", "1/9 inconclusive", "0/2 inconclusive", "1/3 inconclusive",
            ])
    }

    @Test("a pod that the server does not take ends the test; what may pass is tried again")
    func isRefused() {
        var bench = StateBench.testing()
        bench.test(0, 1)
        bench.answer(.later("this replica does not lead"))
        #expect(bench.told.isEmpty)
        bench.pass(seconds: 4)
        #expect(bench.made.count == 2)
        bench.answer(.refused("the API server does not take its pod: no"))
        #expect(bench.told == ["0/1 inconclusive"] && bench.remarks[0].hasSuffix("pod: no"))
        bench.test(0, 2)
        for _ in 0..<400 {
            bench.answer(.later("busy")) { if case .make = $0 { true } else { false } }
            bench.pass(seconds: 3)
        }
        #expect(bench.told.last == "0/2 inconclusive" && bench.remarks[1].hasSuffix("busy"))
    }

    @Test("a log that is not to be had is asked for again, and what is no run is no answer")
    func reads() {
        var bench = StateBench.testing()
        bench.test(0, 1)
        _ = bench.make(Self.ended)
        bench.answer(.later("no route to the kubelet"))
        bench.pass(seconds: 6)
        let reads = bench.careCalls.count { if case .read = $0 { true } else { false } }
        #expect(reads == 2 && bench.told.isEmpty)
        bench.answer(.refused("what its pod wrote is no run"))
        #expect(bench.told == ["0/1 inconclusive"])
        bench.test(1, 2)
        _ = bench.make(Self.ended)
        for _ in 0..<60 {
            bench.answer(.later("no route")) { if case .read = $0 { true } else { false } }
            bench.pass(seconds: 5)
        }
        #expect(bench.told.last == "1/2 inconclusive" && bench.remarks[1].hasSuffix("no route"))
    }

    @Test("so many tests stand at a time, and the next begins when one has ended")
    func isBounded() throws {
        var bench = StateBench.testing(nodes: 5, most: 2)
        for node in 0..<5 { bench.test(node, node + 1) }
        #expect(bench.made.map(\.name) == ["check-n0-2m-ff-1", "check-n1-2m-ff-2"])
        let first = try #require(bench.made.first)
        bench.pass(seconds: 3600)
        #expect(bench.made.count == 2 && bench.told.isEmpty)
        let call = bench.careCalls.first
        bench.state.take(.made(uid: "u-" + first.name), to: try #require(call))
        bench.show(first.body, Self.ended)
        bench.answer(.read(Self.passed)) { if case .read = $0 { true } else { false } }
        #expect(bench.told == ["0/1 tested passed"])
        bench.tend()
        #expect(bench.made.map(\.name).last == "check-n2-2m-ff-3" && bench.made.count == 3)
    }

    @Test("without a number one node in twenty is tested at a time, and 32 in any case")
    func choosesMost() {
        let settings = CheckSettings(image: "a")
        #expect([0, 640, 641, 660, 10_000].map(settings.most) == [32, 32, 32, 33, 500])
    }

    @Test("an order for every node of a large cluster is no flood of requests")
    func holdsBack() {
        var bench = StateBench.testing(nodes: 1000)
        for node in 0..<1000 {
            bench.state.take(
                .qualify(
                    NodeID(node), OperationID(Int64(node)), .twoMinutes, devices: 0xFF,
                    components: .ofOneDevice),
                of: HardwareFacts())
        }
        bench.flush()
        #expect(bench.calls.isEmpty)
        bench.pass(seconds: 5)
        #expect(bench.made.count == 50)
        #expect(bench.made.last?.name.hasSuffix("-49") == true)
    }
}
