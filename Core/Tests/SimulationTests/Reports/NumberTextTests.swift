import Simulation
import Testing

@Suite struct NumberTextTests {
    @Test(arguments: [
        (0.0, 3, "0.000"), (-0.0001, 3, "0.000"), (1.0005, 3, "1.000"), (0.0625, 3, "0.062"),
        (-1.5, 0, "-2"), (2.5, 0, "2"), (999.9996, 3, "1000.000"), (0.05, 1, "0.0"),
        (1e15, 3, "1000000000000000.000"), (1e300, 3, "1e+300"), (.nan, 2, "0"),
        (-.infinity, 2, "0"), (12.000000001, 9, "12.000000001"),
    ])
    func fixedDecimals(value: Double, decimals: Int, expected: String) {
        #expect(NumberText.fixed(value, decimals: decimals) == expected)
    }

    @Test(arguments: [
        (0.0, 0, "0"), (999.0, 0, "999"), (1_000.0, 0, "1,000"),
        (-1_234_567.891, 2, "-1,234,567.89"),
        (100_000.0, 0, "100,000"), (1e300, 0, "1e+300"),
    ])
    func groupedThousands(value: Double, decimals: Int, expected: String) {
        #expect(NumberText.grouped(value, decimals: decimals) == expected)
    }

    @Test func groupedCountsBeyondDoubles() {
        #expect(NumberText.grouped(15_802) == "15,802")
        #expect(NumberText.grouped(-1_000) == "-1,000")
        #expect(NumberText.grouped(Int.max) == String(Int.max))
    }

    @Test(
        arguments: [
            (0.0, "0s"), (0.01, "<0.1s"), (4.2, "4.2s"), (9.94, "9.9s"), (9.96, "10s"),
            (59.4, "59s"),
            (59.6, "1m 00s"), (303, "5m 03s"), (3_599.6, "1h 00m"), (3_900, "1h 05m"),
            (86_369, "23h 59m"), (86_399, "1d 00h"), (273_600, "3d 04h"), (-3_900, "-1h 05m"),
            (86_400 * 3_650, "3,650d 00h"), (.infinity, "0s"), (2e15, "2000000000000000s"),
        ] as [(Double, String)])
    func durations(seconds: Double, expected: String) {
        #expect(NumberText.duration(seconds: seconds) == expected)
    }
}
