import Crypto
import Foundation

/// Makes and hashes tokens.
public enum Tokens {
    /// A new token: its text, which is nowhere kept, and its hash.
    public static func make() -> (text: String, digest: String) {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        // 43 characters of 62 are 256 bits.
        let text =
            "muster_"
            + String((0..<43).map { _ in digits[Int.random(in: 0..<62, using: &generator)] })
        return (text, digest(text))
    }

    /// The hash of a token in hexadecimal digits.
    public static func digest(_ text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
