import FleetModel
import Foundation
import GRDB

/// What the last tests of a machine measured of one figure.
public struct FigureRow: Hashable, Sendable {
    /// The model of the device or processor.
    public var model: String
    /// The version of the driver or kernel.
    public var driver: String
    /// What connects the machines.
    public var fabric: String
    /// The figure.
    public var figure: String
    /// What the machine or device is known by: its serial number or UUID.
    public var machine: String
    /// When it was measured last.
    public var at: Instant
    /// The values in thousandths of the figure's unit, oldest first.
    public var values: [Int64]

    /// Gathers a row.
    public init(
        model: String, driver: String, fabric: String, figure: String, machine: String,
        at: Instant, values: [Int64]
    ) {
        self.model = model
        self.driver = driver
        self.fabric = fabric
        self.figure = figure
        self.machine = machine
        self.at = at
        self.values = values
    }
}

extension StoreTransaction {
    /// Keeps what a machine has measured, in place of what was kept of it before.
    public func putFigures(_ row: FigureRow) throws {
        var bytes = RowBytes()
        for value in row.values { bytes.put(value) }
        try run(
            """
            INSERT OR REPLACE INTO figures(model, driver, fabric, figure, machine, at, bytes)
                VALUES(?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.model, row.driver, row.fabric, row.figure, row.machine, row.at.nanoseconds,
                Data(bytes.bytes),
            ])
    }
}

extension StoreReader {
    /// What machines have measured, in the order of their kinds.
    public func figures() throws -> [FigureRow] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT model, driver, fabric, figure, machine, at, bytes FROM figures
                    ORDER BY model, driver, fabric, figure, machine
                """
        ).map { row in
            var bytes = RowBytes([UInt8](row[6] as Data))
            var values: [Int64] = []
            while let value = bytes.next() { values.append(value) }
            return FigureRow(
                model: row[0], driver: row[1], fabric: row[2], figure: row[3], machine: row[4],
                at: Instant(nanoseconds: row[5]), values: values)
        }
    }
}
