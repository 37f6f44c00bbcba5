/// How a check ended.
public enum CheckStatus: UInt8, CaseIterable, Hashable, Sendable {
    /// Everything that was looked at was right.
    case passed
    /// It works, but worse than it should.
    case degraded
    /// Something is wrong.
    case failed
    /// What it is about is not there; this is never a pass.
    case notApplicable
    /// It was not begun, or stopped on request.
    case notRun
    /// It could not come to an end, which says nothing about the hardware.
    case error

    /// The name in output.
    public var name: String {
        switch self {
        case .passed: "passed"
        case .degraded: "degraded"
        case .failed: "failed"
        case .notApplicable: "notApplicable"
        case .notRun: "notRun"
        case .error: "error"
        }
    }

    /// The words of tables.
    public var words: String {
        switch self {
        case .notApplicable: "not applicable"
        case .notRun: "not run"
        case .passed, .degraded, .failed, .error: name
        }
    }

    /// The status of a name.
    public init?(name: String) {
        guard let found = CheckStatus.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// The worse of two: what failed before what broke, that before what is slow.
    public func worse(_ other: CheckStatus) -> CheckStatus {
        let order: [CheckStatus] = [.notApplicable, .passed, .notRun, .degraded, .error, .failed]
        let own = order.firstIndex(of: self) ?? 0
        return own >= order.firstIndex(of: other) ?? 0 ? self : other
    }
}
