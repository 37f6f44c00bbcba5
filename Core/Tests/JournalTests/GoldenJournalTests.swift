import FleetModel
import Journal
import Testing

/// The format must not change unnoticed: a changed one needs another version.
@Suite struct GoldenJournalTests {
    private static let golden = """
        4d55535445524a31030000008a000088a240600b02047261636b06782f726163
        6b04686f737400030001000000000000008080c892ff83930280c0cbacf62290
        4e8001800401048001010180808a978ca303808094ae98c60680c0cbacf62280
        c0e285e368c8018080b2f3bcaf108080f89492a5273214808094ae98c60680e0
        a596bb118080aeb2d98b0128c0b80280800180e0a596bb1180c0cbacf6220f00
        0094263307b0060000000000000000000100000000340000787e4a34d70780a8
        d6b907e5050b101d169256000204010101018080c58bc6d10100000014141414
        1401080810d00f80dc0b00000002010701110000ec6ec584070b80e0ba84bf03
        8a142b3a9738d2db0002110000ec86315ea10effa7d6b907f02814e3ed5e531e
        0002020900008c7ac657c540efcdab89674523010a0000807ffd23bd41103254
        7698badcfe05
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
