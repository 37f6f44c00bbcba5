import FleetModel

/// Muster's own table; `docs/TRACE-FORMAT.md` is its description for people.
struct MusterLayout: TraceLayout {
    static let required = ["submit_seconds", "duration_seconds", "gpus"]
    static let optional = [
        "name", "gpu_milli", "cpu_milli", "memory_mib", "kinds", "tenant", "family",
        "limit_seconds", "priority",
    ]

    let fieldCount: Int
    let submit, duration, gpus: TraceColumn
    let name, gpuMilli, cpu, memory, kinds, tenant, family, limit, priority: TraceColumn

    init(_ header: TraceHeader) {
        fieldCount = header.names.count
        submit = header.column("submit_seconds")
        duration = header.column("duration_seconds")
        gpus = header.column("gpus")
        name = header.column("name")
        gpuMilli = header.column("gpu_milli")
        cpu = header.column("cpu_milli")
        memory = header.column("memory_mib")
        kinds = header.column("kinds")
        tenant = header.column("tenant")
        family = header.column("family")
        limit = header.column("limit_seconds")
        priority = header.column("priority")
    }

    func job(from row: TraceRow, into log: inout TraceLog) -> TraceJob? {
        let submit = log.nanoseconds(row, submit)
        let duration = log.nanoseconds(row, duration, orEmpty: -1)
        let gpus = log.gpus(row, gpus)
        let milli = gpus.flatMap { gpuMilli(of: row, gpus: $0, into: &log) }
        let cpu = log.hostQuantity(row, cpu, of: "thousandths of a core")
        let memory = log.hostQuantity(row, memory, of: "MiB")
        let limit = limitNanoseconds(of: row, into: &log)
        let priority = priority(of: row, into: &log)
        let kinds = kindNames(of: row, into: &log)
        guard let submit, let duration, let gpus, let milli, let cpu, let memory, let limit,
            let priority, let kinds
        else { return nil }
        var job = TraceJob(
            line: log.line, name: row.text(name.index), submitNanoseconds: submit,
            durationNanoseconds: duration, gpus: gpus)
        job.gpuMilli = milli
        job.cpuMilli = cpu
        job.memoryMiB = memory
        job.kinds = kinds
        job.tenant = row.text(tenant.index)
        job.family = row.text(family.index)
        job.limitNanoseconds = limit
        job.priority = priority
        return job
    }

    private func gpuMilli(of row: TraceRow, gpus: Int, into log: inout TraceLog) -> Int? {
        if row.isEmpty(gpuMilli.index) { return 1000 }
        let milli = log.integer(row, gpuMilli, from: 1, to: 1000, of: "thousandths of a GPU")
        guard let milli else { return nil }
        guard milli == 1000 || gpus == 1 else {
            log.add(
                .invalidField, "a job of \(gpus) GPUs takes \(milli) thousandths of each",
                expected: "gpu_milli below 1000 only where gpus is 1")
            return nil
        }
        return Int(milli)
    }

    private func limitNanoseconds(of row: TraceRow, into log: inout TraceLog) -> Int64? {
        guard let nanoseconds = log.nanoseconds(row, limit, orEmpty: -1) else { return nil }
        guard nanoseconds != 0 else {
            log.add(
                .invalidField, "a time limit of zero",
                expected: "seconds above zero, or an empty field for no limit")
            return nil
        }
        return nanoseconds
    }

    private func priority(of row: TraceRow, into log: inout TraceLog) -> Int32? {
        if row.isEmpty(priority.index) { return 0 }
        do throws(FieldFault) {
            return try row.signedInteger(priority.index)
        } catch {
            log.addFault(
                error, row, priority,
                expected: "a whole number from -\(Int32.max) to \(Int32.max)")
            return nil
        }
    }

    private func kindNames(of row: TraceRow, into log: inout TraceLog) -> [String]? {
        let names = row.names(kinds.index)
        guard names.count <= TraceLimits.kindsPerJob else {
            log.add(
                .invalidField, "\(names.count) accelerator kinds in column 'kinds'",
                expected: "at most \(TraceLimits.kindsPerJob) kinds separated by |")
            return nil
        }
        return names
    }
}
