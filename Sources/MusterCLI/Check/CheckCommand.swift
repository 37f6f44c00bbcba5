import ArgumentParser
import ControlPlane
import Documents
import FleetModel
import Glibc
import Health
import NodeChecks
import Qualification

/// Tests this machine.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Test this machine: devices, memory, processor, disk, network.",
        discussion: """
            Each check runs in a process of its own and is given up when it hangs. What is about \
            hardware that is not there is not applicable, never passed. Figures are held against \
            published thresholds, and with --baseline against what machines of the same kind \
            measured. docs/CHECK.md says what every check does and cannot tell.

            Levels: quick (seconds, nothing under load), 2m, 15m, 1h. Load checks take all of the \
            machine: run nothing else beside them.

            Between nodes: `muster check --listen :7071` on one, and on the other \
            `muster check --only network --peer NODE:7071`.

            Exit statuses: 0 passed; 1 something failed; 64 the command line does not make sense; \
            65 a file has mistakes; 66 a file cannot be read; 69 the address to listen at is not \
            to be had; 75 no answer: a check broke, was not run, or nothing was there to be \
            tested; 130 stopped.
            """)

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
            "Lines that runs of machines of the same kind wrote with --json.", valueName: "file"),
        completion: .file())
    var baseline: String?

    @Option(help: "How much worse than usual is right, in per cent.")
    var drop: Int64 = 5

    @Option(
        help: "Where the disk check writes its file, which it deletes.", completion: .directory)
    var folder = "/var/tmp"

    @Option(help: ArgumentHelp("A node that listens, for the network.", valueName: "host:port"))
    var peer: String?

    @Option(help: ArgumentHelp("Answer other nodes' checks until Ctrl-C.", valueName: "host:port"))
    var listen: String?

    @Option(help: "The Python to look for PyTorch with.")
    var python = "python3"

    @Flag(help: "Print a line of JSON for the run, each result and the verdict.")
    var json = false

    @Flag(help: "List the checks with their levels and run nothing.")
    var list = false

    @Option(help: .hidden) var pace: Double = 1
    @Option(help: .hidden) var hangAfter: Double?

    func run() throws {
        try Console.run { () throws(Failure) in
            if list { return try Console.write(listing) }
            if let listen { return try answer(at: listen) }
            try check()
        }
    }

    private var listing: String {
        CheckID.allCases.map { check in
            let name = check.name + String(repeating: " ", count: 19 - check.name.count)
            let level = check.entry.level.name
            return name + level + String(repeating: " ", count: 7 - level.count)
                + check.entry.title
        }.joined(separator: "\n") + "\n"
    }

    private func answer(at address: String) throws(Failure) {
        StopRequest.listen()
        do throws(OperatingError) {
            let server = try PeerServer(address)
            Console.say("listens at \(server.address); Ctrl-C ends it")
            server.serve { StopRequest.isMade }
        } catch {
            throw Failure(operating: error)
        }
    }

    private func check() throws(Failure) {
        let settings = try settings()
        StopRequest.listen()
        let clock = ContinuousClock()
        let start = clock.now
        let began = FleetClock.wall()
        let isTold = !json && Console.isErrorTerminal
        var failure: Failure?
        func print(_ text: String) {
            guard failure == nil else { return }
            do throws(Failure) { try Console.write(text) } catch { failure = error }
        }
        var runner = CheckRunner(settings, isStopped: { StopRequest.isMade || failure != nil }) {
            event in
            if isTold { Console.sayRaw("\r\u{1B}[K") }
            switch event {
            case .facts(let facts):
                print(
                    (json
                        ? CheckReport.begin(facts, level: settings.level, at: began)
                        : CheckReport.heading(facts, level: settings.level)) + "\n")
            case .began(let run):
                guard isTold else { return }
                Console.sayRaw("\(run.check.name), about \(run.seconds) s …")
            case .ended(let result):
                let lines = json ? [ResultLine.write(result)] : CheckReport.row(result).map(fitted)
                print(lines.map { $0 + "\n" }.joined())
            }
        }
        let verdict = runner.run()
        let spent = (clock.now - start).components
        let milliseconds = spent.seconds * 1000 + spent.attoseconds / 1_000_000_000_000_000
        print(
            (json
                ? CheckReport.end(verdict, milliseconds: milliseconds)
                : CheckReport.summary(verdict)) + "\n")
        if let failure { throw failure }
        if StopRequest.isMade { throw Failure([], status: .interrupted) }
        switch verdict.outcome.verdict {
        case .passed: return
        case .failed: throw Failure([], status: .differs)
        case .inconclusive: throw Failure([], status: .tryLater)
        }
    }

    /// A line as wide as the terminal; whole where nobody looks at it as it comes.
    private func fitted(_ line: String) -> String {
        let width = Console.width
        guard Console.isOutputTerminal, line.count > width, width > 1 else { return line }
        return line.prefix(width - 1) + "…"
    }

    private func settings() throws(Failure) -> CheckRunner.Settings {
        guard let level = QualificationLevel(name: level) else {
            throw Failure(
                usage: "'\(level)' is no level",
                expected: QualificationLevel.allCases.map(\.name).joined(separator: ", "))
        }
        var wanted: [CheckID] = []
        for name in only {
            guard let check = CheckID(name: name) else {
                throw Failure(
                    usage: "'\(name)' is no check",
                    expected: CheckID.allCases.map(\.name).joined(separator: ", "))
            }
            wanted.append(check)
        }
        guard (1...50).contains(drop), pace > 0, pace.isFinite else {
            throw Failure(usage: "--drop \(drop) is out of range", expected: "1 to 50 per cent")
        }
        if let peer { try validate(peer) }
        var declared = StackDeclaration()
        if let stack {
            declared = try StackDocument.read(FileReading.document(stack)).orFail()
        }
        return CheckRunner.Settings(
            program: ["/proc/self/exe", "check-task"], level: level,
            only: wanted.isEmpty ? nil : wanted, stack: declared, learned: try learned(),
            folder: FileReading.absolute(folder), peer: peer, python: python, pace: pace,
            timeoutSeconds: hangAfter)
    }

    private func validate(_ address: String) throws(Failure) {
        do throws(OperatingError) {
            try PeerServer.validate(address)
        } catch {
            throw Failure(operating: error)
        }
    }

    private func learned() throws(Failure) -> LearnedBounds {
        guard let baseline else { return LearnedBounds(dropPercent: drop) }
        let source = try FileReading.document(baseline)
        var reader = BaselineReader(file: baseline, dropPercent: drop)
        do throws(DiagnosticList) {
            for line in source.bytes.split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            {
                try reader.read(line)
            }
        } catch {
            throw Failure(reading: error)
        }
        return reader.learned
    }
}
