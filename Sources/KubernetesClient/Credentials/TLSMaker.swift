import FleetModel
import NIOSSL

/// Makes a configuration of TLS from PEM.
struct TLSMaker {
    let configuration: ClusterConfiguration

    func make(_ parts: CredentialParts) throws(OperatingError) -> TLSConfiguration? {
        guard configuration.server.isSecure else { return nil }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if configuration.trust == .anybody { tls.certificateVerification = .none }
        if let authorities = parts.authorities {
            tls.trustRoots = .certificates(try certificates(authorities, "the authorities"))
        }
        if let certificate = parts.certificate, let key = parts.key {
            let chain = try certificates(certificate, "the client certificate")
            tls.certificateChain = chain.map { .certificate($0) }
            tls.privateKey = .privateKey(try privateKey(key))
        }
        return tls
    }

    private func certificates(
        _ pem: [UInt8], _ what: String
    ) throws(OperatingError) -> [NIOSSLCertificate] {
        if let list = try? NIOSSLCertificate.fromPEMBytes(pem), !list.isEmpty { return list }
        throw OperatingError(
            .kubernetesCredentials, "\(what) of \(configuration.origin) cannot be used",
            detail: "expected: certificates in PEM")
    }

    private func privateKey(_ pem: [UInt8]) throws(OperatingError) -> NIOSSLPrivateKey {
        // An empty passphrase, so that nobody is asked for one on the terminal.
        let key = try? NIOSSLPrivateKey(bytes: pem, format: .pem) { setter in setter([UInt8]()) }
        if let key { return key }
        throw OperatingError(
            .kubernetesCredentials, "the client key of \(configuration.origin) cannot be used",
            detail: "expected: a private key in PEM that is not encrypted")
    }
}
