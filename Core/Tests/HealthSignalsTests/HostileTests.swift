import FleetModel
import Foundation
import Fuzzing
import HealthSignals
import Testing

/// Lines that nobody should write, and all of them at once.
@Suite struct HostileTests {
    @Test(arguments: UInt64(0)..<6)
    func randomLines(_ seed: UInt64) {
        var run = SignalRun(seed: seed)
        run.run()
        let line = String(decoding: run.line, as: UTF8.self).debugDescription
        #expect(run.failure == nil, "\(String(describing: run.failure)) \(line)")
        // A run that finds no faults, or no end of a burst, would prove nothing.
        #expect(run.faults > 2000 && run.verdicts > 20)
    }

    /// The random lines reach every code path: each event, and each kind of deciding rule.
    @Test func randomLinesReachEverything() {
        var events: Set<FaultEvent> = []
        var kinds: Set<String> = []
        var source = SignalSource(seed: 11)
        var parser = KernelLogParser()
        var framework = FrameworkLogParser()
        var signs: Set<FrameworkFaultKind> = []
        var bursts = FaultBursts()
        var now: Int64 = 0
        for _ in 0..<60_000 {
            let line = source.next()
            now += source.pause() + 1_000_000_000
            var faults: [LogFault] = []
            var told: [FaultVerdict] = []
            parser.parse(line, into: &faults)
            if let sign = framework.parse(line) { signs.insert(sign.kind) }
            for fault in faults {
                if case .event(let event) = fault.code { events.insert(event) }
                bursts.note(fault, at: Instant(nanoseconds: now), into: &told)
            }
            for verdict in told {
                for part in verdict.parts {
                    kinds.insert(String(describing: part.rule).prefix { $0 != "(" }.description)
                }
            }
        }
        let rare: Set<FaultEvent> = [.machineCheckCorrected, .cpuThermal, .kernelLockup]
        let ofMetrics = Set(MetricRules.all.map(\.event))
        let ofTools = Set(StatementTable.rows.map(\.event))
        let ofLogs = Set(FaultEvent.allCases).subtracting(ofMetrics).subtracting(ofTools)
        #expect(ofLogs.subtracting(events).subtracting(rare) == [])
        for kind in [
            "catalogue", "unknownCode", "recoveryVerdict", "linkDecode", "linkRegisters",
            "repetition", "repeatedRepairs", "follows", "memoryErrorWithRemapping",
        ] {
            #expect(kinds.contains(kind), "\(kind) not in \(kinds.sorted())")
        }
        #expect(signs.count >= 5)
    }

    @Test func strangeBytes() {
        let lines: [[UInt8]] = [
            [], [0], [10], [13, 10], Array(repeating: 0, count: 100_000),
            Array(repeating: 255, count: 5000), Array(repeating: 91, count: 5000),
            Array(repeating: 60, count: 5000), Array("6,".utf8), Array("<".utf8), Array("[".utf8),
            Array("NVRM: Xid (".utf8), Array("NVRM: Xid ()".utf8),
            Array("NVRM: Xid (PCI:0000:3b:00): 79, pid=".utf8),
            Array("NVRM: Xid (PCI:0000:3b:00): 79, pid=1, name=".utf8),
            Array("nvidia-nvswitch".utf8), Array("nvidia-nvswitch99999999999: SXid (".utf8),
            Array("Nov 27 10:00:00".utf8), Array("Nov 27 10:00:00 ".utf8),
            Array("kern  :warn  :".utf8), Array("EDAC MC0: ".utf8), Array("mlx5_core 0000:".utf8),
        ]
        var parser = KernelLogParser()
        var framework = FrameworkLogParser()
        var faults: [LogFault] = []
        for line in lines {
            parser.parse(line, into: &faults)
            _ = framework.parse(line)
            for cut in line.indices.prefix(200) {
                parser.parse(Array(line[..<cut]), into: &faults)
                parser.parse(Array(line[cut...].prefix(300)), into: &faults)
            }
        }
        for fault in faults { #expect(fault.code == .xid(79) || fault.code == .xid(7)) }
        #expect(parser.checkInvariants() == [])
    }

    /// Every beginning of every known line is read without a trap, and never as another code.
    @Test func linesThatAreCutOff() throws {
        for sample in try XidLinesTests.samples() {
            let bytes = Array(sample.line.utf8)
            var parser = KernelLogParser()
            for end in bytes.indices {
                var faults: [LogFault] = []
                parser.parse(Array(bytes[..<end]), into: &faults)
                for fault in faults where fault.code != sample.expected {
                    // Only a number that was cut is another number.
                    guard case .xid(let code) = fault.code else {
                        guard case .sxid(let code) = fault.code else { continue }
                        #expect("\(sample.code)".hasPrefix("\(code)"))
                        continue
                    }
                    #expect("\(sample.code)".hasPrefix("\(code)"))
                }
            }
        }
    }

    /// A log that is cut into lines anyhow tells the same, as long as the lines are whole.
    @Test func lineEndsDoNotMatter() throws {
        guard let log = try SignalSamples.log("xid/dmesg_xid119_gsp_timeout.log") else { return }
        let lines = log.split(separator: "\n").map(String.init)
        let plain = parse(lines)
        #expect(parse(lines.map { $0 + "\n" }) == plain)
        #expect(parse(lines.map { $0 + "\r\n" }) == plain)
        #expect(parse(lines.flatMap { [$0, "", "\n"] }) == plain)
    }

    @Test func memoryIsBounded() {
        var parser = KernelLogParser()
        var faults: [LogFault] = []
        for index in 0..<20_000 {
            let address = "\(String(index % 65_536 + 4096, radix: 16)):3b:00"
            parser.parse("NVRM: GPU at PCI:\(address): GPU-\(index)", into: &faults)
            parser.parse("NVRM: GPU Board Serial Number: \(index + 1)", into: &faults)
            parser.parse(
                "nvidia-nvswitch\(index): SXid (PCI:\(address)): 20034, Fatal, Link 1",
                into: &faults)
            if faults.count > 1000 { faults.removeAll() }
        }
        #expect(parser.checkInvariants() == [])
        #expect(parser.counts.lines == 60_000)
        #expect(faults.last?.checkInvariants() == [])
    }

    /// Colours and commands for terminals do not come through.
    @Test func controlCharactersAreTakenOut() {
        let fault = parse(
            "NVRM: Xid (PCI:0000:3b:00): 79, pid=1, name=\u{1B}[2J\u{7}x, \u{1B}[31mred")[0]
        #expect(fault.process?.name == " [2J x")
        #expect(fault.text == " [31mred")
    }
}
