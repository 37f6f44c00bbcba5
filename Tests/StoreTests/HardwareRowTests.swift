import FleetModel
import GRDB
import Testing

@testable import Store

/// Goal: the history of hardware pages, goes when its time has come, and comes to older folders.
@Suite("Rows of hardware")
struct HardwareRowTests {
    private let folder = TemporaryFolder()

    private func row(_ second: Int64, machine: Int32 = 3, part: Int32? = nil) -> HardwareRow {
        HardwareRow(
            at: .seconds(second), kind: .fault, machine: machine, serial: "SN-\(machine)",
            part: part, device: part, uuid: part.map { "GPU-\($0)" }, node: "a", cause: "XID 79",
            text: "t\(second)", line: "NVRM: …")
    }

    @Test("pages are the newest first, of a machine or of a device wherever it was")
    func pages() throws {
        let store = try Store(folder: folder.path)
        defer { store.close() }
        let rows =
            (0..<5).map { row($0) } + [
                row(5, part: 7), row(6, machine: 4, part: 7), row(7, machine: 4),
            ]
        try store.write { transaction in for row in rows { try transaction.putHardware(row) } }
        var filter = HardwareFilter(.machine(3), limit: 4)
        let first = try store.read { try $0.hardwareHistory(filter) }
        #expect(first.map(\.text) == ["t5", "t4", "t3", "t2"])
        var same = rows[5]
        same.id = first[0].id
        #expect(first[0] == same)
        filter.before = first.last?.id
        let second = filter
        #expect(try store.read { try $0.hardwareHistory(second) }.map(\.text) == ["t1", "t0"])
        let device = HardwareFilter(.device(7))
        #expect(try store.read { try $0.hardwareHistory(device) }.map(\.machine) == [4, 3])
        filter.kind = .test
        let tests = filter
        #expect(try store.read { try $0.hardwareHistory(tests) } == [])
    }

    @Test("jobs that hardware did not end go first, the rest after years, and never too many stay")
    func prunes() throws {
        let store = try Store(folder: folder.path)
        defer { store.close() }
        var retention = Retention()
        retention.hardwareJobs = .seconds(100)
        retention.hardware = .seconds(1000)
        retention.rowsPerStep = 10
        try store.write { transaction in
            for second in 0..<40 {
                var row = row(Int64(second))
                row.isBrief = second % 2 == 0
                try transaction.putHardware(row)
            }
        }
        var few = retention
        few.hardwareJobs = .seconds(1000)
        few.hardwareJobCount = 11
        let jobs = try left(at: 200, few).filter { Int($0.dropFirst())! % 2 == 0 }
        #expect(jobs == ["t38", "t36", "t34", "t32", "t30"])
        func left(at second: Int64, _ retention: Retention) throws -> [String] {
            while try store.write({ try $0.prune(retention, at: .seconds(second)) }).hasMore {}
            return try store.read { try $0.hardwareHistory(HardwareFilter(.machine(3))) }
                .map(\.text)
        }
        #expect(try left(at: 200, retention).count == 20)
        #expect(try left(at: 200, retention).allSatisfy { Int($0.dropFirst())! % 2 == 1 })
        #expect(try left(at: 1035, retention) == ["t39", "t37", "t35"])
        retention.hardwareCount = 2
        #expect(try left(at: 1035, retention) == ["t39", "t37"])
    }

    @Test("a folder of a version without them gets them")
    func upgrades() throws {
        try Store(folder: folder.path).close()
        let queue = try DatabaseQueue(path: folder.path + "/" + Store.fileName)
        try queue.write { db in
            try db.execute(sql: "DROP TABLE hardwareHistory")
            try db.execute(
                sql: """
                    DELETE FROM grdb_migrations
                    WHERE identifier IN ('hardwareHistory', 'hardwareInterface')
                    """)
        }
        try queue.close()
        let store = try Store(folder: folder.path)
        defer { store.close() }
        let own = row(1)
        try store.write { try $0.putHardware(own) }
        #expect(
            try store.read { try $0.hardwareHistory(HardwareFilter(.machine(3))) }.count == 1)
    }
}
