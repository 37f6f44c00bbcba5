/// What a run took of the real machine, as the edge measured it.
public struct RunEffort: Equatable, Sendable {
    /// Seconds of real time.
    public var wallSeconds: Double
    /// The most main memory that the program has held so far, earlier runs included, in MiB.
    public var peakResidentMiB: Double

    /// Gathers the figures.
    public init(wallSeconds: Double, peakResidentMiB: Double) {
        self.wallSeconds = wallSeconds
        self.peakResidentMiB = peakResidentMiB
    }
}
