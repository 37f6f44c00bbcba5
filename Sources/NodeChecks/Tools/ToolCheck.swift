import FleetModel
import Glibc
import KubernetesJSON
import Qualification

/// Runs another tool, if it is installed, and reads what it writes.
struct ToolCheck {
    var check: CheckID
    /// The level of the run.
    var level: String
    var python: String
    var seconds: Double
    /// How many devices there are.
    var devices = 1
    /// Folders to look for programs in.
    var folders: [String] = ToolCheck.searchPath

    /// Seconds that a tool may take, beyond which the run kills this process as well.
    private static let mostSeconds = 3600.0

    static var searchPath: [String] {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let usual = ["/usr/bin", "/usr/local/bin", "/usr/local/cuda/bin", "/opt/nccl-tests/build"]
        return path.split(separator: ":").map(String.init) + usual
    }

    func run() -> CheckResult {
        let (name, arguments) = command
        guard let program = find(name) else {
            return CheckResult(check, .notApplicable, ["\(name) is not installed"])
        }
        let (output, ending, exitStatus): ([UInt8], String, Int32?)
        do throws(ChildProcess.NotStarted) {
            (output, ending, exitStatus) = try ToolCheck.capture([program] + arguments)
        } catch {
            return CheckResult(check, .error, [error.words], code: .checkBroke)
        }
        do throws(JSONFault) {
            var result = try findings(in: output).result(of: check)
            if exitStatus != 0, !explains(result.status, exitStatus) {
                result.note(.error, "\(name): \(ending)")
            }
            if result.status == .error { result.code = .toolOutput }
            if result.status == .notApplicable, check != .pytorch {
                result.notes.append("\(name) ran and tested nothing")
            }
            return result
        } catch {
            let last = output.split(separator: UInt8(ascii: "\n")).last.map { line in
                ": " + String(decoding: line.prefix(200), as: UTF8.self)
            }
            return CheckResult(
                check, .error,
                [
                    "\(name): \(ending), and what it wrote is not understood: \(error)"
                        + (last ?? "")
                ],
                code: .toolOutput)
        }
    }

    /// Whether what a tool wrote is why it did not end well. One that a signal ended was cut short;
    /// the others that say more than right or wrong end so for what is only slow, too.
    private func explains(_ status: CheckStatus, _ exitStatus: Int32?) -> Bool {
        guard exitStatus != nil else { return false }
        switch status {
        case .passed: return false
        case .degraded: return check == .dcgm || check == .healthValidation
        case .failed, .notApplicable, .notRun, .error: return true
        }
    }

    private var command: (name: String, arguments: [String]) {
        switch check {
        case .dcgm:
            let runLevel = ["2m": "1", "15m": "2", "1h": "3"][level] ?? "1"
            return ("dcgmi", ["diag", "-r", runLevel, "-j"])
        case .nvbandwidth:
            return (
                "nvbandwidth",
                [
                    "-j", "-t", "host_to_device_memcpy_ce", "device_to_host_memcpy_ce",
                    "device_to_device_memcpy_read_ce",
                ]
            )
        case .nccl:
            return (
                "all_reduce_perf",
                ["-b", "8M", "-e", "1G", "-f", "2", "-g", String(max(devices, 1))]
            )
        case .healthValidation: return ("health-validation", [])
        default: return (python, ["-c", PyTorchRun.script, String(seconds)])
        }
    }

    private func findings(in output: [UInt8]) throws(JSONFault) -> ToolFindings {
        switch check {
        case .dcgm: try DcgmDiag.read(ToolCheck.object(in: output))
        case .nvbandwidth: try NvBandwidth.read(ToolCheck.object(in: output))
        case .nccl: NcclTests.read(output, upTo: NcclTests.largestAsked)
        case .healthValidation: try HealthValidationVerdict.read(ToolCheck.object(in: output))
        default: try PyTorchRun.read(ToolCheck.object(in: output))
        }
    }

    /// From the first brace to the last: tools warn before and after what they write.
    static func object(in output: [UInt8]) -> [UInt8] {
        guard let first = output.firstIndex(of: UInt8(ascii: "{")),
            let last = output.lastIndex(of: UInt8(ascii: "}")), first < last
        else { return output }
        return Array(output[first...last])
    }

    private func find(_ name: String) -> String? { ToolCheck.find(name, in: folders) }

    static func find(_ name: String, in folders: [String]) -> String? {
        if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
        return folders.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private static func capture(
        _ arguments: [String]
    ) throws(ChildProcess.NotStarted) -> ([UInt8], String, Int32?) {
        var process = try ChildProcess(arguments, environment: CheckEnvironment.ofTasks)
        let end = Clock.seconds() + mostSeconds
        while !process.isOver, Clock.seconds() < end {
            if let descriptor = process.descriptor {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&waiting, 1, 100)
            } else {
                usleep(10_000)
            }
            process.look()
        }
        if !process.isOver { _ = process.stop() }
        process.look()
        return (process.output, process.ending, process.exitStatus)
    }
}
