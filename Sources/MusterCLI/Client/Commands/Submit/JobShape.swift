import ArgumentParser
import Documents
import FleetModel

/// What flags say about a job, as far as it can be other for a job that waits.
struct JobShape: ParsableArguments {
    @Option(help: "Tenant: the full name of a leaf.", completion: .tenants)
    var tenant: String?

    @Option(help: ArgumentHelp("Members: 16, or 2-8 for an elastic job.", valueName: "count"))
    var members: String?

    @Option(
        help: ArgumentHelp("GPUs of each member; a part of one such as 0.5.", valueName: "count"))
    var gpus: String?

    @Option(
        help: ArgumentHelp("Accelerator kind that will do; may be repeated.", valueName: "kind"))
    var accelerator: [String] = []

    @Option(help: ArgumentHelp("Pool that will do; may be repeated.", valueName: "pool"))
    var pool: [String] = []

    @Option(
        help: ArgumentHelp(
            "required:LEVEL, preferred:LEVEL, or closest for as close as there is room.",
            valueName: "wish"))
    var topology: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Priority: a number, or low, normal, high.", valueName: "priority"))
    var priority: String?

    @Flag(help: "It may be stopped for other jobs, and starts again.")
    var preemptible = false

    @Option(help: ArgumentHelp("The longest it may run: 90s, 30m, 12h, 7d.", valueName: "span"))
    var timeLimit: String?

    /// The keys of a job document that the flags give.
    func settings() throws(Failure) -> [DocumentValue.Member] {
        var found: [DocumentValue.Member] = []
        func add(_ key: String, _ value: DocumentValue?) {
            if let value { found.append(.init(key, value)) }
        }
        add("tenant", tenant.map { .text($0) })
        add("members", try memberCount())
        if let gpus {
            let isFraction = gpus.contains(".")
            if isFraction, let number = Double(gpus), number > 1 {
                throw Failure(
                    usage: "--gpus is '\(gpus)'",
                    expected: "whole GPUs such as 2, or a part of one such as 0.5",
                    hint: "a member takes whole GPUs or a part of one, not both")
            }
            add(isFraction ? "gpuFraction" : "gpus", .plain(gpus))
        }
        add("accelerators", JobShape.names(accelerator))
        add("pools", JobShape.names(pool))
        add("topology", try wish())
        add("priority", priority.map { .plain($0) })
        add("preemptible", preemptible ? .plain("true") : nil)
        add("timeLimit", try JobShape.span(timeLimit, "--time-limit"))
        return found
    }

    private static func names(_ names: [String]) -> DocumentValue? {
        names.isEmpty ? nil : .list(names.map { .text($0) })
    }

    private func memberCount() throws(Failure) -> DocumentValue? {
        guard let members else { return nil }
        let ends = members.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, ends.allSatisfy({ Int32($0).map { $0 > 0 } ?? false }) else {
            throw Failure(
                usage: "--members is '\(members)'", expected: "a count such as 16, or a range, 2-8")
        }
        guard ends.count == 2 else { return .plain(members) }
        return .mapping([
            .init("min", .plain(String(ends[0]))), .init("max", .plain(String(ends[1]))),
        ])
    }

    private func wish() throws(Failure) -> DocumentValue? {
        guard let topology else { return nil }
        if topology == "closest" { return .text(topology) }
        let parts = topology.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "required" || parts[0] == "preferred",
            !parts[1].isEmpty
        else {
            throw Failure(
                usage: "--topology is '\(topology)'",
                expected: "required:LEVEL, preferred:LEVEL or closest",
                hint: "muster fleet lists the levels")
        }
        return .mapping([.init(String(parts[0]), .text(String(parts[1])))])
    }

    /// A span as the document has it, if it is one.
    static func span(_ text: String?, _ flag: String) throws(Failure) -> DocumentValue? {
        guard let text else { return nil }
        guard DurationText.parse(text) != nil else {
            throw Failure(usage: "\(flag) is '\(text)'", expected: DurationText.expected)
        }
        return .text(text)
    }
}
