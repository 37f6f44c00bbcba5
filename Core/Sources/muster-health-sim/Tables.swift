import HealthSimulation

/// Runs every row and prints it.
struct Tables {
    let arguments: Arguments
    /// Promises that some run has not kept.
    private(set) var broken: [String] = []

    init(_ arguments: Arguments) { self.arguments = arguments }

    mutating func printAll() {
        write(
            "2,048 GPUs in 256 nodes, one gang of 1,024 and small jobs, \(arguments.days) days, "
                + "sums over the seeds "
                + arguments.seeds.map { String($0) }.joined(separator: ", ") + ".")
        for mix in HealthMix.all {
            write("\n\(mix.name): \(mix.source).\n\n\(HealthTable.head)")
            for variant in HealthVariant.all {
                write(HealthTable.row(variant.name, figures(mix, variant)))
            }
        }
        write("\nRSC-1 with a storm of alarms that are none.\n\n\(HealthTable.head)")
        write(HealthTable.row("all of it", figures(.rsc1, .whole, hasStorm: true)))
    }

    /// One row of a table, seed by seed.
    private mutating func figures(
        _ mix: HealthMix, _ variant: HealthVariant, hasStorm: Bool = false
    ) -> HealthFigures {
        var sum = HealthFigures()
        for seed in arguments.seeds {
            var scenario = HealthScenario(mix: mix, variant: variant, seed: seed)
            scenario.days = arguments.days
            scenario.hasStorm = hasStorm
            let start = monotonicSeconds()
            var world = HealthWorld(scenario)
            let figures = world.run()
            let name = "\(mix.name), \(variant.name)\(hasStorm ? ", storm" : ""), seed \(seed)"
            broken += figures.brokenPromises(of: scenario).map { "\(name): \($0)" }
            write(
                "\(name): \(figures.jobs) jobs, \(figures.faults) faults, "
                    + "\(figures.jobsKilled) attempts broken, \(figures.restarts) restarts, "
                    + "\(figures.trips) breakers, \(monotonicSeconds() - start) s", to: 2)
            sum.add(figures)
        }
        if variant == .whole, !sum.recoversInTime {
            broken.append("\(mix.name): the gang is down for over five minutes at the median")
        }
        return sum
    }
}
