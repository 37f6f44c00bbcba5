import Glibc

/// The system's words for its errors.
public enum SystemWords {
    /// What an `errno` means.
    public static func of(_ number: Int32) -> String {
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
