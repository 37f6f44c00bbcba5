import Fuzzing
import Glibc

/// Steps in which every required state must have come up.
let stepsForEveryState = 1_000_000

func runCampaign(_ arguments: Arguments) -> Examination.ExitCode {
    let start = monotonicSeconds()
    var campaign = Campaign(arguments)
    campaign.run()
    if arguments.goesOn, !campaign.broken.isEmpty {
        var codes: [Examination.ExitCode] = []
        for number in campaign.broken.sorted() {
            codes.append(Examination(arguments: arguments, number: number).run())
        }
        say("states reached in \(campaign.steps) steps of \(campaign.cases) cases:")
        say(campaign.counts.table())
        say("muster-fuzz: \(codes.count) batches of cases broke something")
        return codes.min { $0.rawValue < $1.rawValue } ?? .trap
    }
    if let broken = campaign.broken.min() {
        let code = Examination(arguments: arguments, number: broken).run()
        if code != .fine { return code }
        say("muster-fuzz: case \(broken) broke something that it does not break alone")
        return .trap
    }
    let seconds = max(1, monotonicSeconds() - start)
    if arguments.only != .signals {
        say("states reached in \(campaign.steps) steps of \(campaign.cases) cases:")
        say(campaign.counts.table())
    }
    say(
        "muster-fuzz: nothing broken in \(campaign.steps) steps, seed \(arguments.seed), "
            + "\(seconds) s, \(campaign.steps / seconds) steps/s")
    let unreached = campaign.counts.unreached
    if arguments.only == .everything, campaign.steps >= stepsForEveryState, !unreached.isEmpty {
        let names = unreached.map(\.name).joined(separator: ", ")
        say("muster-fuzz: weak: never reached: \(names)")
        return .weak
    }
    return .fine
}

guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
    talk(Arguments.usage)
    exit(Examination.ExitCode.usage.rawValue)
}
if let single = arguments.single {
    exit(Examination(arguments: arguments, number: single).run().rawValue)
}
exit(runCampaign(arguments).rawValue)
