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

    /// What is counted.
    enum Unit {
        /// Things, such as jobs.
        case count
        /// Bytes of a file.
        case bytes

        /// An amount as people read it.
        func text(_ amount: Int) -> String {
            switch self {
            case .count: NumberText.grouped(amount)
            case .bytes: NumberText.grouped(Double(amount) / 1_048_576, decimals: 1) + " MiB"
            }
        }
    }

    /// Says that `done` of `total` is done, if it is time to; nil is a total that nobody knows.
    mutating func update(done: Int, total: Int?, in unit: Unit = .count) {
        let now = ProcessFigures.monotonicNanoseconds
        guard now >= nextLook else { return }
        nextLook = now + (isTerminal ? ProgressLine.second / 2 : 10 * ProgressLine.second)
        let text = ProgressLine.text(
            label, done: done, total: total, elapsedSeconds: Double(now - start) / 1e9, in: unit)
        Console.sayRaw(isTerminal ? "\r\u{1B}[K" + text : text + "\n")
        isShown = true
    }

    /// What the line says: the part done and the time left or, without a total, the amount done.
    static func text(
        _ label: String, done: Int, total: Int?, elapsedSeconds: Double, in unit: Unit
    ) -> String {
        guard let total, total > 0 else { return "\(label): \(unit.text(done)) so far" }
        let part = min(1, Double(done) / Double(total))
        let percent = Int((part * 100).rounded(.down))
        let text = "\(label): \(percent) % of \(unit.text(total))"
        guard part > 0.01 else { return text }
        let left = NumberText.duration(seconds: elapsedSeconds * (1 - part) / part)
        return text + ", about \(left) left"
    }

    /// Takes the line away.
    func clear() {
        if isShown && isTerminal { Console.sayRaw("\r\u{1B}[K") }
    }
}
