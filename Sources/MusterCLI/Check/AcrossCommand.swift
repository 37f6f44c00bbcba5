import ArgumentParser
import FleetModel
import Health
import NodeChecks
import Qualification

/// Tests the nodes of a gang together; each member runs it.
struct AcrossCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "across",
        abstract: "Test several nodes together: each runs this, and then pairs test the network.",
        discussion: """
            Every member of a gang runs the same command. Each checks its own node; then rank 0 \
            has pairs of nodes test the network between them, in two passes: who was bad meets \
            one that was good before anybody is blamed. Rank 0 prints the result of all, and \
            every other member that of its own node. docs/CHECK.md says what members say to each \
            other.

            Who a member is and where they meet comes from the flags, else from RANK, WORLD_SIZE, \
            MASTER_ADDR and MASTER_PORT, as torchrun and the local backend set them, from \
            JOB_COMPLETION_INDEX (an Indexed Job of Kubernetes), or from Slurm. The token that \
            keeps strangers out is MUSTER_CHECK_TOKEN, the file of --token-file, or the \
            attempt's own MUSTER_PROGRESS_TOKEN: the same for all, at least 16 bytes, never sent.

            Exit statuses are those of muster check: for rank 0 of the result of all, for the \
            others of their own node. 75 also when a member does not find rank 0 or loses it.
            """)

    @ParentCommand var parent: CheckCommand

    @OptionGroup(title: "What is checked")
    var options: CheckOptions

    @Option(help: ArgumentHelp("Which member this is, from 0.", valueName: "number"))
    var rank: String?

    @Option(help: ArgumentHelp("How many members there are.", valueName: "number"))
    var of: String?

    @Option(help: ArgumentHelp("Where rank 0 listens.", valueName: "host:port"))
    var meet: String?

    @Option(
        help: ArgumentHelp("File with the token of the gang.", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "What to call this node; else MUSTER_NODE, or its own name.", valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp("Seconds in which all have to come.", valueName: "seconds"))
    var patience: Double = 300

    @Option(
        help: ArgumentHelp(
            "Seconds without a sign of life after which a member is given up.",
            valueName: "seconds"))
    var silence: Int64 = 30

    @Option(help: "By how much less than the median of the pairs a pair is right, in per cent.")
    var slack: Int64 = 25

    func run() throws {
        try Console.run { () throws(Failure) in
            try parent.refuseOthers()
            let checks = try options.settings()
            guard (1...99).contains(slack) else {
                throw Failure(usage: "--slack \(slack) is out of range", expected: "1 to 99")
            }
            guard (1...86_400).contains(patience), (10...3600).contains(silence) else {
                throw Failure(
                    usage: "--patience \(patience) or --silence \(silence) is out of range",
                    expected: "1 to 86400 s, and 10 to 3600 s")
            }
            let run = try gang(checks)
            StopRequest.listen()
            try perform(run.gang, checks.level, leads: run.leads)
        }
    }

    private func gang(
        _ checks: CheckRunner.Settings
    ) throws(Failure) -> (gang: GangRun, leads: Bool) {
        func variable(_ name: String) -> String? {
            let value = Console.environment(name)
            return value.isEmpty ? nil : value
        }
        do throws(OperatingError) {
            let place = try GangPlace(rank: rank, count: of, meeting: meet, variable: variable)
            let lead = GangLead.Settings(
                count: place.count, level: checks.level, only: checks.only, pace: checks.pace,
                patience: patience, silence: silence, slackPercent: slack)
            let gang = GangRun(
                checks: checks, lead: lead, place: place, secret: try secret(variable),
                node: node ?? variable("MUSTER_NODE") ?? "")
            return (gang, place.rank == 0)
        } catch {
            throw Failure(operating: error)
        }
    }

    private func secret(_ variable: (String) -> String?) throws(OperatingError) -> GangSecret {
        var token = variable("MUSTER_CHECK_TOKEN") ?? variable("MUSTER_PROGRESS_TOKEN")
        if let tokenFile {
            do throws(Failure) {
                token = try ServerOptions.token(in: tokenFile)
            } catch {
                let mistake = error.diagnostics.first
                throw OperatingError(
                    mistake?.code ?? .fileAccess, "the token of the gang cannot be read",
                    detail: mistake?.message ?? tokenFile)
            }
        }
        guard let secret = token.flatMap({ GangSecret(token: $0) }) else {
            throw OperatingError(
                .usage, "there is no token of the gang",
                detail: "expected: \(GangSecret.fewestBytes) bytes or more, the same for every "
                    + "member, in MUSTER_CHECK_TOKEN or the file of --token-file",
                hint: "export MUSTER_CHECK_TOKEN=$(openssl rand -hex 16)")
        }
        return secret
    }

    private func perform(
        _ gang: GangRun, _ level: QualificationLevel, leads: Bool
    ) throws(Failure) {
        let isJSON = options.json
        var talk = CheckTalk(level: level, isJSON: isJSON)
        let ended: (own: RunVerdict, all: GangReport?)
        do throws(OperatingError) {
            ended = try gang.run(
                isStopped: { StopRequest.isMade }, say: { Console.say($0) },
                print: { report in
                    let text = isJSON ? report.lines.map { $0 + "\n" }.joined() : report.text
                    do throws(Failure) {
                        try Console.write(text)
                    } catch {
                        for diagnostic in error.diagnostics { Console.say(diagnostic.text) }
                    }
                }, tell: { if !leads { talk.tell($0) } })
        } catch {
            throw Failure(operating: error)
        }
        if let all = ended.all { return try talk.exit(all.outcome) }
        talk.end(ended.own)
        try talk.exit(ended.own.outcome.verdict)
    }
}
