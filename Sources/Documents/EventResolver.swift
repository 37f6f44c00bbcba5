import FleetModel
import Simulation

/// Gives the names in a scenario's events their ids, and follows what is known of nodes and jobs
/// through time, so that every event changes something.
struct EventResolver {
    private let events: [EventDocument]
    private let fleet: FleetDefinition?
    private var jobs: EventJobs?
    private let findings: Findings
    /// Whether what happened before an event is known; otherwise only its names are looked at.
    private let isHistoryKnown: Bool
    private var nodes: [NodeHistory]
    private var resolved: [FleetEvent] = []
    /// Nodes and jobs that events were about so far.
    private var targets = 0

    /// What the events so far did to a node.
    private struct NodeHistory {
        var isPresent = true
        var isDrained = false
        var unhealthy: UInt64
        /// The line that last removed it, or brought it back.
        var line = 0
    }

    /// Prepares for the events of a scenario. A nil fleet or nil jobs had mistakes, so that nothing
    /// can be said about their names.
    init(
        events: [EventDocument], fleet: FleetDefinition?, jobs: EventJobs?, findings: Findings,
        isHistoryKnown: Bool
    ) {
        self.events = events
        self.fleet = fleet
        self.jobs = jobs
        self.findings = findings
        self.isHistoryKnown = isHistoryKnown
        nodes = fleet?.nodes.map { NodeHistory(unhealthy: $0.unhealthyDevices) } ?? []
    }

    /// The events in order of time; of use only when there were no mistakes.
    mutating func resolve() -> [FleetEvent] {
        let order = events.indices.sorted { (events[$0].at, $0) < (events[$1].at, $1) }
        for index in order {
            let event = events[index]
            if event.action.isAboutJobs { resolveJobs(event) } else { resolveNodes(event) }
            guard targets <= DocumentLimits.events else {
                findings.report(
                    .invalidValue, line: event.line,
                    "there are too many events, those of repeated jobs counted for each copy",
                    expected: "at most \(DocumentLimits.events)")
                break
            }
        }
        return resolved
    }

    private mutating func add(_ input: Input, _ event: EventDocument) {
        resolved.append(FleetEvent(at: .zero + event.at, input: input))
    }

    // MARK: Nodes

    private mutating func resolveNodes(_ event: EventDocument) {
        guard let fleet else { return }
        targets += event.names.count
        var ids: [NodeID] = []
        for name in event.names {
            guard let id = fleet.nodeNames.id(of: name.value) else {
                findings.reportUnknown(
                    "node", name.value, line: name.line, among: fleet.nodeNames.names)
                continue
            }
            if event.action != .unhealthy || hasDevices(event, fleet.nodes[id.index]) {
                if isHistoryKnown { follow(event, id, name) }
                ids.append(id)
            }
        }
        switch event.action {
        case .drain: for id in ids { add(.drain(id), event) }
        case .resume: for id in ids { add(.resume(id), event) }
        case .remove: add(.removeNodes(ids), event)
        case .return: add(.addNodes(ids.map { specification($0, fleet) }), event)
        case .unhealthy:
            for id in ids { add(.setDeviceHealth(id, unhealthy: mask(event)), event) }
        case .hold, .release, .cancel: break
        }
    }

    /// A node as it comes back: as it was, but for a drain.
    private func specification(_ id: NodeID, _ fleet: FleetDefinition) -> NodeSpec {
        var node = fleet.nodes[id.index]
        node.unhealthyDevices = nodes[id.index].unhealthy
        return node
    }

    private func mask(_ event: EventDocument) -> UInt64 {
        event.devices.reduce(0) { $0 | 1 << UInt64($1.value) }
    }

    private func hasDevices(_ event: EventDocument, _ node: NodeSpec) -> Bool {
        let name = event.names[0].value
        let wrong = event.devices.filter { $0.value >= Int(node.devices) }
        for device in wrong {
            findings.report(
                .invalidValue, line: device.line,
                "the node '\(name)' has no device \(device.value)",
                expected: node.devices == 0
                    ? "a node with devices"
                    : "an index from 0 to \(node.devices - 1)",
                hint: node.devices > 0 && device.value == Int(node.devices)
                    ? "devices are counted from 0" : "")
        }
        return wrong.isEmpty
    }

    private mutating func follow(
        _ event: EventDocument, _ id: NodeID, _ name: Located<String>
    ) {
        var node = nodes[id.index]
        defer { nodes[id.index] = node }
        let known = "the node '\(name.value)'"
        if node.isPresent == (event.action == .return) {
            let hint =
                node.line == 0
                ? ""
                : node.isPresent
                    ? "it came back by the event on line \(node.line)"
                    : "it was removed by the event on line \(node.line)"
            findings.report(
                .invalidValue, line: name.line,
                known + (node.isPresent ? " is in the fleet" : " is not in the fleet")
                    + " at this time",
                expected: node.isPresent
                    ? "a node that was removed before" : "a node that is there",
                hint: hint)
            return
        }
        switch event.action {
        case .drain:
            if node.isDrained { reportIdle(known + " is drained already", name.line) }
            node.isDrained = true
        case .resume:
            if !node.isDrained { reportIdle(known + " is not drained at this time", name.line) }
            node.isDrained = false
        case .remove, .return:
            node.isPresent = event.action == .return
            node.isDrained = false
            node.line = event.line
        case .unhealthy:
            if node.unhealthy == mask(event) {
                reportIdle("the devices of " + known + " are as the event says", name.line)
            }
            node.unhealthy = mask(event)
        case .hold, .release, .cancel: break
        }
    }

    private func reportIdle(_ message: String, _ line: Int) {
        findings.report(
            .invalidValue, line: line, message, expected: "an event that changes something")
    }

    // MARK: Jobs

    private mutating func resolveJobs(_ event: EventDocument) {
        guard let known = jobs?.names else { return }
        for name in event.names {
            guard let copies = jobs?.copies(of: name.value) else {
                findings.reportUnknown("job", name.value, line: name.line, among: known)
                continue
            }
            targets += copies.count
            guard targets <= DocumentLimits.events else { return }
            if isHistoryKnown, let mistake = jobs?.follow(event, copies) {
                findings.report(
                    .invalidValue, line: name.line, mistake.message, expected: mistake.expected,
                    hint: mistake.hint)
            }
            for copy in copies {
                guard let id = jobs?.id(of: copy) else { continue }
                add(input(event.action, id), event)
            }
        }
    }

    private func input(_ action: EventDocument.Action, _ job: JobID) -> Input {
        switch action {
        case .hold: .hold(job)
        case .release: .release(job)
        case .cancel: .cancel(job)
        case .drain, .resume, .remove, .return, .unhealthy:
            preconditionFailure("an event about nodes was taken for one about jobs")
        }
    }
}
