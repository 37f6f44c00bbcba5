// Which figures can be compared: the one rule for whatever learns and whatever is held against it.
extension CheckResult {
    /// Whether its figures are those of a machine that others can be compared with: a connection to
    /// itself measures no network.
    public var isComparable: Bool {
        check != .network || notes.contains { $0.hasPrefix(RunVerdict.peerNote) }
    }

    /// Whether its figures may teach. What failed is no example; what is slow is one, or slow
    /// fleets would learn nothing.
    var isExample: Bool {
        (status == .passed || status == .degraded) && isComparable
    }

    /// Holds the figures against what was learned, and against `priors` where nothing was, or
    /// where they cannot be compared.
    public mutating func judge(
        against learned: LearnedBounds, _ key: FigureKey, priors: [Threshold]
    ) {
        judge(against: isComparable ? learned.thresholds(key, priors: priors) : priors)
    }
}
