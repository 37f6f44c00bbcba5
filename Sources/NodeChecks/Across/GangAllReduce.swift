import FleetModel
import Glibc
import Qualification

/// An all-reduce across the nodes of a gang: `all_reduce_perf` of nccl-tests, which knows no other
/// way to several nodes than MPI, started by the `mpirun` of rank 0's node.
struct GangAllReduce: ~Copyable {
    /// What is known before anything runs.
    enum Plan {
        /// The program and its arguments.
        case command([String])
        /// Why there is nothing to run.
        case notApplicable(String)
    }

    private var process: ChildProcess
    private let ranks: Int
    private let devices: Int
    private let end: Double

    /// What to run on these.
    ///
    /// - Parameters:
    ///   - hosts: Where each node is found, the first of them being this one.
    ///   - devices: How many devices each has.
    ///   - find: Where a program is; nil where it is not.
    static func plan(
        hosts: [String], devices: [Int32], find: (String) -> String?
    ) -> Plan {
        guard let count = devices.first, count > 0, devices.allSatisfy({ $0 == count }) else {
            let isAny = devices.contains { $0 > 0 }
            return .notApplicable(
                isAny ? "the nodes have different numbers of devices" : "there are no devices")
        }
        guard let tool = find("all_reduce_perf") else {
            return .notApplicable("all_reduce_perf is not installed on rank 0's node")
        }
        guard let launcher = find("mpirun") else {
            return .notApplicable(
                "mpirun is not installed on rank 0's node, and all_reduce_perf knows no other way "
                    + "to several nodes")
        }
        let list = (["localhost"] + hosts.dropFirst()).map { $0 + ":1" }.joined(separator: ",")
        return .command(
            [launcher, "--allow-run-as-root", "-np", String(hosts.count), "--host", list]
                + ["--map-by", "ppr:1:node", "--bind-to", "none"]
                + ["-x", "PATH", "-x", "LD_LIBRARY_PATH", tool]
                + ["-b", "8M", "-e", "1G", "-f", "2", "-g", String(count)])
    }

    /// Starts it.
    init(
        _ command: [String], nodes: Int, devices: Int32, seconds: Double
    ) throws(ChildProcess.NotStarted) {
        // A list of hosts that the launcher of this job gave is of one node, or of another purpose.
        let lists = ["OMPI_MCA_orte_default_hostfile=", "PRTE_MCA_prte_default_hostfile="]
        let environment = CheckEnvironment.ofTasks.filter { entry in
            !lists.contains { entry.hasPrefix($0) }
        }
        // Nobody is there to answer a question for a password.
        let options = "-o BatchMode=yes -o ConnectTimeout=10"
        process = try ChildProcess(
            command,
            environment: environment + [
                "OMPI_MCA_plm_rsh_args=\(options)", "PRTE_MCA_plm_ssh_args=\(options)",
            ])
        self.devices = Int(devices)
        ranks = nodes * Int(devices)
        end = Clock.seconds() + seconds
    }

    /// What came of it; nil while it runs.
    mutating func look() -> CheckResult? {
        process.look()
        guard process.isOver || Clock.seconds() > end else { return nil }
        if !process.isOver {
            _ = process.stop()
            return CheckResult(
                .nccl, .error, ["mpirun did not come to an end"], code: .checkBroke)
        }
        process.look()
        return GangAllReduce.result(
            process.output, ending: process.ending, ranks: ranks, devices: devices)
    }

    /// What its output says.
    static func result(
        _ output: [UInt8], ending: String, ranks: Int, devices: Int
    ) -> CheckResult {
        let found = self.ranks(in: output)
        let last =
            output.split(separator: UInt8(ascii: "\n")).last
            .map { String(decoding: $0.prefix(300), as: UTF8.self) } ?? ""
        guard !found.isEmpty else {
            return CheckResult(
                .nccl, .notApplicable,
                ["mpirun did not start all_reduce_perf on the nodes: \(ending): \(last)"])
        }
        guard found.count >= ranks else {
            if found.count == devices {
                return CheckResult(
                    .nccl, .notApplicable,
                    ["all_reduce_perf was built without MPI, so that each node ran by itself"])
            }
            return CheckResult(
                .nccl, .error, ["\(found.count) of \(ranks) devices took part: \(ending): \(last)"],
                code: .toolOutput)
        }
        var result = NcclTests.read(output).result(of: .nccl)
        if result.status == .error { result.code = .toolOutput }
        result.notes.append("\(ranks) devices of \(ranks / max(devices, 1)) nodes")
        return result
    }

    /// The ranks of NCCL that the tool lists before it begins, each once.
    private static func ranks(in output: [UInt8]) -> Set<Int> {
        var ranks: Set<Int> = []
        for line in output.split(separator: UInt8(ascii: "\n")).prefix(NcclTests.mostLines) {
            let words = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 })
            guard words.count > 3, words[0].elementsEqual("#".utf8),
                words[1].elementsEqual("Rank".utf8),
                let rank = Int(String(decoding: words[2], as: UTF8.self))
            else { continue }
            ranks.insert(rank)
        }
        return ranks
    }
}
