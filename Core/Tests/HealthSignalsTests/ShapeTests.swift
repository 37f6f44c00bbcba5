import FleetModel
import HealthSignals
import Testing

/// The shapes of lines that the research lists, and their neighbours.
@Suite struct ShapeTests {
    /// A line, the code that it tells, its device.
    static let shapes: [(line: String, code: FaultCode?, device: String?)] = [
        ("NVRM: Xid (0000:03:00): 14, Channel 00000001", .xid(14), "0000:03:00.0"),
        (
            "NVRM: Xid (PCI:0000:b3:00.0): 43, pid='<unknown>', name=<unknown>, Ch 00000001",
            .xid(43), "0000:b3:00.0"
        ),
        ("NVRM: Xid (PCI:00000001:B3:1F.2): 79", .xid(79), "0001:b3:1f.2"),
        ("NVRM: GPU 0000:18:00.0: GPU has fallen off the bus.", .event(.offTheBus), "0000:18:00.0"),
        ("NVRM: GPU at PCI:0000:18:00 has fallen off the bus", .event(.offTheBus), "0000:18:00.0"),
        (
            "NVRM: GPU 0000:18:00.0: RmInitAdapter failed! (0x62:0x40:2413)",
            .event(.initialisationFailed), "0000:18:00.0"
        ),
        (
            """
            NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2330) has fallen off the bus and \
            is not responding to commands.
            """,
            .event(.notResponding), "0000:01:00.0"
        ),
        ("NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.144.03", nil, nil),
        ("NVRM: Xid (PCI:0000:3b:00): ", nil, nil),
        ("NVRM: Xid (PCI:0000:3b:00): 99999999999999999999, x", nil, nil),
        (
            """
            nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, Non-fatal, Link 32 egress \
            non-posted PRIV error (First)
            """,
            .sxid(12028), "0000:05:00.0"
        ),
        ("nvidia-nvswitch3: open (major=510)", nil, nil),
        (
            """
            mlx5_core 0000:12:00.0: poll_health:818:(pid 0): device's health compromised - \
            reached miss count
            """,
            .event(.nicHealthCompromised), "0000:12:00.0"
        ),
        (
            """
            mlx5_core 0000:12:00.0: wait_func:1136:(pid 77): QUERY_VPORT_COUNTER(0x770) \
            timeout. Will cause a leak of a command resource
            """,
            .event(.nicCommandTimeout), "0000:12:00.0"
        ),
        (
            """
            mlx5_core 0000:12:00.0: print_health_info:427:(pid 0): synd 0x8: unrecoverable \
            hardware error
            """,
            .event(.nicHardwareError), "0000:12:00.0"
        ),
        ("mlx5_core 0000:5e:00.0 ens1f0np0: Link down", .event(.nicLinkDown), "0000:5e:00.0"),
        ("mlx5_core 0000:5e:00.0 ens1f0np0: Link up", .event(.nicLinkUp), "0000:5e:00.0"),
        ("bnxt_en 0000:5e:00.1 eth3: NIC Link is Down", .event(.nicLinkDown), "0000:5e:00.1"),
        ("ice 0000:31:00.0 eth0: NIC Link is Down", .event(.nicLinkDown), "0000:31:00.0"),
        (
            "NETDEV WATCHDOG: eth0 (mlx5_core): transmit queue 3 timed out",
            .event(.nicTransmitTimeout), nil
        ),
        (
            """
            mlx5_core 0000:5e:00.0 eth2: NETDEV WATCHDOG: CPU: 3: transmit queue 5 timed out \
            5280 ms
            """,
            .event(.nicTransmitTimeout), "0000:5e:00.0"
        ),
        (
            """
            mlx5_core 0000:5c:00.0: Port module event[error]: module 0, Cable error, High \
            Temperature
            """,
            .event(.nicModuleError), "0000:5c:00.0"
        ),
        (
            "mlx5_core 0000:5c:00.0: Port module event: module 1, Cable unplugged",
            .event(.nicCableUnplugged), "0000:5c:00.0"
        ),
        ("mlx5_core 0000:5c:00.0: Port module event: module 1, Cable plugged", nil, nil),
        (
            """
            mlx5_core 0000:5c:00.0: mlx5_pcie_event:301:(pid 268269): Detected insufficient \
            power on the PCIe slot (27W).
            """,
            .event(.nicPower), "0000:5c:00.0"
        ),
        (
            """
            mlx5_core 0000:5c:00.0: mlx5_cmd_out_err:808:(pid 1): ACCESS_REG(0x805) \
            op_mod(0x0) failed, status bad operation(0x2), syndrome (0x305684), err(-22)
            """,
            nil, nil
        ),
        (
            """
            mlx5_core 0000:5c:00.0: 252.056 Gb/s available PCIe bandwidth, limited by 32.0 \
            GT/s PCIe x8 link at 0000:5b:01.0 (capable of 504.112 Gb/s with 32.0 GT/s PCIe \
            x16 link)
            """,
            .event(.pcieDowntrained), "0000:5c:00.0"
        ),
        (
            "mlx5_core 0000:41:00.1: 63.008 Gb/s available PCIe bandwidth (8.0 GT/s PCIe x8 link)",
            nil, nil
        ),
        (
            "pcieport 0000:00:01.0: AER: Corrected error received: 0000:3b:00.0",
            .event(.pcieCorrected), "0000:3b:00.0"
        ),
        (
            """
            pcieport 0000:00:01.0: AER: Multiple Uncorrected (Non-Fatal) error received: \
            0000:3b:00.0
            """,
            .event(.pcieUncorrected), "0000:3b:00.0"
        ),
        (
            """
            pcieport 0000:00:01.0: AER: Uncorrectable (Fatal) error message received from \
            0000:3b:00.0
            """,
            .event(.pcieFatal), "0000:3b:00.0"
        ),
        (
            """
            nvidia 0000:3b:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), \
            type=Transaction Layer, (Requester ID)
            """,
            .event(.pcieFatal), "0000:3b:00.0"
        ),
        (
            """
            nvidia 0000:3b:00.0: PCIe Bus Error: severity=Corrected, type=Data Link Layer, \
            (Transmitter ID)
            """,
            .event(.pcieCorrected), "0000:3b:00.0"
        ),
        ("nvidia 0000:3b:00.0: AER: can't recover (no error_detected callback)", nil, nil),
        (
            "pcieport 0000:00:01.0: DPC: containment event, status:0x1f01 source:0x0000",
            .event(.pcieContained), "0000:00:01.0"
        ),
        (
            "pcieport 0000:00:01.0: pciehp: Slot(12): Link Down", .event(.pcieContained),
            "0000:00:01.0"
        ),
        ("pcieport 0000:00:01.0: pciehp: Slot(12): Link Up", nil, nil),
        (
            "mce: [Hardware Error]: CPU 3: Machine Check Exception: 5 Bank 7: be00000000800400",
            .event(.machineCheck), nil
        ),
        (
            "mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 7: 8c00004000010090",
            .event(.machineCheckCorrected), nil
        ),
        (
            "mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 7: bd80000000100134",
            .event(.machineCheck), nil
        ),
        ("mce: [Hardware Error]: CPU 3: Machine Check: ", .event(.machineCheckCorrected), nil),
        ("mce: [Hardware Error]: Machine check events logged", .event(.machineCheckCorrected), nil),
        ("{1}[Hardware Error]: event severity: fatal", .event(.machineCheck), nil),
        (
            "{1}[Hardware Error]: event severity: recoverable", .event(.machineCheckRecoverable),
            nil
        ),
        ("{1}[Hardware Error]: event severity: corrected", .event(.machineCheckCorrected), nil),
        (
            "[Hardware Error]: Corrected error, no action required.",
            .event(.machineCheckCorrected), nil
        ),
        (
            "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0_Chan#1_DIMM#0",
            .event(.memoryCorrected), nil
        ),
        (
            "EDAC MC1: 1 UE memory read error on CPU_SrcID#1_MC#0_Chan#0_DIMM#1",
            .event(.memoryUncorrected), nil
        ),
        ("EDAC MC0: Giving out device to module amd64_edac controller F19h_M10h", nil, nil),
        (
            """
            Memory failure: 0x1a2b3c: Sending SIGBUS to python:4711 due to hardware memory \
            corruption
            """,
            .event(.memoryPageLost), nil
        ),
        ("Out of memory: Killed process 4711 (python) total-vm:1kB", .event(.outOfMemory), nil),
        (
            "Memory cgroup out of memory: Killed process 4711 (python) total-vm:1kB",
            .event(.outOfMemory), nil
        ),
        (
            """
            pt_main_thread[25]: segfault at 7f79 ip 0000 sp 0000 error 4 in \
            libnccl.so.2[7f7c+d3d3000]
            """,
            .event(.segfaultInNCCL), nil
        ),
        ("bash[25]: segfault at 7f79 ip 0000 sp 0000 error 4 in libc.so.6[7f7c+d3d3000]", nil, nil),
        (
            "CPU3: Core temperature above threshold, cpu clock throttled (total events = 1)",
            .event(.cpuThermal), nil
        ),
        (
            "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [python:4711]",
            .event(.kernelLockup), nil
        ),
        ("INFO: task python:4711 blocked for more than 120 seconds.", .event(.kernelLockup), nil),
        ("Kernel panic - not syncing: Fatal exception", .event(.kernelPanic), nil),
        (
            "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10",
            .event(.diskError), nil
        ),
        ("I/O error, dev nvme0n1, sector 1234 op 0x0:(READ)", .event(.diskError), nil),
        (
            """
            nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, \
            skipping further processing
            """,
            .event(.peerMemory), nil
        ),
        ("IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready", nil, nil),
        ("ata3: SATA link down (SStatus 0 SControl 300)", nil, nil),
        (" SUBSYSTEM=pci", nil, nil), ("", nil, nil),
    ]

    @Test(arguments: shapes.indices)
    func shape(_ index: Int) {
        let (line, code, device) = Self.shapes[index]
        for header in [
            "", "6,1234,5678,-;", "[   12.345678] ", "Nov 27 10:00:00 host kernel: ",
            "2025-01-21T04:41:44,285060+00:00 host kernel: ",
            "kern  :warn  : 2025-01-21T04:41:44,285060+00:00 ",
        ] {
            let faults = parse(header + line)
            #expect(faults.map(\.code) == (code.map { [$0] } ?? []), "\(header)\(line)")
            #expect(faults.first?.device?.text == device, "\(header)\(line)")
        }
    }

    @Test func aSentenceOverThreeLines() {
        let faults = parse(
            "[ 1.000001] NVRM: The NVIDIA GPU 0000:01:00.0",
            "[ 1.000002] NVRM: (PCI ID: 10de:2330) installed in this system has",
            "[ 1.000003] NVRM: fallen off the bus and is not responding to commands.",
            "[ 1.000004] NVRM: fallen off the bus and is not responding to commands.")
        #expect(faults.map(\.code) == [.event(.notResponding)])
        #expect(faults.first?.device?.text == "0000:01:00.0")
        // A sentence that never ends is forgotten.
        let unfinished = parse(
            "NVRM: The NVIDIA GPU 0000:01:00.0", "NVRM: one", "NVRM: two", "NVRM: three",
            "NVRM: fallen off the bus and is not responding to commands.")
        #expect(unfinished.isEmpty)
    }

    @Test func identityStaysWithTheAddress() {
        let faults = parse(
            "NVRM: GPU at PCI:0000:91:00: GPU-aaaa", "NVRM: GPU Board Serial Number: 165",
            "NVRM: GPU at PCI:0000:92:00: GPU-bbbb",
            "NVRM: Xid (PCI:0000:91:00): 79, GPU has fallen off the bus.",
            "NVRM: GPU 0000:92:00.0: GPU serial number is 0.",
            "NVRM: Xid (PCI:0000:92:00.0): 48", "NVRM: GPU at PCI:0000:91:00: GPU-cccc",
            "NVRM: Xid (PCI:0000:91:00): 79")
        let xids = faults.filter { $0.code != .event(.identity) }
        #expect(
            xids.map(\.identity) == [
                DeviceIdentity(uuid: "GPU-aaaa", serial: "165"), DeviceIdentity(uuid: "GPU-bbbb"),
                DeviceIdentity(uuid: "GPU-cccc"),
            ])
    }

    @Test func switchesDataBelongsToTheFaultBefore() {
        let faults = parse(
            "nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 20034, Fatal, Link 37 LTSSM Fault Up",

            """
            nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 20034, Severity 1 Engine instance 37 \
            Sub-engine instance 00
            """,
            "nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 20034, Data {0x50610002, 0x10100030}")
        #expect(faults.map(\.isDetail) == [false, true, true])
        #expect(faults.map(\.link) == [37, 37, 37])
        #expect(faults.map(\.declared) == [.fatal, .fatal, .fatal])
        #expect(faults[2].words == [0x5061_0002, 0x1010_0030])
        let told = final(verdicts(faults.map { (1, $0) }))
        #expect(told.map(\.action) == [.resetLinkedDevices])
        #expect(told[0].inputs.map(\.count) == [3])
    }

    @Test func partsOfALine() {
        let thirteen = parse(
            """
            NVRM: Xid (PCI:0002:00:00): 13, pid=2519562, name=a, b, Graphics SM Warp \
            Exception on (GPC 10, TPC 4, SM 1): Out
            """
        )[0]
        #expect(thirteen.engine == EnginePlace(cluster: 10, texture: 4, multiprocessor: 1))
        #expect(thirteen.process == FaultedProcess(id: 2_519_562, name: "a"))
        let channels: [(String, UInt32)] = [
            ("Ch 00000008", 8), ("Channel 0x23, MMU Fault", 0x23),
            ("Channel ID 0000000d intr0", 0xD), ("Graphics Exception: ChID 000c, Class", 0xC),
            ("Class Error: ChId 0008, Class", 8),
            ("channel 0x0000000c, intr 00000000. MMU Fault", 0xC),
        ]
        for (text, channel) in channels {
            #expect(parse("NVRM: Xid (PCI:0002:00:00): 32, \(text)")[0].channel == channel)
        }
        let link = parse(
            """
            NVRM: Xid (PCI:0003:00:00): 74, pid='<unknown>', name=<unknown>, NVLink: fatal \
            error detected on link 14(0x0, 0x0, 0x10000, 0x0, 0x0, 0x0, 0x0)
            """
        )[0]
        #expect(link.link == 14)
        #expect(link.words == [0, 0, 0x10000, 0, 0, 0, 0])
        #expect(link.process == FaultedProcess())
        let gone = parse(
            "NVRM: Xid (PCI:0008:01:00): 149, NETIR Fatal XC0 i0 Link -1 (0x000fe406 0x0)")[0]
        #expect(gone.link == -1)
        #expect(gone.unit == "NETIR")
    }

    @Test func instancesOfAGPU() {
        let fault = parse(
            "NVRM: Xid (PCI:0000:C3:00 GPU-I:05): 94, pid=7194, Contained: CE (0x9).")[0]
        #expect(fault.code == .xid(94) && fault.device?.text == "0000:c3:00.0")
        #expect(fault.gpuInstance == 5 && fault.process?.id == 7194)
        #expect(fault.text == "Contained: CE (0x9).")
    }

    @Test func allVerdictsOfTheDriver() {
        let texts: [(String, RecoveryVerdict)] = [
            ("0x0 (None)", .none), ("0x1 (GPU Reset Required)", .resetDevice),
            ("0x2 (Node Reboot Required)", .rebootNode), ("0x3 (Drain P2P)", .drainPeerToPeer),
            ("0x4 (Drain and Reset)", .drainAndReset), ("0x5 (Something)", .recoverFabricDomain),
            ("0x6", .resetBus), ("0x7", .rebootSystem),
            // Should a number ever change its meaning, the text is what the driver means.
            ("0x9 (Node Reboot Required)", .rebootNode),
        ]
        for (text, verdict) in texts {
            let fault = parse(
                """
                NVRM: Xid (PCI:0008:01:00): 154, GPU recovery action changed from 0x0 (None) \
                to \(text)
                """
            )[0]
            #expect(fault.recovery == verdict)
        }
        let strange = parse(
            """
            NVRM: Xid (PCI:0008:01:00): 154, GPU recovery action changed from 0x0 (None) to \
            0x63 (Dance)
            """
        )[0]
        #expect(strange.recovery == nil)
        #expect(FaultCatalogue.baseDecision(for: strange).severity == .unknown)
    }

    @Test func addresses() {
        #expect(PCIAddress(text: "0000:3b:00.0")?.text == "0000:3b:00.0")
        #expect(PCIAddress(text: "00000000:3B:00.0")?.text == "0000:3b:00.0")
        #expect(PCIAddress(text: "PCI:0000:3b:00")?.text == "0000:3b:00.0")
        #expect(PCIAddress(text: "3b:00.1")?.text == "0000:3b:00.1")
        #expect(PCIAddress(text: "12345:3b:00.1")?.text == "12345:3b:00.1")
        for text in [
            "", "3b", "3b:00", "12:34", "x:3b:00.0", "0000:3b:00.9", "0000:3b:00.0x",
            "0000:3bb:00.0",
        ] {
            #expect(PCIAddress(text: text) == nil, "\(text)")
        }
        #expect(FaultCode(text: "XID 79") == .xid(79))
        #expect(FaultCode(text: "sxid20034") == .sxid(20034))
        #expect(FaultCode(text: "nicLinkDown") == .event(.nicLinkDown))
        for text in ["", "79", "xid", "xid -1", "XID 79x", "xid 99999999999"] {
            #expect(FaultCode(text: text) == nil, "\(text)")
        }
        for code in [FaultCode.xid(79), .sxid(1), .event(.pcieFatal)] {
            #expect(FaultCode(text: code.text) == code)
        }
    }
}
