/// What cut attempts short, in tables; nothing where nothing did.
extension ReportFigures {
    private var hasInterruptions: Bool { runs.contains { !$0.interruptions.isEmpty } }

    /// Faults that struck, by kind.
    var faultFigures: [Figure] {
        FaultKind.allCases.flatMap { kind in
            count(kind.label, isShownAtZero: false) { $0.interruptions[kind] }
        }
    }

    /// Attempts cut short, by cause.
    var interruptionFigures: [Figure] {
        guard hasInterruptions else { return [] }
        return InterruptionCause.allCases.flatMap { cause in
            count(cause.label, .lower, isShownAtZero: false) { $0.interruptions[cause].count }
        } + count("restarts on suspects", .lower) { $0.interruptions.suspectStarts }
    }

    /// GPU-hours that came to nothing, by cause and by what they went into.
    var lossFigures: [Figure] {
        guard hasInterruptions else { return [] }
        func hours(
            _ label: String, _ value: @escaping (InterruptionFigures) -> Double
        ) -> [Figure] {
            guard runs.contains(where: { value($0.interruptions) > 0 }) else { return [] }
            return [
                figure(label, .lower) {
                    value($0.interruptions)
                } text: {
                    NumberText.grouped($0 / 3_600, decimals: $0 < 360_000 ? 2 : 0)
                }
            ]
        }
        func sum(
            _ part: @escaping (InterruptionFigures.Cause) -> Double
        ) -> (InterruptionFigures) -> Double {
            { $0.causes.reduce(0) { $0 + part($1) } }
        }
        var figures = InterruptionCause.allCases.flatMap { cause in
            hours(cause.label) { $0[cause].lostGPUSeconds }
        }
        figures += hours("all causes", \.lostGPUSeconds)
        figures += hours("of it work done again", sum(\.workGPUSeconds))
        figures += hours("of it starting again", sum(\.restartGPUSeconds))
        figures += hours("of it held to stop", sum(\.heldGPUSeconds))
        figures += hours("of it slowed", sum(\.slowedGPUSeconds))
        return figures + hours("waited for beside", sum(\.waitGPUSeconds))
    }

    /// Median and 90th percentile of the time to restart, by gang size.
    var restartFigures: [Figure] {
        var rows = GangSizeClass.allCases.flatMap { size in
            row(size.label) { $0.restartBySize[size.rawValue] }
        }
        let least = NumberText.grouped(Int(InterruptionFigures.largestGPUs))
        rows += row("\(least)+ GPUs", \.restartOfLargest)
        return rows
    }

    private func row(
        _ label: String, _ distribution: (InterruptionFigures) -> Distribution
    ) -> [Figure] {
        let all = runs.map { distribution($0.interruptions) }
        guard all.contains(where: { $0.count > 0 }) else { return [] }
        func values(_ part: (Distribution) -> Double) -> [String] {
            all.map { $0.count == 0 ? "–" : NumberText.duration(seconds: part($0)) }
        }
        return [
            Figure(label: "\(label), median", values: values(\.p50)),
            Figure(label: "\(label), 90 %", values: values(\.p90)),
        ]
    }
}

extension FaultKind {
    /// The name as tables show it.
    var label: String { self == .slowNode ? "slow node" : name }
}

extension InterruptionCause {
    /// The name as tables show it.
    var label: String { self == .slowNode ? "slow node" : name }
}
