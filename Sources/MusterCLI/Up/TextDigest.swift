import FleetModel

/// Tells whether a file has changed. Not for secrets.
enum TextDigest {
    static func hex(_ bytes: [UInt8]) -> String { String(number(bytes), radix: 16) }

    static func number(_ bytes: [UInt8]) -> UInt64 {
        var hasher = StateHasher()
        hasher.add(UInt64(bytes.count))
        for byte in bytes { hasher.add(UInt64(byte)) }
        return hasher.digest
    }
}
