import CNodeChecks
import FleetModel
import Glibc
import KubernetesJSON
import Qualification

/// What one process of a run does, and how it tells what came of it.
public struct CheckTask: Sendable {
    /// The name that stands for looking at the node, which every run begins with.
    public static let facts = "facts"
    /// What stands before a line that is meant for the run; the rest is a library's talk.
    static let mark = "muster-check: "

    /// The check.
    public var name: String
    /// The device; nil when it is of the node.
    public var device: Int32?
    /// Seconds of load.
    public var seconds: Double
    /// Where a file may be written.
    public var folder: String
    /// Who listens for a check of the network.
    public var peer: String?
    /// A PyTorch to run, by its Python.
    public var python: String
    /// The level, for tools that have levels of their own.
    public var level: String
    /// How many devices there are.
    public var devices: Int

    /// Gathers a task.
    public init(
        name: String, device: Int32? = nil, seconds: Double, folder: String, peer: String? = nil,
        python: String = "python3", level: String = "2m", devices: Int = 0
    ) {
        self.name = name
        self.device = device
        self.seconds = seconds
        self.folder = folder
        self.peer = peer
        self.python = python
        self.level = level
        self.devices = devices
    }

    /// The arguments by which a program is told to do it.
    var arguments: [String] {
        var list = [name, "--seconds", String(seconds), "--folder", folder, "--level", level]
        list += ["--python", python, "--devices", String(devices)]
        if let device { list += ["--device", String(device)] }
        if let peer { list += ["--peer", peer] }
        return list
    }

    /// Does it in this process and writes the line for the run.
    public func perform() {
        // The run may be killed at any time, and must leave nothing behind that loads the node.
        _ = cnodechecks_end_with_parent()
        let line: String
        if name == CheckTask.facts {
            line = CheckTask.text(of: FactsProbe().look())
        } else if let check = CheckID(name: name) {
            line = ResultLine.write(result(of: check))
        } else {
            return
        }
        let bytes = Array(("\n" + CheckTask.mark + line + "\n").utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            done += count
        }
    }

    private func result(of check: CheckID) -> CheckResult {
        let start = Clock.seconds()
        var result = run(check)
        if let device { result.device = device }
        result.milliseconds = Int64((Clock.seconds() - start) * 1000)
        return result
    }

    private func run(_ check: CheckID) -> CheckResult {
        switch check {
        case .hostMemory: return HostMemoryCheck(seconds: seconds).run()
        case .hostCPU: return HostCPUCheck(seconds: seconds).run()
        case .disk: return DiskCheck(folder: folder, seconds: seconds).run()
        case .network:
            let key = getenv(PeerProtocol.keyVariable).flatMap { Hex.bytes(String(cString: $0)) }
            return NetworkCheck(peer: peer, seconds: seconds, key: key).run()
        case .deviceCopy, .deviceMemory, .deviceMultiply, .deviceLinks:
            return DeviceCheck(check: check, device: Int(device ?? 0), seconds: seconds).run()
        case .dcgm, .nvbandwidth, .nccl, .pytorch, .healthValidation:
            return ToolCheck(
                check: check, level: level, python: python, seconds: seconds, devices: devices
            ).run()
        case .identity, .versions, .deviceECC, .devicePCIe, .deviceFabric, .fabric, .hostECC:
            preconditionFailure("\(check.name) is judged by the run, from facts")
        }
    }

    static func text(of facts: MachineFacts) -> String {
        String(decoding: JSONWriter.object { facts.write(into: &$0) }, as: UTF8.self)
    }

    /// The last line that is meant for the run; nil when there is none.
    static func line(in output: [UInt8]) -> ArraySlice<UInt8>? {
        let mark = Array(CheckTask.mark.utf8)
        var last: ArraySlice<UInt8>?
        for line in output.split(separator: UInt8(ascii: "\n")) where line.starts(with: mark) {
            last = line.dropFirst(mark.count)
        }
        return last
    }

    static func facts(in line: ArraySlice<UInt8>) throws(JSONFault) -> MachineFacts {
        try JSONScanner.read(Array(line)) { (scanner) throws(JSONFault) in
            var facts = MachineFacts()
            try scanner.enterObject()
            while let key = try scanner.nextKey() { try facts.read(key.string, &scanner) }
            return facts
        }
    }
}
