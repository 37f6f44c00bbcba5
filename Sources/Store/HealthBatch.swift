import FleetModel

/// What the health engine was told in one commit.
public struct HealthBatch: Sendable {
    /// The number of the batch; consecutive.
    public var id: Int64
    /// Inputs in it.
    public var inputs: Int
    /// When the last of them was applied.
    public var at: Instant
    /// The batch, with a check of its own.
    public var bytes: [UInt8]

    /// Gathers a batch.
    public init(id: Int64, inputs: Int, at: Instant, bytes: [UInt8]) {
        self.id = id
        self.inputs = inputs
        self.at = at
        self.bytes = bytes
    }
}
