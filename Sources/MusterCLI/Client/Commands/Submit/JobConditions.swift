import ArgumentParser
import Documents
import FleetModel

/// What flags say about a new job beside its ``JobShape``.
struct JobConditions: ParsableArguments {
    @Option(help: "Name of the job; else that of its program.")
    var name: String?

    @Option(help: ArgumentHelp("CPUs of each member: 4, 0.5.", valueName: "cores"))
    var cpu: String?

    @Option(help: ArgumentHelp("Memory of each member: 64GiB.", valueName: "amount"))
    var memory: String?

    @Option(help: ArgumentHelp("How long it is expected to run.", valueName: "span"))
    var expectedDuration: String?

    @Option(help: ArgumentHelp("Time between its checkpoints.", valueName: "span"))
    var checkpointPeriod: String?

    @Option(help: ArgumentHelp("Time that each start but the first loses.", valueName: "span"))
    var restartCost: String?

    @Option(help: ArgumentHelp("Starts again after failures of its own.", valueName: "count"))
    var retries: Int?

    @Option(
        help: ArgumentHelp(
            "A variable of its environment; may be repeated.", valueName: "key=value"))
    var env: [String] = []

    @Option(help: ArgumentHelp("Folder that it starts in.", valueName: "folder"))
    var workdir: String?

    @Option(
        help: ArgumentHelp("Time from the signal to stop to the end by force.", valueName: "span"))
    var grace: String?

    @Flag(help: "It waits until it is released.")
    var hold = false

    @Option(
        help: ArgumentHelp("Job that must succeed first; may be repeated.", valueName: "job"),
        completion: .jobs)
    var after: [String] = []

    /// The keys of a job document that the flags and the command give.
    func settings(command: [String]) throws(Failure) -> [DocumentValue.Member] {
        var found: [DocumentValue.Member] = []
        func add(_ key: String, _ value: DocumentValue?) {
            if let value { found.append(.init(key, value)) }
        }
        add("name", name.map { .text($0) })
        add("cpu", cpu.map { .plain($0) })
        add("memory", memory.map { .plain($0) })
        add("expectedDuration", try JobShape.span(expectedDuration, "--expected-duration"))
        add("checkpointPeriod", try JobShape.span(checkpointPeriod, "--checkpoint-period"))
        add("restartCost", try JobShape.span(restartCost, "--restart-cost"))
        add(
            "retries",
            retries.map { .mapping([.init("application", .plain(String($0)))]) })
        add("environment", try environment())
        add("workingDirectory", workdir.map { .text(FileReading.absolute($0)) })
        add("grace", try JobShape.span(grace, "--grace"))
        add("hold", hold ? .plain("true") : nil)
        add("dependsOn", after.isEmpty ? nil : .list(after.map { .text($0) }))
        add("command", command.isEmpty ? nil : .list(command.map { .text($0) }))
        return found
    }

    private func environment() throws(Failure) -> DocumentValue? {
        if env.isEmpty { return nil }
        var members: [DocumentValue.Member] = []
        for pair in env {
            guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
                throw Failure(usage: "--env is '\(pair)'", expected: "NAME=VALUE")
            }
            let name = String(pair[..<equals])
            members.removeAll { $0.key == name }
            members.append(.init(name, .text(String(pair[pair.index(after: equals)...]))))
        }
        return .mapping(members)
    }

    /// Settings of a job without a file, with what it needs and nobody gave.
    func filled(
        _ settings: [DocumentValue.Member], _ command: [String]
    ) -> [DocumentValue.Member] {
        var settings = settings.filter { $0.key != "topology" || $0.value != .text("closest") }
        func has(_ keys: String...) -> Bool { settings.contains { keys.contains($0.key) } }
        if !has("name") {
            settings.insert(.init("name", .text(JobConditions.name(of: command[0]))), at: 0)
        }
        if !has("gpus", "gpuFraction", "cpu", "memory") {
            settings.append(.init("cpu", .plain("1")))
        }
        return settings
    }

    /// A name for a job after its program.
    static func name(of program: String) -> String {
        let file = program.split(separator: "/").last.map(String.init) ?? ""
        let stem = file.split(separator: ".").first.map(String.init) ?? ""
        let kept = stem.unicodeScalars.map { scalar -> Character in
            let isPlain =
                scalar.isASCII && scalar.properties.isAlphabetic
                || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "-"
            return isPlain ? Character(scalar) : "-"
        }
        let name = String(kept.drop { $0 == "-" || $0 == "_" }.prefix(100))
        return name.isEmpty ? "job" : name
    }
}
