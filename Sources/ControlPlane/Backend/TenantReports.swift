import FleetModel

/// The quota tree as a backend wants it that has it in objects of its own.
public struct TenantsReport: Sendable {
    /// The tree; levels are those of the fleet.
    public var tree: TenantTree
    /// The names behind the tree's ids of kinds.
    public var kinds: [String]

    /// Gathers a report.
    public init(tree: TenantTree, kinds: [String]) {
        self.tree = tree
        self.kinds = kinds
    }
}

/// One tenant with its use, descendants included. Amounts are thousandths of GPUs.
public struct TenantFigures: Hashable, Sendable {
    /// What it may use, and uses, of one kind.
    public struct Kind: Hashable, Sendable {
        /// The kind.
        public var name: String
        /// In use.
        public var usedMilli: Int64
        /// What it can always have.
        public var guaranteedMilli: Int64
        /// The most that it may use; nil for no limit of its own.
        public var limitMilli: Int64?

        /// Gathers figures.
        public init(
            name: String, usedMilli: Int64, guaranteedMilli: Int64, limitMilli: Int64? = nil
        ) {
            self.name = name
            self.usedMilli = usedMilli
            self.guaranteedMilli = guaranteedMilli
            self.limitMilli = limitMilli
        }
    }

    /// Its full name.
    public var name: String
    /// Whether jobs can be of it.
    public var isLeaf: Bool
    /// Whether it has numbers: one without may have been made for a job that named it.
    public var hasNumbers: Bool
    /// The kinds of which it has a quota or uses something, in order of the fleet's.
    public var kinds: [Kind]
    /// Jobs that run.
    public var running: Int
    /// Jobs that wait.
    public var waiting: Int
    /// Why it is not in the tree although the backend wants it there; nil when it is.
    public var absence: String?

    /// Gathers figures.
    public init(
        name: String, isLeaf: Bool = true, hasNumbers: Bool = false, kinds: [Kind] = [],
        running: Int = 0, waiting: Int = 0, absence: String? = nil
    ) {
        self.name = name
        self.isLeaf = isLeaf
        self.hasNumbers = hasNumbers
        self.kinds = kinds
        self.running = running
        self.waiting = waiting
        self.absence = absence
    }
}
