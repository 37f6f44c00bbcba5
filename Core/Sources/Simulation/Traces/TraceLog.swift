import FleetModel

/// What is wrong with one file: the first hundred mistakes, and how many more there are.
struct TraceLog {
    /// Diagnostics that are kept; the rest are counted, so that a broken file costs no memory.
    static let limit = 100

    /// The name of the file.
    let file: String
    /// The line that is being read.
    var line = 0
    /// The first mistakes, in order of place.
    private(set) var diagnostics: [Diagnostic] = []
    /// Mistakes beyond the limit.
    private(set) var omitted = 0

    init(file: String) { self.file = file }

    /// Whether the file has a mistake.
    var hasMistakes: Bool { !diagnostics.isEmpty }

    /// Notes a mistake on the current line.
    mutating func add(
        _ code: DiagnosticCode, _ message: @autoclosure () -> String, expected: String,
        hint: String = ""
    ) {
        guard diagnostics.count < Self.limit else {
            omitted += 1
            return
        }
        diagnostics.append(
            Diagnostic(
                code, file: file, line: line, message: message(), expected: expected, hint: hint))
    }

    /// Notes that the current line is longer than any line may be.
    mutating func addLineTooLong() {
        add(
            .lineTooLong, "the line is longer than \(LineSplitter.limitBytes) bytes",
            expected: "lines of at most \(LineSplitter.limitBytes) bytes",
            hint: "is this a text file with one job a line?")
    }

    /// Notes that a field does not hold what its column holds.
    mutating func addFault(
        _ fault: FieldFault, _ row: TraceRow, _ column: TraceColumn, expected: String
    ) {
        let reason =
            switch fault {
            case .notANumber: "is not what the column holds"
            case .negative: "is below zero"
            case .tooLarge: "is too large"
            }
        add(
            .invalidField, "'\(row.quotable(column.index))' in column '\(column.name)' \(reason)",
            expected: expected)
    }

    /// All mistakes as an error, with a last entry that counts those that were left out.
    var list: DiagnosticList {
        guard omitted > 0 else { return DiagnosticList(diagnostics) }
        let rest = Diagnostic(
            .invalidField, file: file,
            message: "\(omitted) more mistakes in this file are not shown",
            expected: "a file without mistakes")
        return DiagnosticList(diagnostics + [rest])
    }
}

/// A column of a table: its name and which field of a row it is.
struct TraceColumn {
    /// The name in the header, or in the format's definition when there is no header.
    let name: String
    /// The position in a row; -1 when the file has no such column.
    let index: Int

    /// Whether the file has the column.
    var isPresent: Bool { index >= 0 }
}

extension TraceLog {
    /// The seconds of a field in nanoseconds; nil, with a diagnostic, when it holds none.
    mutating func nanoseconds(_ row: TraceRow, _ column: TraceColumn) -> Int64? {
        do throws(FieldFault) {
            return try row.nanoseconds(column.index)
        } catch {
            addFault(
                error, row, column,
                expected: "seconds from 0 to \(FleetLimits.seconds), decimals allowed")
            return nil
        }
    }

    /// The seconds of a field in nanoseconds, or `missing` when it is empty or absent.
    mutating func nanoseconds(
        _ row: TraceRow, _ column: TraceColumn, orEmpty missing: Int64
    ) -> Int64? {
        row.isEmpty(column.index) ? missing : nanoseconds(row, column)
    }

    /// The whole number of a field; nil, with a diagnostic, when it is none or out of range.
    mutating func integer(
        _ row: TraceRow, _ column: TraceColumn, from minimum: Int64 = 0, to maximum: Int64,
        of what: String
    ) -> Int64? {
        var fault = FieldFault.notANumber
        do throws(FieldFault) {
            let value = try row.integer(column.index, maximum: maximum)
            if value >= minimum { return value }
        } catch {
            fault = error
        }
        addFault(
            fault, row, column, expected: "a whole number of \(what) from \(minimum) to \(maximum)")
        return nil
    }

    /// The GPU count of a field.
    mutating func gpus(_ row: TraceRow, _ column: TraceColumn) -> Int? {
        integer(row, column, to: TraceLimits.gpusPerJob, of: "GPUs").map { Int($0) }
    }

    /// A host quantity, or 0 when the field is empty or absent.
    mutating func hostQuantity(
        _ row: TraceRow, _ column: TraceColumn, of what: String
    ) -> Int64? {
        if row.isEmpty(column.index) { return 0 }
        return integer(row, column, to: FleetLimits.hostQuantity, of: what)
    }

    /// Thousandths of a GPU for a job of `gpus`; jobs of several GPUs, or none, take whole ones.
    mutating func gpuMilli(_ row: TraceRow, _ column: TraceColumn, gpus: Int) -> Int? {
        if gpus != 1 || row.isEmpty(column.index) { return 1000 }
        return integer(row, column, from: 1, to: 1000, of: "thousandths of a GPU").map { Int($0) }
    }
}

/// Bounds on what a trace may ask for.
enum TraceLimits {
    /// GPUs of one job: the most members a job may have, with the most devices a node may have.
    static let gpusPerJob = Int64(FleetLimits.membersPerJob * FleetLimits.devicesPerNode)
    /// Accelerator kinds that one job may name.
    static let kindsPerJob = FleetLimits.acceleratorKinds
}

extension TraceRow {
    /// The names in field `index`, separated by `|`; empty ones are dropped.
    func names(_ index: Int) -> [String] {
        if isEmpty(index) { return [] }
        return bytes[range(index)].split(separator: Byte.bar).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
