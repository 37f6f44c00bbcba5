import FleetModel

extension Engine {
    /// When a waiting job is expected to start: nothing is known until the projection is here.
    public mutating func estimate(_ job: JobID) -> StartEstimate? { nil }
}
