import ArgumentParser
import FleetModel
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

            Several nodes: `muster check across` on all of them, or `muster check run` for a job \
            of the fleet that does. A single pair: \
            `muster check --listen :7071` on one, and on the other \
            `muster check --only network --peer NODE:7071`.

            Exit statuses: 0 passed; 1 something failed; 64 the command line does not make sense; \
            65 a file has mistakes; 66 a file cannot be read; 69 the address to listen at is not \
            to be had; 75 no answer: a check broke, was not run, or nothing was there to be \
            tested; 130 stopped.
            """, subcommands: [AcrossCommand.self, CheckJobCommand.self])

    @OptionGroup(title: "What is checked")
    var options: CheckOptions

    @Option(help: ArgumentHelp("A node that listens, for the network.", valueName: "host:port"))
    var peer: String?

    @Option(help: ArgumentHelp("Answer other nodes' checks until Ctrl-C.", valueName: "host:port"))
    var listen: String?

    @Flag(help: "List the checks with their levels and run nothing.")
    var list = false

    func run() throws {
        try Console.run { () throws(Failure) in
            guard [list, listen != nil, peer != nil].count(where: { $0 }) < 2 else {
                throw Failure(
                    usage: "--list, --listen and --peer exclude each other",
                    expected: "one of them")
            }
            if list { return try Console.write(listing) }
            if let listen { return try answer(at: listen) }
            try check()
        }
    }

    /// Refuses what is for a single node and was given with a command for several.
    func refuseOthers() throws(Failure) {
        guard !list, listen == nil, peer == nil else {
            throw Failure(
                usage: "--list, --listen and --peer are for a single node",
                expected: "muster check with them, or a command for several nodes without")
        }
    }

    private var listing: String {
        if options.json {
            return CheckID.allCases.map { ResultLine.write($0) + "\n" }.joined()
        }
        return CheckID.allCases.map { check in
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
        if let peer { try validate(peer) }
        let settings = try options.settings(peer: peer)
        StopRequest.listen()
        var talk = CheckTalk(level: settings.level, isJSON: options.json)
        var runner = CheckRunner(
            settings, isStopped: { StopRequest.isMade || talk.failure != nil }
        ) { talk.tell($0) }
        let verdict = runner.run()
        talk.end(verdict)
        try talk.exit(verdict.outcome.verdict)
    }

    private func validate(_ address: String) throws(Failure) {
        do throws(OperatingError) {
            try PeerServer.validate(address)
        } catch {
            throw Failure(operating: error)
        }
    }
}
