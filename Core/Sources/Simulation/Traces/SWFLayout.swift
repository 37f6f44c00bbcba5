import FleetModel

/// The Standard Workload Format 2.2 (Feitelson, Tsafrir and Krakov, "Experience with using the
/// Parallel Workloads Archive", JPDC 2014): 18 numbers a line, -1 for unknown. Processors stand in
/// for GPUs.
struct SWFLayout: TraceLayout {
    /// Names of the fields, in order, for diagnostics.
    static let fields = [
        "job number", "submit time", "wait time", "run time", "allocated processors",
        "average CPU time", "used memory", "requested processors", "requested time",
        "requested memory", "status", "user", "group", "executable", "queue", "partition",
        "preceding job", "think time",
    ]

    let fieldCount = SWFLayout.fields.count
    private(set) var skippedRows = 0

    /// Statuses 2 to 4 are the parts of a job that was checkpointed; it has a line of its own too.
    private static let partialStatuses: ClosedRange<Int64> = 2...4

    /// Whether a line is a row or a comment of this format, seen from its first fields.
    static func recognises(_ row: TraceRow) -> Bool {
        if row.count > 0, row.bytes[row.range(0).lowerBound] == Byte.semicolon { return true }
        return row.count == fields.count && (0..<row.count).allSatisfy { isNumber(row, $0) }
    }

    mutating func job(from row: TraceRow, into log: inout TraceLog) -> TraceJob? {
        let submit = value(1, of: row, to: FleetLimits.seconds, into: &log) {
            row, index throws(FieldFault) in try row.nanoseconds(index)
        }
        let run = seconds(3, of: row, into: &log)
        let allocated = whole(4, of: row, to: TraceLimits.gpusPerJob, into: &log)
        let requested = whole(7, of: row, to: TraceLimits.gpusPerJob, into: &log)
        let limit = seconds(8, of: row, into: &log)
        let memory = whole(9, of: row, to: FleetLimits.hostQuantity, into: &log)
        let status = whole(10, of: row, to: 5, into: &log)
        let user = whole(11, of: row, to: .max / 10 - 1, into: &log)
        let executable = whole(13, of: row, to: .max / 10 - 1, into: &log)
        guard let submit, let run, let allocated, let requested, let limit, let memory,
            let status, let user, let executable
        else { return nil }
        guard submit >= 0 else {
            log.addFault(.negative, row, column(1), expected: "a submit time that is known")
            return nil
        }
        let processors = requested > 0 ? requested : allocated
        if run < 0 || processors <= 0 || Self.partialStatuses.contains(status) {
            skippedRows += 1
            return nil
        }
        let (product, overflow) = max(0, memory).multipliedReportingOverflow(by: processors)
        guard !overflow, product / 1024 < FleetLimits.hostQuantity else {
            log.addFault(
                .tooLarge, row, column(9),
                expected: "memory of all processors up to \(FleetLimits.hostQuantity) MiB")
            return nil
        }
        var job = TraceJob(
            line: log.line, name: row.text(0), submitNanoseconds: submit,
            durationNanoseconds: run, gpus: Int(processors))
        job.memoryMiB = (product + 1023) / 1024
        job.limitNanoseconds = limit > 0 ? limit : -1
        job.tenant = user >= 0 ? "user-\(user)" : ""
        job.family = executable >= 0 ? "app-\(executable)" : ""
        return job
    }

    private func column(_ index: Int) -> TraceColumn {
        TraceColumn(name: Self.fields[index], index: index)
    }

    private func seconds(_ index: Int, of row: TraceRow, into log: inout TraceLog) -> Int64? {
        value(index, of: row, to: FleetLimits.seconds, into: &log) {
            row, index throws(FieldFault) in try row.nanoseconds(index)
        }
    }

    private func whole(
        _ index: Int, of row: TraceRow, to maximum: Int64, into log: inout TraceLog
    ) -> Int64? {
        value(index, of: row, to: maximum, into: &log) {
            row, index throws(FieldFault) in try row.integer(index, maximum: maximum)
        }
    }

    /// What `parse` finds in a field, or -1 when the field is the format's -1 for unknown.
    private func value(
        _ index: Int, of row: TraceRow, to maximum: Int64, into log: inout TraceLog,
        _ parse: (TraceRow, Int) throws(FieldFault) -> Int64
    ) -> Int64? {
        if Self.isUnknown(row, index) { return -1 }
        do throws(FieldFault) {
            return try parse(row, index)
        } catch {
            log.addFault(
                error, row, column(index), expected: "a number from 0 to \(maximum), or -1")
            return nil
        }
    }

    /// Whether a field is -1, which some archives write with decimals.
    private static func isUnknown(_ row: TraceRow, _ index: Int) -> Bool {
        let range = row.range(index)
        guard range.count >= 2, row.bytes[range.lowerBound] == Byte.minus,
            row.bytes[range.lowerBound + 1] == UInt8(ascii: "1")
        else { return false }
        let rest = row.bytes[(range.lowerBound + 2)..<range.upperBound]
        return rest.isEmpty
            || (rest.first == Byte.point && rest.dropFirst().allSatisfy { $0 == Byte.zero })
    }

    private static func isNumber(_ row: TraceRow, _ index: Int) -> Bool {
        row.bytes[row.range(index)].allSatisfy {
            ($0 >= Byte.zero && $0 <= Byte.nine) || $0 == Byte.minus || $0 == Byte.point
        }
    }
}
