import FleetModel
import Foundation
import Testing

@testable import KubernetesClient

@Suite struct KubeconfigTests {
    private let folder = TemporaryFolder()
    private let pem = Array(
        "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".utf8)
    private var data: String { Data(pem).base64EncodedString() }

    private func config(
        cluster: String = "server: https://10.0.0.1:6443", user: String = "token: t",
        context: String = "cluster: c\n    user: u"
    ) -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: x
        clusters:
        - name: c
          cluster:
            \(cluster)
        users:
        - name: u
          user:
            \(user)
        contexts:
        - name: x
          context:
            \(context)
        """
    }

    private func read(_ text: String, context: String? = nil) throws -> ClusterConfiguration {
        try Kubeconfig.load(text: text, file: folder.path + "/config")
            .configuration(context: context)
    }

    /// The first message, with what was expected.
    private func mistake(_ text: String, context: String? = nil) -> String {
        do {
            _ = try read(text, context: context)
            return "none"
        } catch let error as OperatingError {
            #expect(error.code == .kubeconfig)
            let first = error.diagnostics.first
            return (first?.message ?? error.message) + " | " + (first?.expected ?? error.detail)
        } catch {
            return "\(error)"
        }
    }

    @Test func readsAContext() throws {
        let found = try read(
            config(
                cluster: """
                    server: https://api.example/k8s
                        certificate-authority-data: \(data)
                        tls-server-name: kubernetes
                    """,
                context: "cluster: c\n    user: u\n    namespace: team-a"))
        #expect(found.server.description == "https://api.example:443/k8s")
        #expect(found.trust == .authorities(.bytes(pem)))
        #expect(found.serverName == "kubernetes")
        #expect(found.credential == .token("t"))
        #expect(found.namespace == "team-a")
        #expect(found.origin.contains("'x'"))
    }

    @Test func pathsAreRelativeToTheFile() throws {
        folder.write("ca.pem", pem)
        folder.write("cert.pem", pem)
        folder.write("key.pem", pem)
        let found = try read(
            config(
                cluster: "server: https://h\n    certificate-authority: ca.pem",
                user: """
                    client-certificate: cert.pem
                        client-key: ./key.pem
                        tokenFile: secrets/token
                        token: not-this-one
                    """))
        #expect(found.trust == .authorities(.file(folder.path + "/ca.pem")))
        #expect(found.identity?.certificate == .file(folder.path + "/cert.pem"))
        #expect(found.identity?.key == .file(folder.path + "/./key.pem"))
        #expect(found.credential == .tokenFile(folder.path + "/secrets/token"))
    }

    @Test func readsPlugins() throws {
        let found = try read(
            config(
                cluster: "server: https://h\n    insecure-skip-tls-verify: true",
                user: """
                    exec:
                          apiVersion: client.authentication.k8s.io/v1beta1
                          command: aws
                          args: [eks, get-token, --cluster-name, prod]
                          env:
                          - {name: AWS_PROFILE, value: ops}
                          installHint: install the AWS CLI
                          interactiveMode: IfAvailable
                          provideClusterInfo: true
                    """))
        guard case .plugin(let plugin) = found.credential else {
            Issue.record("no plugin: \(found.credential)")
            return
        }
        #expect(plugin.command == "aws")
        #expect(plugin.arguments == ["eks", "get-token", "--cluster-name", "prod"])
        #expect(plugin.environment == [.init(name: "AWS_PROFILE", value: "ops")])
        #expect(plugin.installHint == "install the AWS CLI")
        #expect(plugin.cluster?.isInsecure == true)
        #expect(found.trust == .anybody)
    }

    @Test func filesAreMergedAndTheFirstCounts() throws {
        folder.write("a", Array(config().utf8))
        folder.write(
            "b",
            Array(
                config(cluster: "server: https://other")
                    .replacingOccurrences(of: "current-context: x", with: "current-context: y")
                    .appending("\n- name: y\n  context: {cluster: c, user: u}\n").utf8))
        let files = Kubeconfig.files(
            named: nil,
            environment: ["KUBECONFIG": "\(folder.path)/a:\(folder.path)/none:\(folder.path)/b"])
        let merged = try #require(try Kubeconfig.load(files))
        #expect(merged.currentContext == "x")
        #expect(merged.contextNames == ["x", "y"])
        #expect(try merged.configuration(context: "y").server.host == "10.0.0.1")
    }

    @Test func theUsualFileIsInTheHomeFolder() throws {
        #expect(Kubeconfig.files(named: nil, environment: ["HOME": "/h"]) == ["/h/.kube/config"])
        #expect(try Kubeconfig.load(["/nowhere/config"]) == nil)
        #expect(throws: OperatingError.self) {
            try Kubeconfig.load(["/nowhere/config"], mustExist: true)
        }
        let nothing = #expect(throws: OperatingError.self) {
            try ClusterConfiguration.find(environment: ["HOME": folder.path])
        }
        #expect(nothing?.detail.contains(".kube/config") == true)
    }

    @Test func mistakesOfTheCluster() {
        #expect(
            mistake(config(cluster: "server: https://h\n    proxy-url: http://p:3128"))
                == "the cluster 'c' is behind a proxy | no proxy-url: Muster connects directly")
        #expect(mistake(config(cluster: "x: y")).hasPrefix("the cluster 'c' has no server"))
        #expect(
            mistake(config(cluster: "server: ftp://h"))
                == "the server 'ftp://h' is not an address | https://HOST:PORT")
        #expect(
            mistake(config(cluster: "server: https://h\n    insecure-skip-tls-verify: maybe"))
                == "'insecure-skip-tls-verify' is 'maybe' | true or false")
        #expect(
            mistake(config(cluster: "server: https://h\n    certificate-authority-data: '%%'"))
                .hasPrefix("'certificate-authority-data' of 'c' is not PEM in base64"))
        #expect(
            mistake(config(cluster: "server: https://h\n    certificate-authority: none.pem"))
                .contains("there is no such file"))
        #expect(
            mistake(
                config(
                    cluster: """
                        server: https://h
                            insecure-skip-tls-verify: true
                            certificate-authority-data: \(data)
                        """)
            ).contains("names authorities and does without them"))
        #expect(
            mistake(config(cluster: "server: http://10.0.0.1"))
                .hasPrefix("credentials of 'u' would go to 'c' unprotected"))
        #expect(mistake(config(cluster: "server: http://127.0.0.1:8080")) == "none")
    }

    @Test func mistakesOfTheUser() {
        #expect(
            mistake(config(user: "username: ada\n    password: x"))
                .hasPrefix("the user 'u' has a username | no basic authentication"))
        #expect(
            mistake(config(user: "auth-provider: {name: gcp}"))
                .hasPrefix("the user 'u' has an auth-provider"))
        #expect(mistake(config(user: "as: root")).contains("in the name of somebody else"))
        #expect(
            mistake(config(user: "client-certificate-data: \(data)"))
                == "the user 'u' has a client-certificate and no client-key"
                + " | client-key or client-key-data")
        #expect(mistake(config(user: "token: 'a b'")).hasPrefix("the token of 'u' has characters"))
        #expect(
            mistake(config(user: "exec: {apiVersion: v0, command: x}"))
                .hasPrefix("the plugin of 'u' has the version 'v0' | client.authentication"))
        let version = "apiVersion: client.authentication.k8s.io/v1"
        #expect(
            mistake(config(user: "exec: {\(version)}")).hasPrefix(
                "the plugin of 'u' has no command"))
        #expect(
            mistake(config(user: "exec: {\(version), command: x, interactiveMode: Always}"))
                .hasPrefix("the plugin of 'u' wants to ask a person"))
        #expect(
            mistake(config(user: "exec: {\(version), command: x, env: [{value: y}]}"))
                .hasPrefix("a variable of the plugin of 'u' has no name"))
        #expect(
            mistake(config(user: "exec: {\(version), command: x, args: y}"))
                .hasPrefix("'args' is not a list"))
    }

    @Test func mistakesOfTheContext() {
        #expect(
            mistake(config(context: "cluster: d\n    user: u"))
                == "the context 'x' has no cluster 'd' | one of c")
        #expect(mistake(config(context: "user: u")).hasPrefix("the context 'x' names no cluster"))
        #expect(
            mistake(config(context: "cluster: c\n    user: v"))
                == "the context 'x' has no user 'v' | one of u")
        #expect(
            mistake(config(), context: "y")
                == "the kubeconfig has no context 'y' | it has: x")
        #expect(mistake("kind: Config").contains("no current-context"))
        #expect(mistake("").contains("no current-context"))
    }

    @Test func mistakesOfTheFile() {
        #expect(mistake("[").hasPrefix("the kubeconfig is not YAML"))
        #expect(mistake("hello").hasPrefix("the kubeconfig is not a mapping"))
        #expect(mistake("clusters: 3").hasPrefix("'clusters' is not a list"))
        #expect(mistake("users: [{user: {}}]").hasPrefix("a user has no name"))
    }

    @Test func allMistakesAreToldAtOnceWithTheirLines() {
        let text = config(
            cluster: "server: nonsense://\n    proxy-url: p", user: "password: x\n    as: y")
        do {
            _ = try read(text)
            Issue.record("it was read")
        } catch let error as OperatingError {
            #expect(error.diagnostics.map(\.line) == [8, 7])
            #expect(error.diagnostics.allSatisfy { $0.file.hasSuffix("/config") })
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func insideOfACluster() throws {
        let environment = [
            "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443",
        ]
        #expect(throws: OperatingError.self) {
            try InCluster.configuration(environment, folder: folder.path)
        }
        folder.write("token", Array("secret\n".utf8))
        folder.write("ca.crt", pem)
        folder.write("namespace", Array("muster-system".utf8))
        let found = try InCluster.configuration(environment, folder: folder.path)
        #expect(found.server.description == "https://[fd00::1]:443")
        #expect(found.credential == .tokenFile(folder.path + "/token"))
        #expect(found.namespace == "muster-system")
        let noPort = #expect(throws: OperatingError.self) {
            try InCluster.configuration(["KUBERNETES_SERVICE_HOST": "h"], folder: folder.path)
        }
        #expect(noPort?.detail.contains("KUBERNETES_SERVICE_PORT") == true)
    }

    @Test(arguments: [
        ("https://h", "https://h:443"), ("http://h/", "http://h:80"), ("h:6443", "https://h:6443"),
        ("https://[::1]:6443/x/", "https://[::1]:6443/x"), ("https://", nil), ("https://h:0", nil),
        ("https://u@h", nil), ("https://h?x", nil), ("https://h:1:2", nil), ("https://[::1", nil),
        ("https://h:x", nil), ("", nil),
    ])
    func addresses(text: String, expected: String?) {
        #expect(APIServerAddress(text)?.description == expected)
    }
}
