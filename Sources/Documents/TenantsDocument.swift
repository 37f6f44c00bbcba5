import FleetModel

/// A tenants file as it was written: names instead of ids, amounts in their units.
public struct TenantsDocument: Sendable {
    /// The file's name.
    public var file: String
    /// The tenants in order of the text, each after the one it is nested in.
    public var tenants: [TenantEntry]
    /// Mistakes in the writing. A document that has some resolves to nothing.
    public var diagnostics: [Diagnostic]
}

/// One tenant of a file.
public struct TenantEntry: Sendable {
    /// Its own name, without its parents'.
    public var name: Located<String>
    /// Its parent: the position of the entry it is nested in.
    public var nestedIn: Int?
    /// Its parent by name, for tenants that are listed flat.
    public var parent: Located<String>?
    /// Its quotas.
    public var quotas: [QuotaEntry]
    /// Whole domains that it owns.
    public var cells: [CellEntry]

    /// Gathers an entry that is listed flat.
    public init(
        name: Located<String>, parent: Located<String>? = nil, quotas: [QuotaEntry] = [],
        cells: [CellEntry] = []
    ) {
        self.init(name: name, nestedIn: nil, parent: parent, quotas: quotas, cells: cells)
    }

    init(
        name: Located<String>, nestedIn: Int?, parent: Located<String>?, quotas: [QuotaEntry],
        cells: [CellEntry]
    ) {
        self.name = name
        self.nestedIn = nestedIn
        self.parent = parent
        self.quotas = quotas
        self.cells = cells
    }
}

/// Whole domains of one level that a tenant owns, as written.
public struct CellEntry: Sendable {
    /// The name of their accelerator kind.
    public var kind: Located<String>
    /// The level; `node` means the host.
    public var level: Located<String>
    /// How many.
    public var count: Int32

    /// Gathers an entry.
    public init(kind: Located<String>, level: Located<String>, count: Int32) {
        self.kind = kind
        self.level = level
        self.count = count
    }
}

/// What one tenant may use of one kind, as written.
public struct QuotaEntry: Sendable {
    /// The kind's name.
    public var kind: Located<String>
    /// What it can always have.
    public var guaranteed: Located<QuotaAmount>?
    /// The most it may use.
    public var limit: Located<QuotaAmount>?
    /// How much of its idle guarantee others may use.
    public var lend: Located<QuotaAmount>?
    /// Its part of what is over.
    public var weight: Int64

    /// Gathers an entry.
    public init(
        kind: Located<String>, guaranteed: Located<QuotaAmount>? = nil,
        limit: Located<QuotaAmount>? = nil, lend: Located<QuotaAmount>? = nil, weight: Int64 = 1
    ) {
        self.kind = kind
        self.guaranteed = guaranteed
        self.limit = limit
        self.lend = lend
        self.weight = weight
    }
}

/// An amount of accelerators.
public enum QuotaAmount: Sendable, Hashable {
    /// Thousandths of GPUs.
    case gpuMilli(Int64)
    /// Whole domains of a topology level; `node` means the host.
    case domains(Int64, level: String)

    /// Reads an amount in the words of the file, such as `64`, `0.5` or `4 nodes`; `key` is what it
    /// is called in messages.
    public static func parse(
        _ text: String, key: String
    ) -> Result<QuotaAmount, DiagnosticList> {
        let findings = Findings(file: "")
        let value = YAMLValue(
            line: 1, content: .scalar(text, isPlain: true), size: 1, depth: 0)
        return findings.result(TenantsParser(findings: findings).amount(value, key)?.value)
    }
}

extension TenantsDocument {
    /// Reads a tenants file. Never fails: mistakes are in ``diagnostics``, all of them.
    public static func parse(_ source: SourceText) -> TenantsDocument {
        let findings = Findings(file: source.file)
        var document = TenantsDocument(file: source.file, tenants: [], diagnostics: [])
        if let value = YAMLReader.read(source, findings),
            let form = Form(
                value, "the tenants file", keys: ["tenants"], allowsExtras: true, findings)
        {
            form.require("tenants", expected: "a list of tenants")
            if let items = form.list("tenants", of: "tenants") {
                document.tenants = TenantsParser(findings: findings)
                    .tenants(items, line: form.line(of: "tenants"))
            }
        }
        document.diagnostics = findings.all
        return document
    }

    /// Gathers a document that a program has put together; lines are its own to choose.
    public init(file: String, tenants: [TenantEntry]) {
        self.init(file: file, tenants: tenants, diagnostics: [])
    }

    /// The quota tree with its ids; or every mistake, those of reading included.
    ///
    /// With `isLive` nodes come and go: a domain is as large as most of its level are, and what is
    /// guaranteed may be more than there is now, or more than the tenant above has, which is for
    /// ``TenantTree/cutGuarantees()`` to mend.
    public func resolve(
        fleet: FleetDefinition, isLive: Bool = false
    ) -> Result<TenantTree, DiagnosticList> {
        let findings = Findings(file: file, known: diagnostics)
        let tree = TenantsResolver(
            document: self, fleet: fleet, findings: findings, isLive: isLive
        ).resolve()
        return findings.result(tree)
    }
}
