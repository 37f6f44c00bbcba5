import Health

/// A figure that a machine measures worse since it has another driver or kernel.
///
/// Thresholds are learned for one driver. To a new one nothing but published priors applies, so a
/// driver that makes a whole pool slower would pass; the machine's own past tells.
public struct Slowdown: Hashable, Sendable {
    /// The figure.
    public var figure: FigureID
    /// How much worse it is, in per cent: the median over the devices.
    public var percent: Int64
    /// The driver or kernel that was better.
    public var before: String

    /// For people.
    public var text: String {
        "\(figure.name) is \(percent) % \(figure.direction == .lower ? "more" : "less") than with "
            + before
    }
}

extension MachineRun {
    /// What this machine measures worse than it did itself with another driver or kernel, by more
    /// than the drop of the figure; the worst first. Of several drivers the best counts. Empty for
    /// a run that failed. O(results x drivers that are known).
    ///
    /// - Parameter identity: What the machine is known by where the run does not say.
    public func slowdowns(since learned: LearnedBounds, identity: String) -> [Slowdown] {
        guard verdict.outcome.verdict == .passed else { return [] }
        var facts = facts
        if facts.chassis.isEmpty { facts.chassis = identity }
        let drivers = learned.drivers
        var found: [FigureID: [Slowdown]] = [:]
        for result in verdict.results where result.isExample {
            let (key, machine) = (facts.key(for: result), facts.machine(of: result))
            for figure in result.figures where figure.id.direction != .told {
                guard
                    let before = learned.past(
                        of: figure.id, machine, key, among: drivers), before.milli > 0
                else { continue }
                let lost =
                    figure.id.direction == .lower
                    ? figure.milli - before.milli : before.milli - figure.milli
                let percent = Int64(clamping: Int128(lost) * 100 / Int128(before.milli))
                found[figure.id, default: []].append(
                    Slowdown(figure: figure.id, percent: percent, before: before.driver))
            }
        }
        // One device that is slower is that device's own trouble.
        let medians = FigureID.allCases.compactMap { figure in
            found[figure].map { all in
                all.sorted { ($0.percent, $0.before) < ($1.percent, $1.before) }[
                    (all.count - 1) / 2]
            }
        }
        return medians.filter { $0.percent > learned.drops[$0.figure] }
            .sorted { ($1.percent, $0.figure.rawValue) < ($0.percent, $1.figure.rawValue) }
    }
}
