import FleetModel
import Health
import Qualification
import Testing

@testable import NodeChecks

/// Goal: a run that somebody hands in is taken only if it is one that the command could have
/// written, and means what its results mean.
@Suite("Runs that are handed in")
struct CheckedRunTests {
    static let began = Instant.seconds(1_700_000_000)

    /// A machine of two devices.
    private static var facts: MachineFacts {
        var facts = MachineFacts()
        facts.host = "gpu-7"
        facts.chassis = "C7"
        for index in 0..<2 {
            var device = DeviceFacts()
            device.uuid = "GPU-\(index)"
            facts.devices.append(device)
        }
        return facts
    }

    /// What the command writes of these results.
    private static func lines(
        _ results: [CheckResult], level: QualificationLevel = .twoMinutes, isComplete: Bool = true
    ) -> [String] {
        let verdict = RunVerdict(
            results: results, level: level, devices: 2, isComplete: isComplete)
        return [CheckReport.begin(facts, level: level, at: began)] + results.map(ResultLine.write)
            + [CheckReport.end(verdict, milliseconds: 9)]
    }

    /// A run that loaded everything, in the words of the command.
    private static var passed: [CheckResult] {
        var results = [CheckResult(.hostMemory, .passed), CheckResult(.hostCPU, .passed)]
        for check in [CheckID.deviceCopy, .deviceMemory, .deviceMultiply] {
            for device in Int32(0)..<2 {
                results.append(CheckResult(check, device: device, .passed))
            }
        }
        results[2].figures = [Figure(.hostToDevice, milli: 48_500)]
        results[2].thresholds = [Threshold(.hostToDevice, milli: 48_000, .published("somebody"))]
        return results
    }

    private static func read(_ lines: [String]) throws -> CheckedRun {
        try CheckedRun(lines: Array(lines.joined(separator: "\n").utf8))
    }

    @Test func whatTheCommandWritesIsRead() throws {
        let run = try CheckedRunTests.read(CheckedRunTests.lines(CheckedRunTests.passed) + [""])
        #expect(run.began == CheckedRunTests.began)
        #expect(run.facts.chassis == "C7" && run.facts.devices.map(\.uuid) == ["GPU-0", "GPU-1"])
        let outcome = run.verdict.outcome
        #expect(outcome.verdict == .passed && outcome.isLoaded && outcome.devices == 0b11)
        #expect(outcome.components == [.host, .device, .deviceMemory, .pcie])
        #expect(outcome.level == .twoMinutes && run.failedChecks.isEmpty)
    }

    @Test func aFailureKeepsItsDeviceAndItsChecks() throws {
        var results = CheckedRunTests.passed
        results[7] = CheckResult(.deviceMultiply, device: 1, .failed, ["one product is wrong"])
        let run = try CheckedRunTests.read(CheckedRunTests.lines(results))
        #expect(run.verdict.outcome.verdict == .failed)
        #expect(run.verdict.outcome.failedDevices == 0b10)
        #expect(run.failedChecks == ["device-multiply"])
    }

    @Test func whatIsSlowerThanItsLikeIsAFaultHereToo() throws {
        var results = CheckedRunTests.passed
        results[2].status = .degraded
        results[2].figures = [Figure(.hostToDevice, milli: 45_000)]
        results[2].thresholds = [
            Threshold(.hostToDevice, milli: 48_000, .learned(machines: 9, usualMilli: 50_000))
        ]
        #expect(
            try CheckedRunTests.read(CheckedRunTests.lines(results)).verdict.outcome.verdict
                == .failed)
        results[2].thresholds = [Threshold(.hostToDevice, milli: 48_000, .published("somebody"))]
        #expect(
            try CheckedRunTests.read(CheckedRunTests.lines(results)).verdict.outcome.verdict
                == .passed)
    }

    @Test func whatIsNotApplicableProvesNothing() throws {
        var results = CheckedRunTests.passed
        for index in 2..<8 { results[index].status = .notApplicable }
        let outcome = try CheckedRunTests.read(CheckedRunTests.lines(results)).verdict.outcome
        #expect(outcome.devices == 0 && outcome.components == .host)
    }

    /// One change of a run that passed, and what is said to it.
    static let changes: [(Int, String, String, String)] = [
        (
            2, #""check":"disk""#, #""check":"hair""#,
            "line 2, the field 'check': 'hair' is no check"
        ),
        (2, #""status":"passed""#, #""status":"fine""#, "line 2, the field 'status'"),
        (
            2, #""status":"passed""#, #""status":"failed""#,
            "line 5, the field 'status': says passed"
        ),
        (2, #""kind":"result""#, #""kind":"results""#, "line 2, the field 'kind'"),
        (1, #""version":1"#, #""version":2"#, "line 1, the field 'version': is 2"),
        (1, #""at":"2023"#, #""at":"20x3"#, "line 1, the field 'at'"),
        (5, #""level":"2m""#, #""level":"1h""#, "line 5, the field 'level'"),
        (1, #""level":"2m""#, #""level":null"#, "line 1, the field 'level'"),
        (1, #""host":"gpu-7""#, #""host":"gpu-7","host":"a""#, "the field 'host': comes twice"),
        (1, #""host":"gpu-7""#, #""guest":"gpu-7""#, "line 1, the field 'guest': is not known"),
        (1, #""host":"gpu-7""#, #""host":7"#, "line 1, the field 'host'"),
        (2, #""notes":[]"#, #""notes":[],"more":1"#, "line 2, the field 'more': is not known"),
        (2, #""notes":[],"#, "", "line 2, the field 'notes': is missing"),
        (2, #""notes":[]"#, #""notes":[1]"#, "line 2, the field 'notes'"),
        (2, #""milliseconds":0"#, #""milliseconds":-1"#, "line 2, the field 'milliseconds'"),
        (2, #""milliseconds":0"#, #""milliseconds":1e3"#, "line 2, the field 'milliseconds'"),
        (4, #""device":1"#, #""device":2"#, "line 4, the field 'device': is 2"),
        (4, #""device":1"#, #""device":-1"#, "line 4, the field 'device'"),
        (4, #""device":1"#, #""device":null"#, "line 4, the field 'device'"),
        (4, #""device":1"#, #""device":0"#, "line 4, the field 'check': the same check"),
        (3, #""name":"hostToDevice""#, #""name":"speed""#, "the field 'figures.name': 'speed'"),
        (3, #""unit":"GB/s""#, #""unit":"MB/s""#, "the field 'figures.unit'"),
        (3, #""value":48.5"#, #""value":30"#, "line 3, the field 'status': says passed, and"),
        (3, #""value":48.5"#, #""value":"48.5""#, "the field 'figures.value'"),
        (3, #""value":48.5"#, #""value":--5"#, "the field 'figures.value'"),
        (3, #""least":48"#, #""most":48"#, "the field 'thresholds.least': is missing"),
        (5, #""outcome":"passed""#, #""outcome":"failed""#, "line 5, the field 'outcome'"),
        (5, #""loaded":true"#, #""loaded":false"#, "line 5, the field 'loaded'"),
        (5, #""components":["pcie","#, #""components":["device","pcie","#, "'components'"),
        (5, #""devices":[0,1],"f"#, #""devices":[0,1,2],"f"#, "line 5, the field 'devices'"),
        (5, #""failedDevices":[]"#, #""failedDevices":[1]"#, "'failedDevices'"),
        (5, #""failedChecks":[]"#, #""failedChecks":["disk"]"#, "'failedChecks'"),
        (5, #""complete":true"#, #""complete":false"#, "line 5, the field 'outcome': says passed"),
        (5, #""counts":{"passed":3"#, #""counts":{"passed":4"#, "line 5, the field 'counts'"),
        (5, #"{"kind":"verdict""#, #"{"kind":"verdict""# + "\u{1}", "line 5"),
    ]

    @Test(arguments: changes)
    func whatTheCommandWouldNotWriteIsRefused(
        line: Int, from: String, to: String, words: String
    ) throws {
        var results = [
            CheckResult(.disk, .passed), CheckResult(.deviceCopy, device: 0, .passed),
            CheckResult(.deviceCopy, device: 1, .passed),
        ]
        results[1].figures = CheckedRunTests.passed[2].figures
        results[1].thresholds = CheckedRunTests.passed[2].thresholds
        var lines = CheckedRunTests.lines(results)
        _ = try CheckedRunTests.read(lines)
        let changed = lines[line - 1].replacing(from, with: to, maxReplacements: 1)
        try #require(changed != lines[line - 1])
        lines[line - 1] = changed
        let fault = #expect(throws: CheckedRun.Fault.self) { try CheckedRunTests.read(lines) }
        #expect(fault?.description.contains(words) == true, "\(fault?.description ?? "")")
    }

    @Test func partsOfRunsAreRefused() throws {
        let lines = CheckedRunTests.lines(CheckedRunTests.passed)
        for part in [
            [], [""], ["[]"], ["{"], Array(lines.dropLast()), Array(lines.dropFirst()),
            lines + lines, lines + [lines[1]], [lines[0]] + lines, Array(lines.reversed()),
            [lines[0], lines[lines.count - 1]], ["\u{FEFF}" + lines[0]] + lines.dropFirst(),
            [String(repeating: "\n", count: CheckedRun.mostLines)] + lines,
            [String(repeating: "[", count: 100_000)],
            [String(repeating: " ", count: CheckedRun.mostBytes)] + lines,
        ] {
            #expect(throws: CheckedRun.Fault.self) { try CheckedRunTests.read(part) }
        }
    }

    @Test func damagedBytesNeverTrap() throws {
        let bytes = Array(
            CheckedRunTests.lines(CheckedRunTests.passed).joined(separator: "\n").utf8)
        var random = SplitMix(seed: 5)
        var taken = 0
        for _ in 0..<1500 {
            var damaged = bytes
            for _ in 0...random.below(3) {
                let place = random.below(damaged.count)
                switch random.below(3) {
                case 0: damaged[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: damaged.remove(at: place)
                default: damaged = Array(damaged.prefix(place + 1))
                }
            }
            if (try? CheckedRun(lines: damaged)) != nil { taken += 1 }
        }
        // Some damage is to the words of a note or a name only.
        #expect(taken < 500)
    }
}
