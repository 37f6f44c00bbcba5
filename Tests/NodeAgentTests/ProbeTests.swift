import AgentWire
import FleetModel
import Foundation
import Glibc
import HealthSignals
import Testing

@testable import NodeAgent

/// Libraries of a machine that do what the tests want, built once each from `Stub/nvml.c`.
enum StubLibrary {
    static let folder = TemporaryFolder()
    private static var trouble: String { folder.path + "/trouble" }

    /// One that has no trouble but what an agent's environment says. Without a compiler the tests
    /// that need it fail.
    static var path: String { get throws { try sound.get() } }

    /// One with the trouble of `setTrouble`. Where its file is, is built in: a variable of this
    /// process could not be set while other tests start programs.
    static var troubledPath: String { get throws { try troubled.get() } }

    /// No compiler built it.
    struct NotBuilt: Error {
        var why: String
    }

    private static let sound = Result { try build("sound") }
    private static let troubled = Result {
        try build("troubled", ["-DSTUB_TROUBLE=\"\(trouble)\""])
    }

    private static func build(_ name: String, _ more: [String] = []) throws -> String {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Stub/nvml.c").path
        let own = folder.path + "/" + name
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        let library = own + "/libnvidia-ml.so.1"
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["clang", "-shared", "-fPIC"] + more + ["-o", library, source]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else {
            throw NotBuilt(why: "clang does not build \(source)")
        }
        return library
    }

    static func setTrouble(_ text: String?) {
        guard let text else {
            unlink(trouble)
            return
        }
        // At once, so that no reader sees half of it.
        folder.write(text, to: "trouble.new")
        rename(folder.path + "/trouble.new", trouble)
    }
}

/// The program that the tests start, beside the tests themselves.
enum BuiltProgram {
    static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("muster-agent").path
}

@Suite(.serialized) struct ProbeTests {
    @Test func theLibraryIsRead() throws {
        let path = try StubLibrary.troubledPath
        StubLibrary.setTrouble(nil)
        let nvml = try NVML(path: path)
        #expect(
            nvml.versions() == [
                ReportedVersion("cuda", "13.0"), ReportedVersion("driver", "580.82.07"),
            ])
        #expect(nvml.count() == 8)
        let handle = try #require(nvml.handle(2))
        #expect(
            nvml.identity(of: handle, index: 2)
                == ReportedDevice(
                    index: 2, uuid: "GPU-00000002", boardSerial: "1650000002",
                    model: "NVIDIA H100 80GB HBM3", address: PCIAddress(domain: 1, bus: 0x12)))
        var values: [Int32: Int64] = [:]
        for sample in nvml.samples(of: handle, index: 2) {
            guard case .field(let number) = sample.key.signal else { continue }
            values[number] = sample.value
            #expect(DeviceMetric.field(number) != nil)
        }
        #expect(
            values == [
                150: 42, 310: 200, 311: 210, 312: 201, 313: 211, 393: 2, 394: 1, 395: 0, 396: 0,
                112: 0x40, 203: 97, 409: 38, 419: 45, 429: 52, 1523: 2,
            ])
    }

    /// Records of the newest version that the library knows.
    @Test func seatsAndFabricAreRead() throws {
        let path = try StubLibrary.troubledPath
        StubLibrary.setTrouble(nil)
        let nvml = try NVML(path: path)
        func placement(_ index: Int) throws -> DevicePlacement {
            nvml.placement(of: try #require(nvml.handle(index)))
        }
        var seat = ReportedSeat()
        seat.guid = "0xd3b7e8d1ba5ee500"
        seat.chassisSerial = "1821624410056"
        (seat.slot, seat.tray, seat.host, seat.peer, seat.module) = (12, 8, 1, 1, 1)
        let fabric = ReportedFabric(
            cluster: "01020304-0506-0708-090a-0b0c0d0e0f10", clique: 32766)
        let first = try placement(0)
        #expect(first.seat == seat && first.fabric == fabric)
        #expect(first.values == [170: 3, 171: 0, 174: 2, 175: 1])
        seat.guid = "0xd3b7e8d1ba5ee501"
        seat.module = 2
        let second = try placement(1)
        #expect(second.seat == seat && second.fabric == fabric)
        #expect(second.values == [170: 3, 171: 0, 174: 1])
        let failed = try placement(2)
        #expect(failed.fabric == nil && failed.values == [170: 4, 171: 999, 174: 2, 175: 2])
        let begun = try placement(3)
        #expect(begun.seat == nil && begun.fabric == nil)
        #expect(begun.values == [170: 2, 174: 2, 175: 1])
        #expect(try placement(4).values == [170: 0])
        for field in first.values.keys { #expect(DeviceMetric.field(field)?.kind == .fabric) }
    }

    @Test func placesAreAskedForSlowly() {
        var book = PlacementBook()
        var asked = 0
        func read(_ uuid: String, at now: Instant) {
            _ = book.placement(of: uuid, now: now) {
                asked += 1
                return DevicePlacement(platform: nil, fabric: nil)
            }
        }
        for second in Int64(0)..<180 { read("a", at: .seconds(second)) }
        #expect(asked == 3)
        read("b", at: .seconds(179))
        #expect(asked == 4)
    }

    @Test func noLibraryIsNoTrouble() async throws {
        #expect(throws: NVML.Absence.self) { try NVML(path: "/nowhere/libnvidia-ml.so.1") }
        let process = ProbeProcess(
            library: "/nowhere/libnvidia-ml.so.1", interval: .seconds(1), patience: .seconds(240),
            program: [BuiltProgram.path], now: Clock.monotonic())
        let end = Clock.monotonic() + .seconds(240)
        while Clock.monotonic() < end, !process.isOver {
            #expect(process.tick(now: Clock.monotonic()) == [])
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(process.isOver && process.reading.devices.isEmpty)
        #expect(process.due > Clock.monotonic() + .seconds(300))
    }

    /// The time that processes are told of. It goes on by a tenth of a second at most from one look
    /// to the next: that nobody looked for long is no silence of the process.
    private final class LookingClock {
        private(set) var now = Clock.monotonic()
        private var looked = Clock.monotonic()

        func look() {
            let wall = Clock.monotonic()
            now = now + min(wall - looked, TimeSpan(nanoseconds: 100_000_000))
            looked = wall
        }
    }

    /// Ticks until something is told or the condition holds; what was told.
    private func waitFor(
        _ process: ProbeProcess, _ clock: LookingClock, until isDone: () -> Bool = { false }
    ) async throws -> [AgentRecord.Body] {
        let end = Clock.monotonic() + .seconds(240)
        while Clock.monotonic() < end {
            clock.look()
            let told = process.tick(now: clock.now)
            if !told.isEmpty || isDone() { return told }
            try await Task.sleep(for: .milliseconds(20))
        }
        return []
    }

    /// A device that dies lets the driver's library hang: the agent goes on, names the device, and
    /// hears of it when that is over.
    @Test func aDeviceThatHangsTheLibrary() async throws {
        let path = try StubLibrary.troubledPath
        StubLibrary.setTrouble(nil)
        let clock = LookingClock()
        let process = ProbeProcess(
            library: path, interval: .seconds(1), patience: .seconds(3),
            program: [BuiltProgram.path], now: clock.now)
        defer { process.stop() }
        #expect(try await waitFor(process, clock) { process.reading.devices.count == 8 } == [])
        #expect(process.reading.devices.count == 8)
        StubLibrary.setTrouble("3h")
        #expect(try await waitFor(process, clock) == [.devicesSilent(last: 3)])
        #expect(process.reading.samples.count == 0)
        StubLibrary.setTrouble("5l")
        #expect(try await waitFor(process, clock) == [.devicesAnswer])
        #expect(process.reading.devices.map(\.index) == [0, 1, 2, 3, 4, 6, 7])
        StubLibrary.setTrouble(nil)
        #expect(try await waitFor(process, clock) { process.reading.devices.count == 8 } == [])
    }

    /// The agent began when a device hung already: it never answered, and is silent all the same.
    @Test func aDeviceThatHangsFromTheStart() async throws {
        let path = try StubLibrary.troubledPath
        StubLibrary.setTrouble("0h")
        defer { StubLibrary.setTrouble(nil) }
        let clock = LookingClock()
        let process = ProbeProcess(
            library: path, interval: .seconds(1), patience: .seconds(3),
            program: [BuiltProgram.path], now: clock.now)
        defer { process.stop() }
        #expect(try await waitFor(process, clock) == [.devicesSilent(last: 0)])
        #expect(!process.isSettled)
    }

    /// Neither a count that fails nor one of none says that devices are gone.
    @Test(arguments: ["0c", "0z"])
    func aLibraryThatLosesItsDriver(trouble: String) async throws {
        let path = try StubLibrary.troubledPath
        StubLibrary.setTrouble(nil)
        defer { StubLibrary.setTrouble(nil) }
        let clock = LookingClock()
        let process = ProbeProcess(
            library: path, interval: .seconds(1), patience: .seconds(3),
            program: [BuiltProgram.path], now: clock.now)
        defer { process.stop() }
        _ = try await waitFor(process, clock) { process.reading.devices.count == 8 }
        #expect(process.isSettled)
        StubLibrary.setTrouble(trouble)
        #expect(try await waitFor(process, clock) == [.devicesSilent(last: nil)])
        #expect(process.reading.devices.count == 8)
        StubLibrary.setTrouble(nil)
        #expect(try await waitFor(process, clock) == [.devicesAnswer])
    }

    @Test func framesInAnyPieces() throws {
        var source = DeviceReading()
        var seat = ReportedSeat()
        seat.guid = "0x1"
        source.devices = [
            ReportedDevice(
                index: 1, uuid: "u", seat: seat, fabric: ReportedFabric(cluster: "c", clique: 7))
        ]
        source.versions = [ReportedVersion("driver", "1")]
        source.samples = [AgentSample(SampleKey(.device(1), .field(150)), 40)]
        let all: [ProbeFrame] = [
            .loaded, .asking(7), .reading(source), .absent(code: nil), .absent(code: 0),
            .absent(code: 999), .absent(code: -1),
        ]
        let bytes = all.flatMap { $0.encoded() }
        for parts in 1...bytes.count {
            var frames = PipeFrames<ProbeFrame>()
            var read: [ProbeFrame] = []
            for start in stride(from: 0, to: bytes.count, by: parts) {
                read += try frames.take(Array(bytes[start..<min(bytes.count, start + parts)]))
            }
            #expect(read == all)
        }
        #expect(throws: WireRefusal.self) {
            var frames = PipeFrames<ProbeFrame>()
            _ = try frames.take([UInt8](repeating: 0xFF, count: 40))
        }
    }
}

@Suite struct ProbeWatchTests {
    private func watch() -> ProbeWatch { ProbeWatch(now: .zero, patience: .seconds(30)) }

    @Test func silenceIsToldOnceAndNothingElseIsStarted() {
        var watch = watch()
        #expect(watch.tick(now: .zero) == [.start])
        #expect(watch.answered(devices: 8, now: .seconds(1)) == [])
        watch.asked(4, now: .seconds(2))
        #expect(watch.tick(now: .seconds(30)) == [])
        #expect(watch.due == .seconds(31))
        #expect(watch.tick(now: .seconds(31)) == [.tellSilence(last: 4), .kill])
        // The driver does not let the process go: a second one would block as well.
        #expect(watch.tick(now: .seconds(9000)) == [])
        watch.ended(now: .seconds(9000), wasAbsent: false)
        #expect(watch.tick(now: .seconds(9004)) == [])
        #expect(watch.tick(now: .seconds(9005)) == [.start])
        #expect(watch.answered(devices: 8, now: .seconds(9006)) == [.tellAnswer])
        #expect(!watch.isSilent)
    }

    @Test func aProcessThatDiesAgainAndAgainIsSilent() {
        var watch = watch()
        _ = watch.tick(now: .zero)
        _ = watch.answered(devices: 8, now: .seconds(1))
        var starts = 0
        var silences = 0
        for second in Int64(2)..<200 {
            for order in watch.tick(now: .seconds(second)) {
                if order == .start {
                    starts += 1
                    watch.ended(now: .seconds(second), wasAbsent: false)
                }
                if case .tellSilence = order { silences += 1 }
            }
            if second == 2 { watch.ended(now: .seconds(2), wasAbsent: false) }
        }
        #expect(silences == 1 && (4...6).contains(starts))
    }

    @Test func aMachineWithoutDevicesIsNotSilent() {
        var watch = watch()
        #expect(watch.tick(now: .zero) == [.start])
        watch.absent(hasLibrary: false, now: .seconds(1))
        #expect(watch.isSettled)
        watch.ended(now: .seconds(1), wasAbsent: true)
        #expect(watch.tick(now: .seconds(500)) == [])
        #expect(watch.tick(now: .seconds(601)) == [.start])
        // Somebody put a library there; nothing on the buses could answer it.
        watch.loaded(now: .seconds(602))
        #expect(watch.tick(now: .seconds(700)) == [.kill])
    }

    @Test func whatNeverAnsweredIsSilentToo() {
        var watch = watch()
        _ = watch.tick(now: .zero)
        watch.asked(0, now: .seconds(20))
        #expect(watch.due == .seconds(30))
        // The patience begins with the first question.
        #expect(watch.tick(now: .seconds(40)) == [.kill])
        #expect(watch.tick(now: .seconds(50)) == [.tellSilence(last: 0)])
        #expect(watch.answered(devices: 1, now: .seconds(51)) == [.tellAnswer])
    }

    /// GPUs on the buses and a library that does not come back from its start.
    @Test func aLibraryThatHangsAtItsStartIsSilence() {
        var watch = watch()
        watch.sees(onBus: 8)
        _ = watch.tick(now: .zero)
        watch.absent(hasLibrary: false, now: .seconds(1))
        watch.ended(now: .seconds(1), wasAbsent: true)
        #expect(watch.tick(now: .seconds(601)) == [.start])
        watch.loaded(now: .seconds(602))
        #expect(watch.tick(now: .seconds(631)) == [.kill])
        #expect(watch.tick(now: .seconds(632)) == [.tellSilence(last: nil)])
    }

    @Test func nobodyIsToldOfNoDevicesTooEarly() {
        // A library that starts slowly, or has no driver yet, beside GPUs on the buses.
        var watch = watch()
        watch.sees(onBus: 8)
        _ = watch.tick(now: .zero)
        watch.loaded(now: .seconds(1))
        #expect(!watch.isSettled)
        watch.absent(hasLibrary: true, now: .seconds(2))
        watch.ended(now: .seconds(2), wasAbsent: true)
        #expect(!watch.isSettled && watch.due == .seconds(7))
        #expect(watch.answered(devices: 0, now: .seconds(8)) == [] && !watch.isSettled)
        _ = watch.tick(now: .seconds(59))
        #expect(!watch.isSettled)
        _ = watch.tick(now: .seconds(60))
        #expect(watch.isSettled)
        // Without any on the buses there is nothing to wait for.
        var other = self.watch()
        _ = other.tick(now: .zero)
        #expect(!other.isSettled && other.takes(devices: 0))
        _ = other.answered(devices: 0, now: .seconds(1))
        #expect(other.isSettled)
        _ = other.answered(devices: 8, now: .seconds(2))
        #expect(!other.takes(devices: 0))
    }
}
