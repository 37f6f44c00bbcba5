import FleetModel

/// What one run of a check came to.
public struct CheckResult: Hashable, Sendable {
    /// The check.
    public var check: CheckID
    /// The device; nil when it is of the node.
    public var device: Int32?
    /// How it ended.
    public var status: CheckStatus
    /// What was found, in words: why it is not passed first.
    public var notes: [String]
    /// What was measured.
    public var figures: [Figure]
    /// What the figures were held against.
    public var thresholds: [Threshold]
    /// The error's code, when it could not come to an end.
    public var code: DiagnosticCode?
    /// How long it took, in milliseconds.
    public var milliseconds: Int64

    /// Notes that are kept of one run.
    public static let notesKept = 32

    /// Gathers a result.
    public init(
        _ check: CheckID, device: Int32? = nil, _ status: CheckStatus, _ notes: [String] = [],
        figures: [Figure] = [], thresholds: [Threshold] = [], code: DiagnosticCode? = nil,
        milliseconds: Int64 = 0
    ) {
        self.check = check
        self.device = device
        self.status = status
        self.notes = Array(notes.prefix(CheckResult.notesKept))
        self.figures = figures
        self.thresholds = thresholds
        self.code = code
        self.milliseconds = milliseconds
    }

    /// Notes something that makes the result at least as bad as `status`; the worst stands first.
    public mutating func note(_ status: CheckStatus, _ words: String) {
        let isWorse = self.status != status && self.status.worse(status) == status
        self.status = self.status.worse(status)
        guard notes.count < CheckResult.notesKept else { return }
        notes.insert(words, at: isWorse ? 0 : notes.count)
    }

    /// A figure of it.
    public func figure(_ id: FigureID) -> Figure? { figures.first { $0.id == id } }

    /// Holds the figures against thresholds. What is below one is degraded, and far below it
    /// failed; a check that is not about hardware that is there is left as it is.
    public mutating func judge(against thresholds: [Threshold]) {
        guard status == .passed || status == .degraded else { return }
        for threshold in thresholds {
            guard let figure = figure(threshold.figure) else { continue }
            self.thresholds.append(threshold)
            let verdict = threshold.judge(figure)
            guard verdict != .passed else { continue }
            note(verdict, threshold.words(about: figure))
        }
    }
}
