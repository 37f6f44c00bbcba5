/// What the nodes of a pool should have.
public struct StackDeclaration: Hashable, Sendable {
    /// What it is called.
    public var name: String
    /// What versions have to be.
    public var rules: [Rule]
    /// How many devices a node has; nil when that is left open.
    public var deviceCount: Int32?
    /// A part of the devices' model, such as `H100`; empty when that is left open.
    public var deviceModel: String
    /// Whether the devices' ECC is to be on or off; nil when that is left open.
    public var deviceECC: Bool?
    /// How many ports of the fabric are active; nil when that is left open.
    public var portCount: Int32?
    /// The least rate of such a port in Gb/s; nil when that is left open.
    public var portGigabits: Int32?

    /// What a version has to be.
    public struct Rule: Hashable, Sendable {
        /// Of what.
        public var part: StackPart
        /// The rule.
        public var rule: VersionRule

        /// Gathers a rule.
        public init(_ part: StackPart, _ rule: VersionRule) {
            self.part = part
            self.rule = rule
        }
    }

    /// Gathers a declaration; what is absent is left open.
    public init(
        name: String = "", rules: [Rule] = [], deviceCount: Int32? = nil, deviceModel: String = "",
        deviceECC: Bool? = nil, portCount: Int32? = nil, portGigabits: Int32? = nil
    ) {
        self.name = name
        self.rules = rules
        self.deviceCount = deviceCount
        self.deviceModel = deviceModel
        self.deviceECC = deviceECC
        self.portCount = portCount
        self.portGigabits = portGigabits
    }

    /// How versions that were found differ from what is declared, in words.
    public func drift(_ found: [FoundVersion]) -> [String] {
        rules.flatMap { rule -> [String] in
            let own = found.filter { $0.part == rule.part }
            guard !own.isEmpty else {
                return ["no \(rule.part.name) was found; \(rule.rule.text) is declared"]
            }
            return own.filter { !rule.rule.allows($0.version) }.map { found in
                "\(rule.part.name) is \(found.version.text) (\(found.place)); "
                    + "\(rule.rule.text) is declared"
            }
        }
    }
}
