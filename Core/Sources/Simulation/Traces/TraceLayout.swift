import FleetModel

/// How the rows of one file become jobs: a format, with the places of its columns.
protocol TraceLayout: Sendable {
    /// Fields that every row must have.
    var fieldCount: Int { get }

    /// The job of a row; nil when it has none, or when it is wrong, which then is in `log`.
    mutating func job(from row: TraceRow, into log: inout TraceLog) -> TraceJob?

    /// Rows that are in order and yet hold no job to run.
    var skippedRows: Int { get }
}

extension TraceLayout {
    var skippedRows: Int { 0 }
}

/// Microsoft ITP: seconds since the start of the collection.
struct ITPLayout: TraceLayout {
    static let required = ["job_id", "submission_time", "num_gpu", "duration"]
    static let optional = ["model_name"]

    let fieldCount: Int
    let name, submit, gpus, duration, family: TraceColumn

    init(_ header: TraceHeader) {
        fieldCount = header.names.count
        name = header.column("job_id")
        submit = header.column("submission_time")
        gpus = header.column("num_gpu")
        duration = header.column("duration")
        family = header.column("model_name")
    }

    func job(from row: TraceRow, into log: inout TraceLog) -> TraceJob? {
        let submit = log.nanoseconds(row, submit)
        let gpus = log.gpus(row, gpus)
        let duration = log.nanoseconds(row, duration)
        guard let submit, let gpus, let duration else { return nil }
        var job = TraceJob(
            line: log.line, name: row.text(name.index), submitNanoseconds: submit,
            durationNanoseconds: duration, gpus: gpus)
        job.family = row.text(family.index)
        return job
    }
}

/// Microsoft Philly: submitted at a wall clock time, by a virtual cluster.
struct PhillyLayout: TraceLayout {
    static let required = ["timestamp", "duration", "num_gpus", "cluster"]

    let fieldCount: Int
    let submit, duration, gpus, tenant: TraceColumn

    init(_ header: TraceHeader) {
        fieldCount = header.names.count
        submit = header.column("timestamp")
        duration = header.column("duration")
        gpus = header.column("num_gpus")
        tenant = header.column("cluster")
    }

    func job(from row: TraceRow, into log: inout TraceLog) -> TraceJob? {
        var submitted: Int64?
        do throws(FieldFault) {
            submitted = try row.wallClock(submit.index)
        } catch {
            log.addFault(
                error, row, submit,
                expected: "a date and time from 1970 to 2069, such as 2017-09-04 10:30:41")
        }
        let duration = log.nanoseconds(row, duration)
        let gpus = log.gpus(row, gpus)
        guard let submitted, let duration, let gpus else { return nil }
        var job = TraceJob(
            line: log.line, name: "", submitNanoseconds: submitted, durationNanoseconds: duration,
            gpus: gpus)
        job.tenant = row.text(tenant.index)
        return job
    }
}

/// Alibaba openb pods. The quality-of-service class stands in for the tenant, which is not known.
struct OpenbLayout: TraceLayout {
    static let required = [
        "name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec", "creation_time",
        "deletion_time", "scheduled_time",
    ]
    static let optional = ["qos"]
    /// What a list without times and kinds has, as made from the real one for fills.
    static let untimed = ["name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli"]

    /// Whether a header is that of a list without times and kinds.
    static func isUntimed(_ header: TraceHeader) -> Bool {
        let others = required.filter { !untimed.contains($0) }
        return untimed.allSatisfy { header.index(of: $0) != nil }
            && others.allSatisfy { header.index(of: $0) == nil }
    }

    let fieldCount: Int
    let isTimed: Bool
    let name, cpu, memory, gpus, gpuMilli, kinds, tenant: TraceColumn
    let creation, deletion, scheduled: TraceColumn

    init(_ header: TraceHeader) {
        fieldCount = header.names.count
        isTimed = !OpenbLayout.isUntimed(header)
        name = header.column("name")
        cpu = header.column("cpu_milli")
        memory = header.column("memory_mib")
        gpus = header.column("num_gpu")
        gpuMilli = header.column("gpu_milli")
        kinds = header.column("gpu_spec")
        tenant = header.column("qos")
        creation = header.column("creation_time")
        deletion = header.column("deletion_time")
        scheduled = header.column("scheduled_time")
    }

    func job(from row: TraceRow, into log: inout TraceLog) -> TraceJob? {
        let cpu = log.hostQuantity(row, cpu, of: "thousandths of a core")
        let memory = log.hostQuantity(row, memory, of: "MiB")
        let gpus = log.gpus(row, gpus)
        let milli = gpus.flatMap { log.gpuMilli(row, gpuMilli, gpus: $0) }
        let created = isTimed ? log.nanoseconds(row, creation) : 0
        let started = log.nanoseconds(row, scheduled, orEmpty: created ?? 0)
        let ended = log.nanoseconds(row, deletion, orEmpty: -1)
        guard let cpu, let memory, let gpus, let milli, let created, let started, let ended else {
            return nil
        }
        guard ended < 0 || ended >= started else {
            log.add(
                .invalidField,
                "'\(row.quotable(deletion.index))' in column 'deletion_time' is before "
                    + "the pod was scheduled or created",
                expected: "a time that is not before scheduled_time and creation_time")
            return nil
        }
        var job = TraceJob(
            line: log.line, name: row.text(name.index), submitNanoseconds: created,
            durationNanoseconds: ended < 0 ? -1 : ended - started, gpus: gpus)
        job.gpuMilli = milli
        job.cpuMilli = cpu
        job.memoryMiB = memory
        job.kinds = isTimed ? row.names(kinds.index) : []
        job.tenant = row.text(tenant.index)
        return job
    }
}
