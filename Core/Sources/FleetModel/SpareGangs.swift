/// How large a gang must be to stand on the spares of a pool.
public struct SpareGangs: Hashable, Sendable {
    /// The pool.
    public var pool: PoolID
    /// Thousandths of GPUs that the smallest gang that the job can do with has at least.
    public var leastMilli: Int64

    /// Pairs both.
    public init(pool: PoolID, leastMilli: Int64) {
        self.pool = pool
        self.leastMilli = leastMilli
    }
}
