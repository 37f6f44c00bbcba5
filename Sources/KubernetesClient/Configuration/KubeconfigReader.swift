import FleetModel
import Foundation
import Yams

/// Turns a context into a configuration, and gathers all that is wrong with it.
struct KubeconfigReader {
    let config: Kubeconfig
    private(set) var mistakes: [Diagnostic] = []

    init(config: Kubeconfig) {
        self.config = config
    }

    /// Nil only with mistakes.
    mutating func read(_ context: Kubeconfig.Entry) -> ClusterConfiguration? {
        let what = "the context '\(context.name)'"
        let clusterName = text(context, "cluster") ?? ""
        let userName = text(context, "user") ?? ""
        guard let cluster = config.clusters[clusterName] else {
            let named = clusterName.isEmpty ? "names no cluster" : "has no cluster '\(clusterName)'"
            report(
                context, nil, "\(what) \(named)",
                expected: "one of " + config.clusters.keys.sorted().joined(separator: ", "))
            return nil
        }
        let user = config.users[userName]
        if user == nil, !userName.isEmpty {
            report(
                context, "user", "\(what) has no user '\(userName)'",
                expected: "one of " + config.users.keys.sorted().joined(separator: ", "))
        }
        guard let server = server(cluster) else { return nil }
        var configuration = ClusterConfiguration(
            server: server, trust: trust(cluster), serverName: text(cluster, "tls-server-name"),
            namespace: text(context, "namespace") ?? "default",
            origin: "the context '\(context.name)' of \(context.file)")
        if let user {
            configuration.identity = identity(user)
            configuration.credential = credential(user, configuration, cluster)
            refuse(user)
            let isSecret =
                configuration.credential != .none || configuration.identity != nil
            if isSecret, !server.isSecure, !server.isLoopback {
                report(
                    cluster, "server",
                    "credentials of '\(userName)' would go to '\(clusterName)' unprotected",
                    expected: "an address that begins with https://")
            }
        }
        return mistakes.isEmpty ? configuration : nil
    }

    // MARK: Clusters

    private mutating func server(_ cluster: Kubeconfig.Entry) -> APIServerAddress? {
        if text(cluster, "proxy-url") != nil {
            report(
                cluster, "proxy-url", "the cluster '\(cluster.name)' is behind a proxy",
                expected: "no proxy-url: Muster connects directly",
                hint: "run Muster inside of the cluster")
        }
        guard let server = text(cluster, "server") else {
            report(
                cluster, nil, "the cluster '\(cluster.name)' has no server",
                expected: "server: https://HOST:PORT")
            return nil
        }
        guard let address = APIServerAddress(server) else {
            report(
                cluster, "server", "the server '\(server)' is not an address",
                expected: "https://HOST:PORT")
            return nil
        }
        return address
    }

    private mutating func trust(_ cluster: Kubeconfig.Entry) -> ClusterConfiguration.Trust {
        let authorities = material(cluster, "certificate-authority")
        if flag(cluster, "insecure-skip-tls-verify") {
            if authorities != nil {
                report(
                    cluster, "insecure-skip-tls-verify",
                    "the cluster '\(cluster.name)' names authorities and does without them",
                    expected: "either certificate-authority or insecure-skip-tls-verify")
            }
            return .anybody
        }
        return authorities.map { .authorities($0) } ?? .system
    }

    // MARK: Users

    private mutating func identity(_ user: Kubeconfig.Entry) -> ClusterConfiguration.Identity? {
        let certificate = material(user, "client-certificate")
        let key = material(user, "client-key")
        if let certificate, let key {
            return ClusterConfiguration.Identity(certificate: certificate, key: key)
        }
        if certificate != nil || key != nil {
            let (has, lacks) =
                certificate == nil
                ? ("client-key", "client-certificate") : ("client-certificate", "client-key")
            report(
                user, nil, "the user '\(user.name)' has a \(has) and no \(lacks)",
                expected: "\(lacks) or \(lacks)-data")
        }
        return nil
    }

    private mutating func credential(
        _ user: Kubeconfig.Entry, _ configuration: ClusterConfiguration,
        _ cluster: Kubeconfig.Entry
    ) -> ClusterConfiguration.Credential {
        // The order of precedence is that of client-go.
        if let path = path(user, "tokenFile") { return .tokenFile(path) }
        if let token = text(user, "token") {
            guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                report(
                    user, "token", "the token of '\(user.name)' has characters that no token has",
                    expected: "letters, digits and punctuation without blanks")
                return .none
            }
            return .token(token)
        }
        guard let exec = node(user, "exec"), !exec.isNull else { return .none }
        return plugin(user, exec, configuration, cluster).map { .plugin($0) } ?? .none
    }

    /// Ways to prove who asks that are not supported.
    private mutating func refuse(_ user: Kubeconfig.Entry) {
        let hint = "use a token, a client certificate or an exec plugin"
        for key in ["username", "password"] where text(user, key) != nil {
            report(
                user, key, "the user '\(user.name)' has a \(key)",
                expected: "no basic authentication: Kubernetes has none since 1.19", hint: hint)
        }
        if node(user, "auth-provider") != nil {
            report(
                user, "auth-provider", "the user '\(user.name)' has an auth-provider",
                expected: "no auth-provider: Kubernetes has none since 1.26", hint: hint)
        }
        for key in ["as", "as-uid", "as-groups", "as-user-extra"] where node(user, key) != nil {
            report(
                user, key, "the user '\(user.name)' asks in the name of somebody else",
                expected: "no '\(key)': Muster asks in its own name")
        }
    }

    private mutating func plugin(
        _ user: Kubeconfig.Entry, _ exec: Node, _ configuration: ClusterConfiguration,
        _ cluster: Kubeconfig.Entry
    ) -> ExecPlugin? {
        let entry = Kubeconfig.Entry(name: user.name, node: exec, file: user.file)
        let version = text(entry, "apiVersion") ?? ""
        if !ExecPlugin.versions.contains(version) {
            report(
                entry, "apiVersion", "the plugin of '\(user.name)' has the version '\(version)'",
                expected: ExecPlugin.versions.joined(separator: " or "))
        }
        guard var command = text(entry, "command") else {
            report(
                entry, nil, "the plugin of '\(user.name)' has no command", expected: "command: …")
            return nil
        }
        if command.contains("/") { command = absolute(command, entry.file) }
        if text(entry, "interactiveMode") == "Always" {
            report(
                entry, "interactiveMode", "the plugin of '\(user.name)' wants to ask a person",
                expected: "interactiveMode: IfAvailable or Never")
        }
        var plugin = ExecPlugin(
            apiVersion: version, command: command,
            installHint: text(entry, "installHint") ?? "")
        for node in list(entry, "args") {
            plugin.arguments.append(node.scalar?.string ?? "")
        }
        for node in list(entry, "env") {
            let variable = Kubeconfig.Entry(name: "env", node: node, file: entry.file)
            guard let name = text(variable, "name"), !name.contains("=") else {
                report(
                    variable, nil, "a variable of the plugin of '\(user.name)' has no name",
                    expected: "- {name: …, value: …}")
                continue
            }
            let value = text(variable, "value") ?? ""
            plugin.environment.append(ExecPlugin.Variable(name: name, value: value))
        }
        if flag(entry, "provideClusterInfo") {
            var authorities: [UInt8] = []
            switch configuration.trust {
            case .authorities(.bytes(let bytes)): authorities = bytes
            case .authorities(.file(let file)):
                if case .bytes(let bytes) = SmallFile.read(file) { authorities = bytes }
            case .system, .anybody: break
            }
            plugin.cluster = ExecPlugin.Cluster(
                server: text(cluster, "server") ?? "", serverName: configuration.serverName,
                isInsecure: configuration.trust == .anybody,
                authorities: Data(authorities).base64EncodedString())
        }
        return plugin
    }

    // MARK: Values

    private func node(_ entry: Kubeconfig.Entry, _ key: String) -> Node? {
        entry.node.mapping?[key]
    }

    /// A value that is not empty.
    private func text(_ entry: Kubeconfig.Entry, _ key: String) -> String? {
        guard let node = node(entry, key), !node.isNull, let text = node.scalar?.string,
            !text.isEmpty
        else { return nil }
        return text
    }

    private mutating func flag(_ entry: Kubeconfig.Entry, _ key: String) -> Bool {
        guard let text = text(entry, key) else { return false }
        if text != "true", text != "false" {
            report(entry, key, "'\(key)' is '\(text)'", expected: "true or false")
        }
        return text == "true"
    }

    private mutating func list(_ entry: Kubeconfig.Entry, _ key: String) -> [Node] {
        guard let node = node(entry, key), !node.isNull else { return [] }
        guard let sequence = node.sequence else {
            report(entry, key, "'\(key)' is not a list", expected: "- …")
            return []
        }
        return Array(sequence)
    }

    private func path(_ entry: Kubeconfig.Entry, _ key: String) -> String? {
        text(entry, key).map { absolute($0, entry.file) }
    }

    private func absolute(_ path: String, _ file: String) -> String {
        if path.hasPrefix("/") { return path }
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return folder.isEmpty ? path : folder.joined(separator: "/") + "/" + path
    }

    /// What stands in the file as base64, or in another file that it names.
    private mutating func material(
        _ entry: Kubeconfig.Entry, _ key: String
    ) -> ClusterConfiguration.Material? {
        if let text = text(entry, key + "-data") {
            let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters)
            guard let data, data.contains(UInt8(ascii: "-")) else {
                report(
                    entry, key + "-data", "'\(key)-data' of '\(entry.name)' is not PEM in base64",
                    expected: "what `base64 -w0 FILE.pem` prints")
                return nil
            }
            return .bytes(Array(data))
        }
        guard let path = path(entry, key) else { return nil }
        let outcome = SmallFile.read(path)
        guard case .bytes = outcome else {
            report(
                entry, key, "cannot read '\(path)', the \(key) of '\(entry.name)'",
                expected: "a readable file: \(SmallFile.trouble(outcome))")
            return nil
        }
        return .file(path)
    }

    private mutating func report(
        _ entry: Kubeconfig.Entry, _ key: String?, _ message: String, expected: String,
        hint: String = ""
    ) {
        let place = key.flatMap { node(entry, $0) } ?? entry.node
        mistakes.append(
            Diagnostic(
                .kubeconfig, file: entry.file, line: place.mark?.line ?? 0,
                message: message, expected: expected, hint: hint))
    }
}
