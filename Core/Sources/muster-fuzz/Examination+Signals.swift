import Fuzzing

extension Examination {
    /// Runs a case of lines. One line is small enough: nothing is shrunk.
    func runSignals(_ progress: SharedNumbers) -> ExitCode {
        var run = SignalRun(seed: arguments.seed(of: number))
        run.run { progress[0] += 1 }
        guard let failure = run.failure else {
            say(
                "case \(number): \(run.steps) lines, \(run.faults) faults, "
                    + "\(run.verdicts) verdicts, nothing broken")
            return .fine
        }
        tell(failure)
        say("  line: \(String(decoding: run.line, as: UTF8.self).debugDescription)")
        tellCommand()
        return .invariant
    }

    /// Says which line is the last one that a trapped case was given.
    func tellTrapOfSignals(at step: Int) {
        say("muster-fuzz: a trap, or no end, in case \(number) at line \(step)")
        var source = SignalSource(seed: arguments.seed(of: number))
        var line: [UInt8] = []
        for _ in 0..<step {
            line = source.next()
            _ = source.pause()
        }
        say("  line: \(String(decoding: line, as: UTF8.self).debugDescription)")
        tellCommand()
    }
}
