import Qualification

/// The text that programs of nccl-tests write.
///
/// A line of numbers ends with two groups of time, algorithm bandwidth, bus bandwidth and errors,
/// out of place and in place; what stands before them differs from version to version.
public enum NcclTests {
    /// Lines that are looked at.
    static let mostLines = 10_000

    /// Bytes of the largest message that is asked for.
    static let largestAsked: Int64 = 1 << 30

    /// Reads it; what is no line of numbers is passed over. Without any, it is an error, and so it
    /// is when they end before the size that was asked for.
    public static func read(_ bytes: [UInt8], upTo asked: Int64 = 0) -> ToolFindings {
        var findings = ToolFindings(.error)
        var isBroken = false
        var largest: (size: Int64, bus: Int64)?
        var (wrong, hasFailed) = (Int64(0), false)
        for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(mostLines) {
            let words = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D })
            if let row = Row(words) {
                wrong += row.wrong
                if row.size >= largest?.size ?? 0 { largest = (row.size, row.bus) }
            } else if line.starts(with: "# Out of bounds values".utf8) {
                hasFailed = hasFailed || words.last.map { $0.elementsEqual("FAILED".utf8) } ?? false
            } else if line.first != UInt8(ascii: "#"), isComplaint(words) {
                isBroken = isBroken || words.contains { $0.elementsEqual("failure".utf8) }
                guard findings.notes.isEmpty else { continue }
                findings.notes.append(String(decoding: line.prefix(300), as: UTF8.self))
            }
        }
        guard let largest else {
            if findings.notes.isEmpty { findings.notes = ["there is no line of figures"] }
            return findings
        }
        let complaints = findings.notes
        findings = ToolFindings(.passed)
        findings.figures = [Figure(.allReduce, milli: largest.bus)]
        findings.note(.passed, "bus bandwidth at \(largest.size) bytes")
        for words in complaints { findings.note(isBroken ? .error : .degraded, words) }
        if largest.size < asked {
            findings.note(
                .error, "the figures end at \(largest.size) bytes; \(asked) were asked for")
        }
        if wrong > 0 || hasFailed { findings.note(.failed, "\(wrong) wrong results") }
        return findings
    }

    private static func isComplaint(_ words: [ArraySlice<UInt8>]) -> Bool {
        let marks = ["WARN", "failure", "error", "Error:"]
        return words.contains { word in marks.contains { word.elementsEqual($0.utf8) } }
    }

    /// One line of numbers.
    private struct Row {
        var size: Int64
        var bus: Int64
        var wrong: Int64

        init?(_ words: [ArraySlice<UInt8>]) {
            guard words.count >= 10, words.count <= 16,
                let size = Int64(String(decoding: words[0], as: UTF8.self)), size >= 0
            else { return nil }
            let last = words.suffix(8).map { FixedDecimal.milli($0) }
            guard let outer = last[2], let inner = last[6], last[0] != nil, last[4] != nil else {
                return nil
            }
            self.size = size
            bus = max(outer, inner)
            // Errors are a count, a largest deviation in older versions, or `N/A` without a check.
            wrong = [last[3], last[7]].reduce(0) { $0 + min(max(($1 ?? 0) / 1000, 0), 1 << 40) }
        }
    }
}
