import KubernetesJSON

/// The condition `Accepted` as an object has it now.
public struct AcceptedCondition: Hashable, Sendable {
    /// The type of the condition.
    public static let type = "Accepted"

    /// Whether it is true.
    public var isTrue: Bool
    /// Since when, as the object says it.
    public var since: String

    /// Gathers a condition.
    public init(isTrue: Bool, since: String) {
        self.isTrue = isTrue
        self.since = since
    }
}

extension JSONScanner {
    /// Reads the condition from a status; nil when it has none that can be read.
    mutating func acceptedCondition() throws(JSONFault) -> AcceptedCondition? {
        var found: AcceptedCondition?
        // A status is Muster's own to write: what is odd about it is written anew.
        var problems: [FieldProblem] = []
        try fields(of: "status", &problems) { key, scanner, problems throws(JSONFault) in
            guard key == "conditions" else { return try scanner.skipValue() }
            try scanner.elements(of: "status.conditions", &problems) {
                _, scanner, problems throws(JSONFault) in
                var (type, status, since) = ("", "", "")
                try scanner.fields(of: "status.conditions", &problems) {
                    key, scanner, _ throws(JSONFault) in
                    switch key {
                    case "type": type = try scanner.string()
                    case "status": status = try scanner.string()
                    case "lastTransitionTime": since = try scanner.string()
                    default: try scanner.skipValue()
                    }
                }
                guard type == AcceptedCondition.type else { return }
                found = AcceptedCondition(isTrue: status == "True", since: since)
            }
        }
        return found
    }
}
