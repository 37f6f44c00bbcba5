import Health
import Testing

@testable import Qualification

/// Which checks there are, and when they run.
struct CatalogueTests {
    @Test func everyCheckHasANameOfItsOwn() {
        let names = CheckID.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        for check in CheckID.allCases { #expect(CheckID(name: check.name) == check) }
        #expect(CheckID(name: "") == nil)
        #expect(Set(CheckID.allCases.map(\.testID.rawValue)).count == names.count)
    }

    @Test(arguments: QualificationLevel.allCases)
    func aLevelKeepsToItsTime(level: QualificationLevel) {
        for devices in [Int32(0), 1, 8, 16, 64] {
            let plan = CheckPlan(level: level, devices: devices)
            #expect(plan.loadSeconds <= level.budgetSeconds + devices, "\(devices)")
        }
        #expect(CheckPlan(level: level, devices: 8).loadSeconds <= level.budgetSeconds)
        #expect(QualificationLevel(name: level.name) == level)
    }

    @Test func longerLevelsRunAllThatShorterOnesRun() {
        for (shorter, longer) in zip(QualificationLevel.allCases, QualificationLevel.allCases[1...])
        {
            for check in CheckID.allCases {
                #expect(check.entry.seconds(at: shorter) <= check.entry.seconds(at: longer))
            }
        }
    }

    @Test func quickPutsNothingUnderLoad() {
        for run in CheckPlan(level: .seconds, devices: 8).groups.joined() {
            #expect(!run.check.entry.isLoad)
        }
    }

    @Test func devicesAreMetInTurnOrAtATime() {
        let plan = CheckPlan(level: .twoMinutes, devices: 4)
        let copies = plan.groups.filter { $0[0].check == .deviceCopy }
        #expect(copies.map(\.count) == [1, 1, 1, 1])
        #expect(copies.map { $0[0].device } == [0, 1, 2, 3])
        let loads = plan.groups.filter { $0[0].check == .deviceMultiply }
        #expect(loads.map(\.count) == [4])
        #expect(plan.groups.filter { $0[0].check == .disk }.map(\.count) == [1])
    }

    @Test func withoutDevicesEachCheckStillSaysSo() {
        let plan = CheckPlan(level: .twoMinutes, devices: 0)
        for check in [CheckID.deviceCopy, .deviceMemory, .deviceMultiply, .deviceLinks] {
            let runs = plan.groups.joined().filter { $0.check == check }
            #expect(runs.map(\.device) == [nil], "\(check)")
        }
    }

    @Test func onlyTakesChecksThatTheLevelLeavesOut() {
        let plan = CheckPlan(level: .seconds, only: [.disk, .nccl], devices: 0)
        #expect(plan.groups.map { $0[0].check } == [.disk, .nccl])
        #expect(plan.groups.map { $0[0].seconds } == [10, 60])
        #expect(plan.groups.joined().allSatisfy { $0.timeoutSeconds > 2 * $0.seconds })
    }
}
