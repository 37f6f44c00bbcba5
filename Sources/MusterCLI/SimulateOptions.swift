import ArgumentParser
import Documents
import FleetModel
import Simulation

/// The options of `muster simulate`.
struct SimulateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Fleet file (YAML, or openb's node list), or NODESxGPUS/NODES-PER-LEAF.",
            valueName: "file|shorthand"))
    var fleet: String?

    @Option(
        help: ArgumentHelp(
            "Trace of jobs, plain or .gz: ITP, Philly, openb, SWF or Muster's own format.",
            valueName: "file"))
    var trace: String?

    @Option(help: "Format of the trace, when its first line does not tell: itp, philly, openb, …")
    var traceFormat: String?

    @Option(
        help: ArgumentHelp(
            "Generated workload (itp, philly, openb, llm), jobs file or scenario file (YAML).",
            valueName: "preset|file"))
    var workload: String?

    @Option(help: ArgumentHelp("Quota tree (YAML).", valueName: "file"))
    var tenants: String?

    @Option(
        help: "Policies to compare: fifo, first-fit, easy, fair, muster; a list with commas.")
    var policy = "muster"

    @Option(
        help: ArgumentHelp(
            "Change a setting of muster, such as preempts=off or young-span=2h; may be repeated.",
            valueName: "name=value"))
    var tune: [String] = []

    @Option(help: "Placement rule: default, best-fit, packing, random, fgd.")
    var placement = "default"

    @Option(help: "What is known of run times: exact, declared, predicted, none.")
    var durations = "exact"

    @Option(help: "Seed of everything random.")
    var seed: UInt64 = 1

    @Option(help: "Jobs of a generated workload.")
    var jobs = 5000

    @Option(help: "Offered load of a generated workload, in percent of the fleet.")
    var load = 90

    @Option(help: ArgumentHelp("Cut the run off at this virtual time.", valueName: "duration"))
    var until: String?

    @Option(
        help: ArgumentHelp(
            "Charge decisions to virtual time: a duration per input such as 500us, or measured.",
            valueName: "cost"))
    var decisionCost: String?

    @Option(
        help: ArgumentHelp(
            "Break hardware at published rates, or not: published, off; else as the scenario says.",
            valueName: "rates"))
    var faults: String?

    @Option(
        help: ArgumentHelp(
            "Take a trace's jobs for preemptible: a checkpoint every PERIOD, RESTART to go on.",
            valueName: "period/restart"))
    var checkpoints: String?

    @Flag(
        help: ArgumentHelp(
            "Count a trace's jobs that the fleet could never run as refused, instead of failing."))
    var skipUnplaceable = false

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    @Option(help: ArgumentHelp("Write a page with charts.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Write the journal of one policy's run.", valueName: "file"))
    var journal: String?

    @Option(
        help: ArgumentHelp(
            "Stop at this virtual time and answer --explain or --what-if.", valueName: "duration"))
    var at: String?

    @Option(
        help: ArgumentHelp(
            "Say why this job waits and what would start it; with --at.", valueName: "job"))
    var explain: String?

    @Option(
        help: ArgumentHelp(
            "Say what would be different with these changes (YAML); with --at.",
            valueName: "file"))
    var whatIf: String?

    /// The questions to ask instead of a report; nil when there are none.
    func questions() throws(Failure) -> EngineQuestions? {
        guard at != nil || explain != nil || whatIf != nil else { return nil }
        guard let at else {
            throw Failure(
                usage: "\(explain == nil ? "--what-if" : "--explain") without a time to ask at",
                expected: "--at with \(DurationText.expected)")
        }
        guard explain != nil || whatIf != nil else {
            throw Failure(
                usage: "--at without a question", expected: "--explain or --what-if beside it",
                hint: "--until cuts a run off and reports it")
        }
        guard let span = DurationText.parse(at) else {
            throw Failure(
                usage: "'\(at)' is not a time to ask at", expected: DurationText.expected)
        }
        for (option, value) in [("--html", html), ("--journal", journal), ("--until", until)]
        where value != nil {
            throw Failure(
                usage: "\(option) with --at, which answers instead of reporting",
                expected: "one of the two")
        }
        var changes: WhatIfDocument?
        if let whatIf { changes = WhatIfDocument.parse(try FileReading.document(whatIf)) }
        return EngineQuestions(
            at: .zero + span, job: explain, changes: changes, isJSON: json)
    }

    /// Refuses files that would come into each other's way.
    func checkFiles() throws(Failure) {
        if trace != nil && workload != nil {
            throw Failure(
                usage: "both a trace and a workload are given", expected: "one of the two")
        }
        let inputs = named([
            ("--fleet", fleet), ("--trace", trace), ("--workload", workload),
            ("--tenants", tenants), ("--what-if", whatIf),
        ])
        let outputs = named([("--html", html), ("--journal", journal)])
        let piped = inputs.filter { $0.path == "-" }
        if piped.count > 1 {
            throw Failure(
                usage: piped.map(\.option).joined(separator: " and ") + " read standard input",
                expected: "- for one of them")
        }
        for (place, output) in outputs.enumerated() {
            guard output.path != "-" else {
                throw Failure(
                    usage: "\(output.option) is -", expected: "a file",
                    hint: "/dev/stdout is standard output")
            }
            let others = inputs + outputs[..<place]
            if let other = others.first(where: { FileReading.isSameFile($0.path, output.path) }) {
                throw Failure(
                    usage: "\(output.option) and \(other.option) are the same file, "
                        + output.path,
                    expected: "a file of its own for each")
            }
        }
    }

    private func named(_ files: [(String, String?)]) -> [(option: String, path: String)] {
        files.compactMap { option, path in path.map { (option, $0) } }
    }

    /// The queue orders, in the order given.
    func queueOrders() throws(Failure) -> [QueueOrder] {
        var orders: [QueueOrder] = []
        for name in policy.split(separator: ",", omittingEmptySubsequences: false) {
            guard let order = QueueOrder.allCases.first(where: { $0.name == name }) else {
                throw Failure(
                    usage: "no policy is called '\(name)'",
                    expected: SimulateOptions.list(QueueOrder.allCases.map(\.name)))
            }
            guard !orders.contains(order) else {
                throw Failure(usage: "the policy \(name) is given twice", expected: "each once")
            }
            orders.append(order)
        }
        return orders
    }

    /// The placement rule.
    static func placementRule(_ name: String) throws(Failure) -> PlacementRule {
        guard let rule = PlacementRule.allCases.first(where: { $0.name == name }) else {
            throw Failure(
                usage: "no placement rule is called '\(name)'",
                expected: list(PlacementRule.allCases.map(\.name)))
        }
        return rule
    }

    /// What the engine is told of run times.
    func durationKnowledge() throws(Failure) -> DurationKnowledge {
        guard let knowledge = DurationKnowledge(rawValue: durations) else {
            throw Failure(
                usage: "nothing called '\(durations)' can be known of run times",
                expected: SimulateOptions.list(DurationKnowledge.allCases.map(\.rawValue)))
        }
        return knowledge
    }

    /// When runs are cut off.
    func cutOff() throws(Failure) -> Instant? {
        guard let until else { return nil }
        guard let span = DurationText.parse(until) else {
            throw Failure(
                usage: "'\(until)' is not a time to stop at", expected: DurationText.expected)
        }
        return .zero + span
    }

    /// How the jobs of a trace can be stopped; nil when they can't.
    func traits() throws(Failure) -> JobTraits? {
        guard let checkpoints else { return nil }
        guard trace != nil else {
            throw Failure(
                usage: "--checkpoints without a trace", expected: "--trace beside it",
                hint: "jobs files and generated workloads say it for each job")
        }
        let parts = checkpoints.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let period = DurationText.parse(String(parts[0])), period > .zero,
            let restart = DurationText.parse(String(parts[1])), restart >= .zero
        else {
            throw Failure(
                usage: "'\(checkpoints)' does not say how jobs are stopped and go on",
                expected: "the period of checkpoints and the time to start again, as 30m/5m")
        }
        return JobTraits(
            preemptible: true, checkpointPeriod: period, restartCost: restart,
            minimumRunTime: .zero)
    }

    /// The whole policy for one queue order.
    func policy(
        _ order: QueueOrder, placement: PlacementRule
    ) throws(Failure) -> Policy {
        var policy = Policy(queueOrder: order, placement: placement, seed: seed)
        try PolicyTuning.apply(tune, to: &policy.timeline)
        return policy
    }

    /// What deciding costs.
    func cost() throws(Failure) -> DecisionCost {
        guard let decisionCost else { return .free }
        if decisionCost == "measured" {
            return .measured { ProcessFigures.monotonicNanoseconds }
        }
        for (unit, nanoseconds) in [("ns", 1), ("us", 1000), ("ms", 1_000_000)] as [(String, Int64)]
        where decisionCost.hasSuffix(unit) {
            if let count = Int64(decisionCost.dropLast(unit.count)), (0...1_000_000).contains(count)
            {
                return .perInput(TimeSpan(nanoseconds: count * nanoseconds))
            }
        }
        guard let span = DurationText.parse(decisionCost), span <= .seconds(3600) else {
            throw Failure(
                usage: "'\(decisionCost)' is not a cost of decisions",
                expected: "measured, or a duration such as 500us, 20ms or 1s")
        }
        return .perInput(span)
    }

    /// What goes wrong, as the command line says.
    enum FaultChoice: String, CaseIterable {
        /// What clusters have published.
        case published
        /// Nothing.
        case off
        /// Whatever the scenario says.
        case scenario

        /// The model to run with.
        func model(scenario: FaultModel?, seed: UInt64) -> FaultModel? {
            var model: FaultModel?
            switch self {
            case .published: model = .published()
            case .off: model = nil
            case .scenario: model = scenario
            }
            model?.seed = seed
            return model
        }
    }

    /// What goes wrong.
    func faultChoice() throws(Failure) -> FaultChoice {
        guard let faults else { return .scenario }
        guard let choice = FaultChoice(rawValue: faults), choice != .scenario else {
            throw Failure(
                usage: "'\(faults)' says nothing of faults",
                expected: SimulateOptions.list(["published", "off"]),
                hint: "a scenario file may set rates, see docs/FILES.md")
        }
        return choice
    }

    /// Names for people to choose from.
    static func list(_ names: [String]) -> String { "one of " + names.joined(separator: ", ") }
}
