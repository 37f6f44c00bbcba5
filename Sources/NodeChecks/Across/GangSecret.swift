import Crypto

/// What the members of a gang know and strangers do not. It never goes over the network: each side
/// proves that it has it by answering the other's number.
public struct GangSecret: Sendable {
    private let key: SymmetricKey

    /// The fewest bytes of a token, so that it cannot be guessed.
    public static let fewestBytes = 16
    /// Bytes of a number that is used once.
    static let nonceBytes = 16

    /// Takes a token; nil for one that is too short.
    public init?(token: String) {
        guard token.utf8.count >= GangSecret.fewestBytes else { return nil }
        key = SymmetricKey(data: SHA256.hash(data: Array("muster check across\n\(token)".utf8)))
    }

    /// The proof of having the secret, for one purpose and text.
    private func proof(_ purpose: String, _ parts: [String]) -> String {
        let text = ([purpose] + parts).joined(separator: "\n")
        return Hex.text(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }

    /// What a member sends to prove itself.
    func memberProof(_ join: GangJoin, nonce: String) -> String {
        proof("member", [nonce] + join.fields)
    }

    /// What the one who leads sends to prove itself.
    func leadProof(_ join: GangJoin, nonce: String) -> String {
        proof("lead", [nonce] + join.fields)
    }

    /// Whether a proof is the right one.
    static func isSame(_ told: String, _ right: String) -> Bool {
        PeerProtocol.isSame(Array(told.utf8), Array(right.utf8))
    }

    /// What members tell each other's listeners before a test.
    var peerKey: [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array("peer".utf8), using: key))
    }

    /// A number that nobody used before.
    static func nonce() -> String {
        var random = SystemRandomNumberGenerator()
        return Hex.text((0..<nonceBytes).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
}
