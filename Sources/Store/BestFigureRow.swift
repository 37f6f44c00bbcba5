import FleetModel
import Foundation
import GRDB

/// The best that was ever usual of one figure of one kind of machine.
public struct BestFigureRow: Hashable, Sendable {
    /// The model of the device or processor.
    public var model: String
    /// The version of the driver or kernel.
    public var driver: String
    /// What connects the machines.
    public var fabric: String
    /// The figure.
    public var figure: String
    /// The value in thousandths of the figure's unit.
    public var milli: Int64
    /// Machines that agreed.
    public var machines: Int
    /// When that was.
    public var at: Instant

    /// Gathers a row.
    public init(
        model: String, driver: String, fabric: String, figure: String, milli: Int64,
        machines: Int, at: Instant
    ) {
        self.model = model
        self.driver = driver
        self.fabric = fabric
        self.figure = figure
        self.milli = milli
        self.machines = machines
        self.at = at
    }
}

extension StoreTransaction {
    /// Keeps the best that was usual, in place of what was kept before.
    public func putBestFigure(_ row: BestFigureRow) throws {
        try run(
            """
            INSERT OR REPLACE INTO bestFigures(model, driver, fabric, figure, milli, machines, at)
                VALUES(?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.model, row.driver, row.fabric, row.figure, row.milli, row.machines,
                row.at.nanoseconds,
            ])
    }

    /// Forgets what was best, and what machines have measured as well, if that is wanted.
    public func forgetFigures(
        model: String, driver: String, fabric: String, figure: String, withValues: Bool
    ) throws {
        for table in ["bestFigures"] + (withValues ? ["figures"] : []) {
            try run(
                "DELETE FROM \(table) WHERE model = ? AND driver = ? AND fabric = ? AND figure = ?",
                [model, driver, fabric, figure])
        }
    }
}

extension StoreReader {
    /// The best that was ever usual, in the order of kinds.
    public func bestFigures() throws -> [BestFigureRow] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT model, driver, fabric, figure, milli, machines, at FROM bestFigures
                    ORDER BY model, driver, fabric, figure
                """
        ).map { row in
            BestFigureRow(
                model: row[0], driver: row[1], fabric: row[2], figure: row[3], milli: row[4],
                machines: row[5], at: Instant(nanoseconds: row[6]))
        }
    }
}
