/// Stacks, drift and rollouts for a terminal.
struct StacksPage {
    private let stacks: Remote.Stacks
    private let clock: ClientText

    /// Rows of the observed table, and of drift, that are shown.
    private static let rows = 20

    init(_ stacks: Remote.Stacks, text: ClientText) {
        self.stacks = stacks
        clock = text
    }

    func text(width: Int = Console.width, isColoured: Bool = Console.isColoured) -> String {
        func lines(_ title: String, _ table: TextTable) -> String {
            table.rows.isEmpty
                ? "" : "\n\(title)\n" + table.text(width: width, isColoured: isColoured)
        }
        var text = pools.text(width: width, isColoured: isColoured)
        if stacks.stacks.isEmpty {
            text += "no stacks are declared: muster up --stacks FILE names some\n"
        }
        for rollout in stacks.rollouts.prefix(4) { text += "\n" + page(rollout, width) }
        text += lines("Drift", drift)
        if stacks.drift.count > StacksPage.rows {
            text += "and \(stacks.drift.count - StacksPage.rows) more; --json has them\n"
        }
        return text + lines("What the fleet has seen", observed)
    }

    private var pools: TextTable {
        var table = TextTable([
            .left("pool"), .left("stack"), .right("nodes"), .right("have it"), .right("drifted"),
            .right("conflicts"),
        ])
        for pool in stacks.pools {
            table.add([
                pool.pool, pool.stack ?? "", "\(pool.nodes)", "\(pool.met)", "\(pool.drifted)",
                "\(pool.conflicts)",
            ])
        }
        return table
    }

    private func page(_ rollout: Remote.Rollout, _ width: Int) -> String {
        var page = LabelledLines(width: width)
        page.heading("Rollout \(rollout.number): pool \(rollout.pool) to \(rollout.stack)")
        page.add("state", rollout.state)
        page.add("from", rollout.previous)
        if rollout.isForPeople { page.add("installed by", Remote.Rollout.byPeople) }
        page.add("waves", (rollout.waves + ["the rest"]).joined(separator: ", "))
        page.add("nodes", rollout.counts)
        if let until = rollout.soakUntil { page.add("soaks until", clock.time(until)) }
        if rollout.failures > 0 {
            page.add("failed", "\(rollout.failures), of \(rollout.allowedFailures) that may")
        }
        var table = TextTable([
            .left("node"), .left("step"), .right("wave"), .flexible("what there is to say"),
        ])
        for node in rollout.nodes where node.isOfInterest {
            table.add([
                node.node, ClientText.words(node.step) + (node.goesBack ? ", back" : ""),
                node.wave.map(String.init) ?? "", node.note,
            ])
        }
        if rollout.endedAt == nil { page.add("Nodes", table) }
        return page.text
    }

    private var drift: TextTable {
        var table = TextTable([.left("node"), .left("pool"), .flexible("what")])
        for node in stacks.drift.prefix(StacksPage.rows) {
            let differences = node.differences.map {
                "\($0.part) \($0.found), not \($0.declared)"
            }
            table.add([
                node.node, node.pool,
                (differences + node.conflicts.map(\.text)).joined(separator: "; "),
            ])
        }
        return table
    }

    private var observed: TextTable {
        var table = TextTable([
            .right("green GPU-hours"), .right("of"), .right("running"), .right("failures"),
            .right("attempts"), .flexible("versions"),
        ])
        for row in stacks.observed.prefix(StacksPage.rows) {
            let versions = row.versions.map { "\($0.part) \($0.version)" }
            table.add([
                "\(row.greenHours)", "\(row.gpuHours)",
                row.running > 0 ? "\(row.runningHours) in \(row.running)" : "",
                "\(row.failures)", "\(row.attempts)",
                versions.isEmpty ? "not told" : versions.joined(separator: ", "),
            ])
        }
        return table
    }
}

extension Remote {
    /// Stacks and what nodes have of them.
    struct Stacks: Decodable {
        struct Stack: Decodable {
            var stack: String
        }

        struct Pool: Decodable {
            var pool: String
            var stack: String?
            var nodes: Int
            var met: Int
            var drifted: Int
            var conflicts: Int
        }

        struct Difference: Decodable {
            var part: String
            var found: String
            var declared: String
        }

        struct Conflict: Decodable {
            var text: String
        }

        struct Drift: Decodable {
            var node: String
            var pool: String
            var differences: [Difference]
            var conflicts: [Conflict]
        }

        struct Version: Decodable {
            var part: String
            var version: String
        }

        struct Observed: Decodable {
            var versions: [Version]
            var gpuHours: Int64
            var greenHours: Int64
            var attempts: Int64
            var failures: Int64
            var runningHours: Int64
            var running: Int64
        }

        var stacks: [Stack]
        var pools: [Pool]
        var drift: [Drift]
        var rollouts: [Rollout]
        var observed: [Observed]
    }

    /// A pool on its way to another stack.
    struct Rollout: Decodable {
        struct Step: Decodable {
            var step: String
            var nodes: Int
        }

        struct Node: Decodable {
            var node: String
            var step: String
            var goesBack: Bool
            var wave: Int?
            var note: String

            /// Whether it is neither untouched nor simply done.
            var isOfInterest: Bool { step != "waits" && step != "done" || !note.isEmpty }
        }

        var number: Int64
        var pool: String
        var stack: String
        var previous: String?
        var phase: String
        var isPaused: Bool
        var isHeldBack: Bool
        var installs: Bool
        var reason: String
        var endedAt: String?
        var wave: Int?
        var waves: [String]
        var soakUntil: String?
        var failures: Int
        var allowedFailures: Int
        var steps: [Step]
        var nodes: [Node]

        /// Whether nodes of it wait for people to install something.
        var isForPeople: Bool { !installs && endedAt == nil }

        /// What people have to do then.
        static let byPeople =
            "people: nobody installs here; a drained node waits until it tells the versions or "
            + "somebody says 'muster say repaired NODE'"

        /// Where it is, in words.
        var state: String {
            var text = ClientText.words(phase)
            if let wave, endedAt == nil { text += ", wave \(wave)" }
            if isPaused, endedAt == nil { text += ", paused" }
            if isHeldBack { text += ", held back by the health engine" }
            return reason.isEmpty ? text : text + ": \(reason)"
        }

        /// How many nodes are where.
        var counts: String {
            steps.filter { $0.nodes > 0 }.map { "\($0.nodes) \(ClientText.words($0.step))" }
                .joined(separator: ", ")
        }
    }
}
