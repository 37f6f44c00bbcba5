/// What is read from JSON.
public protocol Decoded: Sendable {
    /// Reads exactly one value; throws when it is not what this type takes.
    init(reading scanner: inout JSONScanner) throws(JSONFault)
}

extension Decoded {
    /// Reads a text that holds nothing else.
    public init(json bytes: [UInt8]) throws(JSONFault) {
        self = try JSONScanner.read(bytes) { scanner throws(JSONFault) in
            try Self(reading: &scanner)
        }
    }
}
