import ControlPlane
import FleetModel
import Health
import NodeChecks
import Qualification

/// Prints a run as it goes on.
struct CheckTalk {
    private let level: QualificationLevel
    private let isJSON: Bool
    private let start = FleetClock.monotonic()
    private let began = FleetClock.wall()
    /// What kept it from printing; the run has to end.
    private(set) var failure: Failure?

    init(level: QualificationLevel, isJSON: Bool) {
        self.level = level
        self.isJSON = isJSON
    }

    private var isTold: Bool { !isJSON && Console.isErrorTerminal }

    private mutating func print(_ text: String) {
        guard failure == nil else { return }
        do throws(Failure) { try Console.write(text) } catch { failure = error }
    }

    /// Prints what happens.
    mutating func tell(_ event: CheckRunner.Event) {
        if isTold { Console.sayRaw("\r\u{1B}[K") }
        switch event {
        case .facts(let facts):
            print(
                (isJSON
                    ? CheckReport.begin(facts, level: level, at: began)
                    : CheckReport.heading(facts, level: level)) + "\n")
        case .began(let run):
            guard isTold else { return }
            Console.sayRaw("\(run.check.name), about \(run.seconds) s …")
        case .ended(let result):
            let lines =
                isJSON ? [ResultLine.write(result)] : CheckReport.row(result).map(CheckTalk.fitted)
            print(lines.map { $0 + "\n" }.joined())
        }
    }

    /// Prints what it all means.
    mutating func end(_ verdict: RunVerdict) {
        let milliseconds = (FleetClock.monotonic() - start) / 1_000_000
        print(
            (isJSON
                ? CheckReport.end(verdict, milliseconds: milliseconds)
                : CheckReport.summary(verdict)) + "\n")
    }

    /// Ends the command with the status of a verdict.
    func exit(_ verdict: QualificationVerdict) throws(Failure) {
        if let failure { throw failure }
        if StopRequest.isMade { throw Failure([], status: .interrupted) }
        switch verdict {
        case .passed: return
        case .failed: throw Failure([], status: .differs)
        case .inconclusive: throw Failure([], status: .tryLater)
        }
    }

    /// A line as wide as the terminal; whole where nobody looks at it as it comes.
    private static func fitted(_ line: String) -> String {
        let width = Console.width
        guard Console.isOutputTerminal, line.count > width, width > 1 else { return line }
        return line.prefix(width - 1) + "…"
    }
}
