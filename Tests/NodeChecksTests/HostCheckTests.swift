import CNodeChecks
import FleetModel
import Foundation
import Glibc
import Qualification
import Testing

@testable import NodeChecks

/// Checks of the host, on whatever host runs the tests.
@Suite(.serialized)
struct HostCheckTests {
    @Test func memoryIsTestedAndMeasured() {
        var check = HostMemoryCheck(seconds: 0.2)
        check.mostBytes = 8 << 20
        let result = check.run()
        #expect(result.status == .passed, "\(result.notes)")
        #expect(result.figure(.hostMemoryTested)?.milli ?? 0 > 0)
        #expect(result.figure(.hostMemory)?.milli ?? 0 > 10)
    }

    @Test func wrongWordsAreCountedAndPlaced() {
        var words = [UInt32](repeating: 0, count: 10_000)
        cnodechecks_fill(&words, words.count, 5)
        var first = 0
        #expect(cnodechecks_verify(words, words.count, 5, &first) == 0)
        words[77] ^= 1
        words[9_999] ^= 0x8000_0000
        #expect(cnodechecks_verify(words, words.count, 5, &first) == 2)
        #expect(first == 77)
        // Another seed is another pattern nearly everywhere.
        #expect(cnodechecks_verify(words, words.count, 6, &first) > 9_900)
    }

    @Test func theLimitOfACgroupCounts() throws {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-\(UUID().uuidString)")
        for (path, text) in [
            ("proc/meminfo", "MemTotal: 9 kB\nMemAvailable:   1000000 kB\n"),
            ("sys/fs/cgroup/memory.max", "2097152\n"),
            ("sys/fs/cgroup/memory.current", "1048576\n"),
        ] {
            let file = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        defer { try? FileManager.default.removeItem(at: root) }
        var check = HostMemoryCheck(files: SmallFiles(root: root.path), seconds: 0.1)
        #expect(check.freeBytes() == 1_048_576)
        check.files = SmallFiles(root: "/proc/nowhere")
        #expect(check.freeBytes() == nil)
        #expect(check.run().status == .error)
    }

    @Test func coresAreLoadedAndWrongResultsFound() {
        let good = HostCPUCheck(seconds: 0.3).run()
        #expect(good.status == .passed, "\(good.notes)")
        // A virtual machine's spread is told in words.
        let spread = good.figure(.coreSpread)?.milli
        #expect(spread ?? 0 > 10_000 || good.notes.contains { $0.contains("of the median") })
        let bad = HostCPUCheck(seconds: 0.1, isSpoiled: true).run()
        #expect(bad.status == .failed)
        #expect(bad.note.contains("results are wrong"))
    }

    @Test func coresAreComparedWithTheirLike() throws {
        func rates(_ list: [(Int64, Double)]) -> [CoreRate] {
            list.enumerated().map {
                CoreRate(
                    core: Int32($0.offset), kind: CoreKind(capacity: $0.element.0, siblings: 1),
                    rate: $0.element.1)
            }
        }
        let mixed = try #require(
            CoreRate.slowest(rates([(1, 100), (1, 98), (1, 99), (2, 40), (2, 40)])))
        #expect(mixed.core == 1)
        #expect(abs(mixed.share - 98.0 / 99) < 1e-9)
        let slow = try #require(CoreRate.slowest(rates([(1, 100), (1, 100), (1, 50), (2, 40)])))
        #expect(slow.core == 2)
        #expect(slow.share == 0.5)
        #expect(CoreRate.slowest([])?.core == nil)
    }

    /// A machine of files whose cores 0 and 1, and 2 and 3, are threads of one core each.
    private func machine(flags: String) throws -> SmallFiles {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-\(UUID().uuidString)")
        var files = ["proc/cpuinfo": "model name: x\nflags\t\t: fpu \(flags)\n"]
        for core in 0..<4 {
            files["sys/devices/system/cpu/cpu\(core)/topology/thread_siblings_list"] =
                core < 2 ? "0-1\n" : "2,3\n"
        }
        for (path, text) in files {
            let file = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return SmallFiles(root: root.path)
    }

    private func core(_ number: Int32, _ rounds: UInt64) -> cnodechecks_core {
        cnodechecks_core(core: number, rounds: rounds, wrong: 0, seconds: 1)
    }

    /// A cpuset with both threads of one core and one of another: the lone one is twice as fast,
    /// and the two are not slow for it.
    @Test func threadsThatShareACoreAreNotComparedWithOthers() throws {
        let check = HostCPUCheck(files: try machine(flags: "vmx"), seconds: 0)
        defer { try? FileManager.default.removeItem(atPath: check.files.root) }
        func spread(_ cores: [cnodechecks_core]) -> Int64? {
            check.judge(cores, nil, 0, throttled: 0, isShared: check.isVirtual)
                .figure(.coreSpread)?.milli
        }
        #expect(spread([core(0, 50), core(1, 50), core(2, 100)]) == 100_000)
        #expect(spread([core(0, 50), core(1, 25), core(2, 50), core(3, 50)]) == 50_000)
        #expect(HostCPUCheck.cores(in: "0-2,64") == [0, 1, 2, 64])
        #expect(HostCPUCheck.cores(in: "x,3-1,").isEmpty)
    }

    /// What a hypervisor took away is no fault of a core.
    @Test func aVirtualMachineFailsForNoSlowCore() throws {
        let check = HostCPUCheck(files: try machine(flags: "vmx hypervisor"), seconds: 0)
        defer { try? FileManager.default.removeItem(atPath: check.files.root) }
        #expect(check.isVirtual)
        func result(_ cores: [cnodechecks_core]) -> CheckResult {
            var result = check.judge(cores, nil, 0, throttled: 0, isShared: check.isVirtual)
            result.judge(against: Priors.everywhere)
            return result
        }
        let slow = result([core(0, 100), core(2, 100), core(4, 30)])
        #expect(slow.status == .degraded && slow.note.contains("core 4 did 30 %"))
        #expect(result([core(0, 100), core(2, 100), core(4, 90)]).status == .passed)
        var own = check.judge(
            [core(0, 100), core(2, 100), core(4, 30)], nil, 0, throttled: 0, isShared: false)
        own.judge(against: Priors.everywhere)
        #expect(own.status == .failed)
    }

    @Test func aDiskIsWrittenFlushedAndReadBack() throws {
        let folder = FileManager.default.currentDirectoryPath
        var check = DiskCheck(folder: folder, seconds: 0.2)
        check.mostBytes = 8 << 20
        let result = check.run()
        // The folder of the tests may be in memory.
        guard result.status != .notApplicable else { return }
        #expect(result.status == .passed, "\(result.notes)")
        for figure in [FigureID.diskWrite, .diskRead, .flushMedian, .flushSlow] {
            #expect(result.figure(figure)?.milli ?? 0 > 0, "\(figure.name)")
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(!left.contains { $0.hasPrefix(".muster-check") })
    }

    @Test func aFolderThatIsNoDiskOrNotThereIsNoPass() {
        #expect(DiskCheck(folder: "/proc/nowhere", seconds: 0.1).run().status == .error)
        #expect(DiskCheck(folder: "/dev/shm", seconds: 0.1).run().status == .notApplicable)
    }

    @Test func theNetworkIsMeasuredToItselfAndToAPeer() throws {
        let own = NetworkCheck(peer: nil, seconds: 0.5).run()
        #expect(own.status == .passed, "\(own.notes)")
        #expect(own.note.hasPrefix("to itself"))
        let server = try PeerServer("127.0.0.1:0")
        let flag = Flag()
        #expect(Threads.start { server.serve { flag.isRaised } })
        defer { flag.raise() }
        let peer = NetworkCheck(peer: "127.0.0.1:\(server.port)", seconds: 0.5).run()
        #expect(peer.status == .passed, "\(peer.notes)")
        // It is this machine all the same, and proves no network.
        #expect(peer.note.hasPrefix("to itself"))
        #expect(peer.figure(.network)?.milli ?? 0 > 0)
        #expect(peer.figure(.roundTrip)?.milli ?? 0 > 0)
    }

    @Test func aPeerIsAnotherMachine() {
        func four(_ address: [UInt8]) -> [UInt8] {
            [2, 0, 0x1B, 0x9F] + address + [UInt8](repeating: 0, count: 8)
        }
        func six(_ last: UInt8) -> [UInt8] {
            [10, 0, 0x1B, 0x9F] + [UInt8](repeating: 0, count: 19) + [last, 0, 0, 0, 0]
        }
        #expect(!PeerSocket.isOwn(local: four([10, 0, 0, 1]), peer: four([10, 0, 0, 2])))
        #expect(PeerSocket.isOwn(local: four([10, 0, 0, 1]), peer: four([10, 0, 0, 1])))
        #expect(PeerSocket.isOwn(local: four([127, 0, 0, 1]), peer: four([127, 0, 0, 9])))
        #expect(!PeerSocket.isOwn(local: six(7), peer: six(8)))
        #expect(PeerSocket.isOwn(local: six(7), peer: six(1)))
        #expect(!PeerSocket.isOwn(local: [], peer: []))
    }

    @Test func aPeerThatIsNoneIsAnError() throws {
        let nobody = NetworkCheck(peer: "127.0.0.1:1", seconds: 0.2).run()
        #expect(nobody.status == .error)
        #expect(nobody.code == .checkPeer)
        #expect(RunVerdict.isUnconnected(nobody), "\(nobody.notes)")
        // One that speaks otherwise: it answers with its own greeting, and hangs up.
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> UInt16 in
                #expect(bind(descriptor, address, size) == 0)
                #expect(listen(descriptor, 8) == 0)
                var own = size
                getsockname(descriptor, address, &own)
                return pointer.pointee.sin_port.bigEndian
            }
        }
        #expect(
            Threads.start {
                let accepted = accept(descriptor, nil, nil)
                _ = send(
                    accepted, "SSH-2.0-OpenSSH_9.6 and more\r\n", 30, Int32(MSG_NOSIGNAL))
                close(accepted)
            })
        let stranger = NetworkCheck(peer: "127.0.0.1:\(port)", seconds: 0.2).run()
        #expect(stranger.status == .error)
        #expect(stranger.code == .checkPeer)
        // It was reached, whatever it is.
        #expect(!RunVerdict.isUnconnected(stranger), "\(stranger.notes)")
    }

    /// What strangers send to a listener ends their connection and nothing else.
    @Test func aListenerWithstandsStrangers() throws {
        let server = try PeerServer("127.0.0.1:0")
        let flag = Flag()
        #expect(Threads.start { server.serve { flag.isRaised } })
        defer { flag.raise() }
        var random = SplitMix(seed: 9)
        for round in 0..<50 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = server.port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            #expect(connected == 0)
            var bytes = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if round % 3 == 0 {
                bytes = PeerProtocol.greeting(.upload, seconds: .max) + bytes
            }
            _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            close(descriptor)
        }
        let peer = NetworkCheck(peer: "127.0.0.1:\(server.port)", seconds: 0.3).run()
        #expect(peer.status == .passed, "\(peer.notes)")
    }

    @Test(arguments: ["", "host", "host:", ":x", "host:70000", "host:-1"])
    func refusesAddresses(text: String) {
        #expect(throws: OperatingError.self) { try PeerServer.validate(text) }
    }
}
