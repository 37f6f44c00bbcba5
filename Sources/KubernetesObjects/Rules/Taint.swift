/// A mark of a node that keeps away pods which do not tolerate it.
public struct Taint: Hashable, Sendable {
    /// What it does to a pod that does not tolerate it.
    public enum Effect: String, Hashable, Sendable {
        /// The pod is not placed here.
        case noSchedule = "NoSchedule"
        /// It is placed here only when there is no other place.
        case preferNoSchedule = "PreferNoSchedule"
        /// It is not placed here, and made to leave.
        case noExecute = "NoExecute"
    }

    /// The key.
    public var key: String
    /// The value; may be empty.
    public var value: String
    /// The effect.
    public var effect: Effect

    /// Gathers a taint.
    public init(_ key: String, _ value: String = "", _ effect: Effect) {
        self.key = key
        self.value = value
        self.effect = effect
    }

    /// The taint that `spec.unschedulable` stands for.
    public static let unschedulable = Taint("node.kubernetes.io/unschedulable", "", .noSchedule)
    /// The taint of a node whose kubelet says that it is not ready.
    public static let notReadyKey = "node.kubernetes.io/not-ready"
    /// The taint of a node whose kubelet is not heard.
    public static let unreachableKey = "node.kubernetes.io/unreachable"
}

/// What a pod puts up with.
public struct Toleration: Hashable, Sendable {
    /// The key; nil with `exists` for every taint.
    public var key: String?
    /// Whether any value will do.
    public var exists: Bool
    /// The value that must be equal otherwise.
    public var value: String
    /// The effect; nil for all.
    public var effect: Taint.Effect?

    /// Gathers a toleration.
    public init(
        key: String? = nil, exists: Bool = false, value: String = "", effect: Taint.Effect? = nil
    ) {
        self.key = key
        self.exists = exists
        self.value = value
        self.effect = effect
    }

    /// Whether it covers a taint (`k8s.io/api/core/v1.Toleration.ToleratesTaint`).
    public func covers(_ taint: Taint) -> Bool {
        if let effect, effect != taint.effect { return false }
        guard let key else { return exists }
        return key == taint.key && (exists || value == taint.value)
    }
}
