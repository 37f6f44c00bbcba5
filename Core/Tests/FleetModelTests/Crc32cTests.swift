import FleetModel
import Testing

@Suite struct Crc32cTests {
    static let vectors: [(bytes: [UInt8], check: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        ([UInt8](0..<32), 0x46DD_794E),
        ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
        ([UInt8]("123456789".utf8), 0xE306_9283),
        ([], 0),
    ]

    /// The vectors of RFC 3720, appendix B.4, and the check value of the CRC catalogues.
    @Test(arguments: vectors)
    func knownVectors(bytes: [UInt8], check: UInt32) {
        #expect(Crc32c.checksum(bytes) == check)
    }

    @Test func tablesAgreeWithBitByBitDivisionAtEveryLengthAndSplit() {
        var random = SplitMix(seed: 11)
        let bytes = (0..<67).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for length in 0...bytes.count {
            let part = Array(bytes[..<length])
            let expected = bitByBit(part)
            #expect(Crc32c.checksum(part) == expected)
            for split in 0...length {
                var check = Crc32c()
                check.add(bytes, in: 0..<split)
                check.add(bytes, in: split..<length)
                #expect(check.value == expected)
            }
        }
    }

    @Test func wordsAreEightBytesLowestFirst() {
        var byWord = Crc32c()
        byWord.add(0x0807_0605_0403_0201 as UInt64)
        #expect(byWord.value == Crc32c.checksum([1, 2, 3, 4, 5, 6, 7, 8]))
    }

    private func bitByBit(_ bytes: [UInt8]) -> UInt32 {
        var state = UInt32.max
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = (state >> 1) ^ (state & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        return ~state
    }
}
