import FleetModel
import Health
import Testing

@testable import Qualification

/// A whole run, judged anew by what was learned and by the stack of its pool.
struct MachineRunTests {
    private static func facts(_ serial: String, host: String = "h") -> MachineFacts {
        var facts = MachineFacts()
        facts.host = host
        facts.chassis = serial
        facts.processor = "EPYC"
        facts.nvml = .works
        facts.cuda = .works
        facts.cudaDevices = 2
        facts.versions = [
            FoundVersion(.driver, "580.82.07", at: "NVML"), FoundVersion(.kernel, "6.8", at: "/"),
        ]
        facts.devices = (0..<2).map { index in
            var device = DeviceFacts()
            device.uuid = "GPU-\(serial)-\(index)"
            device.model = "NVIDIA H100 80GB HBM3"
            return device
        }
        return facts
    }

    private static func run(
        _ serial: String = "SN-0", host: String = "h", memory: Int64 = 100_000,
        copies: [Int64] = [52_000, 52_000], also: [CheckResult] = []
    ) -> MachineRun {
        let facts = facts(serial, host: host)
        var results = [
            FactChecks(facts, stack: StackDeclaration()).result(of: .versions),
            FactChecks(facts, stack: StackDeclaration()).result(of: .identity),
            CheckResult(.hostCPU, .passed),
            CheckResult(.hostMemory, .passed, figures: [Figure(.hostMemory, milli: memory)]),
        ].compactMap { $0 }
        let priors = Priors.thresholds(model: facts.devices[0].model, devices: 2)
        for (device, milli) in copies.enumerated() {
            var result = CheckResult(
                .deviceCopy, device: Int32(device), .passed,
                figures: [Figure(.hostToDevice, milli: milli)])
            result.judge(against: priors)
            results.append(result)
        }
        return MachineRun(
            facts: facts,
            verdict: RunVerdict(
                results: results + also, level: .fifteenMinutes, devices: 2, isComplete: true))
    }

    /// What runs of machines of these serial numbers teach.
    private static func learned(_ machines: Int = 6, copies: Int64 = 52_000) -> LearnedBounds {
        var bounds = LearnedBounds()
        for machine in 0..<machines {
            _ = run("SN-\(machine)", copies: [copies, copies]).teach(&bounds, identity: "")
        }
        return bounds
    }

    @Test func whatIsSlowerThanItsLikeFailsAndSaysWhy() throws {
        let slow = MachineRunTests.run(memory: 80_000)
        #expect(slow.verdict.outcome.verdict == .passed)
        let judged = slow.judged(learned: MachineRunTests.learned(), stack: nil)
        #expect(judged.verdict.outcome.verdict == .failed)
        #expect(judged.verdict.outcome.failedDevices == 0)
        let words = try #require(judged.faults.first)
        #expect(words.hasPrefix("host-memory: hostMemory is 80.0 GB/s, less than 95.0"), "\(words)")
        #expect(words.contains("learned from 6 machines, usually 100"), "\(words)")
        // Of one device: that one alone.
        let one = MachineRunTests.run(copies: [52_000, 40_000])
        let own = one.judged(learned: MachineRunTests.learned(), stack: nil).verdict.outcome
        #expect(own.verdict == .failed && own.failedDevices == 0b10)
        #expect(one.judged(learned: LearnedBounds(), stack: nil) == one)
    }

    /// The machine's own past tells what a driver costs, before anything is learned with it.
    @Test func aSlowerDriverIsFoundByTheMachinesOwnPast() {
        func run(_ driver: String, _ copies: [Int64], memory: Int64 = 100_000) -> MachineRun {
            var run = MachineRunTests.run(memory: memory, copies: copies)
            run.facts.versions[0] = FoundVersion(.driver, driver, at: "NVML")
            return run
        }
        let before = MachineRunTests.learned(1)
        func words(_ run: MachineRun) -> [String] {
            run.slowdowns(since: before, identity: "").map(\.text)
        }
        #expect(
            words(run("590.1", [46_000, 46_500]))
                == ["hostToDevice is 10 % less than with 580.82.07"])
        // Within the drop, one device alone, what has the same kernel as before, the same driver.
        #expect(words(run("590.1", [50_000, 50_000])) == [])
        #expect(words(run("590.1", [52_000, 40_000])) == [])
        #expect(words(run("590.1", [52_000, 52_000], memory: 50_000)) == [])
        #expect(words(run("580.82.07", [46_000, 46_000])) == [])
        // Another machine's past is not this one's.
        var other = run("590.1", [46_000, 46_000])
        for index in other.facts.devices.indices { other.facts.devices[index].uuid += "x" }
        #expect(words(other) == [])
    }

    /// Behind an older slot all copies are slow, and none of these machines is broken.
    @Test func whatIsLearnedTakesThePlaceOfWhatIsPublished() {
        let bounds = MachineRunTests.learned(copies: 22_000)
        let run = MachineRunTests.run(copies: [21_500, 19_000])
        #expect(run.verdict.results.suffix(2).map(\.status) == [.degraded, .failed])
        let judged = run.judged(learned: bounds, stack: nil)
        #expect(judged.verdict.results.suffix(2).map(\.status) == [.passed, .degraded])
        #expect(judged.verdict.outcome.failedDevices == 0b10)
        #expect(judged.verdict.results[4].thresholds.allSatisfy { $0.source.isLearned })
        // What was found wrong by itself stays so.
        var wrong = run
        wrong.verdict.results[4] = CheckResult(
            .deviceCopy, device: 0, .failed, ["wrong bytes"],
            figures: [Figure(.hostToDevice, milli: 21_500)])
        let still = wrong.judged(learned: bounds, stack: nil).verdict.results[4]
        #expect(still.status == .failed && still.notes.first == "wrong bytes")
    }

    /// A threshold that is not learned counts on, also when one that failed first is replaced.
    @Test func whatIsNotReplacedStaysWrong() throws {
        var result = CheckResult(
            .deviceMultiply, device: 0, .passed,
            figures: [Figure(.multiplyBF16, milli: 100_000), Figure(.deviceSlowed, milli: 50_000)])
        let priors = Priors.thresholds(model: "NVIDIA H100 80GB HBM3", devices: 2)
        result.judge(against: priors + Priors.everywhere)
        #expect(result.status == .failed)
        var bounds = LearnedBounds()
        let run = MachineRunTests.run(also: [result])
        for machine in 0..<6 {
            bounds.learn(
                Figure(.multiplyBF16, milli: 100_000), of: "\(machine)", run.facts.key(for: result))
        }
        let judged = run.judged(learned: bounds, stack: nil)
        let own = try #require(judged.verdict.results.last)
        #expect(own.status == .failed && own.notes.allSatisfy { $0.hasPrefix("deviceSlowed") })
        #expect(judged.faults.first?.hasPrefix("device-multiply of device GPU-SN-0-0: ") == true)
        result.figures[1].milli = 0
        result.thresholds = []
        result.notes = []
        result.status = .passed
        result.judge(against: priors + Priors.everywhere)
        #expect(result.status == .failed)
        let good = MachineRunTests.run(also: [result]).judged(learned: bounds, stack: nil)
        #expect(good.verdict.outcome.verdict == .passed)
    }

    /// A connection to itself is no network: it neither teaches nor is held against one.
    @Test func onlyANetworkWithAPeerTeachesAndIsJudged() {
        func run(_ serial: String, _ milli: Int64, _ notes: [String]) -> MachineRun {
            MachineRunTests.run(
                serial,
                also: [
                    CheckResult(
                        .network, .passed, notes, figures: [Figure(.network, milli: milli)])
                ])
        }
        let key = FigureKey(model: "EPYC", driver: "6.8", fabric: "")
        var bounds = LearnedBounds()
        for machine in 0..<6 {
            _ = run("SN-\(machine)", 4_000, ["loopback"]).teach(&bounds, identity: "")
        }
        #expect(bounds.threshold(.network, key) == nil)
        for machine in 0..<6 {
            _ = run("SN-\(machine)", 40_000, ["peer b:7071"]).teach(&bounds, identity: "")
        }
        #expect(bounds.threshold(.network, key)?.boundMilli == 38_000)
        func verdict(_ notes: [String]) -> QualificationVerdict {
            run("SN-9", 4_000, notes).judged(learned: bounds, stack: nil).verdict.outcome.verdict
        }
        #expect(verdict(["loopback"]) == .passed && verdict(["peer b:7071"]) == .failed)
    }

    @Test func aMachineCountsOnceUnderEveryNameAndWhatFailsTeachesNothing() throws {
        var bounds = LearnedBounds()
        for name in ["a", "b", "c", "d", "e", "f"] {
            _ = MachineRunTests.run("SN-0", host: name).teach(&bounds, identity: "x")
        }
        let memory = FigureKey(model: "EPYC", driver: "6.8", fabric: "")
        #expect(bounds.threshold(.hostMemory, memory) == nil)
        #expect(bounds.rows.map(\.machines) == [1, 2])
        for name in ["a", "b"] {
            _ = MachineRunTests.run("", host: name).teach(&bounds, identity: "one of its node")
        }
        #expect(bounds.rows.map(\.machines) == [2, 4])
        let failed = MachineRunTests.run(
            "SN-9", also: [CheckResult(.deviceMemory, device: 0, .failed, ["wrong"])])
        #expect(failed.teach(&bounds, identity: "").isEmpty)
        #expect(bounds.rows.map(\.machines) == [2, 4])
    }

    /// Each machine of a fleet loses two per cent from test to test. One alone is found before it
    /// has lost seven.
    @Test func aMachineThatFadesIsFoundAndDoesNotTeachThatItIsRight() {
        var bounds = MachineRunTests.learned(12)
        var memory: Int64 = 100_000
        for _ in 0..<10 {
            memory = memory * 98 / 100
            let judged = MachineRunTests.run("SN-0", memory: memory)
                .judged(learned: bounds, stack: nil)
            guard judged.verdict.outcome.verdict == .passed else { break }
            _ = judged.teach(&bounds, identity: "")
        }
        #expect(memory > 93_000)
    }

    @Test func restoredBoundsAreTheSame() {
        var bounds = LearnedBounds()
        var taken: [(key: FigureKey, figure: FigureID, machine: String)] = []
        for round in 0..<Int64(20) {
            for machine in 0..<6 {
                let run = MachineRunTests.run("SN-\(machine)", memory: 100_000 + round)
                taken += run.teach(&bounds, identity: "")
            }
        }
        var restored = LearnedBounds()
        for (key, figure, machine) in taken {
            guard restored.values(of: figure, machine, key).isEmpty else { continue }
            let values = bounds.values(of: figure, machine, key)
            #expect(values.count == LearnedBounds.valuesKept)
            restored.restore(values, of: figure, machine, key)
        }
        #expect(restored.rows.count == 2 && restored.rows.allSatisfy { $0.threshold != nil })
        #expect(restored.rows.map(\.threshold) == bounds.rows.map(\.threshold))
    }

    @Test func whatAStackSaysIsWhatTheCommandSays() {
        let run = MachineRunTests.run()
        func judged(_ stack: StackDeclaration, isContained: Bool = false) -> MachineRun {
            var run = run
            run.isContained = isContained
            return run.judged(learned: LearnedBounds(), stack: stack, devices: 8)
        }
        let right = StackDeclaration(name: "s", rules: [.init(.driver, .same(Version("580.82")))])
        let passed = judged(right)
        #expect(passed.verdict.outcome.verdict == .passed)
        #expect(passed.verdict.results[0].status == .passed)
        // Other versions are told, and are the rollout's to mend.
        let other = StackDeclaration(name: "s", rules: [.init(.driver, .same(Version("575.1")))])
        let told = judged(other)
        let said = FactChecks(run.facts, stack: other).result(of: .versions)
        #expect(said?.status == .failed && told.verdict.results[0].status == .degraded)
        #expect(told.verdict.results[0].notes == said?.notes && told.differences == said?.notes)
        #expect(told.verdict.outcome.verdict == .passed)
        for stack in [
            StackDeclaration(name: "s", deviceCount: 8),
            StackDeclaration(name: "s", deviceModel: "H200"),
        ] {
            let found = judged(stack).verdict.results
            for check in [CheckID.versions, .identity] {
                let own = FactChecks(run.facts, stack: stack).result(of: check)
                let index = check == .versions ? 0 : 1
                #expect(found[index].status == own?.status && found[index].notes == own?.notes)
            }
            #expect(judged(stack).verdict.outcome.verdict == .failed)
        }
        // A container has libraries of its own, and the devices that it was given.
        let libraries = StackDeclaration(
            name: "s", rules: [.init(.nccl, .same(Version("2.28.9")))], deviceCount: 8)
        #expect(judged(libraries).verdict.outcome.verdict == .failed)
        #expect(judged(libraries, isContained: true).verdict.outcome.verdict == .passed)
        // What broke says nothing, whatever is declared.
        var broken = run
        broken.verdict.results[0] = CheckResult(.versions, .error, ["no answer"], code: .checkBroke)
        let still = broken.judged(
            learned: LearnedBounds(), stack: StackDeclaration(deviceCount: 2))
        #expect(still.verdict.results[0] == broken.verdict.results[0])
    }
}
