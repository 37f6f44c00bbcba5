import FleetModel
import Health
import KubernetesJSON
import Qualification

/// Reads the lines of one run, from the first to the verdict.
struct RunReader {
    private var line = 0
    private var run: (level: QualificationLevel, began: Instant, facts: MachineFacts)?
    private var results: [CheckResult] = []
    private var seen: Set<Place> = []
    private var verdict: RunVerdict?

    /// One check of one device, or of the node.
    private struct Place: Hashable {
        var check: CheckID
        var device: Int32?
    }

    private typealias Fault = CheckedRun.Fault

    mutating func read(_ bytes: [UInt8]) throws(CheckedRun.Fault) {
        line += 1
        guard bytes.contains(where: { $0 > 0x20 }) else { return }
        guard line <= CheckedRun.mostLines else {
            throw fault("a run has at most \(CheckedRun.mostLines) lines")
        }
        guard verdict == nil else { throw fault("the verdict is the last line of a run") }
        var object = StrictObject(line: line)
        try object.scan(bytes)
        switch try object.text("kind") {
        case "run":
            guard run == nil else { throw fault("there are lines of two runs") }
            run = try begin(&object)
        case "result":
            guard let run else { throw fault("a run begins with a line of the kind 'run'") }
            let result = try ResultReader(devices: run.facts.deviceCount).read(&object)
            let place = Place(check: result.check, device: result.device)
            guard seen.insert(place).inserted else {
                throw fault("the same check of the same device comes twice", "check")
            }
            results.append(result)
        case "verdict":
            guard let run else { throw fault("a run begins with a line of the kind 'run'") }
            verdict = try end(&object, run.level, run.facts.deviceCount)
        case let other:
            throw fault("'\(other.prefix(100))' is none of run, result, verdict", "kind")
        }
    }

    /// What was read; throws when the end is missing.
    func end() throws(CheckedRun.Fault) -> CheckedRun {
        guard let run, let verdict else {
            throw Fault(line: max(line, 1), words: "the run has no line of the kind 'verdict'")
        }
        return CheckedRun(began: run.began, facts: run.facts, verdict: verdict)
    }

    /// What was read of a run that goes on; nil before its first line.
    var begun: (level: QualificationLevel, facts: MachineFacts, results: [CheckResult])? {
        run.map { ($0.level, $0.facts, results) }
    }

    /// Whether the verdict has been read, after which nothing follows.
    var isOver: Bool { verdict != nil }

    private func fault(_ words: String, _ field: String? = nil) -> CheckedRun.Fault {
        Fault(line: line, field: field, words: words)
    }

    // MARK: The first line

    private static let facts = [
        "host", "chassis", "processor", "cores", "nvml", "cuda", "cudaDevices",
        "cudaAddresses", "pciDevices", "computeAddresses", "displayAddresses", "devices",
        "ports", "memoryControllers", "versions",
    ]

    private func begin(
        _ object: inout StrictObject
    ) throws(CheckedRun.Fault) -> (QualificationLevel, Instant, MachineFacts) {
        let version = try object.integer("version")
        guard version == CheckReport.version else {
            throw fault("is \(version), and this version reads \(CheckReport.version)", "version")
        }
        let level = try self.level(&object)
        let text = try object.text("at")
        guard let began = Instant(utcText: text) else {
            throw fault("'\(text.prefix(100))' is no time in UTC (RFC 3339)", "at")
        }
        var facts = MachineFacts()
        for key in RunReader.facts {
            guard let bytes = object.take(key) else { continue }
            do throws(JSONFault) {
                try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
                    try facts.read(key, &scanner)
                }
            } catch {
                throw fault(error.description, key)
            }
        }
        try object.end()
        guard facts.deviceCount <= Int32(FleetLimits.devicesPerNode),
            facts.devices.count <= FleetLimits.devicesPerNode
        else { throw fault("a node has at most \(FleetLimits.devicesPerNode) devices", "devices") }
        return (level, began, facts)
    }

    private func level(
        _ object: inout StrictObject
    ) throws(CheckedRun.Fault) -> QualificationLevel {
        let name = try object.text("level")
        guard let level = QualificationLevel(name: name) else {
            throw fault("'\(name.prefix(100))' is no level", "level")
        }
        return level
    }

    // MARK: The verdict

    /// What the results lead to, if the line says just that.
    private func end(
        _ object: inout StrictObject, _ level: QualificationLevel, _ devices: Int32
    ) throws(CheckedRun.Fault) -> RunVerdict {
        guard try self.level(&object) == level else {
            throw fault("is not that of the first line", "level")
        }
        let verdict = RunVerdict(
            results: results, level: level, devices: devices,
            isComplete: try object.boolean("complete"))
        let outcome = verdict.outcome
        let checks = outcome.failedTests.compactMap { CheckID(rawValue: $0.rawValue)?.name }
        func contradicts(_ field: String, _ says: String, _ is: String) -> Fault {
            fault("says \(says.prefix(200)), and the results lead to \(`is`)", field)
        }
        for (field, expected) in [
            ("status", verdict.status.name), ("outcome", CheckReport.name(outcome.verdict)),
        ] {
            let told = try object.text(field)
            guard told == expected else { throw contradicts(field, told, expected) }
        }
        let isLoaded = try object.boolean("loaded")
        guard isLoaded == outcome.isLoaded else {
            throw contradicts("loaded", "\(isLoaded)", "\(outcome.isLoaded)")
        }
        for (field, expected) in [
            ("components", CheckReport.names(outcome.components)), ("failedChecks", checks),
        ] {
            let told = try object.texts(field)
            guard told == expected else { throw contradicts(field, "\(told)", "\(expected)") }
        }
        for (field, expected) in [
            ("devices", outcome.devices), ("failedDevices", outcome.failedDevices),
        ] {
            let told = try object.integers(field)
            let bits = (0..<64).filter { expected & 1 << UInt64($0) != 0 }.map { Int64($0) }
            guard told == bits else { throw contradicts(field, "\(told)", "\(bits)") }
        }
        try count(&object)
        _ = try object.integer("milliseconds", 0...Int64.max)
        try object.end()
        return verdict
    }

    private func count(_ object: inout StrictObject) throws(CheckedRun.Fault) {
        var counts = try object.object("counts")
        for status in CheckStatus.allCases {
            let told = try counts.integer(status.name)
            let count = results.count { $0.status == status }
            guard told == Int64(count) else {
                throw fault("says \(told) \(status.name), and there are \(count)", "counts")
            }
        }
        try counts.end()
    }
}
