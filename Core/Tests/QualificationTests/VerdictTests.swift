import FleetModel
import Health
import Testing

@testable import Qualification

/// What a run means for the health engine.
struct VerdictTests {
    private func results(
        devices: Int32, changing: (inout CheckResult) -> Void = { _ in }
    ) -> [CheckResult] {
        CheckPlan(level: .twoMinutes, devices: devices).groups.joined().map { run in
            let isOfDevice = run.check.entry.subject == .device
            var result = CheckResult(
                run.check, device: run.device,
                isOfDevice && devices == 0 || run.check.entry.subject == .tool
                    ? .notApplicable : .passed)
            changing(&result)
            return result
        }
    }

    private func outcome(
        _ results: [CheckResult], devices: Int32, level: QualificationLevel = .twoMinutes,
        isComplete: Bool = true
    ) -> QualificationOutcome {
        RunVerdict(results: results, level: level, devices: devices, isComplete: isComplete).outcome
    }

    @Test func aGoodNodeIsProved() {
        let outcome = outcome(results(devices: 8), devices: 8)
        #expect(outcome.verdict == .passed)
        #expect(outcome.isLoaded)
        #expect(outcome.devices == 0xFF)
        #expect(outcome.components.isSuperset(of: .ofOneDevice))
        #expect(outcome.components.isSuperset(of: [.host, .disk, .deviceLink]))
        // It spoke to nobody else.
        #expect(!outcome.components.contains(.network))
        #expect(outcome.failedTests.isEmpty)
    }

    @Test func aPeerProvesTheNetwork() {
        let results = results(devices: 0) { result in
            if result.check == .network { result.notes = [RunVerdict.peerNote + "10.0.0.2:7071"] }
        }
        #expect(outcome(results, devices: 0).components.contains(.network))
    }

    @Test func withoutDevicesNothingIsSaidOfDevices() {
        let outcome = outcome(results(devices: 0), devices: 0)
        #expect(outcome.verdict == .passed)
        #expect(outcome.devices == 0)
        #expect(outcome.components.isDisjoint(with: .ofOneDevice))
    }

    @Test func aDeviceThatFailsIsNamed() {
        let results = results(devices: 4) { result in
            guard result.check == .deviceMultiply, result.device == 2 else { return }
            result.note(.failed, "wrong results")
        }
        let outcome = outcome(results, devices: 4)
        #expect(outcome.verdict == .failed)
        #expect(outcome.failedDevices == 0b100)
        #expect(outcome.failedTests == [CheckID.deviceMultiply.testID])
        #expect(outcome.components.contains(.device))
    }

    @Test func whatFailsBesidesDevicesIsTheNodes() {
        let results = results(devices: 4) { result in
            let isDevice = result.check == .deviceMultiply && result.device == 2
            if isDevice || result.check == .hostMemory { result.note(.failed, "wrong") }
        }
        #expect(outcome(results, devices: 4).failedDevices == 0)
    }

    @Test func whatBreaksIsNoVerdictOnHardware() {
        let results = results(devices: 2) { result in
            guard result.check == .deviceMemory, result.device == 1 else { return }
            result = CheckResult(result.check, device: 1, .error, ["it hung"])
        }
        let outcome = outcome(results, devices: 2)
        #expect(outcome.verdict == .inconclusive)
        #expect(!outcome.components.contains(.deviceMemory))
        #expect(outcome.devices == 0b01)
        #expect(outcome.failedDevices == 0)
    }

    @Test func aRunThatIsStoppedProvesNothing() {
        let all = results(devices: 1)
        #expect(outcome(all, devices: 1, isComplete: false).verdict == .inconclusive)
        #expect(outcome(Array(all.prefix(6)), devices: 1).verdict == .inconclusive)
        #expect(outcome([], devices: 0, level: .seconds).verdict == .inconclusive)
    }

    @Test func quickPassesWithoutLoadAndSaysSo() {
        let quick = CheckPlan(level: .seconds, devices: 1).groups.joined().map {
            CheckResult($0.check, device: $0.device, .passed)
        }
        let outcome = outcome(quick, devices: 1, level: .seconds)
        #expect(outcome.verdict == .passed)
        #expect(!outcome.isLoaded)
        #expect(outcome.devices == 0)
    }

    @Test func slowAgainstItsLikeIsAFaultAndAgainstPublishedValuesIsNot() {
        func slow(_ source: ThresholdSource) -> QualificationOutcome {
            let results = results(devices: 1) { result in
                guard result.check == .deviceCopy else { return }
                result.figures = [Figure(.hostToDevice, milli: 47_000)]
                result.judge(against: [Threshold(.hostToDevice, milli: 48_000, source)])
                #expect(result.status == .degraded)
            }
            return outcome(results, devices: 1)
        }
        #expect(slow(.published("somebody")).verdict == .passed)
        let learned = slow(.learned(machines: 9, usualMilli: 50_000))
        #expect(learned.verdict == .failed)
        #expect(learned.failedDevices == 1)
    }

    @Test func halfOfTheHostIsNotTheHost() {
        let results = results(devices: 0).filter { $0.check != .hostCPU }
        #expect(!outcome(results, devices: 0).components.contains(.host))
    }

    @Test func theWorstNoteStandsFirst() {
        var result = CheckResult(.disk, .passed, ["first"])
        result.note(.degraded, "slow")
        result.note(.failed, "wrong")
        result.note(.degraded, "slow again")
        #expect(result.status == .failed)
        #expect(result.notes == ["wrong", "slow", "first", "slow again"])
        for _ in 0..<100 { result.note(.failed, "more") }
        #expect(result.notes.count == CheckResult.notesKept)
    }

    @Test func whatIsNotThereIsNotJudged() {
        var result = CheckResult(
            .network, .notApplicable, figures: [Figure(.network, milli: 1)])
        result.judge(against: [Threshold(.network, milli: 1_000_000, .rule("a test"))])
        #expect(result.status == .notApplicable)
    }
}
