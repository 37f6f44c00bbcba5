import FleetModel
import Foundation
import GRDB
import Glibc
import Testing

@testable import Store

@Suite("Store")
struct StoreTests {
    private let folder = TemporaryFolder()

    private func job(_ id: Int32, tenant: Int32 = 0, name: String = "a") -> JobRow {
        let spec = JobSpec(
            id: JobID(rawValue: id), tenant: TenantID(rawValue: tenant),
            roles: [RoleSpec(count: 1, request: MemberRequest(devices: 1))])
        return JobRow(spec: spec, name: name, owner: "o", at: .seconds(Int64(id)))
    }

    @Test("a second process cannot have the folder, and can once the first has let go")
    func locks() throws {
        let store = try Store(folder: folder.path)
        #expect {
            _ = try Store(folder: folder.path)
        } throws: { ($0 as? OperatingError)?.code == .dataFolderInUse }
        store.close()
        let again = try Store(folder: folder.path)
        again.close()
    }

    @Test("nobody else can read the database")
    func isPrivate() throws {
        let store = try Store(folder: folder.path)
        defer { store.close() }
        var facts = stat()
        #expect(stat(folder.path + "/" + Store.fileName, &facts) == 0)
        #expect(facts.st_mode & 0o077 == 0)
    }

    @Test("what a transaction wrote before it threw is not kept")
    func rollsBack() throws {
        struct Stop: Error {}
        let store = try Store(folder: folder.path)
        defer { store.close() }
        #expect(throws: OperatingError.self) {
            try store.write { transaction in
                try transaction.setMeta("key", "value")
                throw Stop()
            }
        }
        #expect(try store.read { try $0.meta("key") } == nil)
    }

    @Test("a database of a newer version is left alone")
    func refusesNewer() throws {
        try Store(folder: folder.path).close()
        let path = folder.path + "/" + Store.fileName
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES('9999')")
        }
        try queue.close()
        #expect {
            _ = try Store(folder: folder.path)
        } throws: { ($0 as? OperatingError)?.code == .newerDatabase }
    }

    @Test("an older database is copied before it is brought up")
    func backsUp() throws {
        // A database that has seen an earlier step of some kind, but not the present ones.
        let path = folder.path + "/" + Store.fileName
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            try db.execute(
                sql: "CREATE TABLE grdb_migrations(identifier TEXT NOT NULL PRIMARY KEY)")
            try db.execute(sql: "CREATE TABLE old(x)")
            try db.execute(sql: "INSERT INTO old VALUES(42)")
        }
        try queue.close()
        try Store(folder: folder.path, upgradesFrom: "0").close()
        let copy = folder.path + "/backups/before-upgrade-from-0.sqlite"
        let kept = try DatabaseQueue(path: copy)
        #expect(try kept.read { try Int.fetchOne($0, sql: "SELECT x FROM old") } == 42)
        try kept.close()
    }

    @Test("damage is said to be damage", arguments: ["first", "last"])
    func noticesDamage(page: String) throws {
        let store = try Store(folder: folder.path)
        try store.write { transaction in
            for id in 0..<2000 { try transaction.insertJob(job(Int32(id)), document: "{}") }
        }
        store.close()
        let path = folder.path + "/" + Store.fileName
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        let size = try file.seekToEnd()
        try #require(size > 8192)
        try file.seek(toOffset: page == "first" ? 0 : size - 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        try file.close()
        #expect {
            _ = try Store(folder: folder.path)
        } throws: { ($0 as? OperatingError)?.code == .damagedDatabase }
    }

    @Test("rows come back as they were kept")
    func roundTrips() throws {
        let store = try Store(folder: folder.path)
        defer { store.close() }
        var row = job(7, tenant: 3, name: "llama")
        row.reason = Refusal(
            code: .topology, unit: .members, need: 16, have: 13, level: LevelIndex(1),
            tenant: TenantID(2), job: JobID(5))
        row.reasonAt = .seconds(9)
        row.step = 12
        var attempt = AttemptRow(
            job: JobID(7), attempt: Attempt(2), startedAt: .seconds(3),
            members: [
                RankedMember(
                    rank: 4, placement: MemberPlacement(node: NodeID(9), role: 1, devices: .max))
            ])
        attempt.exits = [ExitRow(rank: 4, code: nil, signal: 9)]
        attempt.ending = "hardware"
        let node = NodeRow(
            spec: NodeSpec(
                id: NodeID(0), pool: PoolID(1), kind: nil, devices: 0, unhealthyDevices: 0,
                host: HostResources(cpuMilli: 5, memoryMiB: 6, diskMiB: 7, nics: 8),
                domains: [DomainID(2), DomainID(3)]), since: .seconds(1))
        let (kept, keptAttempt) = (row, attempt)
        try store.write { transaction in
            try transaction.insertJob(kept, document: "name: llama")
            try transaction.updateJob(kept)
            try transaction.putAttempt(keptAttempt)
            try transaction.putNode(node)
        }
        let found = try #require(try store.read { try $0.job(JobID(7)) })
        #expect(found.reason == row.reason)
        #expect(found.name == "llama" && found.tenant == TenantID(3) && found.step == 12)
        let attempts = try store.read { try $0.attempts(of: JobID(7), limit: 10) }
        #expect(attempts.first?.members == attempt.members)
        #expect(attempts.first?.exits == attempt.exits)
        #expect(try store.read { try $0.nodes() }.first?.spec == node.spec)
        #expect(try store.read { try $0.document(of: JobID(7)) } == "name: llama")
    }

    @Test("the ledger adds up what lies within an interval, and only that")
    func ledgerSums() throws {
        let store = try Store(folder: folder.path)
        defer { store.close() }
        try store.write { transaction in
            // 2 GPUs for 100 s, 1 GPU open since second 50.
            try transaction.openAllocation(
                AllocationRow(
                    id: 1, job: JobID(1), attempt: Attempt(1), tenant: TenantID(0),
                    pool: PoolID(0), kind: 0, gpuMilli: 2000, startAt: .seconds(0)))
            try transaction.closeAllocation(1, at: .seconds(100), lostMilliSeconds: 30_000)
            try transaction.openAllocation(
                AllocationRow(
                    id: 2, job: JobID(2), attempt: Attempt(1), tenant: TenantID(1),
                    pool: PoolID(0), kind: 0, gpuMilli: 1000, startAt: .seconds(50)))
        }
        func sums(_ from: Int64, _ to: Int64, _ grouping: LedgerGrouping) throws -> [Int64] {
            try store.read {
                try $0.ledger(
                    from: .seconds(from), to: .seconds(to), tenants: nil, job: nil,
                    grouping: grouping, offset: 0, limit: 100)
            }.map(\.milliSeconds)
        }
        #expect(try sums(0, 200, .tenant) == [200_000, 150_000])
        #expect(try sums(90, 110, .tenant) == [20_000, 20_000])
        #expect(try sums(100, 110, .tenant) == [10_000])
        #expect(try sums(0, 200, .none) == [200_000, 150_000])
        #expect(try sums(0, 200, .job) == [200_000, 150_000])
        #expect(try sums(0, 200, .day) == [200_000, 150_000])
    }

    @Test("an allocation over midnight counts on each day, what it lost where it ended")
    func ledgerDays() throws {
        let store = try Store(folder: folder.path)
        defer { store.close() }
        let day: Int64 = 86_400
        try store.write { transaction in
            try transaction.openAllocation(
                AllocationRow(
                    id: 1, job: JobID(1), attempt: Attempt(1), tenant: TenantID(0),
                    pool: PoolID(0), kind: 0, gpuMilli: 1000, startAt: .seconds(day - 100)))
            try transaction.closeAllocation(
                1, at: .seconds(3 * day + 50), lostMilliSeconds: 30_000)
        }
        func rows(_ from: Int64, _ to: Int64, _ grouping: LedgerGrouping) throws -> [LedgerRow] {
            try store.read {
                try $0.ledger(
                    from: .seconds(from), to: .seconds(to), tenants: nil, job: nil,
                    grouping: grouping, offset: 0, limit: 100)
            }
        }
        let days = try rows(0, 10 * day, .day)
        #expect(days.map(\.milliSeconds) == [100_000, day * 1000, day * 1000, 50_000])
        #expect(days.map(\.lostMilliSeconds) == [0, 0, 0, 30_000])
        #expect(days.map(\.from)[1...] == [.seconds(day), .seconds(2 * day), .seconds(3 * day)])
        #expect(try rows(2 * day, 2 * day + 10, .tenant).map(\.lostMilliSeconds) == [0])
        #expect(try rows(2 * day, 4 * day, .tenant).map(\.lostMilliSeconds) == [30_000])
        #expect(try rows(day + 10, day + 20, .day).map(\.milliSeconds) == [10_000])
    }

    @Test("what is too old goes in steps, the newest job stays")
    func prunes() throws {
        let store = try Store(folder: folder.path)
        defer { store.close() }
        var retention = Retention()
        retention.jobs = .seconds(100)
        retention.events = .seconds(100)
        retention.eventCount = 50
        retention.rowsPerStep = 10
        try store.write { transaction in
            for id in 0..<40 {
                var row = job(Int32(id))
                row.state = .succeeded
                row.endedAt = .seconds(Int64(id))
                try transaction.insertJob(row, document: "")
                try transaction.updateJob(row)
                var event = EventRow(kind: "ended", at: .seconds(Int64(id)), text: "")
                event.id = Int64(id + 1)
                try transaction.putEvent(event)
            }
        }
        var steps = 0
        while try store.write({ try $0.prune(retention, at: .seconds(1000)) }).hasMore {
            steps += 1
        }
        #expect(steps >= 3)
        #expect(try store.read { try $0.jobs(JobFilter()) }.map(\.id) == [JobID(39)])
        #expect(try store.read { try $0.events(after: 0, limit: 100) }.isEmpty)
    }

    @Test("lists filter and page")
    func filters() throws {
        let store = try Store(folder: folder.path)
        defer { store.close() }
        try store.write { transaction in
            for id in 0..<10 {
                try transaction.insertJob(
                    job(Int32(id), tenant: Int32(id % 2), name: "job-\(id)%_"), document: "")
            }
        }
        var filter = JobFilter()
        filter.tenants = [TenantID(1)]
        filter.limit = 2
        #expect(try store.read { try $0.jobs(filter) }.map(\.id.rawValue) == [9, 7])
        filter.before = JobID(7)
        #expect(try store.read { try $0.jobs(filter) }.map(\.id.rawValue) == [5, 3])
        var byName = JobFilter()
        byName.name = "b-3%_"
        #expect(try store.read { try $0.jobs(byName) }.map(\.id.rawValue) == [3])
        byName.name = "b_3"
        #expect(try store.read { try $0.jobs(byName) }.isEmpty)
    }
}
