import FleetModel

/// Ends a command: what to tell on standard error, and the exit status.
struct Failure: Error {
    /// Everything that is wrong.
    let diagnostics: [Diagnostic]
    /// The exit status.
    let status: ExitStatus

    init(_ diagnostics: [Diagnostic], status: ExitStatus) {
        self.diagnostics = diagnostics
        self.status = status
    }

    /// Mistakes in what was read.
    init(reading list: DiagnosticList) {
        self.init(list.diagnostics, status: .reading(list))
    }

    /// Trouble with a file that was already open.
    init(midway list: DiagnosticList) {
        let isAccess = list.diagnostics.contains { $0.code == .fileAccess }
        self.init(list.diagnostics, status: isAccess ? .inputOutput : .badData)
    }

    /// Something in the world failed, or a server refuses; `file` is what the server was sent.
    init(operating error: OperatingError, file: String = "") {
        guard error.diagnostics.isEmpty else {
            let mistakes = error.diagnostics.map { mistake in
                var mistake = mistake
                if mistake.file.isEmpty || !file.isEmpty { mistake.file = file }
                return mistake
            }
            self.init(mistakes, status: .badData)
            return
        }
        let mark = "expected: "
        let isExpectation = error.detail.hasPrefix(mark)
        let detail = error.detail.isEmpty || isExpectation ? "" : ": " + error.detail
        self.init(
            [
                Diagnostic(
                    error.code, file: file, message: error.message + detail,
                    expected: isExpectation ? String(error.detail.dropFirst(mark.count)) : "",
                    hint: error.hint)
            ], status: .operating(error.code))
    }

    /// A command line that does not make sense.
    init(usage message: String, expected: String, hint: String = "") {
        self.init(
            [Diagnostic(.usage, message: message, expected: expected, hint: hint)],
            status: .usage)
    }
}

extension Result where Failure == DiagnosticList {
    /// The value, or a failure to read it.
    func orFail() throws(MusterCLI.Failure) -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let list): throw MusterCLI.Failure(reading: list)
        }
    }
}
