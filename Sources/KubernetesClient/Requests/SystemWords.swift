import Glibc

/// The system's words for its errors.
enum SystemWords {
    static func of(_ number: Int32) -> String {
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
