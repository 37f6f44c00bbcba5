import Documents
import FleetModel
import Simulation

/// Where jobs come from: a trace, a YAML file, or a generator.
enum WorkloadSource {
    /// The jobs of a trace.
    static func trace(
        _ path: String, format: String?, fleet: FleetDefinition, tenants: TenantTree,
        skipsUnplaceable: Bool, traits: JobTraits? = nil, hint: String = ""
    ) throws(Failure) -> Workload {
        let chosen = try format.map(Self.format)
        var reader = TraceReader(file: path, format: chosen)
        try FileReading.forEachChunk(of: path) { chunk in
            reader.feed(chunk)
            return reader.wantsMore
        }
        let trace = try reader.finish().orFail()
        if trace.skippedRows > 0 {
            Console.say("\(path): \(trace.skippedRows) rows of jobs that never ran are left out")
        }
        var fitting = TraceFitting(
            fleet: fleet, file: path, tenants: tenants, skipsUnplaceable: skipsUnplaceable,
            hint: hint, traits: { _ in traits })
        return try fitting.fit(trace.jobs).orFail()
    }

    private static func format(_ name: String) throws(Failure) -> TraceFormat {
        do throws(DiagnosticList) {
            return try TraceFormat.from(name: name).get()
        } catch {
            throw Failure(error.diagnostics, status: .usage)
        }
    }

    /// Generated jobs of a preset.
    static func generated(
        _ preset: WorkloadGenerator.Preset, seed: UInt64, jobs: Int, loadPercent: Int,
        fleet: FleetDefinition, tenants: TenantTree
    ) throws(Failure) -> Workload {
        let trace: [TraceJob]
        do throws(DiagnosticList) {
            let generator = try WorkloadGenerator(
                preset: preset, seed: seed, extent: .jobs(jobs),
                fleetGPUs: Int(fleet.deviceCount), loadPercent: loadPercent)
            trace = generator.generate()
        } catch {
            throw Failure(reading: error)
        }
        var fitting = TraceFitting(
            fleet: fleet, file: "generated \(preset.rawValue) workload",
            tenants: tenants.tenants.isEmpty ? quotas(of: preset, fleet: fleet) : tenants,
            skipsUnplaceable: true, traits: WorkloadGenerator.traits)
        return try fitting.fit(trace).orFail()
    }

    /// A quota tree for a preset's tenants: by weight they are guaranteed four fifths of each kind,
    /// and share the rest.
    private static func quotas(
        of preset: WorkloadGenerator.Preset, fleet: FleetDefinition
    ) -> TenantTree {
        var tree = TenantTree()
        let sum = Int64(max(1, preset.tenants.reduce(0) { $0 + $1.weight }))
        for tenant in preset.tenants {
            let id = tree.leaf(named: tenant.name)
            let weight = Int64(tenant.weight)
            tree.tenants[id.index].quotas = fleet.devicesByKind.enumerated().map { kind, devices in
                QuotaSpec(
                    kind: AcceleratorKindID(kind),
                    guaranteedMilli: devices * 4 / 5 * weight / sum * 1000,
                    weight: max(1, weight))
            }
        }
        return tree
    }

    /// The quota tree of a file.
    static func tenants(
        _ path: String?, fleet: FleetDefinition
    ) throws(Failure) -> TenantTree {
        guard let path else { return TenantTree() }
        return try TenantsDocument.parse(FileReading.document(path)).resolve(fleet: fleet).orFail()
    }

    /// The jobs of a YAML file.
    static func jobs(
        _ source: SourceText, fleet: FleetDefinition, tenants: TenantTree?
    ) throws(Failure) -> Workload {
        try JobsDocument.parse(source).resolve(fleet: fleet, tenants: tenants).orFail()
    }

    /// Whether a file has a fleet of its own, as scenarios do.
    static func isScenario(_ source: SourceText) -> Bool {
        let key = Array("fleet:".utf8)
        let lines = source.bytes.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        return lines.contains { $0.starts(with: key) }
    }

    /// Everything that a scenario file names; paths in it are relative to it.
    static func scenario(_ source: SourceText) throws(Failure) -> ScenarioDocument.Resolved {
        let folder = source.file.lastIndex(of: "/").map { String(source.file[...$0]) } ?? ""
        return try ScenarioDocument.parse(source).resolve { name in
            do throws(Failure) {
                let resolved = name.hasPrefix("/") ? name : folder + name
                return .success(try FileReading.document(resolved))
            } catch {
                // Diagnostics of a scenario are on its own lines, so the words name the other file.
                return .failure(
                    DiagnosticList(
                        error.diagnostics.map { mistake in
                            var mistake = mistake
                            mistake.message = "'\(name)': \(mistake.message)"
                            return mistake
                        }))
            }
        }.orFail()
    }
}
