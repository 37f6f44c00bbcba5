/// Why bytes are not what they should be.
public struct WireRefusal: Error, Hashable, Sendable {
    /// What is wrong with them.
    public var what: String
    /// Where, in bytes from the beginning.
    public var offset: Int
    /// The version that they claim, where that is what is wrong.
    public var version: UInt8?

    /// Gathers a refusal.
    public init(_ what: String, at offset: Int, version: UInt8? = nil) {
        self.what = what
        self.offset = offset
        self.version = version
    }
}
