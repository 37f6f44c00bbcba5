import FleetModel

/// One job of a file, or none, with settings that go before the file's: what is sent to a server.
public struct JobRequest: Sendable {
    /// The job's name as the file has it; empty without a file.
    public let name: String
    /// The jobs of the same file that it depends on.
    public let dependencies: [String]
    private let entries: [YAMLEntry]
    private let classes: YAMLEntry?
    /// Keys that are other than in the file, or not in it.
    public var settings: [DocumentValue.Member] = []
    /// Keys of the file that are left out.
    public var dropped: [String] = []

    /// A job that is not in a file.
    public init(_ settings: [DocumentValue.Member]) {
        name = ""
        dependencies = []
        entries = []
        classes = nil
        self.settings = settings
    }

    private init(
        _ name: String, _ dependencies: [String], _ entries: [YAMLEntry], _ classes: YAMLEntry?
    ) {
        self.name = name
        self.dependencies = dependencies
        self.entries = entries
        self.classes = classes
    }

    /// The jobs of a file, each after those of the file that it depends on; or every mistake.
    public static func read(_ source: SourceText) -> Result<[JobRequest], DiagnosticList> {
        let document = JobsDocument.parse(source)
        let findings = Findings(file: source.file, known: document.diagnostics)
        // Mistakes are known from the first reading.
        let value = YAMLReader.read(source, Findings(file: source.file))
        var requests: [JobRequest] = []
        if document.diagnostics.isEmpty, case .mapping(let entries)? = value?.content {
            let names = Set(document.jobs.map(\.name.value))
            let items = JobRequest.items(entries)
            for (job, item) in zip(document.jobs, items) {
                let inner = job.dependencies.map(\.job.value).filter(names.contains)
                requests.append(
                    JobRequest(
                        job.name.value, inner, item,
                        entries.first { $0.key == "priorityClasses" }))
            }
        }
        return findings.result(JobRequest.inOrder(requests))
    }

    private static func items(_ entries: [YAMLEntry]) -> [[YAMLEntry]] {
        guard let jobs = entries.first(where: { $0.key == "jobs" }) else {
            return [entries.filter { $0.key != "priorityClasses" && !$0.key.hasPrefix("x-") }]
        }
        guard case .list(let items) = jobs.value.content else { return [] }
        return items.map { item in
            if case .mapping(let entries) = item.content { entries } else { [] }
        }
    }

    /// Jobs after those that they depend on, else in the order of the file. What goes round in a
    /// circle stays at the end, for the server to refuse.
    private static func inOrder(_ requests: [JobRequest]) -> [JobRequest] {
        var rest = requests
        var done: Set<String> = []
        var ordered: [JobRequest] = []
        while let next = rest.firstIndex(where: { $0.dependencies.allSatisfy(done.contains) }) {
            let request = rest.remove(at: next)
            done.insert(request.name)
            ordered.append(request)
        }
        return ordered + rest
    }

    /// Whether the file gives the key.
    public func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    /// The document as JSON, in which everything stands on its line of the file. Mappings of the
    /// settings, and what else the job depends on, are added to the file's; all other settings
    /// replace what the file says.
    public var document: String {
        var writer = DocumentWriter()
        var isFirst = true
        func begin(_ key: String, _ line: Int?) {
            writer.raw(isFirst ? "{" : ",")
            isFirst = false
            if let line { writer.move(to: line) }
            writer.key(key)
        }
        if let classes {
            begin(classes.key, classes.line)
            writer.write(classes.value)
        }
        for entry in entries where !dropped.contains(entry.key) {
            let setting = settings.first { $0.key == entry.key }
            begin(entry.key, entry.line)
            switch (setting?.value, entry.value.content) {
            case (.mapping(let members)?, .mapping(let present)) where entry.key != "topology":
                write(members, over: present, &writer)
            case (.list(let items)?, _) where entry.key == "dependsOn":
                write(items, after: entry.value, &writer)
            case (let value?, _): writer.write(value)
            case (nil, _): writer.write(entry.value)
            }
        }
        for setting in settings where !has(setting.key) {
            begin(setting.key, nil)
            writer.write(setting.value)
        }
        return writer.text + (isFirst ? "{}" : "}")
    }

    private func write(
        _ members: [DocumentValue.Member], over present: [YAMLEntry],
        _ writer: inout DocumentWriter
    ) {
        var isFirst = true
        writer.raw("{")
        for entry in present where !members.contains(where: { $0.key == entry.key }) {
            if !isFirst { writer.raw(",") }
            isFirst = false
            writer.move(to: entry.line)
            writer.key(entry.key)
            writer.write(entry.value)
        }
        for member in members {
            if !isFirst { writer.raw(",") }
            isFirst = false
            writer.key(member.key)
            writer.write(member.value)
        }
        writer.raw("}")
    }

    private func write(
        _ items: [DocumentValue], after present: YAMLValue, _ writer: inout DocumentWriter
    ) {
        var before = [present]
        if case .list(let values) = present.content { before = values }
        writer.raw("[")
        for (index, value) in before.enumerated() {
            if index > 0 { writer.raw(",") }
            writer.write(value)
        }
        for item in items {
            writer.raw(",")
            writer.write(item)
        }
        writer.raw("]")
    }
}
