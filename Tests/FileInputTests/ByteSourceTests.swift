import FileInput
import FleetModel
import Foundation
import Testing

@Suite struct ByteSourceTests {
    @Test(arguments: [0, 1, 2, 3, 1000, 256 << 10, (256 << 10) + 1, 1_000_000])
    func plainAndGzipGiveTheSameBytes(_ count: Int) throws {
        let scratch = try Scratch()
        let bytes = sampleBytes(count)
        let plain = readAll(try scratch.write(bytes, "a.csv"))
        #expect(plain.bytes == bytes && plain.diagnostic == nil)
        let gzip = readAll(try scratch.write(try scratch.gzip(bytes), "a"))
        #expect(gzip.bytes == bytes && gzip.diagnostic == nil)
    }

    @Test func gzipOfManyMembers() throws {
        let scratch = try Scratch()
        let parts = (0..<4).map { sampleBytes([10, 0, 300_000, 1][$0], seed: UInt64($0)) }
        let file = try scratch.write(try parts.flatMap { try scratch.gzip($0) }, "a.gz")
        let result = readAll(file)
        #expect(result.diagnostic == nil)
        #expect(result.bytes == parts.flatMap { $0 })
    }

    @Test func highlyCompressedDataComesInChunks() throws {
        let scratch = try Scratch()
        let bytes = [UInt8](repeating: 0x41, count: 5_000_000)
        let result = readAll(try scratch.write(try scratch.gzip(bytes), "a.gz"))
        #expect(result.diagnostic == nil && result.bytes == bytes)
    }

    @Test func progressCountsBytesOfTheFile() throws {
        let scratch = try Scratch()
        let packed = try scratch.gzip(sampleBytes(2_000_000))
        var source = try ByteSource(path: try scratch.write(packed, "a.gz"))
        #expect(source.fileBytes == packed.count)
        #expect(source.consumedBytes == 0)
        var last = 0
        while try source.next() != nil {
            #expect(source.consumedBytes >= last)
            last = source.consumedBytes
        }
        #expect(last == packed.count)
        #expect(try source.next() == nil)
    }

    @Test func everyTruncationIsFound() throws {
        let scratch = try Scratch()
        let packed = try scratch.gzip(sampleBytes(3000))
        let path = scratch.path("a.gz")
        for length in 0..<packed.count {
            try scratch.write(Array(packed[..<length]), "a.gz")
            let found = readAll(path).diagnostic
            #expect(found?.code == .gzip, "length \(length)")
            #expect(found?.file == path)
            #expect(found?.expected.isEmpty == false)
        }
        let large = try scratch.gzip(sampleBytes(2_000_000))
        for length in stride(from: 2, to: large.count, by: 100_003) {
            try scratch.write(Array(large[..<length]), "a.gz")
            #expect(readAll(path).diagnostic?.code == .gzip, "length \(length)")
        }
    }

    @Test func everyFlippedBitOfTheDataIsFound() throws {
        let scratch = try Scratch()
        let bytes = sampleBytes(400)
        let packed = try scratch.gzip(bytes)
        // Bits of the ten header bytes may say nothing about the data (time, system, text).
        for position in 10..<packed.count {
            var damaged = packed
            damaged[position] ^= UInt8(1 << (position % 8))
            let result = readAll(try scratch.write(damaged, "a.gz"))
            #expect(result.diagnostic?.code == .gzip, "byte \(position)")
        }
        for position in 0..<80 {
            var damaged = packed
            damaged[position / 8] ^= UInt8(1 << (position % 8))
            let result = readAll(try scratch.write(damaged, "a.gz"))
            let isPassedThrough = position < 16 && result.bytes == damaged
            #expect(
                result.diagnostic?.code == .gzip || result.bytes == bytes || isPassedThrough,
                "bit \(position)")
        }
    }

    @Test func bytesAfterTheLastMemberAreRefused() throws {
        let scratch = try Scratch()
        let packed = try scratch.gzip(sampleBytes(100)) + [1, 2, 3, 4]
        let result = readAll(try scratch.write(packed, "a.gz"))
        #expect(result.diagnostic?.code == .gzip)
    }

    @Test func filesThatCannotBeRead() throws {
        let scratch = try Scratch()
        let absent = readAll(scratch.path("absent")).diagnostic
        #expect(absent?.code == .fileAccess)
        #expect(absent?.message == "cannot open the file: No such file or directory")
        let folder = readAll(scratch.folder.path).diagnostic
        #expect(folder?.code == .fileAccess)
        #expect(folder?.message == "this is a directory")
        #expect(readAll("").diagnostic?.code == .fileAccess)
        let file = try scratch.write([1], "file")
        #expect(readAll(file + "/below").diagnostic?.message.contains("Not a directory") == true)
        chmod(file, 0)
        if geteuid() != 0 {
            #expect(readAll(file).diagnostic?.message.contains("Permission denied") == true)
        }
    }

    @Test func pipesAreReadToTheirEnd() throws {
        let scratch = try Scratch()
        let path = scratch.path("pipe")
        try #require(mkfifo(path, 0o600) == 0)
        let packed = try scratch.gzip(sampleBytes(400_000))
        let writer = Thread {
            let handle = FileHandle(forWritingAtPath: path)
            for byte in packed.prefix(3) { try? handle?.write(contentsOf: Data([byte])) }
            try? handle?.write(contentsOf: Data(packed.dropFirst(3)))
            try? handle?.close()
        }
        writer.start()
        let result = readAll(path)
        #expect(result.diagnostic == nil)
        #expect(result.bytes == sampleBytes(400_000))
    }
}
