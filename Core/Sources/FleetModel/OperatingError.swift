/// Something in the world failed: a disk, a network, a peer; or a request that cannot be served.
///
/// Evolvable on purpose: a struct with a stable code, never an enum.
public struct OperatingError: Error, Hashable, Sendable {
    /// The stable code, with a page of its own in `docs/errors/`.
    public var code: DiagnosticCode
    /// What failed: lower case, no full stop.
    public var message: String
    /// What exactly happened, for those who look closer; may be empty.
    public var detail: String
    /// What to do about it; may be empty.
    public var hint: String
    /// The mistakes of a document that was refused; usually none.
    public var diagnostics: [Diagnostic]

    /// Gathers an error.
    public init(
        _ code: DiagnosticCode, _ message: String, detail: String = "", hint: String = "",
        diagnostics: [Diagnostic] = []
    ) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.diagnostics = diagnostics
    }

    /// The error of a document that was refused.
    public init(refused what: String, _ diagnostics: [Diagnostic]) {
        let first = diagnostics.first
        self.init(
            first?.code ?? .invalidValue,
            diagnostics.count == 1
                ? first?.message ?? what : "\(what) has \(diagnostics.count) mistakes",
            detail: diagnostics.count == 1
                ? first.map { $0.expected.isEmpty ? "" : "expected: \($0.expected)" } ?? "" : "",
            hint: first?.hint ?? "", diagnostics: diagnostics)
    }
}
