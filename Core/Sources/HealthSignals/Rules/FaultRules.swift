import FleetModel

/// What a site decides otherwise than the published tables. A value; whoever reads the file checks
/// it with ``diagnostics(file:)`` before it is used.
public struct FaultRules: Hashable, Sendable {
    /// What a verdict names as the version of the rules: a date, a revision of the file.
    public var version: String
    /// The rules in the order of the file: the first one that is about a fault decides.
    public var rules: [FaultRule]

    /// Gathers rules; none by default.
    public init(version: String = "", rules: [FaultRule] = []) {
        self.version = version
        self.rules = rules
    }
}

/// One rule of a site: which faults it is about, and what they shall mean.
public struct FaultRule: Hashable, Sendable {
    /// The name that verdicts give.
    public var name: String
    /// The codes that it is about.
    public var codes: [FaultCode]
    /// The unit that must have found it; nil for any.
    public var unit: String?
    /// The link that it must be on; nil for any.
    public var link: Int32?
    /// The kinds of accelerators that the node must have one of; none for any.
    public var models: [String]
    /// What the line must say about its gravity; nil for anything.
    public var declared: DeclaredSeverity?
    /// How often it must have come before the rule decides; nil for at once. Until then the next
    /// rule, or the base, decides.
    public var threshold: FaultThreshold?
    /// What it shall mean; nil to leave that as it is.
    public var severity: FaultSeverity?
    /// What is to be done; nil to leave that as it is.
    public var action: FaultAction?

    /// Gathers a rule.
    public init(
        name: String, codes: [FaultCode], unit: String? = nil, link: Int32? = nil,
        models: [String] = [], declared: DeclaredSeverity? = nil, threshold: FaultThreshold? = nil,
        severity: FaultSeverity? = nil, action: FaultAction? = nil
    ) {
        self.name = name
        self.codes = codes
        self.unit = unit
        self.link = link
        self.models = models
        self.declared = declared
        self.threshold = threshold
        self.severity = severity
        self.action = action
    }

    /// Whether the rule is about a fault, its threshold aside.
    public func isAbout(_ fault: LogFault, model: String) -> Bool {
        codes.contains(fault.code) && (unit.map { $0 == fault.unit } ?? true)
            && (link.map { $0 == fault.link } ?? true)
            && (declared.map { $0 == fault.declared } ?? true)
            && (models.isEmpty || models.contains(model))
    }
}

/// So many times within a window, on the same part.
public struct FaultThreshold: Hashable, Sendable {
    /// How often, the present time included: 1 to ``FaultLimits/repetitionDepth``.
    public var count: Int
    /// Within which time; at most ``FaultLimits/repetitionWindow``.
    public var window: TimeSpan
    /// On the same what.
    public var place: RepetitionPlace
    /// Whether every line counts. Otherwise a burst counts once, however many lines it has.
    public var countsLines: Bool

    /// Gathers a threshold; by default of bursts on the same device.
    public init(
        count: Int, window: TimeSpan, place: RepetitionPlace = .device, countsLines: Bool = false
    ) {
        self.count = count
        self.window = window
        self.place = place
        self.countsLines = countsLines
    }
}

/// On the same what a fault must repeat.
public enum RepetitionPlace: String, CaseIterable, Hashable, Sendable {
    /// The same device, or the same interface where a line has no address.
    case device
    /// The same cluster and texture unit of the same device.
    case engine
    /// The same link of the same device.
    case link
    /// The same node.
    case node
}
