import FleetModel
import Journal
import Testing

/// The format must not change unnoticed: a changed one needs another version.
@Suite struct GoldenJournalTests {
    private static let golden = """
        4d55535445524a31010000003100006c618544c902047261636b06782f726163
        6b04686f737400030001000000000000008080c892ff83930280c0cbacf62290
        4e800180040e00009098a9a60e060000000000000000000100000033000064f8
        3062b90780a8d6b907e5050b101d169256000204010101018080c58bc6d10100
        00001414141401080810d00f80dc0b00000002010701110000ecf1cea3340b80
        e0ba84bf038a142b3a9738d2db0002110000ec5afb42f00effa7d6b907f02814
        e3ed5e531e0002020900008c90157f6740efcdab89674523010a0000802c4ff1
        0b411032547698badcfe05
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
