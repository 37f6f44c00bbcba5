import FleetModel
import Health
import HealthControl
import Journal
import Scheduler
import Store

/// Brings a driver back: the last snapshot, the journal after it, the books as of the last commit.
struct Recovery {
    let store: Store
    let files: SnapshotFiles

    init(store: Store) {
        self.store = store
        files = SnapshotFiles(dataFolder: store.folder)
    }

    /// Keys of the facts about a database.
    enum Fact {
        static let topology = "topology"
        static let tenants = "tenants"
        /// Written to see whether the storage takes something again; never read.
        static let probe = "probe"
        static let tenantsFile = "tenantsFile"
        /// The names of tenants that the backend had in objects, one a line.
        static let foreignTenants = "foreignTenants"
        /// The number of the last event, which may not be kept any more.
        static let lastEvent = "lastEvent"
    }

    /// Whether the engine has never been told anything: a first start that failed leaves no more
    /// than the facts of ``begin(topology:)``.
    func isNew() throws -> Bool {
        try store.read { try $0.lastID(of: .journal) == 0 && $0.snapshots().isEmpty }
    }

    /// Makes a new database that of a fleet with these levels.
    func begin(topology: Topology) throws {
        try store.write { transaction in
            try transaction.setMeta(Fact.topology, Recovery.text(topology))
            try transaction.setMeta(Fact.tenants, "")
        }
    }

    /// Where a replay begins.
    enum Origin {
        /// At the newest snapshot that is readable: the fastest.
        case newest
        /// At the oldest point that is kept: the one that proves most.
        case oldest
    }

    /// Loads everything. Throws `M0703` when what is kept does not fit together.
    func load(policy: Policy, from origin: Origin = .newest) throws -> RecoveredState {
        try store.read { reader in
            let directory = try self.directory(reader)
            let base = try base(reader, directory, policy, origin)
            var (engine, timers, digest, after) = (
                base.engine, base.timers, base.digest, base.batch
            )
            let (desk, healthBatch) = try desk(reader, base)
            let lastBatch = try reader.lastID(of: .journal)
            var replayed = 0
            try replay(reader, after: after) { input, expected in
                var directives: [Directive] = []
                engine.apply(input.input, at: input.at, into: &directives)
                if case .wake(let token) = input.input { timers.remove(token: token, at: input.at) }
                for directive in directives {
                    digest.add(directive)
                    if case .wake(let at, let token) = directive {
                        timers.push(at: at, token: token)
                    }
                }
                replayed += 1
                return digest.digest == expected
            }
            let segment = try reader.lastSegment() + 1
            var state = RecoveredState(
                engine: engine, view: FleetView(directory: directory, now: engine.now),
                timers: timers, digest: digest,
                journal: try Recovery.journal(directory.fleet.topology, engine.policy),
                segment: segment, lastBatch: max(lastBatch, after),
                nextJob: try reader.lastJob().map { $0.rawValue + 1 } ?? 0,
                nextEvent: try max(
                    reader.lastID(of: .events),
                    reader.meta(Fact.lastEvent).flatMap { Int64($0) } ?? 0) + 1,
                nextAllocation: try reader.lastID(of: .allocations) + 1,
                nextOutbox: try reader.lastID(of: .outbox) + 1, openAttempts: [:],
                openAllocations: [:], desk: desk, lastHealthBatch: healthBatch, ended: [],
                now: engine.now)
            // What the health engine was told, and what was said, may be younger.
            let said = try reader.events(after: state.nextEvent - 2, limit: 1).last?.at
            state.now = max(state.now, desk.engine.clock.wall, said ?? .zero)
            state.replayed = replayed
            try fillBooks(&state, reader)
            try fillLeaving(&state, reader)
            state.foundJobs = try reader.openFoundJobs()
            return state
        }
    }

    /// Directives that nobody has confirmed, in order.
    func outbox() throws -> [Directive] {
        try store.read { reader in try Recovery.outbox(reader).map(\.directive) }
    }

    private static func outbox(
        _ reader: StoreReader
    ) throws -> [(id: Int64, directive: Directive)] {
        try reader.outbox().map { row in
            do throws(DirectiveError) {
                return (row.id, try DirectiveCodec.directive(from: row.directive))
            } catch {
                throw Recovery.damage("row \(row.id) of the outbox: \(error.message)")
            }
        }
    }

    static func journal(_ topology: Topology, _ policy: Policy) throws -> JournalWriter {
        do {
            return try JournalWriter(header: JournalHeader(topology: topology, policy: policy))
        } catch {
            throw OperatingError(
                .differentFleet, "the topology cannot be recorded", detail: error.message)
        }
    }

    // MARK: Names

    private func directory(_ reader: StoreReader) throws -> Directory {
        guard let text = try reader.meta(Fact.topology),
            let tenants = TenantBytes.tenants(try reader.meta(Fact.tenants) ?? "")
        else { throw Recovery.damage("the facts about the fleet are not readable") }
        var fleet = FleetDefinition(topology: Recovery.topology(text))
        for name in try reader.names(.pool) { _ = fleet.pools.intern(name) }
        for name in try reader.names(.kind) { _ = fleet.kinds.intern(name) }
        for name in try reader.names(.domain) { _ = fleet.domains.intern(name) }
        for name in try reader.names(.node) { _ = fleet.nodeNames.intern(name) }
        fleet.nodes = try reader.nodes().map(\.spec)
        guard fleet.nodes.indices.allSatisfy({ fleet.nodes[$0].id.index == $0 }),
            fleet.nodes.count == fleet.nodeNames.count
        else { throw Recovery.damage("nodes and their names do not fit together") }
        var tree = TenantTree()
        for name in try reader.names(.tenant) { _ = tree.names.intern(name) }
        guard tenants.allSatisfy({ $0.id.index < tree.names.count }) else {
            throw Recovery.damage("tenants and their names do not fit together")
        }
        tree.tenants = tenants
        var directory = Directory(fleet: fleet, tenants: tree)
        for name in try reader.names(.family) { _ = directory.families.intern(name) }
        for name in try reader.names(.rule) { _ = directory.rules.intern(name) }
        for name in try reader.names(.exclusive) { _ = directory.exclusives.intern(name) }
        return directory
    }

    private static func text(_ topology: Topology) -> String {
        topology.levels.map { $0.name + "\t" + $0.label }.joined(separator: "\n")
    }

    private static func topology(_ text: String) -> Topology {
        Topology(
            levels: text.split(separator: "\n").map { line in
                let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
                return TopologyLevel(
                    name: String(parts[0]), label: parts.count > 1 ? String(parts[1]) : "")
            })
    }

    static func damage(_ detail: String) -> OperatingError {
        OperatingError(
            .damagedDatabase, "the database is damaged", detail: detail,
            hint: "keep the data folder as it is, and restore muster.sqlite from a backup")
    }

    // MARK: The engine

    /// The state that a replay begins with.
    struct Base {
        var engine: Engine
        var timers = TimerHeap()
        var digest = DirectiveDigest()
        /// The last batch that is in it.
        var batch: Int64 = 0
        /// The health desk, and the last batch that is in it.
        var desk: HealthDesk
        /// The last batch for the health engine that is in ``desk``.
        var healthBatch: Int64 = 0
    }

    private func base(
        _ reader: StoreReader, _ directory: Directory, _ policy: Policy, _ origin: Origin
    ) throws -> Base {
        let snapshots = try reader.snapshots()
        let isWhole = try reader.firstBatch().map { $0 == 1 } ?? snapshots.isEmpty
        let names = try healthNames(reader)
        let usable = origin == .newest ? snapshots : isWhole ? [] : snapshots.reversed()
        for row in usable {
            guard let content = files.read(row.file), content.engine.stateHash() == row.stateHash
            else { continue }
            var desk = Recovery.desk(names)
            if !content.health.isEmpty {
                guard let known = try? HealthDesk(snapshot: content.health, names: names) else {
                    continue
                }
                desk = known
            }
            var timers = TimerHeap()
            for timer in content.timers { timers.push(at: timer.at, token: timer.token) }
            return Base(
                engine: content.engine, timers: timers,
                digest: DirectiveDigest(state: content.digest), batch: row.batch,
                desk: desk, healthBatch: content.healthBatch)
        }
        guard isWhole else {
            throw Recovery.damage("no snapshot is readable, and the journal before it is gone")
        }
        let engine = Engine(
            topology: directory.fleet.topology, policy: try recordedPolicy(reader) ?? policy)
        return Base(engine: engine, desk: Recovery.desk(names))
    }

    /// The policy that the first inputs were decided by: it goes before what is asked for now. Nil
    /// when there is no journal.
    private func recordedPolicy(_ reader: StoreReader) throws -> Policy? {
        guard let bytes = try reader.batchBytes(1) else { return nil }
        var journal = JournalReader()
        journal.feed(bytes)
        do throws(JournalError) {
            return try journal.readHeader()?.policy
        } catch {
            throw Recovery.damage("batch 1 of the journal: \(error.message)")
        }
    }

    /// Replays what came after a batch; `apply` says whether it went as recorded.
    private func replay(
        _ reader: StoreReader, after batch: Int64,
        apply: (JournalInput, UInt64) throws -> Bool
    ) throws {
        var segment: Int64 = -1
        var journal = JournalReader()
        var next = batch + 1
        try reader.forEachBatch(after: batch) { row in
            guard row.id == next else {
                throw Recovery.damage("batch \(next) of the journal is absent")
            }
            next += 1
            if row.segment != segment {
                segment = row.segment
                journal = JournalReader()
            }
            journal.feed(row.bytes)
            do throws(JournalError) {
                _ = try journal.readHeader()
            } catch {
                throw Recovery.damage("batch \(row.id) of the journal: \(error.message)")
            }
            while true {
                let record: JournalRecord?
                do throws(JournalError) {
                    record = try journal.next()
                } catch {
                    throw Recovery.damage("batch \(row.id) of the journal: \(error.message)")
                }
                guard let record else { break }
                guard case .input(let input) = record else { continue }
                guard try apply(input, input.decisionDigest) else {
                    throw OperatingError(
                        .journalDivergence,
                        "the journal was written by a version of muster that decides otherwise",
                        detail: "batch \(row.id) led to other decisions than recorded",
                        hint: "start the version that wrote it once and stop it with Ctrl-C; it "
                            + "leaves a snapshot that newer versions can read")
                }
            }
        }
    }

    // MARK: The books

    /// The members that the outbox tells to leave and that the engine waits for.
    private func fillLeaving(_ state: inout RecoveredState, _ reader: StoreReader) throws {
        for (row, directive) in try Recovery.outbox(reader) {
            guard case .shrink(let job, let attempt, let resize, let placements) = directive,
                state.engine.pendingShrink(of: job) == resize,
                let view = state.view.jobs[job.index], view.row.attempt == attempt
            else { continue }
            state.leaving[job] = Leaving(
                resize: resize, ranks: Driver.ranks(of: placements, among: view.members), row: row)
        }
    }

    private func fillBooks(_ state: inout RecoveredState, _ reader: StoreReader) throws {
        for row in try reader.nodes() { state.view.nodes[row.spec.id.index] = NodeView(row: row) }
        for attempt in try reader.openAttempts() { state.openAttempts[attempt.job] = attempt }
        for allocation in try reader.openAllocations() {
            state.openAllocations[allocation.job, default: []].append(allocation)
        }
        let ended = try reader.lastEndedJobs(limit: Driver.rememberedJobs)
        let open = try reader.openJobs()
        for row in ended + open {
            var view = JobView(
                row: row,
                spec: row.state.isOver ? nil : state.engine.specification(of: row.id))
            if row.state.isPlaced, let attempt = state.openAttempts[row.id] {
                view.members = attempt.members
                view.runningAt = attempt.runningAt
            }
            state.view.jobs[row.id.index] = view
            state.view.counts[row.state.rawValue] += 1
            guard let spec = view.members.isEmpty ? nil : state.engine.specification(of: row.id)
            else { continue }
            for member in view.members {
                let request = spec.roles[Int(member.placement.role)].request
                state.view.nodes.modify(member.placement.node.index) {
                    $0.occupants.append(
                        NodeOccupant(
                            job: row.id, devices: member.placement.devices,
                            deviceMilli: request.deviceMilli, host: request.host))
                }
            }
        }
        state.view.openJobs = open.count
        state.ended = ended.sorted { ($0.endedAt ?? .zero, $0.id) < ($1.endedAt ?? .zero, $1.id) }
            .map(\.id)
        state.view.lastEvent = state.nextEvent - 1
        guard state.engine.openJobs == open.count else {
            throw Recovery.damage(
                "the engine has \(state.engine.openJobs) open jobs, the books \(open.count)")
        }
    }
}
