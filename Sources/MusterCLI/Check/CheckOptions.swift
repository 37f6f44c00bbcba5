import ArgumentParser
import Documents
import FleetModel
import Health
import NodeChecks
import Qualification

/// What is checked on a node, and against what.
struct CheckOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("How long it may take.", valueName: "quick|2m|15m|1h"),
        completion: .list(QualificationLevel.allCases.map(\.name)))
    var level = "2m"

    @Option(
        help: ArgumentHelp("Run this check only; may be repeated.", valueName: "check"),
        completion: .list(CheckID.allCases.map(\.name)))
    var only: [String] = []

    @Option(
        help: ArgumentHelp("What the node should have, as YAML.", valueName: "file"),
        completion: .file())
    var stack: String?

    @Option(
        help: ArgumentHelp(
            "Lines that runs of machines of the same kind wrote with --json, or a server's "
                + "thresholds: muster health thresholds --export.", valueName: "file"),
        completion: .file())
    var baseline: String?

    @Option(
        help: ArgumentHelp(
            "How much worse than usual is right, in per cent: 5, or what the baseline says. "
                + "Figures may have their own.", valueName: "n[,figure=n…]"))
    var drop: String?

    @Option(
        help: "Where the disk check writes its file, which it deletes.", completion: .directory)
    var folder = "/var/tmp"

    @Option(help: "The Python to look for PyTorch with.")
    var python = "python3"

    @Flag(help: "Print lines of JSON: the run, each result, the verdict.")
    var json = false

    @Option(help: .hidden) var pace: Double = 1
    @Option(help: .hidden) var hangAfter: Double?

    /// The level that is meant.
    func readLevel() throws(Failure) -> QualificationLevel {
        guard let level = QualificationLevel(name: level) else {
            throw Failure(
                usage: "'\(level)' is no level",
                expected: QualificationLevel.allCases.map(\.name).joined(separator: ", "))
        }
        return level
    }

    /// The checks that are wanted; nil for all of the level.
    func readOnly() throws(Failure) -> [CheckID]? {
        var wanted: [CheckID] = []
        for name in only {
            guard let check = CheckID(name: name) else {
                throw Failure(
                    usage: "'\(name)' is no check",
                    expected: CheckID.allCases.map(\.name).joined(separator: ", "))
            }
            wanted.append(check)
        }
        return wanted.isEmpty ? nil : wanted
    }

    /// Everything as a run takes it.
    func settings(peer: String? = nil) throws(Failure) -> CheckRunner.Settings {
        let level = try readLevel()
        let wanted = try readOnly()
        guard pace > 0, pace.isFinite else {
            throw Failure(usage: "--pace \(pace) is out of range", expected: "more than 0")
        }
        let drops = try readDrops()
        var declared = StackDeclaration()
        if let stack {
            declared = try StackDocument.read(FileReading.document(stack)).orFail()
        }
        return CheckRunner.Settings(
            program: ["/proc/self/exe", "check-task"], level: level, only: wanted,
            stack: declared, learned: try learned(drops), folder: FileReading.absolute(folder),
            peer: peer, python: python, pace: pace, timeoutSeconds: hangAfter)
    }

    /// How much worse than usual is right; nil where nothing was said.
    func readDrops() throws(Failure) -> DropRules? {
        guard let drop else { return nil }
        guard let drops = DropRules(text: drop) else {
            throw Failure(usage: "--drop: '\(drop)' is no drop", expected: DropRules.expected)
        }
        return drops
    }

    private func learned(_ drops: DropRules?) throws(Failure) -> LearnedBounds {
        guard let baseline else { return LearnedBounds() }
        let source = try FileReading.document(baseline)
        var reader = BaselineReader(file: baseline, drops: drops)
        do throws(DiagnosticList) {
            for line in source.bytes.split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            {
                try reader.read(line)
            }
        } catch {
            throw Failure(reading: error)
        }
        if reader.runs.taught == 0, reader.thresholds == 0 {
            Console.say(
                "\(baseline) teaches nothing: of \(reader.runs.read) whole runs none passed with "
                    + "figures to compare")
        }
        return reader.learned
    }
}
