import FleetModel
import Journal
import Testing

/// The format must not change unnoticed: a changed one needs another version.
@Suite struct GoldenJournalTests {
    private static let golden = """
        4d55535445524a31020000006800000c978f6d3602047261636b06782f726163
        6b04686f737400030001000000000000008080c892ff83930280c0cbacf62290
        4e800180040108800101018080c58bc6d10180c0cbacf6228080bc8ac9d21380
        e0a596bb118080aeb2d98b0120c0b80280e0a596bb1180c0cbacf6220f000094
        24f6d2ec06000000000000000000010000000034000078bf84805a0780a8d6b9
        07e5050b101d169256000204010101018080c58bc6d101000000141414141401
        080810d00f80dc0b00000002010701110000ece4b615db0b80e0ba84bf038a14
        2b3a9738d2db0002110000ec990be51d0effa7d6b907f02814e3ed5e531e0002
        020900008c4d453d9a40efcdab89674523010a000080cbcff8f8411032547698
        badcfe05
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
