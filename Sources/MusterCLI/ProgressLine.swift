import Glibc
import Simulation

/// Tells how far long work is and how long it will take, on standard error.
///
/// Silent for the first seconds; then a line that is written over on a terminal, or a new line
/// every ten seconds elsewhere.
struct ProgressLine {
    private let label: String
    private let start = ProcessFigures.monotonicNanoseconds
    private var nextLook: Int64
    private var isShown = false
    private let isTerminal = Console.isErrorTerminal

    private static let second: Int64 = 1_000_000_000

    init(_ label: String) {
        self.label = label
        nextLook = start + 2 * ProgressLine.second
    }

    /// Seconds since the start.
    var elapsedSeconds: Double {
        Double(ProcessFigures.monotonicNanoseconds - start) / 1e9
    }

    /// Says that `done` of `total` is done, if it is time to; a total of 0 is not known.
    mutating func update(done: Int, total: Int) {
        let now = ProcessFigures.monotonicNanoseconds
        guard now >= nextLook else { return }
        nextLook = now + (isTerminal ? ProgressLine.second / 2 : 10 * ProgressLine.second)
        let text = "\(label): " + describe(done, of: total, after: Double(now - start) / 1e9)
        Console.sayRaw(isTerminal ? "\r\u{1B}[K" + text : text + "\n")
        isShown = true
    }

    private func describe(_ done: Int, of total: Int, after seconds: Double) -> String {
        guard total > 0 else { return "\(NumberText.grouped(done)) so far" }
        let part = Double(done) / Double(total)
        let percent = Int((part * 100).rounded(.down))
        let text = "\(percent) % of \(NumberText.grouped(total))"
        guard part > 0.01 else { return text }
        let left = NumberText.duration(seconds: seconds * (1 - part) / part)
        return text + ", about \(left) left"
    }

    /// Takes the line away.
    func clear() {
        if isShown && isTerminal { Console.sayRaw("\r\u{1B}[K") }
    }
}
