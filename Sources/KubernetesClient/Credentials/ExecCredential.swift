import ClientWords
import FleetModel
import KubernetesJSON

/// What a plugin prints.
struct ExecCredential: Decoded, Equatable {
    var apiVersion = ""
    var kind = ""
    var token = ""
    var certificate = ""
    var key = ""
    /// As it is written; empty for never.
    var expiration = ""
    var expiresAt: Timestamp?

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "apiVersion": apiVersion = try scanner.string()
            case "kind": kind = try scanner.string()
            case "status": try readStatus(&scanner)
            default: try scanner.skipValue()
            }
        }
    }

    private mutating func readStatus(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let name = try scanner.nextKey() {
            switch name {
            case "token": token = try scanner.string()
            case "clientCertificateData": certificate = try scanner.string()
            case "clientKeyData": key = try scanner.string()
            case "expirationTimestamp":
                expiration = try scanner.string()
                expiresAt = Timestamp(expiration.utf8)
            default: try scanner.skipValue()
            }
        }
    }
}

extension ExecPlugin {
    /// Runs the program and reads what it prints. It blocks its thread. Throws `M0902`.
    func run(environment inherited: [String: String]) throws(OperatingError) -> ExecCredential {
        var variables = inherited
        for variable in environment { variables[variable.name] = variable.value }
        variables["KUBERNETES_EXEC_INFO"] = String(decoding: info, as: UTF8.self)
        let outcome = PluginProcess(
            command: command, arguments: arguments,
            environment: variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            timeoutSeconds: timeoutSeconds
        ).run()
        switch outcome.ending {
        case .exited(0): return try read(outcome)
        case .exited(let status): throw failure("it ended with \(status)", outcome)
        case .signalled(let signal): throw failure("signal \(signal) ended it", outcome)
        case .timedOut: throw failure("it took longer than \(timeoutSeconds) s", outcome)
        case .printedTooMuch:
            throw failure("it printed more than \(PluginProcess.outputBytes) bytes", outcome)
        case .absent(let number):
            throw failure("it does not start: \(SystemWords.of(number))", outcome)
        }
    }

    /// What the plugin is told, as `KUBERNETES_EXEC_INFO`.
    var info: [UInt8] {
        JSONWriter.object { object in
            object.member("kind", "ExecCredential")
            object.member("apiVersion", apiVersion)
            object.object("spec") { spec in
                if let cluster {
                    spec.object("cluster") { object in
                        object.member("server", cluster.server)
                        if let name = cluster.serverName {
                            object.member("tls-server-name", name)
                        }
                        if cluster.isInsecure { object.member("insecure-skip-tls-verify", true) }
                        if !cluster.authorities.isEmpty {
                            object.member("certificate-authority-data", cluster.authorities)
                        }
                    }
                }
                spec.member("interactive", false)
            }
        }
    }

    private func read(_ outcome: PluginProcess.Outcome) throws(OperatingError) -> ExecCredential {
        let credential: ExecCredential
        do {
            credential = try ExecCredential(json: outcome.output)
        } catch {
            throw failure("what it printed is not an ExecCredential: \(error)", outcome)
        }
        guard credential.kind == "ExecCredential" else {
            throw failure("it printed the kind '\(credential.kind)', not ExecCredential", outcome)
        }
        guard credential.apiVersion == apiVersion else {
            throw failure(
                "it printed the version '\(credential.apiVersion)', not '\(apiVersion)'", outcome)
        }
        let hasIdentity = !credential.certificate.isEmpty && !credential.key.isEmpty
        guard hasIdentity || !credential.token.isEmpty else {
            throw failure("it printed neither a token nor a certificate with its key", outcome)
        }
        guard credential.certificate.isEmpty == credential.key.isEmpty else {
            throw failure("it printed a certificate without its key, or the other way", outcome)
        }
        guard credential.expiration.isEmpty || credential.expiresAt != nil else {
            throw failure("'\(credential.expiration)' is not a time", outcome)
        }
        guard credential.token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw failure("its token has characters that no token has", outcome)
        }
        return credential
    }

    private func failure(_ what: String, _ outcome: PluginProcess.Outcome) -> OperatingError {
        let said = String(decoding: outcome.complaints, as: UTF8.self)
            .split(whereSeparator: \.isNewline).suffix(8).joined(separator: "; ")
        let byHand = ([command] + arguments).joined(separator: " ")
        var hint = "run it by hand: \(byHand)"
        if case .absent = outcome.ending, !installHint.isEmpty { hint = installHint }
        return OperatingError(
            .kubernetesCredentials, "the plugin '\(command)' gave no credentials: \(what)",
            detail: said, hint: hint)
    }
}
