import API
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// JSON with a status.
    static func json(_ json: JSONBytes, _ status: HTTPResponse.Status = .ok) -> Response {
        bytes(json.bytes, type: "application/json; charset=utf-8", status)
    }

    /// JSON that `body` writes.
    static func json(
        _ status: HTTPResponse.Status = .ok, capacity: Int = 4096,
        _ body: (inout JSONBytes) -> Void
    ) -> Response {
        var json = JSONBytes(capacity: capacity)
        body(&json)
        return .json(json, status)
    }

    /// Bytes of a media type.
    static func bytes(
        _ bytes: [UInt8], type: String, _ status: HTTPResponse.Status = .ok
    ) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Nothing but a status.
    static func empty(_ status: HTTPResponse.Status) -> Response {
        Response(status: status, headers: [.cacheControl: "no-store"])
    }

    /// An error in the form that all answers share.
    static func error(_ error: OperatingError) -> Response {
        let status = error.code.status(hasDiagnostics: !error.diagnostics.isEmpty)
        var response = Response.json(status) { ErrorJSON.write(error, to: &$0) }
        switch error.code {
        case .tooManyRequests:
            response.headers[.retryAfter] =
                Int(error.detail.prefix(while: \.isNumber))
                .map(String.init) ?? "1"
        case .notReady, .storageFailed: response.headers[.retryAfter] = "1"
        // What is left of the body would be taken for the next request.
        case .requestTooLarge: response.headers[.connection] = "close"
        case .notAuthenticated: response.headers[.wwwAuthenticate] = "Bearer"
        default: break
        }
        return response
    }
}

extension DiagnosticCode {
    /// The status of an answer with this code.
    func status(hasDiagnostics: Bool) -> HTTPResponse.Status {
        switch self {
        case .malformedRequest, .usage: .badRequest
        case .notAuthenticated: .unauthorized
        case .notAllowed, .foreignHost: .forbidden
        case .notFound, .noLog: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflictingKey, .jobIsOver, .notWaiting, .tenantsElsewhere, .noTestAwaited,
            .foreignTest, .rolloutRefused:
            .conflict
        case .requestTooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .tooManyRequests: .tooManyRequests
        case .notReady, .storageFailed, .damagedDatabase: .serviceUnavailable
        default: .unprocessableContent
        }
    }
}
