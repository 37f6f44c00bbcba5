import FleetModel
import Glibc
import Health
import Qualification

/// `muster check` as a program beside this one, for those who have a node tested.
public struct CheckProgram: Sendable {
    /// The program and the arguments before those of a run.
    public var command: [String]

    /// Why a run says nothing.
    public struct Failure: Error, CustomStringConvertible {
        /// The reason in words.
        public var description: String
    }

    /// Wraps a program.
    public init(_ command: [String]) {
        self.command = command
    }

    /// Runs it and reads what it says. This takes as long as the checks do, and keeps the calling
    /// thread, with which the program would end. `isStopped` is asked many times a second.
    public func run(
        level: QualificationLevel, isStopped: () -> Bool
    ) throws(Failure) -> CheckedRun {
        let output = try output(level, isStopped)
        let run: CheckedRun
        do throws(CheckedRun.Fault) {
            run = try CheckedRun(output: output)
        } catch {
            throw Failure(description: "what it says is no run: \(error)")
        }
        guard run.verdict.level == level else {
            throw Failure(description: "it ran the level \(run.verdict.level.name)")
        }
        return run
    }

    /// Seconds in which a run that is stopped has to end by itself.
    private static let graceSeconds = 6.0

    /// Seconds after which it has to be over, whatever hangs: what hangs in single checks it ends
    /// itself.
    private static func patience(_ level: QualificationLevel) -> Double {
        Double(level.budgetSeconds) * 4 + 600
    }

    private func output(
        _ level: QualificationLevel, _ isStopped: () -> Bool
    ) throws(Failure) -> [UInt8] {
        var process: ChildProcess
        do throws(ChildProcess.NotStarted) {
            process = try ChildProcess(
                command + ["--level", level.name, "--json"], environment: CheckEnvironment.ofTasks)
        } catch {
            throw Failure(description: "it did not start: \(error.words)")
        }
        let end = Clock.seconds() + CheckProgram.patience(level)
        while !process.isOver {
            if let descriptor = process.descriptor {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&waiting, 1, 50)
            } else {
                usleep(20_000)
            }
            process.look()
            guard !process.isOver else { break }
            let isLate = Clock.seconds() > end
            guard isLate || isStopped() else { continue }
            // It ends its own children and waits for them: what a driver does for one of them is
            // over only when it is gone.
            _ = process.ask(seconds: CheckProgram.graceSeconds)
            _ = process.stop()
            throw Failure(description: isLate ? "it does not come to an end" : "it was stopped")
        }
        process.look()
        // Passed, failed and without an answer; anything else is no end of a run.
        guard let status = process.exitStatus, [0, 1, 75].contains(status) else {
            throw Failure(description: process.ending)
        }
        return process.output
    }
}
