import ArgumentParser
import ControlPlane
import FleetModel
import Store

/// Looks whether a data folder fits together, while no control plane uses it.
struct CheckDataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-data",
        abstract: "Compare what a data folder holds with itself: snapshot, journal, books, ledger.",
        discussion: """
            The control plane must be stopped. Nothing is changed. Exit status 1 says that \
            something does not fit together.
            """)

    @Option(name: .long, help: "The data folder.")
    var data: String

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func run() throws {
        try Console.run { () throws(Failure) in
            let check: DataCheck
            do {
                let store = try Store(folder: data)
                defer { store.close() }
                check = try DataCheck(store: store)
            } catch let error as OperatingError {
                throw Failure(operating: error)
            } catch {
                throw Failure(
                    operating: OperatingError(
                        .damagedDatabase, "the data folder cannot be read",
                        detail: String(describing: error)))
            }
            try Console.write(json ? jsonText(check) : text(check))
            guard check.findings.isEmpty else { throw Failure([], status: .differs) }
        }
    }

    private func hex(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private func text(_ check: DataCheck) -> String {
        var lines = [
            "state       \(hex(check.stateHash))",
            "replayed    \(hex(check.replayedHash)) after \(check.replayedInputs) inputs",
            "open jobs   \(check.openJobs)",
            "ledger      \(check.allocations) allocations",
        ]
        lines += check.findings.map { "wrong       \($0)" }
        if check.findings.isEmpty { lines.append("all of it fits together") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func jsonText(_ check: DataCheck) -> String {
        let findings = check.findings.map { finding in
            "\"" + finding.map { "\"\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
        }
        return "{\"stateHash\": \"\(hex(check.stateHash))\", "
            + "\"replayedHash\": \"\(hex(check.replayedHash))\", "
            + "\"replayedInputs\": \(check.replayedInputs), \"openJobs\": \(check.openJobs), "
            + "\"allocations\": \(check.allocations), "
            + "\"findings\": [\(findings.joined(separator: ", "))]}\n"
    }
}
