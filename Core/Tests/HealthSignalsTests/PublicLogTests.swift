import FleetModel
import HealthSignals
import Testing

/// The logs of the public collection, as a whole.
@Suite struct PublicLogTests {
    @Test func gspTimeoutsWithTheirDump() throws {
        guard let log = try SignalSamples.log("xid/dmesg_xid119_gsp_timeout.log") else { return }
        let faults = parse(log: log)
        let timeouts = faults.filter { $0.code == .xid(119) }
        #expect(faults.map(\.code).filter { $0 == .event(.identity) }.count == 2)
        #expect(timeouts.count == 5)
        #expect(faults.filter { $0.code == .event(.gspSilenced) }.count == 1)
        #expect(faults.count == 8)
        let identity = DeviceIdentity(
            uuid: "GPU-509665ad-b600-ac93-3616-d754b23d636d", serial: "1650124014249")
        #expect(
            timeouts.allSatisfy { $0.device?.text == "0000:9b:00.0" && $0.identity == identity })
        #expect(
            timeouts.map(\.unit) == [
                "GSP_RM_ALLOC", "FREE", "FREE", "GSP_RM_CONTROL", "GSP_RM_CONTROL",
            ])
        #expect(timeouts.map(\.words) == [[103], [10], [10], [76], [76]])
        #expect(
            timeouts.map(\.process?.name) == [
                "nvidia-smi", "nvidia-smi", "nvidia-smi", "cache_mgr_main", "gpud",
            ])
        #expect(timeouts.allSatisfy { $0.instance == 4 })
        let told = verdicts(faults.map { (10, $0) })
        #expect(told.map(\.stage) == [.urgent, .final])
        #expect(told.last?.root == .xid(119))
        #expect(told.last?.action == .resetDevice)
        #expect(told.last?.part.identity == identity)
    }

    @Test func memoryRunsOutAfterAnApplicationsMistakes() throws {
        guard let log = try SignalSamples.log("xid/dmesg_oom.log") else { return }
        let faults = parse(log: log)
        #expect(faults.filter { $0.code == .xid(13) }.count == 16)
        #expect(faults.filter { $0.code == .xid(43) }.count == 1)
        let memory = faults.filter { $0.code == .event(.outOfMemory) }
        #expect(memory.count == 7)
        #expect(memory.map(\.process?.id) == [345_646, nil, 123, 456, 123, 863_987, nil])
        #expect(
            memory.map { $0.process?.name ?? "" }
                == ["vector", "", "httpd", "python", "httpd", "node", ""])
        #expect(faults.count == 24)
        let places = Set(faults.compactMap(\.engine).map { "\($0.cluster)/\($0.texture)" })
        #expect(places == ["8/5", "9/1", "9/2", "9/5", "10/1", "10/4"])
        // One burst of exceptions is the application's, on however many places they are.
        let told = final(verdicts(faults.prefix(17).map { (5, $0) }))
        #expect(told.map(\.root) == [.xid(13)])
        #expect(told.map(\.action) == [.restartApplication])
        #expect(!told[0].takesOutOfService)
    }

    @Test func crashesInsideOfNCCL() throws {
        guard let log = try SignalSamples.log("xid/dmesg_nccl_segfault.log") else { return }
        let faults = parse(log: log)
        #expect(faults.map(\.code) == [.event(.segfaultInNCCL), .event(.segfaultInNCCL)])
        #expect(faults[0].process == FaultedProcess(id: 2_536_443, name: "pt_main_thread"))
    }

    @Test func peerMemoryErrors() throws {
        guard let log = try SignalSamples.log("xid/kmsg_peermem_errors.log") else { return }
        let faults = parse(log: log)
        #expect(faults.map(\.code) == Array(repeating: .event(.peerMemory), count: 7))
        #expect(faults[0].uptime == TimeSpan(nanoseconds: 227_996_636_000))
        #expect(final(verdicts(faults.map { (1, $0) })).map(\.takesOutOfService) == [false])
    }

    @Test func switchesThatAreOpenedAreNotFaulty() throws {
        guard let log = try SignalSamples.log("xid/kmsg_nvswitch.log") else { return }
        #expect(parse(log: log).isEmpty)
    }

    @Test func aPanicAndWhatTheMachineSaidAtItsStart() throws {
        guard let log = try SignalSamples.log("xid/pstore_crash_dmesg.txt") else { return }
        let faults = parse(log: log)
        #expect(
            Set(faults.map(\.code)) == [
                .event(.kernelPanic), .event(.nicCableUnplugged), .event(.nicLinkUp),
            ])
        let told = final(verdicts(faults.map { (1, $0) }))
        #expect(told.map(\.root) == [.event(.kernelPanic)])
    }

    @Test func theFabricManagersLog() throws {
        guard let log = try SignalSamples.log("fabric/fabricmanager.log") else { return }
        let faults = parse(log: log)
        #expect(faults.count == 1)
        #expect(faults.first?.code == .sxid(12028))
        #expect(faults.first?.device?.text == "0000:86:00.0")
        #expect(faults.first?.declared == .nonFatal)
        #expect(faults.first?.link == 61)
        #expect(faults.first?.instance == 3)
    }

    @Test func aFlappingLink() throws {
        guard let log = try SignalSamples.log("fabric/ib_link_flap_syslog.txt") else { return }
        let faults = parse(log: log)
        #expect(faults.filter { $0.code == .event(.nicLinkDown) }.count == 6)
        #expect(faults.filter { $0.code == .event(.nicLinkUp) }.count == 6)
        #expect(Set(faults.map(\.interface)) == ["ib6"])
        let told = verdicts(faults.enumerated().map { (Int64($0.offset), $0.element) })
        #expect(told.map(\.stage) == [.urgent, .final])
        #expect(told.last?.part.interface == "ib6")
        #expect(told.last?.action == .inspect)
        #expect(told.last?.rule == .repetition(.event(.nicLinkDown), count: 3))
    }

    /// Outputs of tests and tools have no faults in them.
    @Test(arguments: [
        "burn-in/nccl_allreduce.log", "burn-in/nccl_alltoall.log",
        "burn-in/nvbandwidth_results.log", "burn-in/gpu_burn.log.gz",
        "burn-in/ib_loopback_all_sizes.log", "burn-in/megatron_deepspeed.log.gz",
        "burn-in/diagnosis_summary.jsonl", "burn-in/monitor.jsonl",
        "fabric/lspci_nn_a100.txt", "fabric/lspci_vvv.txt.gz", "fabric/nvlink_status_ok.txt",
        "fabric/nvlink_status_bad.txt", "fabric/nvidia-smi_nvlink_status_a100.txt",
        "nvidia-smi/retired_pages_8gpu_bad.txt", "dcgm/dcgm_scrape_t4.prom",
    ])
    func noFalseAlarm(_ path: String) throws {
        guard let log = try SignalSamples.log(path) else { return }
        #expect(parse(log: log) == [])
        var parser = FrameworkLogParser()
        for line in log.split(separator: "\n") {
            #expect(parser.parse(String(line)) == nil, "\(line)")
        }
    }

    /// Metrics of a real scrape are found by their names, old and new.
    @Test func metricsOfAScrape() throws {
        guard let text = try SignalSamples.log("dcgm/dcgm_scrape_t4.prom") else { return }
        let names = Set(
            text.split(separator: "\n").filter { $0.hasPrefix("DCGM_") }
                .map { String($0.prefix { $0 != "{" && $0 != " " }) })
        let fields = names.compactMap { DeviceMetric.named($0)?.field }.sorted()
        #expect(fields.contains(230) && fields.contains(395) && fields.contains(1004))
        #expect(fields.count >= 14)
    }
}
