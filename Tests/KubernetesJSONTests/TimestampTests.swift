import FleetModel
import KubernetesJSON
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-06-30T08:10:21Z", 1_782_807_021_000_000),
        ("2026-06-30T08:10:21.5Z", 1_782_807_021_500_000),
        ("2026-06-30T08:10:21.123456789Z", 1_782_807_021_123_456),
        ("2026-06-30T10:10:21+02:00", 1_782_807_021_000_000),
        ("1969-12-31T23:59:59.25Z", -750_000), ("2000-02-29T00:00:00Z", 951_782_400_000_000),
    ])
    func reads(text: String, expected: Int64) {
        #expect(Timestamp(text.utf8)?.microseconds == expected)
    }

    @Test(arguments: [
        "", "2026-06-30", "2026-06-30T08:10:21", "2026-13-30T08:10:21Z", "2026-06-30T24:10:21Z",
        "2026-06-30T08:10:21.Z", "2026-06-30T08:10:21Zx", "2026-06-30 08:10:21Z",
        "20260630T081021Z",
        "2026-06-30T08:10:21+2:00",
    ])
    func refuses(text: String) {
        #expect(Timestamp(text.utf8) == nil)
    }

    @Test func writesWhatItReads() {
        var random = SplitMix(seed: 5)
        for _ in 0..<2_000 {
            let time = Timestamp(
                microseconds: Int64(random.below(8_000_000_000)) * 1_000_000 - 4_000_000_000_000_000
                    + Int64(random.below(1_000_000)))
            #expect(Timestamp(time.microTime.utf8) == time)
            #expect(Timestamp(time.time.utf8)?.seconds == time.seconds)
        }
    }
}
