import FleetModel

/// The figures that people compare, as text, in the order in which tables show them.
struct ReportFigures {
    /// One figure of every run.
    struct Figure {
        /// What it is.
        var label: String
        /// The figure by run.
        var values: [String]
        /// Runs that do best; empty when none does better than another.
        var best: [Int] = []
    }

    /// Figures that belong together.
    struct Section {
        /// What they are about.
        var title: String
        /// The figures.
        var figures: [Figure]
    }

    /// Which way a figure is better.
    enum Better {
        case lower, higher, neither
    }

    /// The runs, in order of their columns.
    let runs: [RunReport]

    /// All sections that apply to these runs.
    var sections: [Section] {
        let times = [
            Section(title: "Wait for the first start", figures: durations(\.wait)),
            Section(title: "Median wait by gang size", figures: waitBySize(\.p50)),
            Section(title: "90 % wait no longer, by gang size", figures: waitBySize(\.p90)),
            Section(title: "Submission to end", figures: durations(\.completion)),
            Section(title: "Slowdown, bounded at 10 min", figures: slowdownFigures),
        ]
        let plain = plainSections
        return plain.dropLast() + times.filter { !$0.figures.isEmpty } + plain.suffix(1)
    }

    /// The sections without distributions.
    var plainSections: [Section] {
        let levels = (runs.first?.domainsPerGang ?? []).indices.map { level in
            figure(runs[0].domainsPerGang[level].level, .lower) {
                level < $0.domainsPerGang.count ? $0.domainsPerGang[level].mean : 0
            } text: {
                NumberText.fixed($0, decimals: 2)
            }
        }
        return [
            Section(title: "Run", figures: runFigures),
            Section(title: "Jobs", figures: jobFigures),
            Section(title: "First reason to wait", figures: waitReasonFigures),
            Section(title: "GPUs", figures: gpuFigures),
            Section(title: "Time the fleet was", figures: quadrantFigures),
            Section(title: "Domains per gang", figures: levels),
            Section(title: "Faults in the fleet", figures: faultFigures),
            Section(title: "Interruptions by cause", figures: interruptionFigures),
            Section(title: "GPU-hours lost by cause", figures: lossFigures),
            Section(title: "From failure to restart", figures: restartFigures),
            Section(title: "Estimates of starts", figures: estimateFigures),
            Section(title: "Simulation", figures: costFigures),
        ].filter { !$0.figures.isEmpty }
    }

    /// What the values of ``distributions`` are.
    static let distributionHeads = ["jobs", "mean", "median", "90 %", "99 %", "highest"]

    /// The first run's distributions, one a row.
    var distributions: [Figure] {
        guard let run = runs.first else { return [] }
        func row(
            _ label: String, _ figures: Distribution, text: (Double) -> String
        ) -> Figure {
            let values = [figures.mean, figures.p50, figures.p90, figures.p99, figures.maximum]
            let count = NumberText.grouped(figures.count)
            return Figure(label: label, values: [count] + values.map(text))
        }
        let sizes = GangSizeClass.allCases.map { ($0, run.waitBySize[$0.rawValue]) }
        return [row("wait", run.wait, text: NumberText.duration)]
            + sizes.filter { $0.1.count > 0 }.map { size, wait in
                row("wait, \(size.label)", wait, text: NumberText.duration)
            } + [
                row("submission to end", run.completion, text: NumberText.duration),
                row("slowdown (10 min)", run.slowdown) { NumberText.grouped($0, decimals: 2) },
            ]
    }

    func figure(
        _ label: String, _ better: Better, _ value: (RunReport) -> Double,
        text: (Double) -> String
    ) -> Figure {
        let numbers = runs.map(value)
        var best: [Int] = []
        if better != .neither, let low = numbers.min(), let high = numbers.max(), low < high {
            best = numbers.indices.filter { numbers[$0] == (better == .lower ? low : high) }
        }
        return Figure(label: label, values: numbers.map(text), best: best)
    }

    func count(
        _ label: String, _ better: Better = .neither, isShownAtZero: Bool = true,
        _ value: (RunReport) -> Int
    ) -> [Figure] {
        guard isShownAtZero || runs.contains(where: { value($0) != 0 }) else { return [] }
        return [
            figure(label, better) {
                Double(value($0))
            } text: {
                NumberText.grouped($0)
            }
        ]
    }

    private var runFigures: [Figure] {
        [
            Figure(label: "placement", values: runs.map(\.identity.placement)),
            Figure(label: "durations", values: runs.map(\.identity.durations)),
            Figure(label: "seed", values: runs.map { String($0.identity.seed) }),
        ]
    }

    private var jobFigures: [Figure] {
        var figures = count("submitted") { $0.counts.jobs }
        figures += count("started", .higher) { $0.counts.started }
        figures += count("finished", .higher) { $0.counts.finished }
        figures += count("failed", isShownAtZero: false) { $0.counts.failed }
        figures += count("cancelled", isShownAtZero: false) { $0.counts.cancelled }
        figures += count("timed out", isShownAtZero: false) { $0.counts.timedOut }
        figures += count("refused") { $0.counts.refused }
        figures += count("running at end", isShownAtZero: false) { $0.counts.runningAtEnd }
        figures += count("waiting at end", .lower, isShownAtZero: false) {
            $0.counts.waitingAtEnd
        }
        figures += count("preemptions") { $0.preemptions }
        figures += count("interruptions", isShownAtZero: false) { $0.otherInterruptions }
        return figures
    }

    private var waitReasonFigures: [Figure] {
        RefusalCode.allCases.flatMap { code in
            count(code.name, isShownAtZero: false) { $0.jobsWaiting(for: code) }
        }
    }

    private var gpuFigures: [Figure] {
        func hours(_ label: String, _ better: Better, _ value: (RunReport) -> Double) -> Figure {
            figure(label, better, value) { seconds in
                NumberText.grouped(seconds / 3_600, decimals: seconds < 360_000 ? 2 : 0)
            }
        }
        return [
            figure("allocation", .higher, \.allocationRatio, text: NumberText.percent),
            hours("GPU-hours in use", .neither, \.allocatedGPUSeconds),
            hours("GPU-hours waited for", .lower, \.waitGPUSeconds),
            hours("GPU-hours lost", .lower, \.lostGPUSeconds),
            figure("makespan", .lower, \.makespanSeconds, text: NumberText.duration),
        ]
    }

    private var quadrantFigures: [Figure] {
        CongestionQuadrant.allCases.map { quadrant in
            figure(quadrant.name, .neither) {
                $0.quadrantShares[quadrant.rawValue]
            } text: {
                NumberText.percent($0)
            }
        }
    }

    private func durations(_ distribution: (RunReport) -> Distribution) -> [Figure] {
        [
            figure("mean", .lower, { distribution($0).mean }, text: NumberText.duration),
            figure("median", .lower, { distribution($0).p50 }, text: NumberText.duration),
            figure("90 %", .lower, { distribution($0).p90 }, text: NumberText.duration),
            figure("99 %", .lower, { distribution($0).p99 }, text: NumberText.duration),
            figure("longest", .lower, { distribution($0).maximum }, text: NumberText.duration),
        ]
    }

    private func waitBySize(_ part: (Distribution) -> Double) -> [Figure] {
        GangSizeClass.allCases.compactMap { size in
            let counts = runs.map { $0.waitBySize[size.rawValue].count }
            guard counts.contains(where: { $0 > 0 }) else { return nil }
            var row = figure(size.label, .lower) {
                part($0.waitBySize[size.rawValue])
            } text: {
                NumberText.duration(seconds: $0)
            }
            for run in counts.indices where counts[run] == 0 { row.values[run] = "–" }
            if counts.contains(0) { row.best = [] }
            return row
        }
    }

    private var slowdownFigures: [Figure] {
        func text(_ value: Double) -> String { NumberText.grouped(value, decimals: 2) }
        return [
            figure("mean", .lower, \.slowdown.mean, text: text),
            figure("median", .lower, \.slowdown.p50, text: text),
            figure("90 %", .lower, \.slowdown.p90, text: text),
            figure("99 %", .lower, \.slowdown.p99, text: text),
            figure("highest", .lower, \.slowdown.maximum, text: text),
        ]
    }

    private var estimateFigures: [Figure] {
        guard runs.contains(where: { $0.estimates.started > 0 }) else { return [] }
        func known(_ row: Figure) -> Figure {
            var row = row
            for run in runs.indices where runs[run].estimates.started == 0 {
                row.values[run] = "–"
                row.best = []
            }
            return row
        }
        return count("told") { $0.estimates.told } + count("started") { $0.estimates.started }
            + [
                figure("in range", .neither, \.estimates.withinRange, text: NumberText.percent),
                figure("earlier", .neither, \.estimates.earlier, text: NumberText.percent),
                figure("later", .neither, \.estimates.later, text: NumberText.percent),
                figure("median error", .lower, \.estimates.error.p50, text: NumberText.duration),
                figure(
                    "median error of a guess", .neither, \.estimates.guessError.p50,
                    text: NumberText.duration),
            ].map(known)
    }

    private var costFigures: [Figure] {
        count("inputs") { $0.cost.inputs } + count("decisions") { $0.cost.decisions } + [
            figure("real time", .neither, \.cost.wallSeconds) {
                $0 < 60 ? NumberText.fixed($0, decimals: 2) + "s" : NumberText.duration(seconds: $0)
            },
            figure("peak memory", .neither, \.cost.peakResidentMiB) {
                NumberText.grouped($0) + " MiB"
            },
        ]
    }
}

extension GangSizeClass {
    /// The name with its unit, as tables and charts show it.
    var label: String { self == .one ? "1 GPU" : name + " GPUs" }
}
