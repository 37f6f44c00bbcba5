import DashboardFiles
import HTTPTypes
import Hummingbird
import NIOCore

/// The dashboard's files, which are compiled into the program.
final class Dashboard: Sendable {
    private struct File {
        var bytes: ByteBuffer
        var type: String
        var tag: String
    }

    private let files: [String: File]

    /// Only what this server sends may run and be asked, so that text of users that slipped
    /// through could do nothing.
    private static let policy =
        "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    init() {
        var files: [String: File] = [:]
        for index in 0..<muster_dashboard_file_count {
            let file = muster_dashboard_file_at(index)
            let path = String(cString: file.path)
            let bytes = ByteBuffer(
                bytes: UnsafeBufferPointer(start: file.bytes, count: file.count))
            files[path] = File(
                bytes: bytes, type: Dashboard.type(of: path),
                tag: "\"\(Dashboard.hash(bytes))\"")
        }
        files[""] = files["index.html"]
        files["v1/openapi.json"] = files["openapi.json"]
        self.files = files
    }

    /// The answer for a path; nil when there is no such file.
    func file(_ path: String) -> Response? {
        guard let file = files[path] else { return nil }
        var headers = HTTPFields()
        headers[.contentType] = file.type
        headers[.eTag] = file.tag
        headers[.cacheControl] = "no-cache"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.contentSecurityPolicy] = Dashboard.policy
        if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.bytes))
    }

    /// The paths of all files.
    var paths: [String] { files.keys.sorted() }

    private static func type(of path: String) -> String {
        switch path.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json": "application/json; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }

    /// FNV-1a, to tell one version of a file from another.
    private static func hash(_ bytes: ByteBuffer) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes.readableBytesView { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}
