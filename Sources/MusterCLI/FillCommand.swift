import ArgumentParser
import FleetModel
import Simulation

/// Fills a fleet as the published comparison of placement rules does.
struct FillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill",
        abstract: "Fill a fleet until 130 % of its GPUs were asked for, as FGD's evaluation does.",
        discussion: """
            Pods of a list arrive in random order, then clones of random ones; nothing ends, and \
            what does not fit fails. Prints the allocated GPUs in percent when 100 % and 130 % of \
            the fleet's GPUs were asked for (Weng et al., ATC 2023).
            """)

    @Option(help: ArgumentHelp("Fleet: openb's node list, YAML, or a shorthand."))
    var fleet: String

    @Option(help: ArgumentHelp("Pod list of the openb kind, plain or .gz.", valueName: "file"))
    var trace: String

    @Option(help: "Placement rules to compare: default, best-fit, packing, random, fgd.")
    var placement = "default"

    @Option(help: ArgumentHelp("Seeds: a range such as 42-51, or a list with commas."))
    var seeds = "42-51"

    @Flag(help: "Let rules learn the shapes from arrivals instead of telling them the list's.")
    var learn = false

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func run() throws {
        try Console.run { () throws(Failure) in
            let seeds = try FillCommand.parse(seeds: seeds)
            let rules = try FillCommand.parse(rules: placement)
            let fleet = try FleetSource.load(fleet)
            let pods = try WorkloadSource.trace(
                trace, format: nil, fleet: fleet, tenants: TenantTree(), skipsUnplaceable: true)
            var results: [FillReport.Row] = []
            for rule in rules {
                results.append(try fill(fleet, pods, rule: rule, seeds: seeds))
            }
            let report = FillReport(rows: results)
            try Console.write(json ? report.json : report.table)
        }
    }

    private func fill(
        _ fleet: FleetDefinition, _ pods: Workload, rule: PlacementRule, seeds: [UInt64]
    ) throws(Failure) -> FillReport.Row {
        var progress = ProgressLine("fill \(rule.name)")
        var outcomes: [FillRun.Outcome] = []
        for (place, seed) in seeds.enumerated() {
            var run = FillRun(
                fleet: fleet, pods: pods, placement: rule, seed: seed, isToldWorkload: !learn)
            guard run.isPossible else {
                throw Failure(
                    usage: "nothing can be filled: the fleet or the list has no GPUs",
                    expected: "a fleet with GPUs and pods that ask for some")
            }
            while run.step() {
                progress.update(
                    done: place * 100 + run.progressPercent, total: seeds.count * 100)
            }
            outcomes.append(run.outcome())
        }
        progress.clear()
        return FillReport.Row(
            placement: rule.name, outcomes: outcomes, wallSeconds: progress.elapsedSeconds)
    }

    /// The placement rules of a list, each once.
    static func parse(rules text: String) throws(Failure) -> [PlacementRule] {
        var rules: [PlacementRule] = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            let rule = try SimulateOptions.placementRule(String(name))
            guard !rules.contains(rule) else {
                throw Failure(
                    usage: "the placement rule \(name) is given twice", expected: "each once")
            }
            rules.append(rule)
        }
        return rules
    }

    /// The seeds of a range or list; at most a thousand.
    static func parse(seeds text: String) throws(Failure) -> [UInt64] {
        let wrong = Failure(
            usage: "'\(text)' is not a set of seeds",
            expected: "a range such as 42-51 or a list such as 1,2,3, at most 1000 seeds")
        var seeds: [UInt64] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard let first = ends.first.flatMap({ UInt64($0) }), ends.count <= 2,
                let last = ends.count == 2 ? UInt64(ends[1]) : first, first <= last,
                last - first < 1000
            else { throw wrong }
            seeds += Array(first...last)
            guard seeds.count <= 1000 else { throw wrong }
        }
        return seeds
    }
}
