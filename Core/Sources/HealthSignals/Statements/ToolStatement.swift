import FleetModel

/// Who says something about a node, beside Muster and the people who run it.
public enum StatingTool: String, CaseIterable, Hashable, Sendable {
    /// NVIDIA's NVSentinel.
    case nvsentinel = "NVSentinel"
    /// The node monitoring agent of Amazon EKS, by which EKS and Karpenter repair nodes.
    case eks = "EKS node monitoring agent"
    /// The node problem detector, with the plug-ins that Azure's AKS adds to it.
    case problemDetector = "node problem detector"
    /// Amazon SageMaker HyperPod.
    case hyperPod = "HyperPod"
    /// Google's Cluster Health Scanner.
    case healthScanner = "Cluster Health Scanner"
    /// Google's GKE.
    case gke = "GKE"
    /// Whoever writes the conditions of a node's life that Kubernetes names.
    case kubernetes = "Kubernetes"
}

/// Something that is written on a node: a condition, a label or a taint.
public struct NodeSaying: Hashable, Sendable {
    /// What it is.
    public enum Place: UInt8, CaseIterable, Hashable, Sendable {
        /// A condition of the node's status.
        case condition
        /// A label.
        case label
        /// A taint.
        case taint

        /// The word for people.
        public var word: String {
            switch self {
            case .condition: "condition"
            case .label: "label"
            case .taint: "taint"
            }
        }
    }

    /// What it is.
    public var place: Place
    /// A condition's type, or the key of a label or taint.
    public var key: String
    /// A condition's status, or the value of a label or taint.
    public var value: String
    /// A condition's reason, a word; empty for labels and taints.
    public var reason: String
    /// A condition's message; empty for labels and taints.
    public var message: String
    /// Since when it has been so, by the clock of who wrote it; nil where nobody says.
    public var since: Instant?

    /// Gathers what is written.
    public init(
        _ place: Place, _ key: String, _ value: String, reason: String = "", message: String = "",
        since: Instant? = nil
    ) {
        self.place = place
        self.key = key
        self.value = value
        self.reason = reason
        self.message = message
        self.since = since
    }
}

/// What another tool says of a node now.
public struct ToolStatement: Hashable, Sendable {
    /// What it amounts to. Its row in the catalogue says how grave it is, and what to do.
    public var event: FaultEvent
    /// The tool and its words, at most ``FaultLimits/textBytes`` of them.
    public var words: String
    /// Since when it says so; nil where it does not say.
    public var since: Instant?

    /// Gathers a statement.
    public init(_ event: FaultEvent, words: String, since: Instant? = nil) {
        self.event = event
        self.words = words
        self.since = since
    }

    /// What a tool says by something that is written on a node.
    init(_ row: StatementRow, _ saying: NodeSaying) {
        var words = "\(row.tool.rawValue): \(saying.key) is \(saying.value)"
        if !saying.reason.isEmpty { words += " (\(saying.reason))" }
        if !saying.message.isEmpty { words += ": \(saying.message)" }
        self.init(row.event, words: ToolStatement.bounded(words), since: saying.since)
    }

    /// One line without control characters, of bounded length.
    private static func bounded(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= FaultLimits.textBytes else { break }
            kept.append(scalar.value < 32 || scalar.value == 127 ? " " : scalar)
        }
        return String(kept)
    }
}
