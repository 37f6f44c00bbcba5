/// All mistakes that one piece of input has; the error of parsers that report everything at once.
public struct DiagnosticList: Error, Sendable {
    /// The mistakes, in order of place; never empty.
    public var diagnostics: [Diagnostic]

    /// Wraps mistakes; there must be one.
    public init(_ diagnostics: [Diagnostic]) {
        precondition(!diagnostics.isEmpty, "a failure without a diagnostic")
        self.diagnostics = diagnostics
    }
}
