import FleetModel

/// The first byte of a payload that is no input.
enum ControlTag {
    static let checkpoint: UInt8 = 64
    static let end: UInt8 = 65
}

/// The first byte of a payload that is an input. Numbers are never given out twice.
enum InputTag: UInt8 {
    case addNodes = 1
    case removeNodes = 2
    case drain = 3
    case resume = 4
    case setDeviceHealth = 5
    case setTenants = 6
    case submit = 7
    case cancel = 8
    case hold = 9
    case release = 10
    case confirmStart = 11
    case confirmStop = 12
    case finish = 13
    case fail = 14
    case wake = 15
    case expectWorkload = 16
    case drainBy = 17
    case failOn = 18
    case checkpointed = 19
    case confirmShrink = 20
    /// A job with roles that have rules.
    case submitRuled = 21
    case updateNodes = 22
    case setRule = 23
    case adopt = 24
    case preferNodes = 25
    case keepSpares = 26
    case replace = 27
    case resubmit = 28
    case suspect = 29

    init(_ input: Input) {
        switch input {
        case .addNodes: self = .addNodes
        case .removeNodes: self = .removeNodes
        case .drain: self = .drain
        case .resume: self = .resume
        case .setDeviceHealth: self = .setDeviceHealth
        case .setTenants: self = .setTenants
        case .submit(let spec): self = spec.hasRules ? .submitRuled : .submit
        case .cancel: self = .cancel
        case .hold: self = .hold
        case .release: self = .release
        case .confirmStart: self = .confirmStart
        case .confirmStop: self = .confirmStop
        case .finish: self = .finish
        case .fail: self = .fail
        case .wake: self = .wake
        case .expectWorkload: self = .expectWorkload
        case .drainBy: self = .drainBy
        case .failOn: self = .failOn
        case .checkpointed: self = .checkpointed
        case .confirmShrink: self = .confirmShrink
        case .updateNodes: self = .updateNodes
        case .setRule: self = .setRule
        case .preferNodes: self = .preferNodes
        case .adopt: self = .adopt
        case .replace: self = .replace
        case .keepSpares: self = .keepSpares
        case .resubmit: self = .resubmit
        case .suspect: self = .suspect
        }
    }
}

extension PayloadWriter {
    /// What follows the tag, time and digest.
    mutating func input(_ input: Input) throws(PayloadFault) {
        switch input {
        case .addNodes(let nodes), .updateNodes(let nodes):
            try list(nodes, of: "nodes", limit: FleetLimits.nodes) {
                (writer, node) throws(PayloadFault) in try writer.node(node)
            }
        case .removeNodes(let nodes):
            try nodeIDs(nodes)
        case .drain(let node), .resume(let node): try id(node)
        case .setDeviceHealth(let node, let unhealthy):
            try id(node)
            bits(unhealthy)
        case .setTenants(let tenants):
            try list(tenants, of: "tenants", limit: FleetLimits.tenants) {
                (writer, tenant) throws(PayloadFault) in try writer.tenant(tenant)
            }
        case .submit(let spec):
            try job(spec)
            if spec.hasRules { try rules(of: spec) }
        case .cancel(let job), .hold(let job), .release(let job): try id(job)
        case .confirmStart(let job, let attempt), .confirmStop(let job, let attempt),
            .finish(let job, let attempt), .checkpointed(let job, let attempt):
            try id(job)
            signed(attempt.rawValue)
        case .fail(let job, let attempt, let cause):
            try id(job)
            signed(attempt.rawValue)
            byte(cause.rawValue)
        case .wake(let token): signed(token)
        case .expectWorkload(let classes):
            try list(classes, of: "workload classes", limit: JournalLimits.workloadClasses) {
                (writer, workload) throws(PayloadFault) in writer.workloadClass(workload)
            }
        case .drainBy(let node, let deadline):
            try id(node)
            signed(deadline.nanoseconds)
        case .failOn(let job, let attempt, let cause, let suspect):
            try id(job)
            signed(attempt.rawValue)
            byte(cause.rawValue)
            try id(suspect)
        case .confirmShrink(let job, let attempt, let resize):
            try id(job)
            signed(attempt.rawValue)
            signed(resize.rawValue)
        case .setRule(let rule, let nodes), .preferNodes(let rule, let nodes):
            try id(rule)
            try nodeIDs(nodes)
        case .adopt(let spec, let attempt, let places):
            try standing(spec, attempt, places)
        case .replace(let gone, let spec, let attempt, let places):
            try list(gone, of: "jobs", limit: JournalLimits.replacedJobs) {
                (writer, job) throws(PayloadFault) in try writer.id(job)
            }
            try standing(spec, attempt, places)
        case .resubmit(let spec, let suspects):
            try job(spec)
            try rules(of: spec)
            try nodeIDs(suspects)
        case .suspect(let job, let node):
            try id(job)
            try id(node)
        case .keepSpares(let nodes, let gangs):
            try nodeIDs(nodes)
            try list(gangs, of: "pools", limit: FleetLimits.pools) {
                (writer, entry) throws(PayloadFault) in
                try writer.id(entry.pool)
                writer.signed(entry.leastMilli)
            }
        }
    }

    /// A gang that runs already, and where.
    private mutating func standing(
        _ spec: JobSpec, _ attempt: Attempt, _ places: [MemberPlacement]
    ) throws(PayloadFault) {
        try job(spec)
        try rules(of: spec)
        signed(attempt.rawValue)
        try list(places, of: "members", limit: FleetLimits.membersPerJob) {
            (writer, place) throws(PayloadFault) in
            try writer.id(place.node)
            writer.signed(place.role)
            writer.bits(place.devices)
        }
    }

    private mutating func nodeIDs(_ nodes: [NodeID]) throws(PayloadFault) {
        try list(nodes, of: "nodes", limit: FleetLimits.nodes) {
            (writer, node) throws(PayloadFault) in try writer.id(node)
        }
    }
}

extension PayloadReader {
    /// The input that a tag announces.
    mutating func input(_ tag: InputTag) throws(PayloadFault) -> Input {
        switch tag {
        case .addNodes:
            .addNodes(
                try list(of: "nodes", limit: FleetLimits.nodes) {
                    (reader) throws(PayloadFault) in try reader.node()
                })
        case .removeNodes: .removeNodes(try nodeIDs())
        case .drain: .drain(try id())
        case .resume: .resume(try id())
        case .setDeviceHealth: .setDeviceHealth(try id(), unhealthy: try bits())
        case .setTenants:
            .setTenants(
                try list(of: "tenants", limit: FleetLimits.tenants) {
                    (reader) throws(PayloadFault) in try reader.tenant()
                })
        case .submit: .submit(try job())
        case .submitRuled: .submit(try ruledJob())
        case .cancel: .cancel(try id())
        case .hold: .hold(try id())
        case .release: .release(try id())
        case .confirmStart: .confirmStart(try id(), try attempt())
        case .confirmStop: .confirmStop(try id(), try attempt())
        case .finish: .finish(try id(), try attempt())
        case .fail: .fail(try id(), try attempt(), try choice(of: "cause of a failure"))
        case .wake: .wake(token: try signed())
        case .expectWorkload:
            .expectWorkload(
                try list(of: "workload classes", limit: JournalLimits.workloadClasses) {
                    (reader) throws(PayloadFault) in try reader.workloadClass()
                })
        case .drainBy: .drainBy(try id(), deadline: Instant(nanoseconds: try signed()))
        case .failOn:
            .failOn(
                try id(), try attempt(), try choice(of: "cause of a failure"), suspect: try id())
        case .checkpointed: .checkpointed(try id(), try attempt())
        case .confirmShrink: .confirmShrink(try id(), try attempt(), Resize(try signed32()))
        case .updateNodes:
            .updateNodes(
                try list(of: "nodes", limit: FleetLimits.nodes) {
                    (reader) throws(PayloadFault) in try reader.node()
                })
        case .setRule: .setRule(try id(), nodes: try nodeIDs())
        case .preferNodes: .preferNodes(try id(), nodes: try nodeIDs())
        case .adopt:
            .adopt(try ruledJob(), try attempt(), try places())
        case .replace:
            .replace(
                try list(of: "jobs", limit: JournalLimits.replacedJobs) {
                    (reader) throws(PayloadFault) in try reader.id()
                }, try ruledJob(), try attempt(), try places())
        case .resubmit: .resubmit(try ruledJob(), suspects: try nodeIDs())
        case .suspect: .suspect(try id(), try id())
        case .keepSpares:
            .keepSpares(
                try nodeIDs(),
                gangs: try list(of: "pools", limit: FleetLimits.pools) {
                    (reader) throws(PayloadFault) in
                    SpareGangs(pool: try reader.id(), leastMilli: try reader.signed())
                })
        }
    }

    private mutating func attempt() throws(PayloadFault) -> Attempt { Attempt(try signed32()) }

    private mutating func places() throws(PayloadFault) -> [MemberPlacement] {
        try list(of: "members", limit: FleetLimits.membersPerJob) {
            (reader) throws(PayloadFault) in
            MemberPlacement(
                node: try reader.id(), role: try reader.signed32(), devices: try reader.bits())
        }
    }

    private mutating func nodeIDs() throws(PayloadFault) -> [NodeID] {
        try list(of: "nodes", limit: FleetLimits.nodes) {
            (reader) throws(PayloadFault) in try reader.id()
        }
    }
}
