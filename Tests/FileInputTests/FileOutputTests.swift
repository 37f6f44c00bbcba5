import FileInput
import FleetModel
import Foundation
import Testing

@Suite struct FileOutputTests {
    private func failure(_ body: () throws -> Void) -> Diagnostic? {
        do { try body() } catch { return (error as? DiagnosticList)?.diagnostics.first }
        return nil
    }

    @Test(arguments: [0, 1, 1000, 256 << 10, 1_000_000])
    func wholeFilesAppear(_ count: Int) throws {
        let scratch = try Scratch()
        let bytes = sampleBytes(count)
        try FileOutput.write(bytes, to: scratch.path("a"))
        #expect(scratch.bytes("a") == bytes)
        #expect(scratch.names == ["a"])
    }

    @Test func aStreamAppearsOnlyWithItsCommit() throws {
        let scratch = try Scratch()
        try scratch.write([9, 9], "a")
        var output = try FileOutput(path: scratch.path("a"))
        var expected: [UInt8] = []
        for size in [10, 300_000, 0, 262_144, 5] {
            let part = sampleBytes(size)
            try output.write(part)
            expected += part
        }
        #expect(output.writtenBytes == expected.count)
        #expect(scratch.bytes("a") == [9, 9])
        #expect(scratch.names == ["a", "a.partial"])
        try output.commit()
        #expect(scratch.bytes("a") == expected)
        #expect(scratch.names == ["a"])
    }

    @Test func rawBytesKeepTheirOrder() throws {
        let scratch = try Scratch()
        var output = try FileOutput(path: scratch.path("a"))
        var expected: [UInt8] = []
        for size in [3, 262_143, 1, 500_000, 7, 262_144] {
            let part = sampleBytes(size, seed: UInt64(size))
            expected += part
            var failed: (any Error)?
            part.withUnsafeBytes { bytes in
                do { try output.write(bytes) } catch { failed = error }
            }
            #expect(failed == nil)
        }
        try output.commit()
        #expect(scratch.bytes("a") == expected)
    }

    @Test func aWriterThatIsLetGoLeavesNothing() throws {
        let scratch = try Scratch()
        try scratch.write([7], "a")
        func begin() throws {
            var output = try FileOutput(path: scratch.path("a"))
            try output.write(sampleBytes(600_000))
        }
        try begin()
        #expect(scratch.bytes("a") == [7])
        #expect(scratch.names == ["a"])
    }

    @Test func aPartialFileOfAKilledRunIsTakenOver() throws {
        let scratch = try Scratch()
        try scratch.write(sampleBytes(5000), "a.partial")
        try FileOutput.write([1, 2], to: scratch.path("a"))
        #expect(scratch.bytes("a") == [1, 2])
        #expect(scratch.names == ["a"])
    }

    @Test func aSecondWriterIsRefused() throws {
        let scratch = try Scratch()
        var first = try FileOutput(path: scratch.path("a"))
        try first.write([1])
        let found = failure { try FileOutput.write([2], to: scratch.path("a")) }
        #expect(found?.code == .fileAccess)
        #expect(found?.message == "another run is writing this file")
        try first.commit()
        #expect(scratch.bytes("a") == [1])
    }

    @Test func aFullDeviceIsReported() {
        let found = failure { try FileOutput.write([1, 2, 3], to: "/dev/full") }
        #expect(found?.code == .fileAccess)
        #expect(found?.message == "cannot write the file: No space left on device")
        #expect(FileManager.default.fileExists(atPath: "/dev/full"))
        #expect(failure { try FileOutput.write([1], to: "/dev/null") } == nil)
        #expect(FileManager.default.fileExists(atPath: "/dev/null"))
    }

    @Test func placesThatCannotBeWritten() throws {
        let scratch = try Scratch()
        let folder = failure { try FileOutput.write([1], to: scratch.folder.path) }
        #expect(folder?.code == .fileAccess)
        let nowhere = failure { try FileOutput.write([1], to: scratch.path("no/such/a")) }
        #expect(nowhere?.message == "cannot create the file: No such file or directory")
        #expect(failure { try FileOutput.write([1], to: "") }?.code == .fileAccess)
        #expect(failure { try FileOutput.write([1], to: "/proc/a") }?.code == .fileAccess)
        #expect(scratch.names.isEmpty)
        if geteuid() != 0 {
            let file = try scratch.write([1], "a")
            chmod(file, 0o444)
            #expect(failure { try FileOutput.write([2], to: file) }?.code == .fileAccess)
            #expect(scratch.bytes("a") == [1])
        }
    }

    @Test func linksAndModesAreKept() throws {
        let scratch = try Scratch()
        let file = try scratch.write([1], "real")
        chmod(file, 0o640)
        symlink(file, scratch.path("link"))
        try FileOutput.write([2], to: scratch.path("link"))
        #expect(scratch.bytes("real") == [2])
        var status = stat()
        #expect(lstat(scratch.path("link"), &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFLNK)
        #expect(lstat(file, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o640)
        #expect(scratch.names == ["link", "real"])
    }
}
