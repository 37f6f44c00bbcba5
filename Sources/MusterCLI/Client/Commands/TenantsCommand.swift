import APIClient
import ArgumentParser
import Documents
import FleetModel
import Simulation

/// The quota tree.
struct TenantsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenants", abstract: "Show and change tenants and their quotas.",
        subcommands: [List.self, Diff.self, Apply.self, Quota.self], defaultSubcommand: List.self)

    /// Shows the tree.
    struct List: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show the tree with quotas and their use, in GPUs.")

        @Flag(help: "Print the server's JSON.")
        var json = false

        @OptionGroup(title: "Server")
        var connection: ServerOptions

        func run(on client: APIClient) async throws {
            let answer = try await client.send(APIRequest(.get, "tenants"))
            if json { return try Console.write(answer) }
            let tenants = try answer.decode(Remote.Tenants.self).tenants
            guard !tenants.isEmpty else {
                return Console.say("no tenants; every job is of 'default'")
            }
            try Console.write(TenantTreeTable(tenants).table().text())
        }
    }

    /// Replaces the tree.
    struct Apply: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "apply", abstract: "Replace the quota tree by a file's.",
            discussion: """
                The file is as in docs/FILES.md, Tenants. On a terminal it shows first what would \
                change, and asks.
                """)

        @Argument(help: "The tenants file, or - for standard input.", completion: .file())
        var file: String

        @OptionGroup
        var change: TenantChangeOptions

        var connection: ServerOptions { change.connection }

        func run(on client: APIClient) async throws {
            try await change.make(.tree(of: file), file: file, on: client)
        }
    }

    /// Shows what a change would do.
    struct Diff: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "diff",
            abstract: "Show what a tenants file, or Tenant objects, would change.",
            discussion: """
                The file is a tenants file, which would replace the tree, or has manifests of \
                kind Tenant, which would replace those of the same names. Nothing is changed. \
                The exit status is 0 when nothing would be different, and 1 when something would.

                  kubectl kustomize tenants | muster tenants diff -f -
                """)

        @Option(
            name: .shortAndLong, help: "The file, or - for standard input.", completion: .file())
        var file: String

        @Flag(help: "Print the server's JSON.")
        var json = false

        @OptionGroup(title: "Server")
        var connection: ServerOptions

        func run(on client: APIClient) async throws {
            let change = try await TenantChangeOptions.preview(
                .tree(of: file), file: file, json: json, on: client)
            guard change.changes.isEmpty else { throw Failure([], status: .differs) }
        }
    }

    /// Changes numbers of one tenant.
    struct Quota: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "quota",
            abstract: "Change the quota of a tenant for one accelerator kind.",
            discussion: """
                Amounts are GPUs, such as 64 or 0.5; none takes a limit, or a bound on what is \
                lent, away. What is not given stays.

                  muster tenants quota research/vision H100 --limit 128 --preview
                """)

        @Argument(help: "The tenant's full name.", completion: .tenants)
        var tenant: String

        @Argument(help: "The accelerator kind.")
        var kind: String

        @Option(help: ArgumentHelp("What it has for sure.", valueName: "gpus"))
        var guaranteed: String?

        @Option(help: ArgumentHelp("The most that it may use, or none.", valueName: "gpus"))
        var limit: String?

        @Option(
            help: ArgumentHelp(
                "How much of its guarantee it lends, or none for all.", valueName: "gpus"))
        var lendable: String?

        @Option(help: ArgumentHelp("Its weight among its siblings.", valueName: "number"))
        var weight: Int?

        @OptionGroup
        var change: TenantChangeOptions

        var connection: ServerOptions { change.connection }

        func run(on client: APIClient) async throws {
            var members: [DocumentValue.Member] = []
            for (key, text) in [
                ("guaranteed", guaranteed), ("limit", limit), ("lendable", lendable),
            ] {
                guard let text else { continue }
                members.append(.init(key, try Quota.amount(text, key)))
            }
            if let weight { members.append(.init("weight", .plain(String(weight)))) }
            guard !members.isEmpty else {
                throw Failure(
                    usage: "no number is given",
                    expected: "--guaranteed, --limit, --lendable or --weight")
            }
            let body = DocumentValue.mapping([.init(kind, .mapping(members))])
            var request = APIRequest(
                .put, "tenants", tenant, "quota", body: .json(Array(body.json.utf8)))
            request.timeoutSeconds = 120
            try await change.make(request, file: "", on: client)
        }

        private static func amount(_ text: String, _ key: String) throws(Failure) -> DocumentValue {
            if text == "none", key != "guaranteed" { return .null }
            let isNumber = text.utf8.allSatisfy { (48...57).contains($0) || $0 == 46 }
            guard isNumber, Double(text) != nil, text.utf8.first != 46 else {
                throw Failure(
                    usage: "--\(key) is '\(text)'",
                    expected: "GPUs such as 64 or 0.5" + (key == "guaranteed" ? "" : ", or none"))
            }
            return .plain(text)
        }
    }
}

/// What commands that change the quota tree have in common.
struct TenantChangeOptions: ParsableArguments {
    @Flag(help: "Show what would change; change nothing.")
    var preview = false

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    /// Makes a change, or shows what it would do.
    func make(_ request: APIRequest, file: String, on client: APIClient) async throws {
        if preview {
            _ = try await TenantChangeOptions.preview(request, file: file, json: json, on: client)
            return
        }
        if !yes, Console.canAsk {
            let answer = try await TenantChangeOptions.send(request.trial, file, client)
            let change = try answer.decode(Remote.TenantChange.self)
            if !change.changes.isEmpty {
                Console.sayRaw(TenantChangeOptions.text(change))
                try Orders.confirm("make these changes?", isSure: false)
            }
        }
        _ = try TenantChangeOptions.show(
            try await TenantChangeOptions.send(request, file, client), json: json)
    }

    /// Shows what a change would do, and answers that.
    static func preview(
        _ request: APIRequest, file: String, json: Bool, on client: APIClient
    ) async throws -> Remote.TenantChange {
        try show(try await send(request.trial, file, client), json: json)
    }

    private static func send(
        _ request: APIRequest, _ file: String, _ client: APIClient
    ) async throws -> APIAnswer {
        do {
            return try await client.send(request)
        } catch let error as OperatingError {
            throw Failure(operating: error, file: error.diagnostics.isEmpty ? "" : file)
        }
    }

    private static func show(_ answer: APIAnswer, json: Bool) throws -> Remote.TenantChange {
        let change = try answer.decode(Remote.TenantChange.self)
        if json { try Console.write(answer) } else { try Console.write(text(change)) }
        return change
    }

    private static func text(_ change: Remote.TenantChange) -> String {
        guard !change.changes.isEmpty else { return "nothing is different\n" }
        let title = change.applied ? "Changed:\n" : "Would change:\n"
        let lines = change.changes.map {
            TerminalText.hanging("  ", TerminalText.clean($0), to: max(40, Console.width)) + "\n"
        }
        return title + lines.joined()
            + ClientText.wrapped(change.difference.text, to: Console.width)
    }
}

extension APIRequest {
    /// To replace the quota tree by a file's.
    fileprivate static func tree(of file: String) throws -> APIRequest {
        var request = APIRequest(
            .put, "tenants", body: .yaml(try FileReading.document(file).bytes))
        request.timeoutSeconds = 120
        return request
    }

    /// The same, only to see what it would do.
    fileprivate var trial: APIRequest {
        var trial = self
        trial.query.append((name: "preview", value: "true"))
        return trial
    }
}

/// The quota tree as rows, children below their parents.
struct TenantTreeTable {
    private let tenants: [Remote.Tenant]

    init(_ tenants: [Remote.Tenant]) { self.tenants = tenants }

    func table() -> TextTable {
        var table = TextTable([
            .flexible("tenant"), .left("kind"), .right("used"), .right("guaranteed", rank: 1),
            .right("limit", rank: 3), .right("borrowed", rank: 2), .right("waiting"),
            .right("running", rank: 4), .right("queued", rank: 5), .right("weight", rank: 6),
        ])
        let names = Set(tenants.map(\.name))
        for tenant in tenants where tenant.parent.map({ !names.contains($0) }) ?? true {
            add(tenant, depth: 0, to: &table)
        }
        return table
    }

    private func add(_ tenant: Remote.Tenant, depth: Int, to table: inout TextTable) {
        let name = String(repeating: "  ", count: depth) + TenantTreeTable.lastPart(tenant, depth)
        let running = NumberText.grouped(tenant.running)
        let queued = NumberText.grouped(tenant.waiting)
        if tenant.quotas.isEmpty {
            table.add([name, "–", "–", "–", "–", "–", "–", running, queued, "–"])
        }
        for (place, quota) in tenant.quotas.enumerated() {
            let isFirst = place == 0
            table.add([
                isFirst ? name : "", quota.kind, ClientText.gpus(quota.used),
                ClientText.some(quota.guaranteed), quota.limit.map(ClientText.gpus) ?? "none",
                ClientText.some(quota.borrowed), ClientText.some(quota.waiting),
                isFirst ? running : "", isFirst ? queued : "", String(quota.weight),
            ])
        }
        guard depth < 16 else { return }
        for child in tenants where child.parent == tenant.name {
            add(child, depth: depth + 1, to: &table)
        }
    }

    private static func lastPart(_ tenant: Remote.Tenant, _ depth: Int) -> String {
        guard depth > 0 else { return tenant.name }
        return tenant.name.split(separator: "/").last.map(String.init) ?? tenant.name
    }
}
