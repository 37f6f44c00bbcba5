import FleetModel
import Fuzzing
import Scheduler
import Testing

/// Goal: what the fuzzer is for is found, and shrunk to what matters. Method: engines that are
/// wrong on purpose.
@Suite struct FuzzingTests {
    /// The first failure of a wrong engine, with the inputs that are left of it.
    private func found<Subject: FuzzSubject>(
        _: Subject.Type, kind: FailureKind
    ) throws -> (failure: FuzzFailure, before: Int, left: [FuzzStep]) {
        for seed in UInt64(0)..<60 {
            var run = CaseRun(Subject.self, seed: seed, order: .fair, longest: 150)
            run.run()
            guard let failure = run.failure, failure.kind == kind else { continue }
            var spent = 0
            let setup = run.setup
            var shrinker = CaseShrinker(
                setup: setup, steps: Array(run.steps.prefix(failure.step)), isSpent: { false },
                fails: { setup, steps in
                    failure.isLike(
                        CaseReplay.failure(
                            of: steps, setup: setup, Subject.self, spent: &spent))
                })
            shrinker.run()
            return (failure, run.steps.count, shrinker.steps)
        }
        throw NothingFound()
    }

    private struct NothingFound: Error {}

    @Test func aBrokenContractIsFoundAndShrunk() throws {
        let result = try found(WrongAttempts.self, kind: .contract)
        #expect(result.failure.message.contains("follows"))
        // Nodes, tenants and three jobs that start.
        #expect(result.left.count == 5, "\(result.left.map(StepText.line))")
        #expect(result.left.count < result.before)
    }

    @Test func aBrokenStateIsFoundAndShrunk() throws {
        let result = try found(WrongState.self, kind: .invariant)
        // Tenants, two jobs that nothing could start, and the drain.
        #expect(result.left.count <= 4, "\(result.left.map(StepText.line))")
    }

    @Test func aReplayThatDiffersIsFound() {
        let failures = (UInt64(0)..<40).compactMap { seed -> FuzzFailure? in
            var run = CaseRun(WrongMemory.self, seed: seed, order: .fair, longest: 40)
            run.run()
            return run.failure
        }
        #expect(failures.contains { $0.kind == .replay })
    }

    @Test func aStopForNobodyWhoWaitsIsFound() {
        let failure = firstFailure(of: WrongEvictors.self)
        #expect(failure?.kind == .contract)
        #expect(failure?.message.contains("which does not wait") == true)
    }

    @Test func jobsThatEvictEachOtherAreFound() {
        #expect(firstFailure(of: WrongTurns.self)?.kind == .mutualEviction)
    }

    /// What is found first in streams of jobs under `muster`.
    private func firstFailure<Subject: FuzzSubject>(of: Subject.Type) -> FuzzFailure? {
        for seed in UInt64(0)..<60 {
            let plan = LivenessPlan(seed: seed, order: .muster)
            var run = LivenessRun(Subject.self, plan: plan, items: plan.items)
            run.run()
            if let failure = run.failure { return failure }
        }
        return nil
    }

    @Test func theSameSeedGivesTheSameCase() {
        var first = CaseRun(Engine.self, seed: 5, order: .fair, longest: 150)
        var second = CaseRun(Engine.self, seed: 5, order: .fair, longest: 150)
        first.run()
        second.run()
        #expect(first.steps == second.steps)
        #expect(first.counts == second.counts)
        #expect(first.steps.count > 20)
    }

    @Test(arguments: [QueueOrder.fair, .easy, .firstFit, .fifo])
    func theEngineIsSound(order: QueueOrder) {
        for seed in UInt64(100)..<112 {
            var run = CaseRun(Engine.self, seed: seed, order: order, longest: 150)
            run.run()
            #expect(run.failure == nil, "seed \(seed): \(String(describing: run.failure))")
        }
    }
}

/// Goal: a gang that starves is found, and one that must wait is not.
@Suite struct LivenessTests {
    private func failure(seed: UInt64, order: QueueOrder) -> FuzzFailure? {
        let plan = LivenessPlan(seed: seed, order: order)
        var run = LivenessRun(Engine.self, plan: plan, items: plan.items)
        run.run()
        return run.failure
    }

    @Test func firstFitStarvesLargeGangs() {
        let failures = (UInt64(0)..<4).compactMap { failure(seed: $0, order: .firstFit) }
        #expect(failures.contains { $0.kind == .liveness && $0.message.contains("bound") })
    }

    @Test func aStrictQueueServesEverybody() {
        for seed in UInt64(0)..<4 { #expect(failure(seed: seed, order: .fifo) == nil) }
    }
}

@Suite struct StepTextTests {
    @Test func readsLikeALog() {
        let job = JobSpec(
            id: JobID(3), tenant: TenantID(1), priority: 2, preemptible: true,
            roles: [RoleSpec(count: 2, maximum: 4, request: MemberRequest(devices: 8))],
            timeLimit: .seconds(60), held: true)
        let step = FuzzStep(at: Instant(nanoseconds: 1_500_000_000), input: .submit(job))
        #expect(
            StepText.line(step)
                == "1.5s  submit job 3 of tenant 1, 2…4 × 8 devices, priority 2, preemptible, "
                + "limit 60s, held")
        #expect(
            StepText.line(FuzzStep(at: .zero, input: .finish(JobID(1), Attempt(2))))
                == "0s  finished job 1#2")
    }
}
