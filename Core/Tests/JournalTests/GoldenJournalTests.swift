import FleetModel
import Journal
import Testing

/// The format must not change unnoticed: a changed one needs another version.
@Suite struct GoldenJournalTests {
    private static let golden = """
        4d55535445524a3102000000870000bca7ac73b602047261636b06782f726163
        6b04686f737400030001000000000000008080c892ff83930280c0cbacf62290
        4e8001800401048001010180808a978ca303808094ae98c60680c0cbacf62280
        c0e285e368c8018080b2f3bcaf108080f89492a5273214808094ae98c60680e0
        a596bb118080aeb2d98b0128c0b80280e0a596bb1180c0cbacf6220f000094c7
        5a6a2e06000000000000000000010000000034000078093d6de80780a8d6b907
        e5050b101d169256000204010101018080c58bc6d10100000014141414140108
        0810d00f80dc0b00000002010701110000eccaaf5d6e0b80e0ba84bf038a142b
        3a9738d2db0002110000ece0c38ccc0effa7d6b907f02814e3ed5e531e000202
        0900008c311d0a0440efcdab89674523010a000080b57b3d15411032547698ba
        dcfe05
        """

    @Test func bytesAreThoseOfTheDescription() throws {
        let bytes = try JournalSample.small.encoded()
        let hexadecimal = bytes.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        let lines = stride(from: 0, to: bytes.count, by: 32).map { start in
            hexadecimal[start..<min(start + 32, bytes.count)].joined()
        }
        #expect(lines.joined(separator: "\n") == Self.golden)
    }
}
