import FleetModel
import Foundation
import HealthSignals

/// The public logs and the research, which stand beside the repository and not in it.
enum SignalSamples {
    /// A file of the public logs as text; nil, with the reason printed, when it is not there.
    static func log(_ path: String) throws -> String? {
        let environment = ProcessInfo.processInfo.environment["MUSTER_TRACES"]
        let folder =
            environment.map { URL(fileURLWithPath: $0) }
            ?? shared.appendingPathComponent("traces")
        return try read(folder.appendingPathComponent("gpu-telemetry/" + path))
    }

    /// A file of the research.
    static func research(_ name: String) throws -> String? {
        try read(shared.appendingPathComponent("research/" + name))
    }

    private static var shared: URL {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appendingPathComponent("../shared")
    }

    private static func read(_ file: URL) throws -> String? {
        guard FileManager.default.fileExists(atPath: file.path) else {
            print("skipped: there is no \(file.path)")
            return nil
        }
        guard file.pathExtension == "gz" else {
            return String(decoding: try Data(contentsOf: file), as: UTF8.self)
        }
        let gzip = Process()
        let output = Pipe()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-dc", file.path]
        gzip.standardOutput = output
        try gzip.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        gzip.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}

/// Reads lines with one parser.
func parse(_ lines: String...) -> [LogFault] { parse(lines) }

/// Reads lines with one parser.
func parse(_ lines: [String]) -> [LogFault] {
    var parser = KernelLogParser()
    var faults: [LogFault] = []
    for line in lines { parser.parse(line, into: &faults) }
    return faults
}

/// Reads a whole log with one parser.
func parse(log: String) -> [LogFault] {
    parse(log.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
}

/// Runs faults through the bursts of one node; the last one is followed by silence.
func verdicts(
    _ faults: [(seconds: Int64, fault: LogFault)], rules: FaultRules = FaultRules(),
    model: String = ""
) -> [FaultVerdict] {
    var bursts = FaultBursts(catalogue: FaultCatalogue(rules: rules), model: model)
    var verdicts: [FaultVerdict] = []
    for (seconds, fault) in faults { bursts.note(fault, at: .seconds(seconds), into: &verdicts) }
    bursts.advance(to: .never, into: &verdicts)
    return verdicts
}

/// Runs the lines of a log through parser and bursts, a second apart.
func verdicts(lines: [String], rules: FaultRules = FaultRules()) -> [FaultVerdict] {
    verdicts(
        parse(lines).enumerated().map { (Int64($0.offset) + 1, $0.element) }, rules: rules)
}

/// Only what stands when a burst is over.
func final(_ verdicts: [FaultVerdict]) -> [FaultVerdict] { verdicts.filter { $0.stage == .final } }

/// An XID as the driver prints it.
func xid(_ code: Int32, at device: String = "0000:3b:00", _ text: String = "") -> LogFault {
    parse("NVRM: Xid (PCI:\(device)): \(code), pid=1234, name=python, \(text)")[0]
}
