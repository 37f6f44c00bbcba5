import FleetModel

/// How nodes of a cluster are tested.
public struct CheckSettings: Hashable, Sendable {
    /// The image that has `muster`, and the tools that it is to use.
    public var image: String
    /// Where the pods of tests are, and nothing else.
    public var namespace = "muster-checks"
    /// The RuntimeClass of NVIDIA's runtime, where that is not the default.
    public var runtimeClass: String?
    /// Tests at a time; nil for a twentieth of the nodes, and ``leastAtOnce`` in any case.
    public var mostAtOnce: Int?

    /// What a cluster of any size may test at a time, where nothing else is said.
    static let leastAtOnce = 32

    /// Tests with an image, and the defaults.
    public init(image: String) { self.image = image }

    /// How many tests may stand in a cluster of so many nodes.
    func most(nodes: Int) -> Int { mostAtOnce ?? max(CheckSettings.leastAtOnce, nodes / 20) }
}
