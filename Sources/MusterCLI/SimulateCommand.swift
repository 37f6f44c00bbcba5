import ArgumentParser
import Documents
import FileInput
import FleetModel
import Journal
import Simulation

/// Runs jobs on a simulated fleet under one or more policies and reports what happened.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Schedule jobs on a simulated fleet, in virtual time, and show what happened.",
        discussion: """
            Without a trace or workload it generates one shaped like a published trace. The engine \
            is the one that runs live fleets; the same seed gives the same stateHash everywhere.
            """)

    @OptionGroup var options: SimulateOptions

    /// From the order to stop a gang until nothing of it runs, in simulations with faults:
    /// Kubernetes' default for a pod to go.
    private static let stopDelay = TimeSpan.seconds(30)

    /// What all runs share.
    private struct World {
        var fleet: FleetDefinition
        var fleetName: String
        var workload: Workload
        var workloadName: String
        var faults: FaultModel?
    }

    func run() throws {
        try Console.run { () throws(Failure) in
            try options.checkFiles()
            let orders = try options.queueOrders()
            if options.journal != nil && orders.count > 1 {
                throw Failure(
                    usage: "a journal holds one run, but several policies are given",
                    expected: "one --policy with --journal")
            }
            let placement = try SimulateOptions.placementRule(options.placement)
            let durations = try options.durationKnowledge()
            let until = try options.cutOff()
            let cost = try options.cost()
            let faults = try options.faultChoice()
            let questions = try options.questions()
            let traits = try options.traits()
            let policies = try orders.map { (order) throws(Failure) in
                try options.policy(order, placement: placement)
            }
            let world = try load(traits: traits)
            if let questions, let policy = policies.first {
                return try questions.ask(
                    SimulationRun.Setup(
                        fleet: world.fleet, workload: world.workload, policy: policy,
                        durations: durations, decisionCost: cost),
                    jobNamed: SimulateCommand.lookup(world.workload))
            }
            var page: OutputFile?
            if let path = options.html { page = try OutputFile(path: path) }
            var reports: [RunReport] = []
            for policy in policies {
                let model = faults.model(scenario: world.faults, seed: options.seed)
                let setup = SimulationRun.Setup(
                    fleet: world.fleet, workload: world.workload,
                    policy: policy, durations: durations, decisionCost: cost, until: until,
                    isJournalled: options.journal != nil,
                    faults: model, stopDelay: model == nil ? .zero : Self.stopDelay)
                let identity = RunIdentity(
                    policy: policy.queueOrder.name, placement: placement.name,
                    durations: durations.rawValue, seed: options.seed, fleet: world.fleetName,
                    workload: world.workloadName)
                reports.append(try simulate(setup, identity))
            }
            try page?.write(Array(HTMLReport.text(reports).utf8))
            try page.take()?.commit()
            try show(reports)
        }
    }

    /// Finds jobs by name, or by number where no job has it as its name.
    private static func lookup(_ workload: Workload) -> (String) -> JobID? {
        var ids: [String: JobID] = [:]
        for (index, name) in workload.names.enumerated() where ids[name] == nil {
            ids[name] = JobID(index)
        }
        return { text in
            if let id = ids[text] { return id }
            guard let number = Int(text), workload.jobs.indices.contains(number) else { return nil }
            return JobID(number)
        }
    }

    private func simulate(
        _ setup: SimulationRun.Setup, _ identity: RunIdentity
    ) throws(Failure) -> RunReport {
        var progress = ProgressLine(identity.policy)
        var run = SimulationRun(setup)
        var journal: OutputFile?
        if let path = options.journal { journal = try OutputFile(path: path) }
        var steps = 0
        while run.step() {
            steps += 1
            guard steps % 256 == 0 else { continue }
            progress.update(done: run.settledJobs, total: run.jobCount)
            try journal?.write(run.journal?.takeBytes() ?? [])
        }
        let report = finish(&run, identity, progress)
        if let error = run.journalError {
            throw Failure([error.diagnostic(file: options.journal ?? "")], status: .badData)
        }
        try journal?.write(run.journal?.takeBytes() ?? [])
        try journal.take()?.commit()
        return report
    }

    private func finish(
        _ run: inout SimulationRun, _ identity: RunIdentity, _ progress: ProgressLine
    ) -> RunReport {
        progress.clear()
        return run.finish(
            identity: identity,
            effort: RunEffort(
                wallSeconds: progress.elapsedSeconds,
                peakResidentMiB: ProcessFigures.peakResidentMiB))
    }

    private func show(_ reports: [RunReport]) throws(Failure) {
        if options.json {
            try Console.write(RunReportJSON.text(reports))
        } else {
            let table = ReportTable(width: Console.width, isColoured: Console.isColoured)
            try Console.write(table.text(reports))
        }
        if let html = options.html { Console.say("charts: \(html)") }
    }

    // MARK: What is run

    private func load(traits: JobTraits?) throws(Failure) -> World {
        if let name = options.workload, isFile(name) { return try loadFile(name) }
        let fleetName = options.fleet ?? "64x8/16"
        let fleet = try FleetSource.load(fleetName)
        let tree = try WorkloadSource.tenants(options.tenants, fleet: fleet)
        if let trace = options.trace {
            let workload = try WorkloadSource.trace(
                trace, format: options.traceFormat, fleet: fleet, tenants: tree,
                skipsUnplaceable: options.skipUnplaceable, traits: traits,
                hint: "use a larger --fleet, or --skip-unplaceable to count such jobs as refused")
            return World(
                fleet: fleet, fleetName: fleetName, workload: workload, workloadName: trace)
        }
        let name = options.workload ?? "itp"
        guard let preset = WorkloadGenerator.Preset(rawValue: name) else {
            let presets = WorkloadGenerator.Preset.allCases.map(\.rawValue)
            throw Failure(
                usage: "no workload is called '\(name)', and there is no such file",
                expected: SimulateOptions.list(presets) + ", or the path of a jobs file")
        }
        let workload = try WorkloadSource.generated(
            preset, seed: options.seed, jobs: options.jobs, loadPercent: options.load,
            fleet: fleet, tenants: tree)
        return World(fleet: fleet, fleetName: fleetName, workload: workload, workloadName: name)
    }

    /// Whether a workload is a file, or is meant to be one.
    private func isFile(_ name: String) -> Bool {
        FileReading.exists(name) || name.contains(".") || name.contains("/")
    }

    private func loadFile(_ path: String) throws(Failure) -> World {
        let source = try FileReading.document(path)
        if WorkloadSource.isScenario(source) {
            guard options.fleet == nil, options.tenants == nil else {
                throw Failure(
                    usage: "the scenario \(path) has a fleet and tenants of its own",
                    expected: "--workload without --fleet and --tenants, or a jobs file",
                    hint: "docs/FILES.md describes both")
            }
            let scenario = try WorkloadSource.scenario(source)
            return World(
                fleet: scenario.fleet, fleetName: path, workload: scenario.workload,
                workloadName: path, faults: scenario.faults)
        }
        let fleetName = options.fleet ?? "64x8/16"
        let fleet = try FleetSource.load(fleetName)
        var tree: TenantTree?
        if options.tenants != nil {
            tree = try WorkloadSource.tenants(options.tenants, fleet: fleet)
        }
        let workload = try WorkloadSource.jobs(source, fleet: fleet, tenants: tree)
        return World(fleet: fleet, fleetName: fleetName, workload: workload, workloadName: path)
    }
}
