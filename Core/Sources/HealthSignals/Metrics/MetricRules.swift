import FleetModel

/// The rules by which values of metrics become signs of trouble.
///
/// A metric alone has hardware watched, and tested when it is idle. Only what the driver itself
/// concludes for good, a link that goes down again and again and a bit error rate beyond the
/// standard's have it tested before it takes more work; nothing is reset, rebooted or given back
/// for a metric. Where a limit is published, its source stands beside it.
public enum MetricRules {
    private static let dcgm = "DCGM 72fa3fe health watches"
    private static let nvidia = "NVIDIA memory error management"
    private static let azure = "azurehpc-health-checks 0e0a1ac"
    private static let gpud = "gpud 4a8de33"
    private static let nvsentinel = "NVSentinel 0f60731"
    private static let own = "Muster"

    private static let minute = TimeSpan.seconds(60)
    private static let hour = TimeSpan.seconds(3600)
    private static let fiveMinutes = TimeSpan.seconds(300)
    private static let tenMinutes = TimeSpan.seconds(600)
    private static let eks = "\(own); eks-node-monitoring-agent 51af549 tells any growth"

    /// All rules.
    public static let all: [MetricRule] = memory + device + links + fabric + ports

    private static let memory: [MetricRule] = [
        rule(395, "row remapping failed", .isAtLeast(1), .gpuMemoryUnrepairable, nvidia),
        rule(1507, "memory unrepairable", .isAtLeast(1), .gpuMemoryUnrepairable, dcgm),
        rule(346, "SRAM errors beyond the limit", .isAtLeast(1), .gpuMemoryUnrepairable, nvidia),
        rule(
            393, "512 rows remapped", .isAtLeast(512), .gpuMemoryUnrepairable, "\(dcgm); \(azure)"),
        rule(391, "63 pages retired", .isAtLeast(63), .gpuMemoryUnrepairable, dcgm),
        rule(396, "row remapping pending", .isAtLeast(1), .gpuMemoryRepairPending, nvidia),
        rule(392, "page retirement pending", .isAtLeast(1), .gpuMemoryRepairPending, dcgm),
        rule(393, "8 rows remapped", .isAtLeast(8), .gpuMemoryWorn, nvidia),
        rule(391, "15 pages retired", .isAtLeast(15), .gpuMemoryWorn, dcgm),
        rule(310, "20 million corrected errors", .isAtLeast(20_000_000), .gpuMemoryWorn, azure),
        rule(
            311, "uncorrectable memory errors", .grows(times: 1, within: hour),
            .gpuMemoryUncorrected, dcgm),
        rule(
            313, "uncorrectable memory errors in all", .grows(times: 1, within: hour),
            .gpuMemoryUncorrected, dcgm),
    ]

    private static let device: [MetricRule] = [
        rule(1523, "the driver asks for a repair", .isAtLeast(1), .gpuRecoveryWanted, "NVML"),
        rule(
            112, "slowed down by heat or power",
            .holds(
                .anyBit(ClockReasons.troubled.rawValue), shareMilli: 600, window: tenMinutes),
            .gpuSlowedDown, "\(gpud): 0.6 events a minute over ten minutes"),
        slowdown(1422, "slowed down by heat, by software"),
        slowdown(1423, "slowed down by heat, by hardware"),
        slowdown(1424, "slowed down by the power brake"),
        rule(
            150, "hot", .holds(.atLeast(90), shareMilli: 800, window: tenMinutes), .gpuHot,
            "Outerbounds: above 90 °C clocks fall"),
        rule(
            153, "no margin of temperature",
            .holds(.atMost(0), shareMilli: 500, window: tenMinutes), .gpuHot, gpud),
        rule(
            150, "hotter than its peers",
            .holds(.aboveBusyPeers(15), shareMilli: 800, window: tenMinutes),
            .gpuHotterThanPeers, own),
    ]

    private static let links: [MetricRule] = [
        rule(
            202, "PCIe replays",
            .rate(.replaysOfLink, per: minute, window: .seconds(300), windows: 2), .pcieReplays,
            dcgm),
        rule(409, "NVLink CRC errors of flits", crc, .nvlinkErrors, dcgm),
        rule(419, "NVLink CRC errors of data", crc, .nvlinkErrors, dcgm),
        rule(429, "NVLink replays", .grows(times: 2, within: hour), .nvlinkErrors, dcgm),
        rule(439, "NVLink recoveries", .grows(times: 2, within: hour), .nvlinkErrors, dcgm),
        rule(450, "NVLink errors", .grows(times: 2, within: hour), .nvlinkErrors, dcgm),
    ]

    /// Blank values are not told. Training of the fabric after a start takes minutes; a device that
    /// has no fabric says 0 everywhere.
    private static let fabric: [MetricRule] = [
        rule(
            170, "left the fabric", .holds(.left(3), shareMilli: 1000, window: fiveMinutes),
            .gpuFabric, "\(own); 3 is DCGM's success"),
        rule(
            171, "fabric error", .holds(.atLeast(1), shareMilli: 1000, window: fiveMinutes),
            .gpuFabric, dcgm),
        rule(
            174, "fabric health mask",
            .holds(
                .anyBit(FabricHealth.troubled.rawValue), shareMilli: 1000, window: fiveMinutes),
            .gpuFabric, dcgm),
        rule(
            175, "fabric unhealthy", .holds(.atLeast(2), shareMilli: 1000, window: fiveMinutes),
            .gpuFabric, "NVML: 1 is healthy, 2 unhealthy, 3 of limited capacity"),
    ]

    private static let crc = MetricRule.Condition.rate(
        .fixed(100), per: .seconds(1), window: .seconds(60), windows: 2)

    private static let ports: [MetricRule] =
        [
            rule(
                "link_downed", "link lost", .grows(times: 1, within: hour), .nicLinkLost, nvsentinel
            ),
            rule("link_downed", "link flaps", .grows(times: 3, within: hour), .nicLinkFlaps, own),
            rule(
                "carrier_changes", "carrier flaps", .grows(times: 3, within: hour), .nicLinkLost,
                nvsentinel),
            rule(
                "state", "port is down",
                .holds(.left(4), shareMilli: 1000, window: .seconds(300)), .nicPortDown, own),
            rule(
                "carrier", "no carrier", .holds(.left(1), shareMilli: 1000, window: .seconds(300)),
                .nicPortDown, own),
            rule(
                "silent", "does not answer",
                .holds(.atLeast(1), shareMilli: 1000, window: .seconds(300)), .nicSilent, own),
            rule(
                "symbol_error", "bit error rate",
                .rate(.fixed(121), per: hour, window: hour, windows: 2), .nicErrorRate,
                "InfiniBand: 120 symbol errors an hour; \(nvsentinel)"),
            rule(
                "symbol_error", "symbol errors",
                .rate(.fixed(11), per: .seconds(1), window: minute, windows: 2), .nicErrors,
                nvsentinel),
            rule(
                "link_error_recovery", "links that retrain",
                .rate(.fixed(6), per: minute, window: .seconds(300), windows: 2), .nicErrors,
                nvsentinel),
            rule(
                "roce_slow_restart", "RoCE slow restarts",
                .rate(.fixed(11), per: .seconds(1), window: minute, windows: 2), .nicErrors,
                nvsentinel),
        ]
        + [
            "local_link_integrity_errors", "excessive_buffer_overrun_errors",
            "rnr_nak_retry_err",
        ].map { rule($0, $0, .grows(times: 2, within: hour), .nicErrors, nvsentinel) }
        + [
            "port_rcv_errors", "rdma_read_wr_err", "rdma_write_wr_err", "retrans_timeout_events",
            "rx_drops",
        ].map { rule($0, $0, .grows(times: 3, within: hour), .nicErrors, own) }
        // A peer that dies makes all the others count these, in one reading or two.
        + ["unresponsive_remote_events", "impaired_remote_conn_events"].map {
            rule($0, $0, .grows(times: 3, within: hour), .nicErrors, eks)
        }
        // Some is normal where paths are many. About a thousand packets of 8 KiB a second is not.
        + [("retrans_pkts", Int64(1000)), ("retrans_bytes", 8_000_000)].map { name, limit in
            rule(
                name, name,
                .rate(.fixed(limit), per: .seconds(1), window: fiveMinutes, windows: 2),
                .nicErrors, eks)
        }

    private static func rule(
        _ field: Int32, _ name: String, _ condition: MetricRule.Condition, _ event: FaultEvent,
        _ source: String
    ) -> MetricRule {
        MetricRule(name, .field(field), condition, event, source)
    }

    private static func rule(
        _ counter: String, _ name: String, _ condition: MetricRule.Condition,
        _ event: FaultEvent, _ source: String
    ) -> MetricRule {
        MetricRule(name, .counter(counter), condition, event, source)
    }

    /// Nanoseconds in a slowdown: 600 thousandths of the time.
    private static func slowdown(_ field: Int32, _ name: String) -> MetricRule {
        rule(
            field, name,
            .rate(.fixed(600_000_000), per: .seconds(1), window: tenMinutes, windows: 1),
            .gpuSlowedDown, "\(gpud): 0.6 events a minute over ten minutes")
    }
}

// What is looked up by value.
extension MetricRules {
    /// The signals that rules are about, and what helps to judge them; a signal's place here is its
    /// number in a book.
    static let signals: [MetricSignal] = {
        var seen: Set<MetricSignal> = []
        let helpers: [MetricSignal] = [.field(203), .field(237), .field(238)]
        return (all.map(\.signal) + helpers).filter { seen.insert($0).inserted }
    }()

    /// A signal's number; nil for one that no rule is about.
    static func number(of signal: MetricSignal) -> Int? { numbers[signal] }

    private static let numbers: [MetricSignal: Int] = {
        var numbers: [MetricSignal: Int] = [:]
        for (number, signal) in signals.enumerated() { numbers[signal] = number }
        return numbers
    }()

    /// The rules about each signal, by its number.
    static let rulesOfSignal: [[Int]] = signals.map { signal in
        all.indices.filter { all[$0].signal == signal }
    }

    /// The place of a rule of a name; nil for one that is not known (any more).
    static func place(of name: String) -> Int? { all.firstIndex { $0.name == name } }
}
