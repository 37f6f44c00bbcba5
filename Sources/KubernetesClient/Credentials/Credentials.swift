import NIOSSL

/// What a request proves who asks with.
struct Credentials: Sendable {
    /// Grows with each change.
    var serial: Int
    /// The value of the header; nil for none.
    var authorization: String?
    /// How to connect; nil without TLS.
    var tls: TLSConfiguration?
}

/// What credentials are made of; when it is the same, they are.
struct CredentialParts: Equatable, Sendable {
    var token: String?
    /// Authorities in PEM; nil for those of the system.
    var authorities: [UInt8]?
    var certificate: [UInt8]?
    var key: [UInt8]?
}
