import ArgumentParser
import FileInput
import FleetModel
import Journal
import Simulation

/// Runs a journal again and compares.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run a journal through the engine again and compare every decision.",
        discussion: """
            Prints the final state hash when everything is the same; otherwise says at which \
            record it differs, with exit status 1. A damaged journal is told by record and byte.
            """)

    @Argument(help: "The journal.")
    var journal: String

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func run() throws {
        try Console.run { () throws(Failure) in
            switch try replay() {
            case .same(let hash, let records):
                let text = StateHasher.hexadecimal(hash)
                try Console.write(
                    json
                        ? "{\"same\": true, \"stateHash\": \"\(text)\", \"records\": \(records)}\n"
                        : "same: \(records) records, state hash \(text)\n")
            case .differs(let record, let what):
                if json {
                    try Console.write("{\"same\": false, \"record\": \(record)}\n")
                }
                throw Failure(
                    [
                        Diagnostic(
                            .journalDivergence, file: journal,
                            message: "record \(record): \(what)",
                            expected: "the decisions and states of the run that wrote the journal",
                            hint: "it may have been written by another version of muster")
                    ], status: .differs)
            }
        }
    }

    private func replay() throws(Failure) -> JournalReplay.Verdict {
        var replay = JournalReplay()
        var problem: JournalError?
        var progress = ProgressLine("replay")
        try FileReading.forEachChunk(of: journal) { chunk, extent in
            do throws(JournalError) {
                try replay.feed(chunk)
                progress.update(
                    done: extent.consumedBytes, total: extent.fileBytes, in: .bytes)
                return true
            } catch {
                problem = error
                return false
            }
        }
        progress.clear()
        do throws(JournalError) {
            if let problem { throw problem }
            return try replay.finish()
        } catch {
            throw Failure([error.diagnostic(file: journal)], status: .badData)
        }
    }
}
