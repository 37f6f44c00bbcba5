import FleetModel
import Foundation
import KubernetesJSON
import Testing

@testable import KubernetesClient

@Suite struct ExecPluginTests {
    private let folder = TemporaryFolder()
    private let version = "client.authentication.k8s.io/v1"

    private func credential(_ status: String) -> String {
        #"echo '{"kind":"ExecCredential","apiVersion":"\#(version)","status":{\#(status)}}'"#
    }

    private func run(
        _ script: String, hint: String = "", seconds: Int64 = 240
    ) throws -> ExecCredential {
        let plugin = ExecPlugin(
            apiVersion: version, command: "/bin/sh",
            arguments: [folder.script("plugin", script), "x", "y z"],
            environment: [.init(name: "EXTRA", value: "1")], installHint: hint,
            timeoutSeconds: seconds)
        return try plugin.run(environment: ["PATH": "/usr/bin:/bin", "EXTRA": "0"])
    }

    private func failure(_ script: String, seconds: Int64 = 240) -> OperatingError? {
        #expect(throws: OperatingError.self) { try run(script, seconds: seconds) }
    }

    @Test func givesATokenWithItsEnd() throws {
        let found = try run(
            credential(#""token":"t-1","expirationTimestamp":"2026-06-30T08:10:21Z""#))
        #expect(found.token == "t-1")
        #expect(found.expiresAt?.time == "2026-06-30T08:10:21Z")
    }

    @Test func isToldOfTheClusterAndItsArguments() throws {
        let cluster = ExecPlugin.Cluster(
            server: "https://h", serverName: "k", isInsecure: false, authorities: "QQ==")
        let plugin = ExecPlugin(
            apiVersion: version,
            command: "sh",
            arguments: [
                folder.script(
                    "plugin",
                    #"printf '%s|%s|%s|%s' "$1" "$2" "$EXTRA" "$KUBERNETES_EXEC_INFO" >&2; exit 3"#
                ), "x", "y z",
            ], environment: [.init(name: "EXTRA", value: "1")],
            cluster: cluster)
        let error = #expect(throws: OperatingError.self) {
            try plugin.run(environment: ["PATH": "/usr/bin:/bin", "EXTRA": "0"])
        }
        #expect(
            error?.detail
                == #"x|y z|1|{"kind":"ExecCredential","apiVersion":"\#(version)","spec":"#
                + #"{"cluster":{"server":"https://h","tls-server-name":"k","#
                + #""certificate-authority-data":"QQ=="},"interactive":false}}"#)
    }

    @Test func failuresSayWhatThePluginSaid() {
        let failed = failure("echo one >&2; echo 'Unable to locate credentials' >&2; exit 255")
        #expect(failed?.code == .kubernetesCredentials)
        #expect(failed?.message.hasSuffix("gave no credentials: it ended with 255") == true)
        #expect(failed?.detail == "one; Unable to locate credentials")
        #expect(failed?.hint.hasPrefix("run it by hand: /bin/sh /") == true)
        #expect(failure("kill -9 $$")?.message.contains("signal 9 ended it") == true)
        #expect(failure("echo nonsense")?.message.contains("not an ExecCredential") == true)
        #expect(failure("echo '{}'")?.message.contains("the kind ''") == true)
        #expect(failure(credential(""))?.message.contains("neither a token nor") == true)
        #expect(
            failure(credential(#""token":"a","expirationTimestamp":"soon""#))?.message
                .contains("'soon' is not a time") == true)
        #expect(
            failure(credential(#""token":"a","clientKeyData":"k""#))?.message
                .contains("without its key") == true)
        #expect(
            failure(credential(#""token":"a b""#))?.message.contains("characters") == true)
        let other = #"echo '{"kind":"ExecCredential","apiVersion":"v9","status":{"token":"a"}}'"#
        #expect(failure(other)?.message.contains("the version 'v9'") == true)
    }

    @Test func timeAndOutputAreBounded() throws {
        let began = ContinuousClock.now
        let slow = failure("sleep 300 & sleep 300", seconds: 1)
        #expect(slow?.message.contains("longer than 1 s") == true)
        #expect(
            failure("yes")?.message.contains("printed more than") == true)
        // What it leaves behind does not keep it from being done.
        #expect(try run("sleep 300 & " + credential(#""token":"t""#)).token == "t")
        #expect(ContinuousClock.now - began < .seconds(240))
    }

    @Test func aProgramThatIsNotThere() {
        let plugin = ExecPlugin(
            apiVersion: version, command: "no-such-plugin", installHint: "install it so")
        let error = #expect(throws: OperatingError.self) {
            try plugin.run(environment: ["PATH": "/usr/bin"])
        }
        #expect(error?.message.contains("does not start: no such file or directory") == true)
        #expect(error?.hint == "install it so")
    }
}

@Suite struct CredentialStoreTests {
    private let folder = TemporaryFolder()

    private func store(_ credential: ClusterConfiguration.Credential) -> CredentialStore {
        CredentialStore(
            configuration: ClusterConfiguration(
                server: APIServerAddress(isSecure: false, host: "127.0.0.1", port: 1),
                credential: credential),
            environment: ["PATH": "/usr/bin:/bin"])
    }

    /// A plugin that counts its runs.
    private func counting(_ expiry: String = "") -> ExecPlugin {
        let status = #""token":"t-'$n'"\#(expiry)"#
        let script = """
            n=$(($(cat \(folder.path)/count 2>/dev/null || echo 0) + 1))
            echo $n > \(folder.path)/count
            echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",'
            echo '"status":{\(status)}}'
            """
        return ExecPlugin(
            apiVersion: "client.authentication.k8s.io/v1", command: "sh",
            arguments: [folder.script("p", script)])
    }

    @Test func aPluginRunsOnceForAll() async throws {
        let store = store(.plugin(counting()))
        let all = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<20 {
                group.addTask { try await store.credentials().authorization }
            }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(all == ["Bearer t-1"])
        #expect(try await store.credentials().authorization == "Bearer t-1")
    }

    @Test func refusedCredentialsAreReplacedOnceAndNeverInALoop() async throws {
        let store = store(.plugin(counting()))
        let first = try await store.credentials()
        let second = try await store.replacement(for: first)
        #expect(second.authorization == "Bearer t-2")
        // Who comes late with the same refusal gets the same replacement.
        #expect(try await store.replacement(for: first).serial == second.serial)
        _ = await store.refuse(second)
        for _ in 0..<5 {
            await #expect(throws: OperatingError.self) { try await store.credentials() }
        }
        #expect(try String(contentsOfFile: folder.path + "/count", encoding: .utf8) == "2\n")
    }

    @Test func aRefusedTokenThatDoesNotChangeIsGivenUp() async throws {
        for credential in [ClusterConfiguration.Credential.token("t"), .none] {
            let store = store(credential)
            let first = try await store.credentials()
            let error = await #expect(throws: OperatingError.self) {
                try await store.replacement(for: first)
            }
            #expect(error?.code == .kubernetesCredentials)
            await #expect(throws: OperatingError.self) { try await store.credentials() }
        }
    }

    @Test func aRotatedTokenFileIsReadAgain() async throws {
        folder.write("token", Array("one\n".utf8))
        let store = store(.tokenFile(folder.path + "/token"))
        let first = try await store.credentials()
        #expect(first.authorization == "Bearer one")
        folder.write("token", Array("two\n".utf8))
        #expect(try await store.replacement(for: first).authorization == "Bearer two")
        #expect(try await store.credentials().authorization == "Bearer two")
    }

    @Test func filesWithoutTokensAreTold() async throws {
        folder.write("token", Array("\n".utf8))
        let store = store(.tokenFile(folder.path + "/token"))
        let error = await #expect(throws: OperatingError.self) { try await store.credentials() }
        #expect(error?.detail == "it is empty")
    }

    @Test func materialThatIsNotPEMIsTold() {
        let configuration = ClusterConfiguration(
            server: APIServerAddress(host: "h", port: 1), origin: "a test")
        let maker = TLSMaker(configuration: configuration)
        for parts in [
            CredentialParts(authorities: Array("x".utf8)),
            CredentialParts(certificate: [], key: []),
        ] {
            let error = #expect(throws: OperatingError.self) { try maker.make(parts) }
            #expect(error?.code == .kubernetesCredentials)
        }
    }
}
