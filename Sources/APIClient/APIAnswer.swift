import FleetModel
import Foundation

/// The answer to a request that went well.
public struct APIAnswer: Sendable {
    /// The status, from 200 to 299.
    public let status: Int
    /// The body.
    public let bytes: [UInt8]
    /// Where it comes from, for messages.
    let source: String

    /// The body as a value. Throws `M0803` when it is not one.
    public func decode<Value: Decodable>(_: Value.Type) throws(OperatingError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch {
            throw OperatingError(
                .strangeAnswer, "the answer of \(source) is not understood",
                detail: APIAnswer.words(of: error),
                hint: "compare `muster version` with the server's in `muster fleet`")
        }
    }

    private static func words(of error: any Error) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { key in
                key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)"
            }
            return path.isEmpty ? "the whole" : String(path.joined().drop { $0 == "." })
        }
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            return "\(place(context)) has no '\(key.stringValue)'"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            return "\(place(context)) has another type"
        case DecodingError.dataCorrupted(let context):
            return context.codingPath.isEmpty
                ? "it is not JSON" : "\(place(context)) has another form"
        default: return "it is not JSON"
        }
    }
}

/// The body of an answer that is not a success.
struct ErrorEnvelope: Decodable {
    struct Mistake: Decodable {
        var code: String
        var line: Int?
        var message: String
        var expected: String?
        var hint: String?
    }

    var code: String
    var message: String
    var detail: String?
    var hint: String?
    var diagnostics: [Mistake]?

    /// The error that it stands for. A code of a later version keeps its text.
    var error: OperatingError {
        let known = DiagnosticCode(rawValue: code)
        let mistakes = (diagnostics ?? []).map { mistake in
            let code = DiagnosticCode(rawValue: mistake.code)
            return Diagnostic(
                code ?? .strangeAnswer, line: mistake.line ?? 0,
                message: (code == nil ? mistake.code + ": " : "") + mistake.message,
                expected: mistake.expected ?? "", hint: mistake.hint ?? "")
        }
        return OperatingError(
            known ?? .strangeAnswer, (known == nil ? code + ": " : "") + message,
            detail: detail ?? "", hint: hint ?? "", diagnostics: mistakes)
    }
}
