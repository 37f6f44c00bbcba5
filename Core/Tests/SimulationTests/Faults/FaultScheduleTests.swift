import FleetModel
import Testing

@testable import Simulation

@Suite struct FaultScheduleTests {
    private let fleet = FleetDefinition.uniform(nodes: 256, devices: 8, groups: [16])

    /// The faults of so many days.
    private func faults(_ model: FaultModel, days: Int64) -> [Fault] {
        var schedule = FaultSchedule(model: model, fleet: fleet)
        var faults: [Fault] = []
        while let next = schedule.next, next.at < .seconds(days * 86_400) {
            faults.append(next)
            schedule.draw()
        }
        return faults
    }

    @Test func publishedRates() {
        #expect(FaultModel.published().perMillionNodeDays == 6500)
        #expect(FaultModel.published().isWellFormed)
        let llama = FaultModel.llama3()
        // The causes that are counted are 3.79 per 1000 node-days; slow nodes come beside them.
        #expect((3780...3825).contains(llama.perMillionNodeDays))
        let hardware = llama[.device] + llama[.node] + llama[.link] + llama[.corruption]
        #expect((80...90).contains(hardware * 100 / llama.perMillionNodeDays))
        #expect(FaultModel().scaled(to: 5) == FaultModel())
    }

    @Test func everyKindComesAsOftenAsItShould() {
        let days: Int64 = 2000
        let model = FaultModel.published(seed: 3)
        let faults = faults(model, days: days)
        for kind in FaultKind.allCases {
            let places: Int64 = kind.strikesNode ? 256 : 16
            let expected = Double(model[kind] * places * days) / 1e6
            let count = Double(faults.count { $0.kind == kind })
            // Four standard deviations of a Poisson count.
            #expect(abs(count - expected) < 4 * expected.squareRoot() + 1, "\(kind)")
        }
        #expect(zip(faults, faults.dropFirst()).allSatisfy { $0.at <= $1.at })
    }

    @Test func gapsAreExponentialAndNodesUniform() {
        let faults = faults(.published(seed: 9), days: 2000)
        let gaps = zip(faults, faults.dropFirst()).map { Double(($1.at - $0.at).nanoseconds) }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let short = gaps.count { $0 < mean }
        // 63.2 % of an exponential distribution are below its mean.
        #expect(abs(Double(short) / Double(gaps.count) - 0.632) < 0.03)
        var counts = [Int](repeating: 0, count: 256)
        for fault in faults where fault.kind.strikesNode { counts[fault.nodes[0].index] += 1 }
        let most = counts.max() ?? 0
        #expect(most < 3 * faults.count / 256)
        #expect(counts.allSatisfy { $0 > 0 })
    }

    @Test func racksTakeAllNodesOfTheFinestDomain() throws {
        var model = FaultModel()
        model[.rack] = 1_000_000
        let found = faults(model, days: 10)
        let first = try #require(found.first)
        #expect(first.nodes.count == 16)
        #expect(Set(first.nodes.map { $0.index / 16 }).count == 1)
        #expect(Set(found.map { $0.nodes[0].index / 16 }).count == 16)
        #expect(found.allSatisfy { $0.repair >= .seconds(600) && $0.repair <= .seconds(86_400) })
    }

    @Test func repairsTakeMinutesForMostAndDaysForAFew() {
        let repairs = faults(.published(), days: 2000).filter { $0.kind.strikesNode }
            .map(\.repair)
        let hour = TimeSpan.seconds(3600)
        let slow = repairs.count { $0 > hour } * 100 / repairs.count
        #expect((8...12).contains(slow))
        #expect(repairs.allSatisfy { $0 >= .seconds(299) && $0 <= .seconds(345_600) })
        #expect(repairs.contains { $0 > .seconds(86_400) })
    }

    @Test func sameSeedSameFaultsAndAnotherSeedOthers() {
        #expect(faults(.published(seed: 5), days: 50) == faults(.published(seed: 5), days: 50))
        #expect(faults(.published(seed: 5), days: 50) != faults(.published(seed: 6), days: 50))
    }

    @Test func nothingIsDrawnWithoutRatesOrDevices() {
        #expect(FaultSchedule(model: FaultModel(), fleet: fleet).next == nil)
        let bare = FleetDefinition.uniform(nodes: 4, devices: 0, groups: [2])
        #expect(FaultSchedule(model: .published(), fleet: bare).next == nil)
        let flat = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [])
        var model = FaultModel()
        model[.rack] = 1000
        #expect(FaultSchedule(model: model, fleet: flat).next == nil)
    }

    @Test func extremesNeitherTrapNorStandStill() {
        var model = FaultModel()
        for kind in FaultKind.allCases { model[kind] = FaultModel.highestRate }
        model.slowSpeed = 1...1_000_000
        model.repair = .fixed(.zero)
        #expect(model.isWellFormed)
        var schedule = FaultSchedule(model: model, fleet: fleet)
        for _ in 0..<1000 { schedule.draw() }
        #expect(schedule.next?.at ?? .never < .seconds(3600))
        model = FaultModel()
        model[.node] = 1
        schedule = FaultSchedule(
            model: model, fleet: FleetDefinition.uniform(nodes: 1, devices: 1, groups: []))
        for _ in 0..<100 { schedule.draw() }
        #expect(schedule.next?.at == .never)
    }

    @Test func malformedModels() {
        var model = FaultModel.published()
        model.slowSpeed = 0...5
        #expect(!model.isWellFormed)
        model = .published()
        model[.node] = -1
        #expect(!model.isWellFormed)
        model = .published()
        model.repair = .quantiles([5, 4])
        #expect(!model.isWellFormed)
        model = .published()
        model.detection = .fixed(TimeSpan(nanoseconds: -1))
        #expect(!model.isWellFormed)
        #expect(!SpanDistribution.quantiles([Int64](repeating: 0, count: 10)).isWellFormed)
    }
}
