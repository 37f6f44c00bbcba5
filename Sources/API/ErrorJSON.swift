import FleetModel

/// Writes errors in the one form that all answers share.
public enum ErrorJSON {
    /// `{code, message, detail, hint}`, and the mistakes of a document that was refused.
    public static func write(_ error: OperatingError, to json: inout JSONBytes) {
        json.object { json in
            json.member("code", error.code.rawValue)
            json.member("message", error.message)
            json.member("detail", error.detail)
            json.member("hint", error.hint)
            guard !error.diagnostics.isEmpty else { return }
            json.key("diagnostics")
            json.array(error.diagnostics) { json, diagnostic in
                json.object { json in
                    json.member("code", diagnostic.code.rawValue)
                    json.member("line", diagnostic.line)
                    json.member("message", diagnostic.message)
                    json.member("expected", diagnostic.expected)
                    json.member("hint", diagnostic.hint)
                }
            }
        }
    }
}
