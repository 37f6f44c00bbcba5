import FleetModel
import Testing

@testable import Health

/// Goal: silence is that of agents, not of a control plane that did not listen.
@Suite struct SilenceTests {
    private func heard() -> HealthHarness {
        var policy = HealthHarness.trusting
        policy.suspicion.testsIdleSuspects = false
        var harness = HealthHarness(policy)
        for node in 0..<4 {
            harness.arrive(node, box: node)
            harness.tell(.heard(NodeID(node)))
        }
        return harness
    }

    @Test func anAgentThatIsSilentIsSuspectUntilItIsHeard() {
        var harness = heard()
        for _ in 0..<10 {
            _ = harness.pass(30)
            for node in 0..<3 { harness.tell(.heard(NodeID(node))) }
        }
        #expect((0..<3).allSatisfy { harness.state($0) == .inService })
        #expect(harness.state(3) == .suspect)
        harness.tell(.heard(NodeID(3)))
        #expect(harness.state(3) == .inService)
        #expect(harness.engine[NodeID(3)]?.suspicion == nil)
    }

    @Test func whoeverIsSuspectForSomethingElseStaysSoWhenHeard() {
        var harness = heard()
        harness.find(3, harness.finding(.node, .watch))
        _ = harness.pass(400)
        harness.tell(.heard(NodeID(3)))
        #expect(harness.state(3) == .suspect)
    }

    @Test func aControlPlaneThatWasDownHasHeardNobody() {
        var harness = heard()
        harness.now = harness.now + .seconds(3 * 3600)
        // What comes first after the start may be anything.
        harness.tell(.setPolicy(harness.engine.policy))
        harness.tell(.resumed)
        #expect((0..<4).allSatisfy { harness.state($0) == .inService })
        _ = harness.pass(170)
        #expect((0..<4).allSatisfy { harness.state($0) == .inService })
        _ = harness.pass(20)
        #expect((0..<4).allSatisfy { harness.state($0) == .suspect })
    }

    @Test func whatCouldNotBeHeardIsNobodysSilence() {
        var harness = heard()
        _ = harness.pass(100)
        harness.now = harness.now + .seconds(90)
        // A process that stood still: no wake is late by a minute, and nobody was heard.
        harness.tell(.deaf(.seconds(90)))
        #expect((0..<4).allSatisfy { harness.state($0) == .inService })
        _ = harness.pass(75)
        for node in 0..<3 { harness.tell(.heard(NodeID(node))) }
        #expect(harness.state(3) == .inService)
        // Who says nothing in the time that counts is silent all the same.
        _ = harness.pass(10)
        #expect((0..<3).allSatisfy { harness.state($0) == .inService })
        #expect(harness.state(3) == .suspect)
    }

    @Test func moreThanHasPassedIsNotExcused() {
        var harness = heard()
        _ = harness.pass(100)
        harness.tell(.deaf(.seconds(.max / 1_000_000_000)))
        harness.tell(.deaf(TimeSpan(nanoseconds: .max)))
        harness.tell(.deaf(TimeSpan(nanoseconds: .min)))
        #expect(harness.engine.counters.ignoredInputs == 1)
        _ = harness.pass(170)
        #expect(harness.state(0) == .inService)
        _ = harness.pass(20)
        #expect(harness.state(0) == .suspect)
    }

    @Test func deafnessDoesNotEndASilenceThatWasTold() {
        var harness = heard()
        _ = harness.pass(200)
        #expect(harness.state(0) == .suspect)
        harness.tell(.deaf(.seconds(100)))
        #expect(harness.state(0) == .suspect)
    }
}
