import Scheduler

/// One measured figure, mostly against a limit.
struct Figure {
    /// What was measured.
    var name: String
    /// The figure.
    var value: Double
    /// Its unit.
    var unit: String
    /// What it must reach; nil for a figure that is only told.
    var limit: Double?
    /// Whether larger is better.
    var isFloor: Bool
    /// Counters that are the same on every machine.
    var detail: String
    /// Whether what the name tells beside the figure is as it must be.
    var secondary = true

    /// Whether the limit is kept.
    var isKept: Bool {
        guard let limit else { return secondary }
        return secondary && (isFloor ? value >= limit : value <= limit)
    }
}

extension Figure {
    /// A figure with the engine's counters as detail.
    init(
        name: String, unit: String, limit: Double, isFloor: Bool, value: Double,
        counters: WorkCounters
    ) {
        self.init(
            name: name, value: value, unit: unit, limit: limit, isFloor: isFloor,
            detail: "inputs \(counters.inputs), cycles \(counters.cycles), "
                + "attempts \(counters.attempts), nodes \(counters.nodesEvaluated), "
                + "reservations \(counters.reservations), "
                + "stops \(counters.evictions + counters.reclaims + counters.moves)")
    }

    /// The 99th percentile and the longest of latencies, without a limit.
    init(name: String, of latencies: Latencies) {
        let longest = (latencies.longest * 1000).rounded() / 1000
        let mean = (latencies.totalSeconds * 1e6 / Double(latencies.count)).rounded() / 1000
        self.init(
            name: "\(name), p99 (max \(longest) ms, mean \(mean) ms, \(latencies.count) times)",
            value: latencies.percentile(99), unit: "ms", limit: nil, isFloor: false, detail: "")
    }
}
