import AgentWire
import FleetModel
import Foundation
import Glibc
import HealthSignals
import Testing

@testable import NodeAgent

/// A folder that is gone after the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "/muster-agent-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch { Issue.record(error) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) {
        let file = URL(fileURLWithPath: path).appendingPathComponent(name)
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        } catch { Issue.record(error) }
    }

    func append(_ text: String, to name: String) {
        let file = open(path + "/" + name, O_WRONLY | O_APPEND | O_CREAT, 0o600)
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        close(file)
    }
}

@Suite struct KernelLogTests {
    private func record(_ text: String) -> KernelRecord? {
        Array(text.utf8).withUnsafeBytes { KernelRecord($0) }
    }

    @Test func records() {
        let whole = record("6,1234,5678901,-;NVRM: text\n SUBSYSTEM=pci\n DEVICE=+pci:0000:3b\n")
        #expect(whole?.sequence == 1234 && whole?.microseconds == 5_678_901)
        #expect(whole?.lineBytes == 27)
        #expect(record("6,1,2,c,caller=T1;x")?.lineBytes == 19)
        #expect(record("6,1,2;x")?.sequence == 1)
        for wrong in ["", "6,1", "x,1,2,-;t", "6,,2,-;t", "6,1,2,-", "6,1,2,-\n;", "-6,1,2,-;"] {
            #expect(record(wrong) == nil, "\(wrong)")
        }
        #expect(record("6,18446744073709551616,1,-;x") == nil)
        #expect(record("6,1,4611686018427387903,-;x") == nil)
    }

    /// Each record of a packet socket is one read, as of the kernel's device.
    @Test func deviceSkipsWhatWasTold() {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        defer { close(ends[1]) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let boot = BootID(high: 1, low: 2)
        let device = KernelLogDevice(descriptor: ends[0], boot: boot)
        for number in 5...8 {
            let text = "4,\(number),\(number)000,-;line \(number)\n SUBSYSTEM=x\n"
            _ = Array(text.utf8).withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        }
        var seen: [(String, LogPosition, Bool)] = []
        let hasLost = device.drain(told: .kernel(boot, sequence: 6)) { line, end, isTold, _ in
            seen.append((String(decoding: line, as: UTF8.self), end, isTold))
        }
        #expect(!hasLost)
        #expect(seen.map(\.0).first == "4,5,5000,-;line 5")
        #expect(seen.map(\.2) == [true, true, false, false])
        #expect(seen.last?.1 == .kernel(boot, sequence: 8))
    }

    /// After a restart of the machine the kernel counts anew.
    @Test func aPositionOfAnotherBootSaysNothing() {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        defer { close(ends[1]) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let device = KernelLogDevice(descriptor: ends[0], boot: BootID(high: 1))
        _ = Array("4,5,1,-;x".utf8).withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        var told: [Bool] = []
        _ = device.drain(told: .kernel(BootID(high: 9), sequence: 99)) { _, _, isTold, _ in
            told.append(isTold)
        }
        #expect(told == [false])
    }

    /// The real device, where it may be read.
    @Test func theKernelsOwnDevice() {
        guard let device = KernelLogDevice(path: "/dev/kmsg", boot: BootID()) else {
            print("skipped: /dev/kmsg cannot be read")
            return
        }
        var last: UInt64 = 0
        var lines = 0
        _ = device.drain(told: .beginning) { _, end, _, age in
            guard case .kernel(_, let sequence) = end else { return }
            #expect(sequence >= last && age >= .zero)
            last = sequence
            lines += 1
        }
        #expect(lines > 0)
    }

    @Test func intakeTellsFaultsOnceAndLearnsFromAll() {
        let boot = BootID(high: 1)
        var intake = LogIntake(position: .kernel(boot, sequence: 10))
        func take(_ number: UInt64, _ text: String, isTold: Bool) -> [LogIntake.Told] {
            Array("4,\(number),1000000,-;\(text)".utf8).withUnsafeBytes {
                intake.take(
                    $0, upTo: .kernel(boot, sequence: number), isTold: isTold, at: .seconds(5),
                    now: .seconds(1))
            }
        }
        #expect(take(9, "NVRM: GPU at PCI:0000:3b:00: GPU-aa-bb", isTold: true).isEmpty)
        #expect(take(10, "NVRM: Xid (PCI:0000:3b:00): 79, gone", isTold: true).isEmpty)
        #expect(take(11, "eth0: something else", isTold: false).isEmpty)
        let told = take(12, "NVRM: Xid (PCI:0000:3b:00): 79, gone again", isTold: false)
        guard told.count == 1, let only = told.first,
            case .fault(let fault) = only.record.body
        else {
            Issue.record("no fault")
            return
        }
        #expect(fault.code == .xid(79) && fault.identity?.uuid == "GPU-aa-bb")
        #expect(only.position == .kernel(boot, sequence: 12) && intake.position == only.position)
        #expect(only.record.at == .seconds(5))
    }

    @Test func aFloodIsCounted() {
        var throttle = FaultThrottle()
        var told: [FaultThrottle.Told] = []
        let fault = LogFault(.event(.pcieCorrected), device: PCIAddress(bus: 3))
        for count in 0..<1000 {
            throttle.take(
                fault, at: .seconds(Int64(count)), now: Instant(nanoseconds: Int64(count)),
                into: &told)
        }
        throttle.take(LogFault(.xid(79)), at: .zero, now: .zero, into: &told)
        #expect(told.count == FaultThrottle.perMinute + 1)
        #expect(throttle.due == .seconds(60))
        told = []
        throttle.flush(now: .seconds(59), into: &told)
        #expect(told.isEmpty)
        throttle.flush(now: .seconds(60), into: &told)
        #expect(
            told.map(\.record) == [
                AgentRecord(
                    at: .seconds(999),
                    .repeated(fault, count: UInt64(1000 - FaultThrottle.perMinute)))
            ])
        #expect(throttle.due == nil)
    }

    /// What was counted and told is not counted again by an agent that starts then, and what was
    /// not told is.
    @Test func aRestartCountsNothingTwice() {
        let boot = BootID(high: 1)
        func take(
            _ number: UInt64, _ device: String, _ intake: inout LogIntake, now: Instant
        ) -> [LogIntake.Told] {
            var isTold = false
            if case .kernel(boot, let last) = intake.position { isTold = number <= last }
            let line = "4,\(number),1000000,-;NVRM: Xid (PCI:0000:\(device):00): 94, x"
            return Array(line.utf8).withUnsafeBytes {
                intake.take(
                    $0, upTo: .kernel(boot, sequence: number), isTold: isTold, at: .zero, now: now)
            }
        }
        func count(_ told: [LogIntake.Told]) -> UInt64 {
            told.reduce(0) { sum, one in
                if case .repeated(_, let count) = one.record.body { sum + count } else { sum + 1 }
            }
        }
        var intake = LogIntake(position: .beginning)
        var told: [LogIntake.Told] = []
        for number in 1...100 as ClosedRange<UInt64> {
            told += take(number, "3b", &intake, now: .zero)
        }
        for number in 101...150 as ClosedRange<UInt64> {
            told += take(number, "5e", &intake, now: .seconds(30))
        }
        #expect(told.last?.position == .kernel(boot, sequence: 132))
        told += intake.flush(now: .seconds(60))
        // The count is of lines before the position, which does not go back to them.
        #expect(count(told) == 132 && told.last?.position == .kernel(boot, sequence: 132))
        told += intake.flush(now: .seconds(90))
        #expect(count(told) == 150 && told.last?.position == .kernel(boot, sequence: 150))
        var again = LogIntake(position: intake.position)
        for number in 1...150 as ClosedRange<UInt64> {
            #expect(take(number, "3b", &again, now: .seconds(100)).isEmpty)
        }
        #expect(count(take(151, "3b", &again, now: .seconds(100))) == 1)
    }

    @Test func manyKindsAreBounded() {
        var throttle = FaultThrottle()
        var told: [FaultThrottle.Told] = []
        for number in 0..<5000 {
            throttle.take(LogFault(.xid(Int32(number))), at: .zero, now: .zero, into: &told)
        }
        #expect(told.count == 5000)
    }
}

@Suite struct LogFileTests {
    private func drain(
        _ file: LogFile, told: LogPosition = .beginning
    ) -> (
        lines: [String], position: LogPosition?
    ) {
        var lines: [String] = []
        var position: LogPosition?
        _ = file.drain(told: told) { line, end, _, _ in
            lines.append(String(decoding: line, as: UTF8.self))
            position = end
        }
        return (lines, position)
    }

    @Test func linesAreReadAsTheyCome() {
        let folder = TemporaryFolder()
        folder.write("old\n", to: "log")
        let file = LogFile(path: folder.path + "/log")
        #expect(drain(file).lines == [])
        folder.append("one\ntw", to: "log")
        #expect(drain(file).lines == ["one"])
        folder.append("o\nthree\n", to: "log")
        #expect(drain(file).lines == ["two", "three"])
    }

    @Test func anotherFileAndACutOneAreFollowed() {
        let folder = TemporaryFolder()
        folder.write("old\n", to: "log")
        let file = LogFile(path: folder.path + "/log")
        _ = drain(file)
        folder.append("last\n", to: "log")
        rename(folder.path + "/log", folder.path + "/log.1")
        folder.write("first\n", to: "log")
        #expect(drain(file).lines == ["last"])
        #expect(drain(file).lines == ["first"])
        folder.write("x\n", to: "log")
        _ = drain(file)
        #expect(drain(file).lines == ["x"])
    }

    /// More than one look reads was written before the file was replaced.
    @Test func nothingOfAReplacedFileIsLeftOut() {
        let folder = TemporaryFolder()
        folder.write("old\n", to: "log")
        let file = LogFile(path: folder.path + "/log")
        _ = drain(file)
        let line = String(repeating: "x", count: 1023) + "\n"
        folder.append(String(repeating: line, count: 1500), to: "log")
        rename(folder.path + "/log", folder.path + "/log.1")
        folder.write("first\n", to: "log")
        var lines: [String] = []
        for _ in 0..<4 { lines += drain(file).lines }
        #expect(lines.count == 1501 && lines.last == "first")
    }

    @Test func aRestartGoesOnWhereItWas() throws {
        let folder = TemporaryFolder()
        folder.write("", to: "log")
        let file = LogFile(path: folder.path + "/log")
        _ = drain(file)
        folder.append("one\ntwo\n", to: "log")
        let position = try #require(drain(file).position)
        folder.append("three\n", to: "log")
        let next = LogFile(path: folder.path + "/log")
        #expect(drain(next, told: position).lines == ["three"])
        // A file that took its place is new as a whole.
        rename(folder.path + "/log", folder.path + "/log.1")
        folder.write("four\n", to: "log")
        #expect(drain(LogFile(path: folder.path + "/log"), told: position).lines == ["four"])
    }

    /// A pipe has no places; what is written to it is read once.
    @Test func aPipeIsRead() {
        let folder = TemporaryFolder()
        let path = folder.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let file = LogFile(path: path)
        #expect(drain(file).lines == [])
        let writer = open(path, O_WRONLY | O_NONBLOCK)
        _ = Array("one\ntwo\n".utf8).withUnsafeBytes { write(writer, $0.baseAddress, $0.count) }
        #expect(drain(file).lines == ["one", "two"])
        close(writer)
        #expect(drain(file).lines == [] && file.descriptor == -1 && file.position == nil)
    }

    @Test func aLineWithoutEndIsBounded() {
        let folder = TemporaryFolder()
        folder.write("", to: "log")
        let file = LogFile(path: folder.path + "/log")
        _ = drain(file)
        folder.append(String(repeating: "x", count: 300_000), to: "log")
        var bytes = 0
        for line in drain(file).lines { bytes += line.utf8.count }
        #expect(bytes > 280_000)
    }
}

/// Lines of a log that come when the test says so; each ends one byte further.
private final class SpokenLog: LogSource {
    let descriptor: Int32 = -1
    private var waiting: [String] = []
    private var offset: UInt64 = 0

    func say(_ lines: String...) { waiting += lines }

    static func position(_ offset: UInt64) -> LogPosition {
        .file(device: 1, inode: 1, offset: offset)
    }

    var position: LogPosition? { SpokenLog.position(offset) }

    func drain(
        told: LogPosition, _ take: (UnsafeRawBufferPointer, LogPosition, Bool, TimeSpan) -> Void
    ) -> Bool {
        for line in waiting {
            offset += 1
            Array(line.utf8).withUnsafeBytes {
                take($0, SpokenLog.position(offset), false, .zero)
            }
        }
        waiting = []
        return false
    }
}

/// Goal: a restart reads little again, and nothing that was not told is passed over.
@Suite struct LogFollowerTests {
    private let log = SpokenLog()
    private let follower: LogFollower

    init() {
        let log = log
        follower = LogFollower(name: "log", position: SpokenLog.position(0), now: .zero) { log }
    }

    private let fault = "NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus."

    private func read(_ second: Int64) -> (told: Int, hasMoved: Bool) {
        let (told, hasMoved) = follower.read(now: .seconds(second))
        return (told.count, hasMoved)
    }

    @Test func quietLinesAreNotReadForEver() {
        log.say("usb 1-1: new device")
        #expect(read(0) == (0, false))
        log.say("usb 1-2: new device")
        #expect(read(299) == (0, false))
        #expect(follower.position == SpokenLog.position(0))
        // What was read five minutes ago is behind, and what came since is not.
        #expect(read(300) == (0, true))
        #expect(follower.position == SpokenLog.position(1))
        #expect(read(599) == (0, false))
        #expect(read(600) == (0, true))
        #expect(follower.position == SpokenLog.position(2))
        // Where nothing comes nothing is written.
        for second in stride(from: Int64(630), to: 3000, by: 30) {
            #expect(read(second) == (0, false))
        }
    }

    @Test func aFaultGoesFirst() {
        log.say("usb 1-1: new device")
        #expect(read(0) == (0, false))
        log.say(fault, "usb 1-2: new device")
        #expect(read(290) == (1, false))
        #expect(follower.position == SpokenLog.position(2))
        #expect(read(300) == (0, false))
        #expect(read(590) == (0, true))
        #expect(follower.position == SpokenLog.position(3))
    }

    /// What is held back in a flood is counted before anything of it is behind.
    @Test func aFloodIsNotPassedOver() {
        for _ in 0..<40 { log.say(fault) }
        #expect(read(0) == (32, false))
        #expect(follower.position == SpokenLog.position(32))
        #expect(read(59) == (0, false))
        #expect(read(3000) == (1, false))
        #expect(follower.position == SpokenLog.position(40))
        #expect(read(6000) == (0, false))
    }
}
