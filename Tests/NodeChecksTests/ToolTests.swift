import FleetModel
import Foundation
import KubernetesJSON
import Qualification
import Testing

@testable import NodeChecks

/// What other tools write, and what nobody should have written.
struct ToolTests {
    private static let dcgm4 = """
        {"DCGM Diagnostic": {"test_categories": [
          {"category": "Deployment", "tests": [
            {"name": "software", "results": [
              {"entity_group": "GPU", "entity_id": 0, "status": "Pass"},
              {"entity_group": "GPU", "entity_id": 1, "status": "Pass"}],
             "test_summary": {"status": "Pass"}}]},
          {"category": "Hardware", "tests": [
            {"name": "memory", "results": [
              {"entity_group": "GPU", "entity_id": 0, "status": "Pass"},
              {"entity_group": "GPU", "entity_id": 1, "status": "Fail", "warnings": [
                {"error_category": 4, "error_id": 42, "warning": "row remap failure"}]}],
             "test_summary": {"status": "Fail"}},
            {"name": "diagnostic", "results": [{"entity_id": 0, "status": "Skip"}]}]}]},
         "metadata": {"version": "4.2.3"}}
        """
    private static let dcgm3 = """
        {"DCGM GPU Diagnostic": {"test_categories": [{"category": "Integration", "tests": [
          {"name": "PCIe", "results": [
            {"gpu_ids": "0", "status": "WARN", "warnings": "slow link", "info": "x"},
            {"gpu_ids": "1,2", "status": "PASS"}]}]}]}}
        """
    private static let bandwidth = """
        {"nvbandwidth": {"CUDA Runtime Version": 12040, "testcases": [
          {"name": "host_to_device_memcpy_ce", "status": "Passed", "sum": 110.5,
           "bandwidth_description": "x", "bandwidth_matrix": [["55.64", "54.86"]]},
          {"name": "device_to_host_memcpy_ce", "status": "Passed",
           "bandwidth_matrix": [["55.2", "49.1"]]},
          {"name": "device_to_device_memcpy_read_ce", "status": "Waived"}], "version": "v0.6"}}
        """
    private static let verdict = """
        {"overall_severity": "CRITICAL", "schema": 3, "affected_components": [
          {"category": "gpu", "max_severity": "CRITICAL", "check_ids": ["gpu_count"],
           "entities": ["node"]}]}
        """

    @Test func understandsDcgm4() throws {
        let findings = try DcgmDiag.read(Array(ToolTests.dcgm4.utf8))
        #expect(findings.status == .failed)
        #expect(findings.failedDevices == [1])
        #expect(findings.note == "memory failed, device 1: row remap failure")
        #expect(findings.result(of: .dcgm).device == 1)
    }

    @Test func understandsDcgm3() throws {
        let findings = try DcgmDiag.read(Array(ToolTests.dcgm3.utf8))
        #expect(findings.status == .degraded)
        #expect(findings.notes == ["PCIe warns, device 0: slow link"])
        #expect(findings.failedDevices.isEmpty)
    }

    @Test func aDiagThatRanNothingIsNoPass() throws {
        let empty = Array(#"{"DCGM Diagnostic": {"test_categories": []}}"#.utf8)
        #expect(try DcgmDiag.read(empty).status == .notApplicable)
        let broken = Array(#"{"DCGM Diagnostic": {"runtime_error": "no host engine"}}"#.utf8)
        #expect(try DcgmDiag.read(broken).status == .error)
        #expect(throws: JSONFault.self) { try DcgmDiag.read(Array("{}".utf8)) }
    }

    @Test func understandsNvbandwidth() throws {
        let findings = try NvBandwidth.read(Array(ToolTests.bandwidth.utf8))
        #expect(findings.status == .passed)
        #expect(
            findings.figures == [
                Figure(.hostToDevice, milli: 54_860), Figure(.deviceToHost, milli: 49_100),
            ])
        let failed = ToolTests.bandwidth.replacingOccurrences(of: "Waived", with: "Error")
        #expect(try NvBandwidth.read(Array(failed.utf8)).status == .failed)
    }

    @Test func understandsHealthValidation() throws {
        let findings = try HealthValidationVerdict.read(Array(ToolTests.verdict.utf8))
        #expect(findings.status == .failed)
        #expect(findings.notes == ["the verdict is CRITICAL", "gpu CRITICAL: gpu_count (node)"])
        for (word, status) in [
            ("PASS", CheckStatus.passed), ("INFO", .passed), ("WARNING", .degraded),
            ("UNKNOWN", .error),
        ] {
            let text = #"{"overall_severity": "\#(word)"}"#
            #expect(try HealthValidationVerdict.read(Array(text.utf8)).status == status)
        }
        #expect(throws: JSONFault.self) {
            try HealthValidationVerdict.read(Array(#"{"overall_severity": "FINE"}"#.utf8))
        }
    }

    @Test func understandsPyTorch() throws {
        let good = #"{"tflops": 712.345, "wrong": [], "torch": "2.8.0"}"#
        let findings = try PyTorchRun.read(Array(good.utf8))
        #expect(findings.status == .passed)
        #expect(findings.figures == [Figure(.pytorchBF16, milli: 712_345)])
        let absent = #"{"absent": "No module named 'torch'"}"#
        #expect(try PyTorchRun.read(Array(absent.utf8)).status == .notApplicable)
        let wrong = #"{"tflops": 700, "wrong": [3], "torch": "2.8.0"}"#
        #expect(try PyTorchRun.read(Array(wrong.utf8)).failedDevices == [3])
    }

    private static let rows = """
        # nThread 1 nGpus 8 minBytes 8388608 maxBytes 1073741824 step: 2(factor)
        #  size  count  type  redop  root  time  algbw  busbw #wrong  time  algbw  busbw #wrong
           8388608   2097152 float sum -1  110.1  76.19  133.3      0  109.0 76.96 134.68      0
        1073741824 268435456 float sum -1 4001.0  268.4  469.6      0 4002.0 268.3  469.5      0
        # Out of bounds values : 0 OK
        # Avg bus bandwidth    : 301.7
        """

    @Test func understandsNcclTests() {
        let findings = NcclTests.read(Array(ToolTests.rows.utf8))
        #expect(findings.status == .passed)
        #expect(findings.figures == [Figure(.allReduce, milli: 469_600)])
        let wrong = ToolTests.rows.replacingOccurrences(of: "469.5      0", with: "469.5     17")
        #expect(NcclTests.read(Array(wrong.utf8)).status == .failed)
        let failed = ToolTests.rows.replacingOccurrences(of: ": 0 OK", with: ": 3 FAILED")
        #expect(NcclTests.read(Array(failed.utf8)).status == .failed)
        let none = NcclTests.read(Array("node1: Test NCCL failure common.cu:1005\n".utf8))
        #expect(none.status == .error)
        #expect(none.note.contains("common.cu"))
    }

    /// A run that broke off says nothing good of what came before.
    @Test func aRunOfNcclThatBreaksOffIsNoPass() {
        let cut = ToolTests.rows.split(separator: "\n").dropLast(3).joined(separator: "\n")
        let short = NcclTests.read(Array(cut.utf8), upTo: NcclTests.largestAsked)
        #expect(short.status == .error && short.note.contains("end at 8388608 bytes"))
        let failure = cut + "\nnode1: Test NCCL failure common.cu:1005 'unhandled error'\n"
        #expect(NcclTests.read(Array(failure.utf8)).status == .error)
        let warning = ToolTests.rows + "\nnode1:77 NCCL WARN something\n"
        #expect(NcclTests.read(Array(warning.utf8), upTo: 1 << 30).status == .degraded)
        #expect(NcclTests.read(Array(ToolTests.rows.utf8), upTo: 1 << 30).status == .passed)
    }

    /// A folder with a program of a name, which writes all that a good run does.
    @Test(arguments: [("exit 0", CheckStatus.passed), ("exit 1", .error), ("kill -6 $$", .error)])
    func howAToolEndedCounts(ending: String, status: CheckStatus) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-tool-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("all_reduce_perf")
        try Data("#!/bin/sh\ncat <<'END'\n\(ToolTests.rows)\nEND\n\(ending)\n".utf8).write(to: file)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: file.path)
        let result = ToolCheck(
            check: .nccl, level: "2m", python: "python3", seconds: 1, folders: [folder.path]
        ).run()
        #expect(result.status == status, "\(result.notes)")
        #expect((result.code == .toolOutput) == (status == .error))
    }

    /// A log of eight A100, of a public set of traces.
    @Test func understandsARealLog() throws {
        let root =
            ProcessInfo.processInfo.environment["MUSTER_TRACES"]
            ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../shared/traces").path
        let path = root + "/gpu-telemetry/burn-in/nccl_allreduce.log"
        guard let data = FileManager.default.contents(atPath: path) else {
            print("skipped: there is no \(path)")
            return
        }
        let findings = NcclTests.read([UInt8](data))
        #expect(findings.status == .passed)
        #expect(findings.figures == [Figure(.allReduce, milli: 235_260)])
    }

    /// What is cut off, changed or made up ends in a fault or a finding, and never in a trap.
    @Test func withstandsAnything() {
        let samples = [
            ToolTests.dcgm4, ToolTests.dcgm3, ToolTests.bandwidth, ToolTests.verdict,
            ToolTests.rows, #"{"tflops": 1e99, "wrong": [1], "torch": "2"}"#,
        ].map { Array($0.utf8) }
        var random = SplitMix(seed: 77)
        var (faults, passes) = (0, 0)
        for _ in 0..<4_000 {
            var bytes = samples[random.below(samples.count)]
            for _ in 0..<random.below(4) {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.removeLast(bytes.count - place - 1)
                case 2: bytes.insert(contentsOf: "-99999999999999999999e9".utf8, at: place)
                default: bytes.insert(contentsOf: bytes.prefix(64), at: place)
                }
            }
            let readers: [([UInt8]) throws -> ToolFindings] = [
                DcgmDiag.read, NvBandwidth.read, HealthValidationVerdict.read, PyTorchRun.read,
                { NcclTests.read($0) },
            ]
            for reader in readers {
                do {
                    let findings = try reader(bytes)
                    #expect(findings.notes.count <= CheckResult.notesKept)
                    passes += 1
                } catch {
                    faults += 1
                }
            }
        }
        #expect(faults > 1_000)
        #expect(passes > 1_000)
    }

    @Test func findsTheObjectBetweenAToolsTalk() {
        let object = ToolCheck.object(in: Array("warning: x\n{\"a\": {}}\nbye\n".utf8))
        #expect(String(decoding: object, as: UTF8.self) == "{\"a\": {}}")
        #expect(ToolCheck.object(in: Array("} {".utf8)).count == 3)
    }
}
