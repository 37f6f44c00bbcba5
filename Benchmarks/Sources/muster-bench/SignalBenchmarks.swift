import FleetModel
import HealthSignals

/// How many lines of logs a second one core reads.
enum SignalBenchmarks {
    /// What a healthy machine's kernel says.
    private static let quietLines = [
        "6,3964,206764307,-;nvidia-nvswitch2: open (major=510)",
        "6,3977,232192800,-;IPv6: ADDRCONF(NETDEV_CHANGE): cali16b7bb8d9d5: link becomes ready",
        "6,4004,9184121699,-;perf: interrupt took too long (2509 > 2500), lowering rate to 79500",
        "6,4011,9184121799,-;usb 1-2: New USB device found, idVendor=174c, idProduct=2074",
        "[Sun Feb 23 16:24:18 2025] clocksource: Long readout interval, skipping watchdog check",
        "Nov 27 10:00:00 gpu-0231 kernel: [12.3456789] EXT4-fs (nvme0n1p2): mounted filesystem",
        "Nov 27 10:00:00 gpu-0231 systemd[1]: logrotate.service: Deactivated successfully.",
        "4,1,1,-;NVRM:     -1    103  GSP_RM_ALLOC          0x0000000000002080 0x00000000000004",
        "6,5,9,-;mlx5_core 0000:41:00.1: MLX5E: StrdRq(0) RqSz(1024) StrdSz(256) RxCqeCmprss(0)",
    ]

    /// What a machine in trouble says: every line is a fault.
    private static let stormLines = [
        "4,1,1,-;NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off.",
        "4,1,1,-;NVRM: Xid (PCI:0000:3b:00): 45, pid=1234, name=python, Ch 00000008",
        "4,1,1,-;NVRM: Xid (PCI:0000:5d:00): 13, on (GPC 10, TPC 1, SM 1): Out Of Range Address",
        "4,1,1,-;NVRM: Xid (PCI:0000:5d:00): 145, RLW_RXPIPE Nonfatal XC0 i0 Link 12 (0x86 0x8)",
        "4,1,1,-;nvidia-nvswitch2: SXid (PCI:0000:07:00.0): 20034, Fatal, Link 37 LTSSM Fault Up",
        "4,1,1,-;mlx5_core 0000:5e:00.0 ens1f0np0: Link down",
    ]

    private static let processLines = [
        "iteration 1200/ 500000 | consumed samples: 2457600 | elapsed time per iteration (ms): 9",
        "[2026-11-27 08:50:46,232] [INFO] [runner.py:570:main] cmd = python -u pretrain_gpt.py",
        "node1:12:34 [0] NCCL INFO Channel 00/16 : 0 1 2 3 4 5 6 7",
        "Loading extension module fused_adam, CUDA 12.4, took 0.21 seconds",
    ]

    private static func bytes(_ lines: [String]) -> [[UInt8]] { lines.map { Array($0.utf8) } }

    /// Lines without a fault.
    static func quiet() -> [Figure] {
        let lines = bytes(quietLines)
        var parser = KernelLogParser()
        var faults: [LogFault] = []
        let rate = rate(of: lines, count: 4_000_000) { parser.parse($0, into: &faults) }
        // Measured 6 to 10 million on two shared cores; of faults 1.5 to 2 million, with bursts
        // 260,000, of a process's lines 9 million. A kernel writes at most thousands of lines a
        // second: the limits are what the agent's share of a core rests on.
        var figure = figure("quiet lines of a kernel's log", rate, limit: 1_000_000)
        figure.secondary = faults.isEmpty
        return [figure]
    }

    /// Lines that are all faults, through the bursts as well.
    static func storm() -> [Figure] {
        let lines = bytes(stormLines)
        var parser = KernelLogParser()
        var bursts = FaultBursts()
        var verdicts: [FaultVerdict] = []
        var faults: [LogFault] = []
        var now: Int64 = 0
        let parsing = rate(of: lines, count: 600_000) {
            faults.removeAll(keepingCapacity: true)
            parser.parse($0, into: &faults)
        }
        let deciding = rate(of: lines, count: 600_000) {
            faults.removeAll(keepingCapacity: true)
            parser.parse($0, into: &faults)
            now += 1_000_000
            for fault in faults {
                bursts.note(fault, at: Instant(nanoseconds: now), into: &verdicts)
            }
        }
        return [
            figure("lines that are all faults", parsing, limit: 100_000),
            figure("the same with their bursts", deciding, limit: 100_000),
        ]
    }

    /// Lines of a process's log.
    static func framework() -> [Figure] {
        let lines = bytes(processLines)
        var parser = FrameworkLogParser()
        var signs = 0
        let rate = rate(of: lines, count: 4_000_000) { if parser.parse($0) != nil { signs += 1 } }
        var figure = figure("quiet lines of a process's log", rate, limit: 500_000)
        figure.secondary = signs == 0
        return [figure]
    }

    private static func figure(_ name: String, _ rate: Double, limit: Double) -> Figure {
        Figure(
            name: name, value: rate, unit: "lines/s", limit: limit, isFloor: true, detail: "")
    }

    private static func rate(
        of lines: [[UInt8]], count: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Double {
        let start = ThreadClock.nanoseconds
        for index in 0..<count {
            lines[index % lines.count].withUnsafeBytes { body($0) }
        }
        return Double(count) / (Double(ThreadClock.nanoseconds - start) / 1e9)
    }
}
