import FleetModel
import GRDB

/// Something that a piece of hardware went through.
public struct HardwareRow: Hashable, Sendable {
    /// What a row tells.
    public enum Kind: String, CaseIterable, Sendable {
        /// A fault.
        case fault
        /// A test.
        case test
        /// A repair.
        case repair
        /// A job that ended there.
        case job
        /// It came to a place.
        case place
        /// It went from one.
        case left
    }

    /// Its number, given when it is kept; they rise with time.
    public var id: Int64 = 0
    /// When.
    public var at: Instant
    /// What it tells.
    public var kind: Kind
    /// The number of the machine in the ledger of hardware.
    public var machine: Int32
    /// What the machine is known by: its chassis' serial number, else the GUID of an interface or
    /// the UUID of a device.
    public var serial: String?
    /// The number of the device in the ledger; nil for the machine as a whole.
    public var part: Int32?
    /// The index of the device in its node at that time.
    public var device: Int32?
    /// The UUID or board serial of the device.
    public var uuid: String?
    /// The node's name at that time.
    public var node: String
    /// The GUID of the network interface that it is of.
    public var interface: String?
    /// Why.
    public var cause: String?
    /// The job.
    public var job: JobID?
    /// What happened, in words.
    public var text: String
    /// The line of a log that told it.
    public var line: String?
    /// Whether it is kept only as long as jobs are: one that ended there for reasons of its own.
    public var isBrief = false

    /// Gathers a row.
    public init(
        at: Instant, kind: Kind, machine: Int32, serial: String? = nil, part: Int32? = nil,
        device: Int32? = nil, uuid: String? = nil, node: String, cause: String? = nil,
        job: JobID? = nil, text: String, line: String? = nil, isBrief: Bool = false
    ) {
        self.at = at
        self.kind = kind
        self.machine = machine
        self.serial = serial
        self.part = part
        self.device = device
        self.uuid = uuid
        self.node = node
        self.cause = cause
        self.job = job
        self.text = text
        self.line = line
        self.isBrief = isBrief
    }
}

/// Which rows of the history of hardware are asked for.
public struct HardwareFilter: Sendable {
    /// Whose history is asked for, by its number in the ledger of hardware.
    public enum Subject: Hashable, Sendable {
        /// A machine with its devices.
        case machine(Int32)
        /// A device, in whichever machines it was.
        case device(Int32)
        /// A network interface by its GUID, in whichever machines it was.
        case interface(String)
    }

    /// Whose.
    public var subject: Subject
    /// Only of this kind.
    public var kind: HardwareRow.Kind?
    /// Only those that have a line of a log.
    public var isOfLines = false
    /// Only with smaller numbers.
    public var before: Int64?
    /// How many.
    public var limit: Int

    /// Asks for the newest.
    public init(_ subject: Subject, limit: Int = 100) {
        self.subject = subject
        self.limit = limit
    }
}

extension StoreTransaction {
    /// Keeps something that a piece of hardware went through.
    public func putHardware(_ row: HardwareRow) throws {
        try run(
            """
            INSERT INTO hardwareHistory(at, kind, machine, serial, part, device, uuid, node, cause,
                job, text, line, interface, number)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CASE WHEN ? THEN NULL ELSE
                (SELECT coalesce(max(number), 0) + 1 FROM hardwareHistory
                    WHERE number IS NOT NULL) END)
            """,
            [
                row.at.nanoseconds, row.kind.rawValue, row.machine, row.serial, row.part,
                row.device, row.uuid, row.node, row.cause, row.job?.rawValue, row.text, row.line,
                row.interface, row.isBrief,
            ])
    }
}

extension StoreReader {
    /// What a machine or device went through, the newest first.
    public func hardwareHistory(_ filter: HardwareFilter) throws -> [HardwareRow] {
        var conditions: [String]
        var arguments: [(any DatabaseValueConvertible)?]
        switch filter.subject {
        case .machine(let number): (conditions, arguments) = (["machine = ?"], [number])
        case .device(let number): (conditions, arguments) = (["part = ?"], [number])
        case .interface(let guid): (conditions, arguments) = (["interface = ?"], [guid])
        }
        if let kind = filter.kind {
            conditions.append("kind = ?")
            arguments.append(kind.rawValue)
        }
        if filter.isOfLines { conditions.append("kind = 'fault' AND line IS NOT NULL") }
        if let before = filter.before {
            conditions.append("id < ?")
            arguments.append(before)
        }
        arguments.append(filter.limit)
        return try Row.fetchAll(
            db,
            sql: """
                SELECT id, at, kind, machine, serial, part, device, uuid, node, cause, job, text,
                    line, number IS NULL, interface FROM hardwareHistory
                WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?
                """, arguments: StatementArguments(arguments)
        ).compactMap { row in
            guard let kind = HardwareRow.Kind(rawValue: row[2]) else { return nil }
            var found = HardwareRow(
                at: Instant(nanoseconds: row[1]), kind: kind, machine: row[3], serial: row[4],
                part: row[5], device: row[6], uuid: row[7], node: row[8], cause: row[9],
                job: (row[10] as Int32?).map { JobID(rawValue: $0) }, text: row[11],
                line: row[12], isBrief: row[13])
            found.id = row[0]
            found.interface = row[14]
            return found
        }
    }
}
