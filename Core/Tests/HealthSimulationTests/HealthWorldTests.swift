import FleetModel
import HealthSimulation
import Simulation
import Testing

/// Goal: what the scheduler and the health engine promise holds in a fleet where things break, and
/// each part of the health engine pays for itself. Method: 32 nodes with ten times the published
/// faults for some days; `muster-health-sim` runs the whole fleet at the published rates.
@Suite(.serialized) struct HealthWorldTests {
    private func scenario(
        _ variant: HealthVariant = .whole, seed: UInt64 = 11, days: Int64 = 2
    ) -> HealthScenario {
        var mix = HealthMix.young
        mix.faults = mix.faults.scaled(to: 65_000)
        var scenario = HealthScenario(mix: mix, variant: variant, seed: seed)
        scenario.nodes = 32
        scenario.gangNodes = 16
        scenario.nodesPerLeaf = 16
        scenario.spares = 2
        scenario.smallLoadMilli = 500
        scenario.days = days
        return scenario
    }

    private func figures(_ scenario: HealthScenario) -> HealthFigures {
        var world = HealthWorld(scenario)
        return world.run()
    }

    private func variant(_ name: String) throws -> HealthVariant {
        try #require(HealthVariant.all.first { $0.name == name })
    }

    /// The gang is back in time, no restart stands on a suspect, nothing starts on what is out, and
    /// a storm of alarms trips a breaker before more than its share is gone.
    @Test func promisesHoldInAStorm() {
        var scenario = scenario()
        scenario.hasStorm = true
        let figures = figures(scenario)
        #expect(figures.brokenPromises(of: scenario) == [])
        #expect(figures.recoversInTime)
        #expect(!figures.recoveries.isEmpty)
        #expect(figures.restarts > 0)
        #expect(figures.trips > 0)
        #expect(figures.worstHourMilli > 0)
    }

    @Test func aSeedGivesTheSameFigures() {
        let scenario = scenario(seed: 5, days: 1)
        let first = figures(scenario)
        #expect(figures(scenario) == first)
        #expect(first != figures(self.scenario(seed: 6, days: 1)))
    }

    /// Every bad machine that comes back under a new name is known, and only with a ledger.
    @Test func badMachinesHandedBackAreRefused() throws {
        var scenario = scenario(days: 14)
        scenario.nodes = 12
        scenario.gangNodes = 4
        scenario.nodesPerLeaf = 4
        scenario.spares = 1
        scenario.smallLoadMilli = 30
        scenario.mix.deadOnArrivalMilli = 500
        scenario.mix.handedBackMilli = 1000
        let known = figures(scenario)
        #expect(known.handedBack > 0)
        #expect(known.handedBackRefused == known.handedBack)
        scenario.variant = try variant("no ledger")
        let unknown = figures(scenario)
        #expect(unknown.handedBack > 0)
        #expect(unknown.handedBackRefused == 0)
    }

    /// Tests keep what is bad out of service.
    @Test func partsPayForThemselves() throws {
        let whole = figures(scenario())
        let untested = figures(scenario(try variant("no qualification")))
        #expect(whole.badEntries * 2 < untested.badEntries)
        #expect(whole.badSeconds * 2 < untested.badSeconds)
    }

    /// The checks find what they look for.
    @Test func brokenPromisesAreNamed() {
        let scenario = scenario()
        var figures = HealthFigures()
        #expect(figures.brokenPromises(of: scenario) == [])
        #expect(!figures.recoversInTime)
        figures.restartsOnSuspect = 1
        figures.startsOnOut = 1
        figures.worstHourMilli = 51
        figures.mostOutMilli = 201
        figures.handedBack = 1
        figures.violations = ["a count is off"]
        #expect(figures.brokenPromises(of: scenario).count == 6)
        figures.recoveries = [Recovery(downtime: .seconds(301), checkpointAge: .zero)]
        #expect(!figures.recoversInTime)
    }

    @Test func tablesHaveACellForEachColumn() {
        let row = HealthTable.row("all of it", HealthFigures())
        let cells = { (line: Substring) in line.split(separator: "|").count }
        let lines = HealthTable.head.split(separator: "\n")
        #expect(cells(lines[0]) == cells(Substring(row)))
        #expect(cells(lines[1]) == cells(lines[0]))
    }
}
