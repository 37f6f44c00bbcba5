import FleetModel
import Testing

@testable import HealthSignals

/// Goal: the lines of old logs are as far apart as they say.
@Suite struct LogHistoryTests {
    private let xid = "NVRM: Xid (PCI:0000:3b:00): 31, pid=77, Ch 00000008, intr 10000000."

    private func times(_ heads: [String]) -> [Int64] {
        var history = LogHistory(node: NodeID(0))
        for head in heads { history.read(head + xid) }
        let first = history.faults.first?.at ?? .zero
        return history.faults.map { ($0.at - first).wholeSeconds }
    }

    @Test func formsOfDates() {
        #expect(
            times([
                "2025-01-21T04:41:44,285060+00:00 ", "2025-01-21T04:41:50.1+0100 h kernel: ",
            ]) == [0, 6])
        #expect(times(["Dec 31 23:59:50 h kernel: ", "Jan  1 00:00:05 h kernel: "]) == [0, 15])
        #expect(
            times(["[Sun Feb 23 16:24:18 2025] ", "[Sun Feb 23 16:25:18 2025] "]) == [0, 60])
        #expect(times(["[    5.000000] ", "<4>[  105.500000] "]) == [0, 100])
        #expect(times(["", ""]) == [0, 0])
    }

    /// Old is what is so in every zone that its line may be of.
    @Test func whatIsSurelyOldIsToldByItsDate() throws {
        let now = try #require(Instant(utcText: "2026-03-01T12:00:00Z"))
        func past(_ head: String) -> String? {
            KernelLogParser.timeOfPast(head + xid, by: .seconds(3600), now: now)?.utcText
        }
        #expect(past("2026-03-01T10:30:00Z ") == "2026-03-01T10:30:00.000Z")
        #expect(past("2026-03-01T11:30:00.5+0100 h ") == "2026-03-01T10:30:00.000Z")
        #expect(past("2026-03-01T11:30:00,1+00:00 h ") == nil)
        #expect(past("2026-03-01T10:30:00 ") == nil && past("[    5.000000] ") == nil)
        #expect(past("[Sat Feb 28 22:30:00 2026] ") == "2026-02-28T22:30:00.000Z")
        #expect(past("[Sat Feb 28 23:30:00 2026] ") == nil)
        #expect(past("Feb 27 10:00:00 h kernel: ") == "2026-02-27T10:00:00.000Z")
        #expect(past("Mar  1 14:00:00 h kernel: ") == nil)
        #expect(past("Mar  5 14:00:00 h kernel: ") == "2025-03-05T14:00:00.000Z")
        #expect(past("Feb 29 14:00:00 h kernel: ") == "2024-02-29T14:00:00.000Z")
        #expect(past("2037-01-01T00:00:00Z ") == nil && past("") == nil)
    }

    @Test func linesWithoutATimeAreCounted() {
        var history = LogHistory(node: NodeID(0))
        for line in [xid, "[    5.000000] " + xid, "noise", xid] { history.read(line) }
        #expect(history.timeless == 2 && history.lines == 4)
        #expect(history.faults.map { $0.at.nanoseconds } == [0, 5_000_000_000, 5_000_000_000])
    }
}
