import FleetModel

/// Tells whether a file has changed. Not for secrets.
enum TextDigest {
    static func hex(_ bytes: [UInt8]) -> String {
        var hasher = StateHasher()
        hasher.add(UInt64(bytes.count))
        for byte in bytes { hasher.add(UInt64(byte)) }
        return String(hasher.digest, radix: 16)
    }
}
