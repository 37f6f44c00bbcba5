/// One condition on a key: of node selector terms and of label selectors alike.
public struct LabelRequirement: Hashable, Sendable {
    /// How a value is compared.
    public enum Operator: String, Hashable, Sendable {
        /// The key is there, with one of the values.
        case isIn = "In"
        /// The key is not there, or has none of the values.
        case isNotIn = "NotIn"
        /// The key is there.
        case exists = "Exists"
        /// The key is not there.
        case doesNotExist = "DoesNotExist"
        /// The key is there with an integer greater than the one value.
        case isGreater = "Gt"
        /// The key is there with an integer less than the one value.
        case isLess = "Lt"
    }

    /// The key.
    public var key: String
    /// How it is compared.
    public var comparison: Operator
    /// What it is compared with.
    public var values: [String]

    /// Gathers a condition.
    public init(_ key: String, _ comparison: Operator, _ values: [String] = []) {
        self.key = key
        self.comparison = comparison
        self.values = values
    }

    /// Whether a value, nil for a key that is not there, meets it
    /// (`k8s.io/apimachinery/pkg/labels.Requirement.Matches`).
    public func admits(_ value: String?) -> Bool {
        switch comparison {
        case .isIn: return value.map(values.contains) ?? false
        case .isNotIn: return value.map { !values.contains($0) } ?? true
        case .exists: return value != nil
        case .doesNotExist: return value == nil
        case .isGreater, .isLess:
            guard let value = value.flatMap({ Int64($0) }), values.count == 1,
                let bound = Int64(values[0])
            else { return false }
            return comparison == .isGreater ? value > bound : value < bound
        }
    }
}

/// A selector of objects by their labels.
public struct LabelSelector: Hashable, Sendable {
    /// All of these must hold; none selects everything.
    public var requirements: [LabelRequirement]

    /// Gathers a selector.
    public init(_ requirements: [LabelRequirement] = []) {
        self.requirements = requirements
    }

    /// Whether an object with these labels is selected.
    public func admits(_ labels: LabelSet) -> Bool {
        requirements.allSatisfy { $0.admits(labels[$0.key]) }
    }
}
