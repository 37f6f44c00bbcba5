import Foundation

/// An authority of a test, and certificates of it, made with the program `openssl`.
public struct Certificates: Sendable {
    /// Where its files are.
    private let folder: String

    /// What the program was asked for in vain.
    public struct Failure: Error {
        /// Its arguments.
        public var arguments: [String]
    }

    /// An authority with its files in a folder that is there. Throws ``Failure`` without the
    /// program.
    public init(folder: String) throws {
        self.folder = folder
        try makeKey("ca")
        try openssl(
            "req", "-x509", "-new", "-key", "\(folder)/ca.key", "-days", "2", "-out", authority,
            "-subj", "/CN=authority")
    }

    /// The file with the authority's certificate.
    public var authority: String { folder + "/ca.pem" }

    /// Files with a certificate and its key, for names such as `IP:127.0.0.1` and `DNS:localhost`.
    public func issue(_ names: String) throws -> (certificate: String, key: String) {
        let id = UUID().uuidString
        let base = folder + "/" + id
        try makeKey(id)
        try Data("subjectAltName=\(names)\n".utf8).write(to: URL(fileURLWithPath: base + ".ext"))
        try openssl(
            "req", "-new", "-key", base + ".key", "-subj", "/CN=plane", "-out", base + ".csr")
        try openssl(
            "x509", "-req", "-in", base + ".csr", "-CA", authority, "-CAkey", "\(folder)/ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", base + ".ext", "-out", base + ".pem")
        return (base + ".pem", base + ".key")
    }

    private func makeKey(_ name: String) throws {
        try openssl(
            "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "\(folder)/\(name).key")
    }

    private func openssl(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
    }
}
