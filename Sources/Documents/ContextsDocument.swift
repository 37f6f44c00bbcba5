import FleetModel

/// A server that somebody gave a name, with what is needed to talk to it.
public struct ServerContext: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// The server's address.
    public var server: String
    /// The token itself; nil when it is in a file, or there is none.
    public var token: String?
    /// The file that holds the token.
    public var tokenFile: String?
    /// The file with the authorities that sign the server's certificate.
    public var authorities: String?

    /// Names a server.
    public init(
        name: String, server: String, token: String? = nil, tokenFile: String? = nil,
        authorities: String? = nil
    ) {
        self.name = name
        self.server = server
        self.token = token
        self.tokenFile = tokenFile
        self.authorities = authorities
    }
}

/// The contexts of a user, as they are kept in a file.
public struct ContextsDocument: Hashable, Sendable {
    /// The one that is used when none is named.
    public var current: String?
    /// All of them, in order of name.
    public private(set) var contexts: [ServerContext] = []

    /// No contexts.
    public init() {}

    /// Reads a contexts file; or every mistake in it.
    public static func read(_ source: SourceText) -> Result<ContextsDocument, DiagnosticList> {
        let findings = Findings(file: source.file)
        var document = ContextsDocument()
        if let value = YAMLReader.read(source, findings),
            let form = Form(
                value, "the contexts file", keys: ["current", "contexts"], allowsExtras: true,
                findings)
        {
            document.current = form.name("current")?.value
            if let value = form.value("contexts") { document.take(value, findings) }
            if let current = document.current, document[current] == nil {
                findings.reportUnknown(
                    "context", current, line: form.line(of: "current"),
                    among: document.contexts.map(\.name), code: .unknownContext)
            }
        }
        return findings.result(document)
    }

    private mutating func take(_ value: YAMLValue, _ findings: Findings) {
        guard case .mapping(let entries) = value.content else {
            findings.report(
                .invalidValue, line: value.line, "'contexts' is \(value.described)",
                expected: "a mapping from names to servers")
            return
        }
        for entry in entries {
            let keys = ["server", "token", "tokenFile", "ca"]
            guard ContextsDocument.isName(entry.key) else {
                findings.report(
                    .invalidValue, line: entry.line, "'\(entry.key)' is not a name for a context",
                    expected: ContextsDocument.nameExpected)
                continue
            }
            guard
                let form = Form(entry.value, "the context '\(entry.key)'", keys: keys, findings)
            else { continue }
            form.require("server", expected: "the server's address")
            form.exclusive(["token", "tokenFile"])
            func text(_ key: String) -> String? { form.value(key)?.text }
            set(
                ServerContext(
                    name: entry.key, server: text("server") ?? "", token: text("token"),
                    tokenFile: text("tokenFile"), authorities: text("ca")))
        }
    }

    /// Whether a context may be called so.
    public static func isName(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (97...122).contains(byte | 0x20)
        }
        guard let first = text.utf8.first, isAlphanumeric(first) else { return false }
        return text.utf8.count <= DocumentLimits.nameBytes
            && text.utf8.allSatisfy { byte in
                isAlphanumeric(byte)
                    || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains(byte)
            }
    }

    /// What a context's name looks like, for messages.
    public static let nameExpected = "a name of letters, digits, '.', '-' and '_'"

    /// The context of a name.
    public subscript(name: String) -> ServerContext? { contexts.first { $0.name == name } }

    /// The context of a name. Throws `M0802` when there is none.
    public func find(_ name: String) throws(OperatingError) -> ServerContext {
        if let context = self[name] { return context }
        let names = contexts.map(\.name)
        throw OperatingError(
            .unknownContext, "there is no context '\(name)'",
            detail: names.isEmpty ? "" : "expected: " + Findings.listing(names),
            hint: Suggestion.closest(to: name, among: names).map { "did you mean '\($0)'?" }
                ?? "make it: muster context add \(name) --server URL")
    }

    /// Adds a context, in the place of one of the same name.
    public mutating func set(_ context: ServerContext) {
        contexts.removeAll { $0.name == context.name }
        contexts.append(context)
        contexts.sort { $0.name < $1.name }
    }

    /// Takes a context away.
    public mutating func remove(_ name: String) {
        contexts.removeAll { $0.name == name }
        if current == name { current = nil }
    }

    /// The document as YAML.
    public var text: String {
        func quoted(_ text: String) -> String { DocumentValue.text(text).json }
        var lines = ["# Servers that `muster` knows. A token in here is as good as its owner."]
        if let current { lines.append("current: \(quoted(current))") }
        lines.append(contexts.isEmpty ? "contexts: {}" : "contexts:")
        for context in contexts {
            lines.append("  \(quoted(context.name)):")
            lines.append("    server: \(quoted(context.server))")
            for (key, value) in [
                ("token", context.token), ("tokenFile", context.tokenFile),
                ("ca", context.authorities),
            ] {
                if let value { lines.append("    \(key): \(quoted(value))") }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
