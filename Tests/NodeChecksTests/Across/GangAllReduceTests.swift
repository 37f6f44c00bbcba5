import Foundation
import Qualification
import Testing

@testable import NodeChecks

/// An all-reduce across nodes by tools that pretend.
@Suite(.serialized)
struct GangAllReduceTests {
    private static func output(ranks: [Int], wrong: Int = 0) -> String {
        var lines = ["# nThread 1 nGpus 2 minBytes 8388608 maxBytes 1073741824"]
        lines += ranks.map { "#  Rank  \($0) Group  0 Pid 7 on gpu-1 device  0 [0x1b] NVIDIA H100" }
        lines.append(
            "  1073741824   268435456     float     sum      -1   5500.0  195.2  366.0      "
                + "\(wrong)   5510.0  194.9  365.4      0")
        lines.append("# Out of bounds values : 0 OK")
        return lines.joined(separator: "\n") + "\n"
    }

    private func result(_ text: String) -> CheckResult {
        GangAllReduce.result(
            Array(text.utf8), ending: "it ended with exit status 0", ranks: 4, devices: 2)
    }

    @Test func whatTheToolSaysIsUnderstood() {
        let good = result(GangAllReduceTests.output(ranks: [0, 1, 2, 3]))
        #expect(good.status == .passed && good.figure(.allReduce)?.milli == 366_000)
        #expect(good.notes.contains("4 devices of 2 nodes"))
        let wrong = result(GangAllReduceTests.output(ranks: [0, 1, 2, 3], wrong: 7))
        #expect(wrong.status == .failed)
        // Each node by itself says nothing of what is between them.
        let alone = result(GangAllReduceTests.output(ranks: [0, 1, 0, 1]))
        #expect(alone.status == .notApplicable && alone.note.contains("built without MPI"))
        let part = result(GangAllReduceTests.output(ranks: [0, 1, 2]))
        #expect(part.status == .error && part.note.hasPrefix("3 of 4 devices took part"))
        let none = result("ssh: connect to host 10.0.0.2 port 22: Connection refused\n")
        #expect(none.status == .notApplicable && none.note.contains("Connection refused"))
    }

    @Test func whatIsMissingIsSaid() {
        func words(_ devices: [Int32], _ tools: [String]) -> String {
            let plan = GangAllReduce.plan(hosts: ["a", "b"], devices: devices) { name in
                tools.contains(name) ? "/bin/\(name)" : nil
            }
            switch plan {
            case .notApplicable(let words): return words
            case .command(let command): return command.joined(separator: " ")
            }
        }
        #expect(words([0, 0], []) == "there are no devices")
        #expect(words([8, 7], []) == "the nodes have different numbers of devices")
        #expect(words([8, 8], []).hasPrefix("all_reduce_perf is not installed"))
        #expect(words([8, 8], ["all_reduce_perf"]).hasPrefix("mpirun is not installed"))
        let all = words([8, 8], ["all_reduce_perf", "mpirun"])
        #expect(all.contains("-np 2 --host localhost:1,b:1 ") && all.hasSuffix(" -g 8"))
    }

    @Test func rankZeroStartsItAcrossThoseThatAreGood() async throws {
        let text = GangAllReduceTests.output(ranks: [0, 1, 2, 3, 4, 5])
        let stage = try GangStage(3, ["--only", "nccl"])
        stage.fake = .good
        try stage.tool("all_reduce_perf", "echo 'no figures'")
        try stage.tool("mpirun", "cat <<'END'\n\(text)END")
        try stage.start()
        _ = try await stage.statuses()
        let found = stage.result["allReduce"] as? [String: Any]
        #expect(found?["status"] as? String == "passed", "\(stage.out(0))")
        #expect((found?["notes"] as? [String])?.contains("6 devices of 3 nodes") == true)
    }

    @Test func withoutToolsItIsNotApplicable() async throws {
        let stage = try GangStage(2, ["--only", "nccl"])
        try stage.start()
        _ = try await stage.statuses()
        let found = stage.result["allReduce"] as? [String: Any]
        #expect(found?["status"] as? String == "notApplicable", "\(stage.out(0))")
        #expect((found?["notes"] as? [String]) == ["there are no devices"])
    }
}
