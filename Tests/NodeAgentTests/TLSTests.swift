import FleetModel
import Foundation
import Glibc
import TestCertificates
import Testing

@testable import NodeAgent

/// What the agent's client makes of servers with certificates, good ones and others.
@Suite struct TLSTests {
    /// `openssl s_server`, which answers with what it knows of the connection.
    private final class Front {
        private let process = Process()
        let port: UInt16

        init(_ files: (certificate: String, key: String), _ options: [String]) throws {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments =
                ["openssl", "s_server", "-accept", "127.0.0.1:0"]
                + ["-cert", files.certificate, "-key", files.key] + options
            process.standardError = FileHandle.nullDevice
            let output = Pipe()
            process.standardOutput = output
            process.standardInput = Pipe()
            try process.run()
            // A word about parameters may come before "ACCEPT 127.0.0.1:40123".
            var text = ""
            var number: UInt16?
            while number == nil,
                let part = try output.fileHandleForReading.read(upToCount: 1), !part.isEmpty
            {
                text += String(decoding: part, as: UTF8.self)
                guard text.hasSuffix("\n") else { continue }
                number = text.split(separator: ":").last.flatMap { UInt16($0.dropLast()) }
            }
            port = try #require(number, "\(text)")
        }

        deinit { Glibc.kill(process.processIdentifier, SIGKILL) }
    }

    private func ask(
        _ front: Front, as host: String = "127.0.0.1", _ client: TLSClient, seconds: Int64 = 60
    ) throws -> (text: String, trouble: String) {
        let target = try #require(HTTPTarget("https://\(host):\(front.port)"))
        let number = try #require(HTTPTarget("http://127.0.0.1:\(front.port)"))
        let outcome = HTTPExchange.send(
            HTTPExchange.Request(path: "/", limit: 1 << 20), to: target,
            at: HostAddress.resolve(number), client: client, within: .seconds(seconds))
        switch outcome {
        case .answer(200, _, let body): return (String(decoding: body, as: UTF8.self), "")
        case .answer(let status, _, _): return ("", "\(status)")
        case .failed(let trouble): return ("", trouble)
        }
    }

    @Test(
        "a certificate for the name or number is taken, and the next connection goes on with it",
        arguments: [("-tls1_3", "TLSv1.3"), ("-tls1_2", "TLSv1.2")])
    func taken(option: String, version: String) throws {
        let folder = TemporaryFolder()
        let certificates = try Certificates(folder: folder.path)
        let files = try certificates.issue("IP:127.0.0.1,DNS:plane.example")
        let front = try Front(files, ["-www", option])
        let client = TLSClient(authorities: certificates.authority)
        for host in ["127.0.0.1", "plane.example"] {
            for word in ["New", "Reused", "Reused"] {
                let answer = try ask(front, as: host, client)
                #expect(answer.trouble == "")
                #expect(answer.text.contains("\(word), \(version)"), "\(answer.text)")
            }
        }
    }

    @Test("who cannot show that it is the one that was named is told nothing")
    func refused() throws {
        let folder = TemporaryFolder()
        let certificates = try Certificates(folder: folder.path)
        let other = try Front(certificates.issue("IP:127.0.0.2,DNS:*.lab.example"), ["-www"])
        let client = TLSClient(authorities: certificates.authority)
        let trouble = try ask(other, client).trouble
        #expect(trouble.contains("the certificate is refused: IP address mismatch"), "\(trouble)")
        let name = try ask(other, as: "plane", client).trouble
        #expect(name.hasPrefix("TLS: the certificate is refused: "), "\(name)")
        // A star is for one whole part of a name.
        #expect(try ask(other, as: "plane.lab.example", client).trouble == "")
        #expect(try ask(other, as: "a.plane.lab.example", client).trouble != "")
        let stranger = try ask(other, as: "plane.lab.example", TLSClient(authorities: nil)).trouble
        #expect(stranger.hasPrefix("TLS: the certificate is refused: "), "\(stranger)")
        // After a refusal the right one is taken again.
        #expect(try ask(other, as: "plane.lab.example", client).trouble == "")
    }

    @Test("an old version, another protocol, silence and a missing authority are told")
    func troubles() throws {
        let folder = TemporaryFolder()
        let certificates = try Certificates(folder: folder.path)
        let files = try certificates.issue("IP:127.0.0.1")
        let client = TLSClient(authorities: certificates.authority)
        let old = try Front(files, ["-www", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"])
        #expect(try ask(old, client).trouble.hasPrefix("TLS: "))
        // Once it has come to terms, this one waits for a line to be typed.
        let silent = try Front(files, [])
        #expect(try ask(silent, client, seconds: 1).trouble == "no answer in time")
        let missing = TLSClient(authorities: folder.path + "/none.pem")
        let well = try Front(files, ["-www"])
        #expect(try ask(well, missing).trouble.hasPrefix("TLS: no certificates from "))
        // The authority's file may come later.
        folder.write(
            try String(contentsOfFile: certificates.authority, encoding: .utf8), to: "none.pem")
        #expect(try ask(well, missing).trouble == "")
        let plane = FlakyPlane()
        let target = try #require(HTTPTarget("https://127.0.0.1:\(plane.port)"))
        let outcome = HTTPExchange.send(
            HTTPExchange.Request(path: "/", limit: 1 << 20), to: target,
            at: HostAddress.resolve(target), client: client, within: .seconds(2))
        guard case .failed(let trouble) = outcome else {
            Issue.record("plain text was taken for TLS")
            return
        }
        #expect(trouble.hasPrefix("TLS: "), "\(trouble)")
        plane.stop()
    }

}
