import KubernetesJSON

/// Muster's own objects.
public enum MusterResources {
    /// Their API group.
    public static let group = "muster.dev"
    /// Their version.
    public static let version = "v1alpha1"
}

/// A tenant as an object of the cluster: a node of the quota tree, with the words of the tenants
/// file (docs/FILES.md).
public struct TenantObject: ClusterObject, Hashable {
    /// What a tenant may use of one accelerator kind; amounts as they are written (`4 nodes`).
    public struct Quota: Hashable, Sendable {
        /// The accelerator kind.
        public var kind: String
        /// What it can always have.
        public var guaranteed: String?
        /// The most it may use.
        public var limit: String?
        /// How much of its idle guarantee others may use.
        public var lend: String?
        /// Its part of what is over.
        public var weight: Int?
    }

    /// Whole domains that a tenant owns.
    public struct Cell: Hashable, Sendable {
        /// The accelerator kind.
        public var kind: String
        /// The name of the level.
        public var level: String
        /// How many.
        public var count: Int
    }

    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What its status says about whether it is accepted; nil when it does not.
    public var accepted: AcceptedCondition?
    /// The tenant above it; nil for one directly below the fleet.
    public var parent: String?
    /// Quotas, sorted by kind.
    public var quotas: [Quota] = []
    /// Cells, sorted by kind and level.
    public var cells: [Cell] = []
    /// Namespaces whose gangs it pays for.
    public var namespaces: [String] = []
    /// Queues whose gangs it pays for.
    public var queues: [String] = []

    /// The types that it is read from.
    public static let resources = [
        ResourceType(
            group: MusterResources.group, version: MusterResources.version, plural: "tenants",
            kind: "Tenant", isNamespaced: false)
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var spec = Spec()
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": metadata = try ObjectMetadata.read(&scanner, &problems)
            case "status": accepted = try scanner.acceptedCondition()
            case "spec":
                try scanner.fields(of: "spec", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    try spec.read(key, &scanner, &problems)
                }
            default: try scanner.skipValue()
            }
        }
        parent = spec.parent
        quotas = spec.quotas.sorted { $0.kind < $1.kind }
        cells = spec.cells.sorted { ($0.kind, $0.level) < ($1.kind, $1.level) }
        (namespaces, queues) = (spec.namespaces, spec.queues)
    }

    /// Whether nothing but its status, or what nobody looks at, is different.
    public func hasSameSpec(as other: TenantObject) -> Bool {
        metadata.uid == other.metadata.uid && problems == other.problems
            && parent == other.parent && quotas == other.quotas && cells == other.cells
            && namespaces == other.namespaces && queues == other.queues
    }

    private struct Spec {
        var parent: String?
        var quotas: [Quota] = []
        var cells: [Cell] = []
        var namespaces: [String] = []
        var queues: [String] = []

        mutating func read(
            _ key: JSONText, _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
        ) throws(JSONFault) {
            switch key {
            case "parent": parent = try scanner.optionalString("spec.parent", &problems)
            case "namespaces": namespaces = try scanner.strings()
            case "queues": queues = try scanner.strings()
            case "quota":
                var read: [Quota] = []
                try scanner.fields(of: "spec.quota", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    read.append(try Quota.read(key.string, &scanner, &problems))
                }
                quotas = read
            case "cells":
                var read: [Cell] = []
                try scanner.fields(of: "spec.cells", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    let kind = key.string
                    try scanner.fields(of: "spec.cells[\(kind)]", &problems) {
                        key, scanner, problems throws(JSONFault) in
                        let level = key.string
                        let path = "spec.cells[\(kind)].\(level)"
                        guard let count = try scanner.count(path, &problems) else { return }
                        read.append(Cell(kind: kind, level: level, count: count))
                    }
                }
                cells = read
            default: try scanner.skipValue()
            }
        }
    }
}

extension TenantObject.Quota {
    fileprivate static func read(
        _ kind: String, _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> TenantObject.Quota {
        var quota = TenantObject.Quota(kind: kind)
        let path = "spec.quota[\(kind)]"
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "guaranteed": quota.guaranteed = try readAmount(&scanner)
            case "limit": quota.limit = try readAmount(&scanner)
            case "lend": quota.lend = try readAmount(&scanner)
            case "weight": quota.weight = try scanner.count("\(path).weight", &problems)
            default: try scanner.skipValue()
            }
        }
        return quota
    }
}

/// A number or a text, as it is written.
private func readAmount(_ scanner: inout JSONScanner) throws(JSONFault) -> String? {
    let text =
        try scanner.kind() == .number ? try scanner.number().string : try scanner.string()
    return text.isEmpty ? nil : text
}
