import Foundation
import HealthSignals
import Testing

/// The tables: that they are whole, and what they make of the codes that matter.
@Suite struct CatalogueTests {
    @Test func tablesAreWholeAndSorted() {
        #expect(FaultCatalogue.xids.count == 174)
        #expect(FaultCatalogue.sxids.count == 92)
        #expect(FaultCatalogue.events.count == FaultEvent.allCases.count)
        for rows in [FaultCatalogue.xids, FaultCatalogue.sxids] {
            #expect(rows.map(\.code) == rows.map(\.code).sorted())
            #expect(Set(rows.map(\.code)).count == rows.count)
        }
        for code in FaultEvent.allCases { #expect(FaultCatalogue.row(for: .event(code)) != nil) }
        // 95 rules of the workbook, and its three second actions.
        #expect(NVLinkRule.all.count == 98)
        #expect(FaultCatalogue.row(for: .xid(999)) == nil)
    }

    /// Rows that ask for a repair say so, and unknown ones never do.
    @Test func unknownNeverAsksForARepair() {
        for row in FaultCatalogue.xids + FaultCatalogue.sxids + FaultCatalogue.events {
            if row.severity == .unknown { #expect(row.action == .unknown) }
            if row.severity >= .critical { #expect(row.action.isRepair, "\(row.code.text)") }
            #expect(!row.name.isEmpty)
        }
        for code in [999, 1_000_000] as [Int32] {
            for fault in [LogFault(.xid(code)), LogFault(.sxid(code))] {
                var fault = fault
                fault.declared = .fatal
                let decision = FaultCatalogue.baseDecision(for: fault)
                #expect(decision.severity == .unknown && !decision.takesOutOfService)
            }
        }
    }

    struct Row: Decodable {
        var code: Int32
        var name: String
        var severity: String
        var action: String
        var scope: String
    }

    /// The tables say what the research collected.
    @Test func tablesAgreeWithTheResearch() throws {
        guard let text = try SignalSamples.research("xid.json") else { return }
        let actions: [String: FaultAction] = [
            "restart_app": .restartApplication, "ignore": .none, "reset_gpu": .resetDevice,
            "reset_link_gpus_or_reboot_node": .resetLinkedDevices,
            "reset_fabric_or_reboot_node": .resetFabric, "reboot_node": .rebootNode,
            "restart_vm": .restartVirtualMachine, "check_mechanical": .inspect,
            "watch_rma": .watch, "check_cooling": .inspect, "update_software": .updateSoftware,
        ]
        var compared = 0
        for row in try JSONDecoder().decode([Row].self, from: Data(text.utf8)) {
            let code: FaultCode = row.scope == "nvswitch" ? .sxid(row.code) : .xid(row.code)
            let found = FaultCatalogue.row(for: code)
            #expect(found != nil, "\(code.text)")
            guard let action = actions[row.action], let found else { continue }
            #expect(found.action == action, "\(code.text)")
            if row.severity != "reserved" {
                #expect(found.severity.name == row.severity, "\(code.text)")
            }
            compared += 1
        }
        #expect(compared > 180)
    }

    struct Rule: Decodable {
        var code: Int32
        var unit: String
        var intrInfoPatternBeforeR575: String
        var intrInfoPatternFromR575: String
        var errorStatus: [String]
        var action: String
    }

    /// Every rule of the workbook decodes a line made of its own pattern, in both layouts.
    @Test func everyLinkRuleDecodesItsPattern() throws {
        guard let text = try SignalSamples.research("xid-nvlink5.json") else { return }
        let outcomes: [String: NVLinkRule.Outcome] = [
            "IGNORE": .ignore, "RESET_GPU": .reset, "XID_154_EVAL": .followVerdict,
        ]
        for rule in try JSONDecoder().decode([Rule].self, from: Data(text.utf8)) {
            let status = rule.errorStatus.first.map { $0.split(separator: "/")[0] } ?? "0x12345678"
            let names = rule.unit.split(separator: "/")
            for (pattern, unit) in [
                (rule.intrInfoPatternBeforeR575, names[0]),
                (rule.intrInfoPatternFromR575, names[names.count - 1]),
            ] {
                // Bits that the pattern leaves open may be anything.
                for open in ["0", "1"] {
                    let bits = pattern.replacing("-", with: open)
                    let word = String(UInt32(bits, radix: 2) ?? 0, radix: 16)
                    let fault = parse(
                        """
                        NVRM: Xid (PCI:0000:04:00): \(rule.code), \(unit) Fatal XC0 i0 Link \
                        00 (0x\(word) \(status) 0x0 0x0)
                        """
                    )[0]
                    let found = NVLinkRule.matching(fault)
                    // The second action of a receive pipe hangs on a bit that is open here.
                    let isSecond = rule.unit == "RLW_RXPIPE" && open == "1"
                    #expect(
                        found?.outcome == outcomes[rule.action] || isSecond,
                        "\(rule.unit) \(pattern) \(status)")
                }
            }
        }
    }

    @Test func severalErrorsOfALinkAtOnce() {
        func rule(_ code: Int32, _ unit: String, _ info: String, _ status: String) -> NVLinkRule? {
            NVLinkRule.matching(
                parse(
                    """
                    NVRM: Xid (PCI:0000:04:00): \(code), \(unit) Fatal XC0 i0 Link 00 \
                    (\(info) \(status))
                    """
                )[0])
        }
        #expect(rule(144, "SAW_MVB", "0x1", "0x3")?.outcome == .reset)
        #expect(rule(144, "SAW_MVB", "0x1", "0x24")?.outcome == .ignore)
        #expect(rule(149, "NETIR_MFDE_EVENT", "0x14", "0x2") == nil)
        #expect(rule(145, "RLW_RXPIPE", "0x86", "0x1")?.outcome == .reset)
        #expect(rule(145, "RLW_RXPIPE", "0x06", "0x1")?.outcome == .ignore)
        #expect(rule(149, "NETIR_LINK_EVT", "0x004505c6", "0x0")?.followUp == .contactProvider)
    }

    @Test func registersOfOlderLinks() {
        func finding(_ words: UInt32...) -> LinkFinding? { LinkFinding.decode(words) }
        #expect(finding() == nil)
        #expect(finding(0, 0, 0, 0, 0, 0, 0) == nil)
        #expect(finding(1 << 23) == .ignorable)
        #expect(finding(1 << 4) == .parity)
        #expect(finding(1 << 4 | 1 << 28) == .mechanical)
        #expect(finding(1 << 21) == .signal)
        #expect(finding(1 << 3) == .unlisted)
        #expect(finding(0, 1) == .unlisted)
        #expect(finding(0, 0, 1 << 16) == .repeatable)
        #expect(finding(0, 0, 0, 1 << 18) == .sympathetic)
        #expect(finding(0, 0, 0, 0, 1 << 20) == .threshold)
        #expect(finding(0, 0, 0, 0, 1 << 18) == .parity)
    }

    /// The table of the research, section 1.1.
    @Test func codesThatMatter() {
        let expected: [(Int32, FaultAction, Bool)] = [
            (13, .restartApplication, false), (31, .restartApplication, false),
            (43, .none, false), (45, .none, false), (46, .resetDevice, true),
            (48, .resetDevice, true), (54, .inspect, true), (62, .resetDevice, true),
            (63, .none, false), (64, .resetDevice, true), (79, .rebootNode, true),
            (92, .none, false), (94, .restartApplication, false), (95, .resetDevice, true),
            (109, .resetDevice, true), (110, .resetDevice, true), (119, .resetDevice, true),
            (120, .resetDevice, true), (121, .none, false), (136, .resetDevice, true),
            (137, .none, false), (140, .resetDevice, true), (143, .resetDevice, true),
            (151, .restartVirtualMachine, true), (155, .resetDevice, false),
            (156, .resetDevice, true), (158, .resetDevice, true), (162, .none, false),
        ]
        for (code, action, isOut) in expected {
            let decision = FaultCatalogue.baseDecision(for: LogFault(.xid(code)))
            #expect(decision.action == action, "XID \(code)")
            #expect(decision.takesOutOfService == isOut, "XID \(code)")
        }
    }

    /// DCGM's renaming of 4.6: field, name before, name since; those that kept theirs have one.
    private static let namesOfFields = """
        53 SERIAL BOARD_SERIAL
        54 UUID GPU_UUID
        112 CLOCK_THROTTLE_REASONS CLOCKS_EVENT_REASONS
        140 MEMORY_TEMP MEMORY_TEMP_CELSIUS
        150 GPU_TEMP GPU_TEMP_CELSIUS
        153 GPU_TEMP_LIMIT GPU_TEMP_MARGIN_CELSIUS
        158 SLOWDOWN_TEMP GPU_TEMP_SLOWDOWN_CELSIUS
        159 SHUTDOWN_TEMP GPU_TEMP_SHUTDOWN_CELSIUS
        170 FABRIC_MANAGER_STATUS
        171 FABRIC_MANAGER_ERROR_CODE FABRIC_MANAGER_ERROR
        172 FABRIC_CLUSTER_UUID
        173 FABRIC_CLIQUE_ID
        174 FABRIC_HEALTH_MASK
        175 FABRIC_HEALTH_SUMMARY
        202 PCIE_REPLAY_COUNTER PCIE_REPLAY_TOTAL
        203 GPU_UTIL GPU_UTIL_RATIO
        230 XID_ERRORS XID_ERROR
        346 THRESHOLD_SRM SRAM_EXCEEDED
        390 RETIRED_SBE PAGE_RETIRED_SBE_TOTAL
        391 RETIRED_DBE PAGE_RETIRED_DBE_TOTAL
        392 RETIRED_PENDING PAGE_RETIRED_PENDING
        393 UNCORRECTABLE_REMAPPED_ROWS ROW_REMAP_UNCORRECTABLE_TOTAL
        394 CORRECTABLE_REMAPPED_ROWS ROW_REMAP_CORRECTABLE_TOTAL
        395 ROW_REMAP_FAILURE ROW_REMAP_FAILED
        396 ROW_REMAP_PENDING
        409 NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL NVLINK_CRC_FLIT_ERROR_TOTAL
        419 NVLINK_CRC_DATA_ERROR_COUNT_TOTAL NVLINK_CRC_DATA_ERROR_TOTAL
        429 NVLINK_REPLAY_ERROR_COUNT_TOTAL NVLINK_REPLAY_ERROR_TOTAL
        439 NVLINK_RECOVERY_ERROR_COUNT_TOTAL NVLINK_RECOVERY_ERROR_TOTAL
        450 GPU_NVLINK_ERRORS NVLINK_ERROR
        """.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }

    @Test(arguments: namesOfFields) func aFieldIsKnownByBothNames(line: [String]) {
        for name in line.dropFirst() {
            #expect(DeviceMetric.named("DCGM_FI_DEV_" + name)?.field == Int32(line[0]), "\(name)")
        }
        #expect(DeviceMetric.field(Int32(line[0]) ?? 0)?.formerName == "DCGM_FI_DEV_" + line[1])
    }

    @Test func metrics() {
        // The rest has kept its name, but for the five shares of profiling.
        let renamed = DeviceMetric.all.filter { $0.name != $0.formerName }.map(\.field)
        let listed = Self.namesOfFields.filter { $0.count == 3 }.compactMap { Int32($0[0]) }
        #expect(renamed == listed + Array(1001...1005))

        for metric in DeviceMetric.all {
            #expect(DeviceMetric.named(metric.name)?.field == metric.field)
            #expect(DeviceMetric.named(metric.formerName)?.field == metric.field)
        }
        #expect(DeviceMetric.field(395)?.limits.first?.action == .contactProvider)
        #expect(DeviceMetric.named("DCGM_FI_DEV_NOTHING") == nil)
        let fields = DeviceMetric.all.map(\.field)
        #expect(fields == fields.sorted() && Set(fields).count == fields.count)
        // Whoever names a limit says who published it.
        for metric in DeviceMetric.all {
            #expect(metric.limits.allSatisfy { !$0.source.isEmpty })
            #expect(metric.limits.map(\.severity) == metric.limits.map(\.severity).sorted(by: >))
        }
        #expect(NetworkCounter.named("link_downed")?.limits.first?.severity == .critical)
        #expect(NetworkCounter.all.count == 17)
        // 0.96 for each lane of Gen4 and minute, times 16.
        #expect(DeviceMetric.replaysPerMinute(generation: 4, lanes: 16) == 16)
        #expect(DeviceMetric.replaysPerMinute(generation: 1, lanes: 1) == 1)
        #expect(DeviceMetric.replaysPerMinute(generation: 7, lanes: 16) == nil)
    }
}
