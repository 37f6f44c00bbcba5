import FleetModel
import Testing

@testable import Simulation

@Suite struct PublicTraceTests {
    private func jobs(_ path: String, _ format: TraceFormat) throws -> [TraceJob]? {
        guard let bytes = try PublicTraces.bytes(path) else { return nil }
        let trace = try readTrace(bytes).get()
        #expect(trace.format == format)
        #expect(trace.skippedRows == 0)
        #expect(trace.jobs.first?.submitNanoseconds == 0)
        return trace.jobs
    }

    private func gpuHours(_ jobs: [TraceJob]) -> Int64 {
        let seconds = jobs.reduce(Int64(0)) {
            $0 + Int64($1.gpus) * ($1.durationNanoseconds / 1_000_000_000)
        }
        return (seconds + 1800) / 3600
    }

    @Test func itpCluster04() throws {
        guard let jobs = try jobs("itp/cluster04.csv.gz", .itp) else { return }
        #expect(jobs.count == 15_802)
        #expect(gpuHours(jobs) == 705_683)
        #expect(jobs[0].name == "c9c620ea-4336-c1a9-8abe-e26bd13076b8")
        #expect(jobs[0].line == 2)
        #expect(jobs[0].durationNanoseconds == 288_476_000_000_000)
        #expect(jobs[1].submitNanoseconds == 3_000_000_000)
        #expect(jobs.count { $0.family == "bert" } == 2268)
        #expect(jobs.count { $0.gpus == 8 } == 2779)
    }

    @Test func philly() throws {
        guard let jobs = try jobs("philly/philly_jobs_2017-09_to_11.csv.gz", .philly) else {
            return
        }
        #expect(jobs.count == 74_167)
        #expect(gpuHours(jobs) == 894_968)
        #expect(jobs[0].durationNanoseconds == 2_240_194_000_000_000)
        // From 10:30:41 on 4 September to 03:58:57 on the 7th.
        #expect(jobs[1].submitNanoseconds == (3 * 86_400 - 23_504) * 1_000_000_000)
        #expect(jobs.count { $0.tenant == "6214e9" } == 37_755)
        #expect(Set(jobs.map(\.tenant)).count == 15)
    }

    @Test func openbPods() throws {
        let path = "alibaba-openb-2023/openb_pod_list_default.csv"
        guard let jobs = try jobs(path, .openb) else { return }
        #expect(jobs.count == 8152)
        let gpus = jobs.reduce(0) { $0 + $1.gpus }
        #expect(gpus == 7433)
        #expect(jobs.count { $0.gpus == 0 } == 1088)
        #expect(jobs.count { $0.gpus == 1 && $0.gpuMilli < 1000 } == 3078)
        #expect(jobs.count { $0.tenant == "LS" } == 4647)
    }

    @Test func openbKinds() throws {
        let path = "alibaba-openb-2023/openb_pod_list_gpuspec25.csv.gz"
        guard let jobs = try jobs(path, .openb) else { return }
        #expect(jobs.contains { $0.kinds.count > 1 })
        #expect(jobs.allSatisfy { !$0.kinds.contains("") })
    }

    @Test func openbNodes() throws {
        let path = "alibaba-openb-2023/openb_node_list_gpu_node.csv"
        guard let bytes = try PublicTraces.bytes(path) else { return }
        #expect(OpenbNodeReader.recognises(Array(bytes.prefix(4096))))
        for size in [1, 7, 1 << 16] {
            var reader = OpenbNodeReader(file: path)
            for start in stride(from: 0, to: bytes.count, by: size) {
                reader.feed(Array(bytes[start..<min(bytes.count, start + size)]))
            }
            let fleet = try reader.finish().get()
            #expect(fleet.nodes.count == 1213)
            #expect(fleet.deviceCount == 6212)
            #expect(fleet.kinds.count == 7)
            #expect(fleet.topology.levels.count == 1)
            #expect(fleet.nodes[0].host.memoryMiB == 262_144)
        }
        #expect(diagnostics(readTrace(bytes)).first?.code == .unknownFormat)
    }

    @Test func chunksDoNotMatter() throws {
        guard let itp = try PublicTraces.bytes("itp/cluster10.csv.gz"),
            let pods = try PublicTraces.bytes(
                "alibaba-openb-2023/openb_pod_list_default.csv")
        else { return }
        for bytes in [itp, pods] {
            let whole = try readTrace(bytes, chunk: .max / 2).get()
            for size in [1, 7, 1 << 16] {
                #expect(try readTrace(bytes, chunk: size).get().jobs == whole.jobs)
            }
        }
    }
}
