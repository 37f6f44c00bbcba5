extension Remote {
    /// A page of the ledger.
    struct Ledger: Decodable {
        struct Row: Decodable {
            var tenant: String
            var job: Int?
            var name: String?
            var kind: String
            var pool: String
            var from: String
            var to: String
            var gpuSeconds: Double
            var lostGpuSeconds: Double
        }

        var rows: [Row]
        var next: String?
    }

    /// A token without its text; a new one has that as well.
    struct Token: Decodable {
        var id: Int64
        var name: String
        var role: String
        var tenant: String?
        var node: String?
        var createdAt: String
        var expiresAt: String?
        var lastUsedAt: String?
        var token: String?
    }

    /// All tokens.
    struct Tokens: Decodable {
        var tokens: [Token]
    }

    /// A page of the audit log.
    struct Audit: Decodable {
        struct Entry: Decodable {
            var id: Int64
            var at: String
            var who: String
            var role: String
            var action: String
            var object: String
            var detail: String
            var outcome: String
            var address: String
        }

        var entries: [Entry]
        var next: String?
    }

    /// Who a request comes from.
    struct Identity: Decodable {
        var name: String
        var role: String
        var tenant: String?
    }
}
