import FleetModel
import Simulation

/// Turns the jobs of a document into a workload: repeats, sorts and links them.
struct WorkloadBuilder {
    let document: JobsDocument
    let scope: NameScope
    let findings: Findings

    /// The workload; nil when there are mistakes.
    func workload() -> Workload? {
        var resolver = JobResolver(scope: scope, findings: findings)
        var families = NameTable<FamilyID>()
        let specs = document.jobs.map { job in
            var spec = resolver.spec(of: job, id: JobID(0), origin: .zero)
            spec?.family = job.family.map { families.intern($0.value) }
            return spec
        }
        checkRunTimes()
        guard let copies = copies() else { return nil }
        let targets = targets(copies)
        checkGraph(copies, targets)
        // Without a sound fleet or quota tree there are no specs, and no mistakes here either.
        let resolved = specs.compactMap { $0 }
        guard findings.count == 0, resolved.count == specs.count else { return nil }
        return assemble(copies, targets, resolved, resolver.tree)
    }

    // MARK: Repetition

    /// Every job of the workload, repetitions written out, in order of the text.
    private struct Copies {
        /// The job of the document that each one is a copy of.
        var source: [Int] = []
        var names: [String] = []
        var submits: [TimeSpan] = []
        /// The copies of each job of the document.
        var ranges: [Range<Int>] = []
    }

    private func checkRunTimes() {
        for job in document.jobs
        where job.simulation.runTime == nil && job.expectedDuration == nil {
            findings.report(
                .missingKey, line: job.line, "the job '\(job.name.value)' has no 'runTime'",
                expected: "how long it runs, such as 2h", hint: "'expectedDuration' will do as well"
            )
        }
    }

    private func copies() -> Copies? {
        let total = document.jobs.reduce(0) { $0 + ($1.simulation.repetition?.count ?? 1) }
        guard total <= DocumentLimits.jobs else {
            findings.report(
                .invalidValue, line: document.jobs.last?.line ?? 0,
                "there are \(total) jobs, repetitions counted",
                expected: "at most \(DocumentLimits.jobs)")
            return nil
        }
        var copies = Copies()
        for (index, job) in document.jobs.enumerated() {
            let first = copies.names.count
            let count = job.simulation.repetition?.count ?? 1
            let every = job.simulation.repetition?.every.nanoseconds ?? 0
            let start = job.simulation.submit.nanoseconds
            let (offset, overflow) = every.multipliedReportingOverflow(by: Int64(count - 1))
            let (last, overflow2) = start.addingReportingOverflow(offset)
            guard !overflow, !overflow2, last <= FleetLimits.seconds * 1_000_000_000 else {
                findings.report(
                    .invalidValue, line: job.line,
                    "the last copy of '\(job.name.value)' is submitted too late",
                    expected: "a submission within a hundred years")
                return nil
            }
            for copy in 0..<count {
                let isRepeated = job.simulation.repetition != nil
                copies.names.append(job.name.value + (isRepeated ? "-\(copy)" : ""))
                copies.source.append(index)
                copies.submits.append(TimeSpan(nanoseconds: start + every * Int64(copy)))
            }
            copies.ranges.append(first..<copies.names.count)
        }
        return copies
    }

    // MARK: Dependencies

    /// What each dependency of each job of the document stands for.
    private func targets(_ copies: Copies) -> [[Range<Int>]] {
        var byName: [String: Range<Int>] = [:]
        var lines: [String: Int] = [:]
        func enter(_ name: String, _ range: Range<Int>, _ job: JobDocument) {
            byName[name] = range
            let line = job.name.line
            guard let first = lines.updateValue(line, forKey: name) else { return }
            findings.report(
                .duplicateName, line: line, "the job '\(name)' exists twice",
                expected: "each job once", hint: "it is on line \(first) already")
        }
        for (index, job) in document.jobs.enumerated() {
            enter(job.name.value, copies.ranges[index], job)
            guard job.simulation.repetition != nil else { continue }
            for copy in copies.ranges[index] { enter(copies.names[copy], copy..<copy + 1, job) }
        }
        return document.jobs.map { job in
            job.dependencies.map { dependency in
                if let range = byName[dependency.job.value] { return range }
                findings.reportUnknown(
                    "job", dependency.job.value, line: dependency.job.line,
                    among: document.jobs.map(\.name.value))
                return 0..<0
            }
        }
    }

    private func checkGraph(_ copies: Copies, _ targets: [[Range<Int>]]) {
        let graph = DependencyGraph(
            edges: targets.map { $0.compactMap { $0.isEmpty ? nil : copies.source[$0.lowerBound] } }
        )
        let cycles = graph.cycles()
        for cycle in cycles {
            let names = cycle.map { document.jobs[$0].name.value }
            findings.report(
                .cycle, line: document.jobs[cycle[0]].name.line,
                "the job '\(names[0])' waits for itself: \(names.joined(separator: " after "))",
                expected: "dependencies without a cycle",
                hint: "remove 'dependsOn' from one of them")
        }
        var total = 0
        for (index, job) in document.jobs.enumerated() {
            let count = targets[index].reduce(0) { $0 + $1.count }
            total += count * copies.ranges[index].count
            if count > FleetLimits.dependenciesPerJob {
                findings.report(
                    .invalidValue, line: job.line,
                    "the job '\(job.name.value)' waits for \(count) jobs, repetitions counted",
                    expected: "at most \(FleetLimits.dependenciesPerJob)")
            }
            if cycles.isEmpty { checkTimes(index, copies, targets[index]) }
        }
        if total > DocumentLimits.dependencies {
            findings.report(
                .invalidValue, line: 0, "there are \(total) dependencies, repetitions counted",
                expected: "at most \(DocumentLimits.dependencies)")
        }
    }

    /// A dependency must be known to the engine by the time that the job is submitted.
    private func checkTimes(_ index: Int, _ copies: Copies, _ targets: [Range<Int>]) {
        let first = copies.submits[copies.ranges[index].lowerBound]
        for (dependency, range) in zip(document.jobs[index].dependencies, targets) {
            guard let last = range.last, copies.submits[last] > first else { continue }
            findings.report(
                .invalidValue, line: dependency.job.line,
                "'\(copies.names[last])' is submitted after '\(document.jobs[index].name.value)',"
                    + " which waits for it",
                expected: "a dependency that is submitted first",
                hint: "submit the job that waits later, or together with it")
        }
    }

    // MARK: Result

    private func assemble(
        _ copies: Copies, _ targets: [[Range<Int>]], _ specs: [JobSpec], _ tree: TenantTree
    ) -> Workload {
        let edges = copies.source.map { targets[$0].flatMap { Array($0) } }
        let byTime = copies.names.indices.sorted {
            (copies.submits[$0], $0) < (copies.submits[$1], $1)
        }
        let order = DependencyGraph(edges: edges).order(byTime) {
            copies.submits[$0] == copies.submits[$1]
        }
        var ids = [JobID](repeating: JobID(0), count: order.count)
        for (position, copy) in order.enumerated() { ids[copy] = JobID(position) }
        let jobs = order.map { copy in
            let source = copies.source[copy]
            var spec = specs[source]
            spec.id = ids[copy]
            spec.dependencies = zip(document.jobs[source].dependencies, targets[source])
                .flatMap { entry, range in
                    range.map { Dependency(job: ids[$0], mustSucceed: entry.mustSucceed) }
                }
            return simulated(spec, document.jobs[source], submit: copies.submits[copy])
        }
        return Workload(jobs: jobs, tenants: tree, names: order.map { copies.names[$0] })
    }

    private func simulated(
        _ spec: JobSpec, _ job: JobDocument, submit: TimeSpan
    ) -> SimulatedJob {
        SimulatedJob(
            spec: spec, submit: .zero + submit,
            runTime: job.simulation.runTime ?? job.expectedDuration ?? .zero,
            failsAtEnd: job.simulation.fails, cancelAfter: job.simulation.cancelAfter)
    }
}
