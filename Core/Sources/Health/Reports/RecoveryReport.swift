import FleetModel

/// The arithmetic of failures and recovery, in what people read. Nothing here decides.
public struct RecoveryReport: Hashable, Sendable {
    /// Node-days in service.
    public var nodeDays: Double
    /// Attempts that ended by a fault of hardware, network or an unknown cause, hangs included.
    public var stops: Int64
    /// Of these, the ones that are put down to a node.
    public var attributed: Int64
    /// GPU-hours that attempts held.
    public var gpuHours: Double
    /// GPU-hours of work that were lost, by cause, in the order of ``RestartCause``.
    public var lostGPUHours: [Double]

    /// Draws the figures from what was counted.
    public init(_ book: LossBook) {
        nodeDays = Double(book.nodeMilliseconds) / 86_400_000
        let causes: [RestartCause] = [.hardware, .network, .hang, .unknown]
        stops = causes.reduce(0) { $0 + book[$1].attempts }
        attributed = causes.reduce(0) { $0 + book[$1].attributed }
        gpuHours = book.entries.reduce(0) { $0 + Double($1.gpuSeconds) } / 3600
        lostGPUHours = book.entries.map { Double($0.lostGPUSeconds) / 3600 }
    }

    /// Stops per node-day; nil before anything was observed.
    public var stopsPerNodeDay: Double? { nodeDays > 0 ? Double(stops) / nodeDays : nil }

    /// The share of held GPU-hours that was not lost.
    public var effectiveShare: Double? {
        gpuHours > 0 ? max(0, 1 - lostGPUHours.reduce(0, +) / gpuHours) : nil
    }

    /// Hours between stops of a job on so many nodes, by the fleet's own rate of stops. The rate of
    /// node failures alone is too hopeful: at 1,024 GPUs by 3.7 (arXiv 2410.21680).
    public func hoursBetweenStops(nodes: Int) -> Double? {
        guard let rate = stopsPerNodeDay, rate > 0, nodes > 0 else { return nil }
        return 24 / (rate * Double(nodes))
    }
}

/// When to write checkpoints, and what a job gets out of its time.
public enum CheckpointArithmetic {
    /// The interval between checkpoints with the least loss, to first order: the root of twice the
    /// write time and the time between stops (Young, "A first order approximation to the optimum
    /// checkpoint interval", CACM 1974). Seconds; nil without a failure or a write.
    public static func youngInterval(writeSeconds: Double, secondsBetweenStops: Double) -> Double? {
        guard writeSeconds > 0, secondsBetweenStops > 0 else { return nil }
        return (2 * writeSeconds * secondsBetweenStops).squareRoot()
    }

    /// Daly's improvement of it (Daly, "A higher order estimate of the optimum checkpoint
    /// interval", FGCS 2006), which holds where writes are not short beside the time between stops.
    public static func dalyInterval(writeSeconds: Double, secondsBetweenStops: Double) -> Double? {
        guard
            let young = youngInterval(
                writeSeconds: writeSeconds, secondsBetweenStops: secondsBetweenStops)
        else { return nil }
        guard writeSeconds < 2 * secondsBetweenStops else { return secondsBetweenStops }
        let ratio = writeSeconds / (2 * secondsBetweenStops)
        return young * (1 + ratio.squareRoot() / 3 + ratio / 9) - writeSeconds
    }

    /// The share of its time that a job makes progress in: one minus what stops cost (the restart
    /// and half an interval each), over one plus what checkpoints cost (arXiv 2410.21680).
    public static func effectiveRatio(
        stopsPerSecond: Double, restartSeconds: Double, intervalSeconds: Double,
        writeSeconds: Double
    ) -> Double? {
        guard intervalSeconds > 0, stopsPerSecond >= 0 else { return nil }
        let lost = stopsPerSecond * (restartSeconds + intervalSeconds / 2)
        return max(0, 1 - lost) / (1 + writeSeconds / intervalSeconds)
    }
}
