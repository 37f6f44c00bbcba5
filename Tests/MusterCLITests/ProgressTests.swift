import Testing

@testable import MusterCLI

/// The line that tells how far long work is.
struct ProgressTests {
    private func text(
        _ done: Int, _ total: Int?, after seconds: Double = 10, in unit: ProgressLine.Unit = .count
    ) -> String {
        ProgressLine.text("replay", done: done, total: total, elapsedSeconds: seconds, in: unit)
    }

    @Test func tellsThePartAndTheTimeLeft() {
        #expect(text(2_500, 10_000) == "replay: 25 % of 10,000, about 30s left")
        #expect(text(10_000, 10_000) == "replay: 100 % of 10,000, about 0s left")
        #expect(text(50, 10_000) == "replay: 0 % of 10,000")
    }

    @Test func tellsBytesOfAFile() {
        #expect(
            text(3 << 20, 12 << 20, in: .bytes) == "replay: 25 % of 12.0 MiB, about 30s left")
        // A file that grew while it was read.
        #expect(text(9, 8, in: .bytes).hasPrefix("replay: 100 % of 0.0 MiB"))
    }

    @Test func tellsTheAmountWhereNobodyKnowsTheWhole() {
        #expect(text(1_234, nil) == "replay: 1,234 so far")
        #expect(text(5 << 20, nil, in: .bytes) == "replay: 5.0 MiB so far")
        #expect(text(0, 0) == "replay: 0 so far")
    }
}
