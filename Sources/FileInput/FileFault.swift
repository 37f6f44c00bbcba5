import FleetModel
import Glibc

/// Diagnostics about files, with the system's own words.
enum FileFault {
    /// What the system says about an error number, such as `No such file or directory`.
    static func text(_ number: Int32) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }

    /// A file that the system does not let us open, read or write.
    static func access(
        _ path: String, _ what: String, _ number: Int32, expected: String
    ) -> DiagnosticList {
        access(path, "\(what): \(text(number))", expected: expected)
    }

    /// A file that cannot be used for a reason of ours.
    static func access(
        _ path: String, _ message: String, expected: String, hint: String = ""
    ) -> DiagnosticList {
        DiagnosticList([
            Diagnostic(.fileAccess, file: path, message: message, expected: expected, hint: hint)
        ])
    }
}
