/// What an estimate of a start rests on.
public enum EstimateBasis: UInt8, CaseIterable, Hashable, Sendable {
    /// The gang has a reservation; running jobs on its place are expected to end.
    case reservation
    /// The queue was run ahead with expected run times.
    case projection
    /// Nothing is known of run times: how long jobs of its size waited lately.
    case history

    /// The token used in output and in the API.
    public var name: String {
        switch self {
        case .reservation: "reservation"
        case .projection: "projection"
        case .history: "history"
        }
    }
}

/// When a waiting job will start, as a range that is meant to hold 80 % of actual starts.
@frozen public struct StartEstimate: Hashable, Sendable {
    /// One start in ten is earlier.
    public var earliest: Instant
    /// As many starts are earlier as later.
    public var likely: Instant
    /// One start in ten is later; ``Instant/never`` when no bound is known.
    public var latest: Instant
    /// What it rests on.
    public var basis: EstimateBasis

    /// Gathers a range; `earliest <= likely <= latest`.
    @inlinable public init(
        earliest: Instant, likely: Instant, latest: Instant, basis: EstimateBasis
    ) {
        precondition(earliest <= likely && likely <= latest, "an estimate out of order")
        self.earliest = earliest
        self.likely = likely
        self.latest = latest
        self.basis = basis
    }
}
