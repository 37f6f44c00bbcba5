import ClientWords
import NIOHTTP1

/// One request to the API.
public struct APIRequest: Sendable {
    /// What is asked of the place.
    public enum Method: String, Sendable {
        /// Reads.
        case get = "GET"
        /// Orders.
        case post = "POST"
        /// Replaces.
        case put = "PUT"
        /// Takes away.
        case delete = "DELETE"
    }

    /// What a request carries.
    public struct Body: Sendable {
        /// The bytes.
        public var bytes: [UInt8]
        /// Their media type.
        public var type: String

        /// JSON.
        public static func json(_ bytes: [UInt8]) -> Body {
            Body(bytes: bytes, type: "application/json")
        }

        /// YAML.
        public static func yaml(_ bytes: [UInt8]) -> Body {
            Body(bytes: bytes, type: "application/yaml")
        }

        /// Bytes of any kind.
        public static func binary(_ bytes: [UInt8]) -> Body {
            Body(bytes: bytes, type: "application/octet-stream")
        }

        /// Lines of JSON.
        public static func lines(_ bytes: [UInt8]) -> Body {
            Body(bytes: bytes, type: "application/x-ndjson")
        }
    }

    /// What is asked.
    public var method: Method
    /// The parts of the path, as they are before percent-encoding.
    public var path: [String]
    /// The query's parameters; those without a value are left out.
    public var query: [(name: String, value: String?)]
    /// What the request carries.
    public var body: Body?
    /// The media type that is wanted.
    public var accept = "application/json"
    /// Says that repeated requests are the same one.
    public var idempotencyKey: String?
    /// The longest wait for the whole answer.
    public var timeoutSeconds: Int64 = 30

    /// Gathers a request.
    public init(
        _ method: Method, _ path: String..., query: [(name: String, value: String?)] = [],
        body: Body? = nil
    ) {
        self.method = method
        self.path = ["v1"] + path
        self.query = query
        self.body = body
    }

    /// Whether it may be sent again when nobody knows whether it arrived.
    var isRepeatable: Bool { method == .get || method == .put || idempotencyKey != nil }

    /// The path and query, percent-encoded (RFC 3986).
    var target: String {
        let path = path.map { "/" + Percent.encoded($0) }.joined()
        let pairs = query.compactMap { parameter in
            parameter.value.map {
                Percent.encoded(parameter.name) + "=" + Percent.encoded($0)
            }
        }
        return path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }
}
