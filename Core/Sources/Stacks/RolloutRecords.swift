import FleetModel
import Health
import Journal
import Qualification

// Rollouts, and what the book is told, as bytes. Numbers of cases are never given out twice.

/// Texts of these records are at most so long.
private let mostText = 1000

extension RolloutPhase: RecordValue {}
extension RolloutStep: RecordValue {}

private enum WaveTag: UInt8, CaseIterable { case nodes, percent }

extension WaveSize: RecordValue {
    package static var blank: WaveSize { .nodes(1) }
    package mutating func pass(through coder: inout RecordCoder) {
        var (tag, number) = (WaveTag.nodes, Int32(0))
        switch self {
        case .nodes(let count): number = count
        case .percent(let share): (tag, number) = (.percent, share)
        }
        tag = coder.tag(tag)
        coder.field(&number)
        self = tag == .nodes ? .nodes(number) : .percent(number)
    }
}

extension RolloutPlan: RecordValue {
    package static var blank: RolloutPlan { RolloutPlan() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&waves)
        coder.field(&soak)
        coder.field(&mostOut)
        coder.field(&failures)
        coder.field(&level)
        coder.field(&grace)
    }
}

extension RolloutMember: RecordValue {
    package static var blank: RolloutMember { RolloutMember(node: NodeID(0), since: .zero) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&node)
        coder.field(&step)
        coder.field(&goesBack)
        coder.field(&wave)
        coder.field(&hasFailed)
        coder.field(&isChanged)
        coder.field(&since)
        coder.text(&note, limit: mostText)
    }
}

extension Rollout: RecordValue {
    package static var blank: Rollout {
        Rollout(
            number: 0, pool: "", target: StackID(0), plan: RolloutPlan(), mostOut: 1,
            startedBy: "", startedAt: .zero)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&number)
        coder.text(&pool, limit: mostText)
        coder.field(&target)
        coder.field(&previous)
        coder.field(&plan)
        coder.field(&mostOut)
        coder.text(&startedBy, limit: mostText)
        coder.field(&startedAt)
        coder.field(&endedAt)
        coder.field(&phase)
        coder.field(&isPaused)
        coder.text(&reason, limit: mostText)
        coder.field(&wave)
        coder.field(&soakUntil)
        coder.field(&isHeldBack)
        coder.list(&members, limit: FleetLimits.nodes, of: "nodes of a rollout")
    }
}

extension StackUse.Share: RecordValue {
    package static var blank: StackUse.Share { .init(node: NodeID(0), gpuMilliSeconds: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&node)
        coder.field(&gpuMilliSeconds)
    }
}

extension StackUse: RecordValue {
    package static var blank: StackUse { StackUse(shares: [], isFailure: false) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.list(&shares, limit: FleetLimits.nodes, of: "nodes of an attempt")
        coder.field(&isFailure)
        coder.field(&suspect)
    }
}

extension StackCatalogue: RecordValue {
    package static var blank: StackCatalogue { StackCatalogue() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&stacks)
        coder.field(&pools)
    }
}

extension RolloutRequest: RecordValue {
    package static var blank: RolloutRequest { RolloutRequest(pool: "", stack: "", by: "") }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.text(&pool, limit: mostText)
        coder.text(&stack, limit: mostText)
        coder.field(&plan)
        coder.text(&by, limit: mostText)
    }
}

private enum CommandTag: UInt8, CaseIterable {
    case pause, resume, rollBack, cancel

    init(_ command: RolloutCommand) {
        switch command {
        case .pause: self = .pause
        case .resume: self = .resume
        case .rollBack: self = .rollBack
        case .cancel: self = .cancel
        }
    }

    var command: RolloutCommand {
        switch self {
        case .pause: .pause
        case .resume: .resume
        case .rollBack: .rollBack
        case .cancel: .cancel
        }
    }
}

private enum StackInputTag: UInt8, CaseIterable {
    case declared, placed, told, used, begin, command
}

extension StackInput: RecordValue {
    package static var blank: StackInput { .used(.blank) }

    package mutating func pass(through coder: inout RecordCoder) {
        switch coder.tag(tag) {
        case .declared:
            var (catalogue, digest) = (StackCatalogue?.none, UInt64?.none)
            if case .declared(let a, let b) = self { (catalogue, digest) = (a, b) }
            self = .declared(coder.part(catalogue), digest: coder.part(digest))
        case .placed:
            var (node, pool) = (NodeID?.none, "")
            if case .placed(let a, let b) = self { (node, pool) = (a, b) }
            let id = coder.part(node)
            coder.text(&pool, limit: mostText)
            self = .placed(id, pool: pool)
        case .told:
            var (node, source) = (NodeID?.none, VersionSource?.none)
            var versions: [FoundVersion] = []
            if case .told(let a, let b, let c) = self { (node, source, versions) = (a, b, c) }
            let (id, who) = (coder.part(node), coder.part(source))
            coder.list(&versions, limit: ToldVersions.most, of: "versions of a node")
            self = .told(id, who, versions)
        case .used:
            var use: StackUse?
            if case .used(let it) = self { use = it }
            self = .used(coder.part(use))
        case .begin:
            var request: RolloutRequest?
            if case .begin(let it) = self { request = it }
            self = .begin(coder.part(request))
        case .command:
            var (pool, command, who) = ("", RolloutCommand.pause, "")
            if case .command(let a, let b, let c) = self { (pool, command, who) = (a, b, c) }
            coder.text(&pool, limit: mostText)
            let known = coder.tag(CommandTag(command)).command
            coder.text(&who, limit: mostText)
            self = .command(pool: pool, known, by: who)
        }
    }

    private var tag: StackInputTag {
        switch self {
        case .declared: .declared
        case .placed: .placed
        case .told: .told
        case .used: .used
        case .begin: .begin
        case .command: .command
        }
    }
}
