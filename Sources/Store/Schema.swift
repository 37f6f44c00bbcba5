import GRDB

/// The tables of the database, and how older ones become the present ones.
///
/// Migrations are only ever added: a database of any earlier version is brought up step by step.
enum Schema {
    /// Every step so far, in order.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            for statement in first { try db.execute(sql: statement) }
        }
        migrator.registerMigration("2") { db in
            try db.execute(sql: "ALTER TABLE nodes ADD COLUMN closedDeadline INTEGER")
        }
        migrator.registerMigration("3") { db in
            // Jobs that a backend found, by what it knows them by.
            try db.execute(
                sql: "CREATE TABLE foundJobs(key TEXT PRIMARY KEY, job INTEGER) WITHOUT ROWID")
            try db.execute(sql: "CREATE INDEX foundJobsByJob ON foundJobs(job)")
        }
        migrator.registerMigration("4") { db in
            // Whether the backend took the job away, so that its key is used up.
            try db.execute(
                sql: "ALTER TABLE foundJobs ADD COLUMN isWithdrawn INTEGER NOT NULL DEFAULT 0")
        }
        migrator.registerMigration("5") { db in
            for statement in health { try db.execute(sql: statement) }
        }
        migrator.registerMigration("6") { db in
            // How far the streams of each node's agent were taken: what comes again counts once.
            try db.execute(
                sql: """
                    CREATE TABLE agents(node TEXT PRIMARY KEY, heardAt INTEGER NOT NULL,
                        streams BLOB NOT NULL) WITHOUT ROWID
                    """)
        }
        migrator.registerMigration("faultHistory") { db in
            // What was told of faults, beyond the journal's life: rules are tried on it.
            try db.execute(
                sql: """
                    CREATE TABLE faultHistory(id INTEGER PRIMARY KEY, at INTEGER NOT NULL,
                        bytes BLOB NOT NULL)
                    """)
        }
        migrator.registerMigration("tokenNode") { db in
            // The one node that an agent's token may speak for.
            try db.execute(sql: "ALTER TABLE tokens ADD COLUMN node TEXT")
        }
        migrator.registerMigration("culprits") { db in
            // Who is to blame for the end of an attempt.
            try db.execute(sql: "ALTER TABLE attempts ADD COLUMN culprit BLOB")
            // How long the last checkpoint held the job up, in milliseconds.
            try db.execute(sql: "ALTER TABLE jobs ADD COLUMN checkpointMilliseconds INTEGER")
        }
        addMeasurements(to: &migrator)
        migrator.registerMigration("hardwareHistory") { db in
            for statement in hardwareHistory { try db.execute(sql: statement) }
        }
        migrator.registerMigration("hardwareInterface") { db in
            // The GUID of the network interface that a fault is of.
            try db.execute(sql: "ALTER TABLE hardwareHistory ADD COLUMN interface TEXT")
            try db.execute(
                sql: """
                    CREATE INDEX hardwareHistoryByInterface ON hardwareHistory(interface, id)
                        WHERE interface IS NOT NULL
                    """)
        }
        return migrator
    }

    /// What tests have measured.
    private static func addMeasurements(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("figures") { db in
            // What the last tests of each machine measured: thresholds are learned from it.
            try db.execute(
                sql: """
                    CREATE TABLE figures(model TEXT NOT NULL, driver TEXT NOT NULL,
                        fabric TEXT NOT NULL, figure TEXT NOT NULL, machine TEXT NOT NULL,
                        at INTEGER NOT NULL, bytes BLOB NOT NULL,
                        PRIMARY KEY(model, driver, fabric, figure, machine)) WITHOUT ROWID
                    """)
            try db.execute(sql: "CREATE INDEX figuresByAge ON figures(at)")
        }
        migrator.registerMigration("bestFigures") { db in
            // The best that was ever usual of each kind of machine: thresholds fall no further
            // than to a part of it.
            try db.execute(
                sql: """
                    CREATE TABLE bestFigures(model TEXT NOT NULL, driver TEXT NOT NULL,
                        fabric TEXT NOT NULL, figure TEXT NOT NULL, milli INTEGER NOT NULL,
                        machines INTEGER NOT NULL, at INTEGER NOT NULL,
                        PRIMARY KEY(model, driver, fabric, figure)) WITHOUT ROWID
                    """)
        }
    }

    /// What machines and devices went through, by the numbers that the ledger of hardware gave
    /// them, for longer than the ledger itself keeps it. Rows are only ever added.
    private static let hardwareHistory = [
        """
        CREATE TABLE hardwareHistory(id INTEGER PRIMARY KEY, at INTEGER NOT NULL,
            kind TEXT NOT NULL, machine INTEGER NOT NULL, serial TEXT, part INTEGER,
            device INTEGER, uuid TEXT, node TEXT NOT NULL, cause TEXT, job INTEGER,
            text TEXT NOT NULL, line TEXT, number INTEGER)
        """,
        "CREATE INDEX hardwareHistoryByMachine ON hardwareHistory(machine, id)",
        """
        CREATE INDEX hardwareHistoryByPart ON hardwareHistory(part, id) WHERE part IS NOT NULL
        """,
        // What is kept for long has numbers of its own, so that it can be counted.
        "CREATE INDEX longHardwareHistory ON hardwareHistory(number) WHERE number IS NOT NULL",
        "CREATE INDEX briefHardwareHistory ON hardwareHistory(id) WHERE number IS NULL",
    ]

    /// What the health engine is told, and what it holds back.
    private static let health = [
        """
        CREATE TABLE healthJournal(id INTEGER PRIMARY KEY, inputs INTEGER NOT NULL,
            at INTEGER NOT NULL, bytes BLOB NOT NULL)
        """,
        "ALTER TABLE snapshots ADD COLUMN healthBatch INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE nodes ADD COLUMN isHeld INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE nodes ADD COLUMN heldFor TEXT",
        "ALTER TABLE nodes ADD COLUMN heldDeadline INTEGER",
        "ALTER TABLE nodes ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0",
    ]

    private static let first = [
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        // The dense ids that the engine knows things by.
        """
        CREATE TABLE names(kind INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL,
            PRIMARY KEY(kind, id)) WITHOUT ROWID
        """,
        // Inputs in batches as they were committed; a segment is a journal of its own.
        """
        CREATE TABLE journal(id INTEGER PRIMARY KEY, segment INTEGER NOT NULL,
            inputs INTEGER NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL)
        """,
        """
        CREATE TABLE snapshots(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, batch INTEGER NOT NULL,
            segment INTEGER NOT NULL, file TEXT NOT NULL, stateHash INTEGER NOT NULL)
        """,
        """
        CREATE TABLE outbox(id INTEGER PRIMARY KEY, job INTEGER NOT NULL,
            attempt INTEGER NOT NULL, isStart INTEGER NOT NULL, directive BLOB NOT NULL)
        """,
        "CREATE INDEX outboxByJob ON outbox(job, attempt)",
        """
        CREATE TABLE jobs(id INTEGER PRIMARY KEY, name TEXT NOT NULL, tenant INTEGER NOT NULL,
            owner TEXT NOT NULL, document TEXT NOT NULL, priority INTEGER NOT NULL,
            preemptible INTEGER NOT NULL, members INTEGER NOT NULL, gpuMilli INTEGER NOT NULL,
            state INTEGER NOT NULL, isHeld INTEGER NOT NULL, attempt INTEGER NOT NULL,
            submittedAt INTEGER NOT NULL, startedAt INTEGER, endedAt INTEGER,
            reason BLOB, reasonAt INTEGER, step INTEGER, checkpointedStep INTEGER,
            progressAt INTEGER, checkpointedAt INTEGER, keptNanoseconds INTEGER NOT NULL DEFAULT 0,
            lostMilliSeconds INTEGER NOT NULL DEFAULT 0)
        """,
        "CREATE INDEX jobsByName ON jobs(name, id)",
        "CREATE INDEX jobsByTenant ON jobs(tenant, id)",
        "CREATE INDEX jobsByEnd ON jobs(endedAt) WHERE endedAt IS NOT NULL",
        "CREATE INDEX openJobs ON jobs(id) WHERE endedAt IS NULL",
        """
        CREATE TABLE attempts(job INTEGER NOT NULL, attempt INTEGER NOT NULL,
            startedAt INTEGER NOT NULL, runningAt INTEGER, endedAt INTEGER, ending TEXT,
            detail TEXT NOT NULL DEFAULT '', members BLOB NOT NULL, exits BLOB,
            PRIMARY KEY(job, attempt)) WITHOUT ROWID
        """,
        """
        CREATE TABLE allocations(id INTEGER PRIMARY KEY, job INTEGER NOT NULL,
            attempt INTEGER NOT NULL, tenant INTEGER NOT NULL, pool INTEGER NOT NULL,
            kind INTEGER NOT NULL, gpuMilli INTEGER NOT NULL, startAt INTEGER NOT NULL,
            endAt INTEGER, lostMilliSeconds INTEGER NOT NULL DEFAULT 0)
        """,
        "CREATE INDEX allocationsByJob ON allocations(job)",
        "CREATE INDEX allocationsByEnd ON allocations(endAt)",
        """
        CREATE TABLE events(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL,
            job INTEGER, name TEXT, tenant TEXT, node TEXT, attempt INTEGER, text TEXT NOT NULL)
        """,
        "CREATE INDEX eventsByJob ON events(job, id) WHERE job IS NOT NULL",
        "CREATE INDEX eventsByNode ON events(node, id) WHERE node IS NOT NULL",
        """
        CREATE TABLE idempotency(owner TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL,
            job INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(owner, key)) WITHOUT ROWID
        """,
        "CREATE INDEX idempotencyByAge ON idempotency(at)",
        """
        CREATE TABLE nodes(id INTEGER PRIMARY KEY, spec BLOB NOT NULL, isPresent INTEGER NOT NULL,
            cordonedBy TEXT, reason TEXT, isClosed INTEGER NOT NULL, closedFor TEXT,
            since INTEGER, deadline INTEGER, unhealthy INTEGER NOT NULL)
        """,
        """
        CREATE TABLE tokens(id INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL, tenant TEXT, createdAt INTEGER NOT NULL, expiresAt INTEGER,
            lastUsedAt INTEGER)
        """,
        """
        CREATE TABLE audit(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL,
            role TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL,
            outcome TEXT NOT NULL, address TEXT NOT NULL)
        """,
        // Thousandths of GPUs by tenant; tenant -1 is the whole fleet, with its capacity.
        """
        CREATE TABLE usage(step INTEGER NOT NULL, at INTEGER NOT NULL, tenant INTEGER NOT NULL,
            capacity INTEGER NOT NULL, allocated INTEGER NOT NULL, waiting INTEGER NOT NULL,
            PRIMARY KEY(step, at, tenant)) WITHOUT ROWID
        """,
    ]
}
