import FleetModel
import Health

/// What the health engine says, in words for events and reasons.
struct HealthWords {
    /// Names, those of nodes included.
    var names: HealthNames
    /// When what a reason holds back goes on.
    var release: (HoldReason) -> String

    /// An event's words.
    struct Text {
        var kind: String
        var node: NodeID?
        var text: String
    }

    /// Why a node is kept from work.
    func reason(_ node: NodeHealth?) -> String {
        guard let node else { return "health" }
        switch node.hold {
        case .refused: return "refused on arrival: its hardware is known to be bad"
        case .contested: return "another node says that it is made of the same hardware"
        case nil: break
        }
        if let other = node.lentTo {
            return "the network of node \(names.node(other)) is tested with it"
        }
        if let cause = node.track.cause { return names.cause(cause) }
        switch node.track.state {
        case .unqualified, .qualifying: return "it is tested before it takes work"
        case .retired: return "it is retired"
        default: return "health: \(node.track.state.name)"
        }
    }

    /// Why a node was not taken in.
    func refusal(_ evidence: Evidence) -> String {
        let reasons = evidence.reasons.map(reason).joined(separator: ", ")
        return "is not taken in: machine \(names.identity(evidence.chassis)) is known to be bad"
            + (reasons.isEmpty ? "" : " (\(reasons))")
    }

    /// What is known against hardware, in a few words.
    func reason(_ reason: BadReason) -> String {
        switch reason {
        case .retiredMachine: "retired"
        case .retiredDevice: "a device is retired"
        case .openFault(let fault): names.cause(fault.cause)
        case .openDeviceFault(_, let fault): names.cause(fault.cause) + " of a device"
        }
    }

    /// What is left to people.
    func proposal(_ action: ProposedAction, _ why: HoldReason) -> String {
        let words = "\(action.text); left to people: \(why.text)"
        // An agent's silence ends when it is heard.
        return action == .lookAfterAgent ? words : "\(words); it \(release(why))"
    }

    /// The words of an event; nil for what goes without saying.
    func text(_ event: HealthEvent) -> Text? {
        switch event {
        case .moved(let node, let device, let from, let to, let decision):
            guard decision.rule != .arrivalAdmitted else { return nil }
            let part = device.map { "device \($0): " } ?? ""
            let cause = decision.cause.map { ", " + names.cause($0) } ?? ""
            return Text(
                kind: "health", node: node,
                text: "\(part)\(from.name) → \(to.name) (\(decision.rule)\(cause))")
        case .arrived(_, _, .new), .arrived(_, _, .knownGood): return nil
        case .arrived(let node, _, let standing):
            return Text(kind: "health", node: node, text: "arrives: " + text(standing))
        case .noted(let node, let finding):
            return fault(node, finding, "asks for nothing but \(finding.action)")
        case .unknownFault(let node, let finding): return fault(node, finding, "nobody knows it")
        case .staleFinding(let node, let finding):
            return fault(node, finding, "too old to act on")
        case .contradiction(let node, let contradiction):
            return Text(kind: "health", node: node, text: "contradiction: " + text(contradiction))
        case .deviceReplaced(let node, let device):
            return Text(kind: "health", node: node, text: "device \(device) is another one now")
        case .tripped(let breaker):
            return Text(
                kind: "breakerTripped",
                text: "a breaker is open (\(breaker.wireName)): "
                    + HoldReason.breaker(breaker).text + "; what it guards is only proposed, and "
                    + release(.breaker(breaker)))
        case .closed(let breaker):
            return Text(
                kind: "breakerClosed",
                text: "a breaker is closed again (\(breaker.wireName)): "
                    + HoldReason.breaker(breaker).text)
        case .repairsWait(let limit):
            return Text(
                kind: "breakerTripped",
                text: "the limit of repairs at a time holds (\(limit)): further ones are only "
                    + "proposed, and each " + release(.concurrentRepairs))
        case .repairsGoOn:
            return Text(
                kind: "breakerClosed",
                text: "the limit of repairs at a time holds nothing back any more")
        default: return operational(event)
        }
    }

    private func operational(_ event: HealthEvent) -> Text? {
        func of(_ node: NodeID?, _ text: String) -> Text {
            Text(kind: "health", node: node, text: text)
        }
        switch event {
        case .askedAgain(let node, let id, let asks):
            return of(node, "operation \(id.rawValue) is asked for once more (\(asks))")
        case .lostOperation(let node, let id):
            return of(node, "operation \(id.rawValue) had no answer and counts as failed")
        case .lateAnswer(let node, let id):
            return of(node, "nobody waits for the answer to operation \(id.rawValue)")
        case .weakProof(let node, let id):
            return of(node, "operation \(id.rawValue) passed and proves too little")
        case .drainOverdue(let node): return of(node, "something still runs there after its time")
        case .silent(let node, let since):
            return of(node, "its agent is silent since \(since.utcText)")
        case .cordonedByOthers(let node, let who):
            let names = who.map { self.names.text($0, in: self.names.actors, "actor") }
            return of(node, "is in order, and kept from work by " + names.joined(separator: ", "))
        case .cordonRestored(let node, _): return of(node, "is not proved, and closed again")
        case .slowerThanPeers(let node, let job, let cost, let median):
            return of(node, "is slower than its peers in job \(job): \(cost) against \(median)")
        case .lemon(let node, _, let score):
            return of(node, "fails more often than others: \(score) points")
        case .clockJumped(let by): return of(nil, "the clock jumped by \(by.wholeSeconds) s")
        case .policyRefused(let mistakes):
            return of(nil, "a health policy was refused: \(mistakes) mistakes")
        default: return network(event)
        }
    }

    /// What is said of tests between nodes.
    private func network(_ event: HealthEvent) -> Text? {
        switch event {
        case .paired(let node, let id, let other):
            return Text(
                kind: "health", node: node,
                text: "its network is tested with node \(names.node(other)) (\(id.rawValue))")
        case .pairTested(let node, _, let other, let verdict):
            let words =
                switch verdict {
                case .passed: "is right"
                case .failed: "is bad, whichever of the two it is"
                case .inconclusive: "was not tested to an end"
                }
            return Text(
                kind: "health", node: node,
                text: "the network between it and node \(names.node(other)) \(words)")
        case .waitsForPartner(let node):
            return Text(
                kind: "health", node: node,
                text: "waits for a node that its network can be tested with")
        case .networkUntested(let node, let gap):
            let why =
                switch gap {
                case .noPartner: "no node of its pool is free for that"
                case .noSecond:
                    "it was bad with one node, and no second one is free to say whose fault that is"
                case .noAnswer: "no test with another node came to an end"
                case .unreached:
                    "it reached nobody, and nobody has shown that the others can be reached"
                case .mute: "nodes of its pool cannot reach each other"
                }
            return Text(
                kind: "health", node: node, text: "its network is not tested: \(why)")
        default: return reach(event)
        }
    }

    /// What is said of nodes that cannot be reached.
    private func reach(_ event: HealthEvent) -> Text? {
        func of(_ node: NodeID, _ text: String) -> Text {
            Text(kind: "health", node: node, text: text)
        }
        switch event {
        case .unreached(let node, let other):
            return of(
                node, "cannot reach node \(names.node(other)), which was ready to answer")
        case .controlled(let node, let other):
            return of(
                node,
                "is tested with its network, to show whether others can be reached that node "
                    + "\(names.node(other)) could not reach")
        case .unreachable(let node, let partners):
            let met = partners.map(names.node).joined(separator: ", ")
            return of(
                node, "reaches none of \(met), and another node reaches one of them: it fails")
        case .mute(let node):
            return of(
                node,
                "nodes of its pool cannot reach each other, so that tests between them say "
                    + "nothing: their network is not tested for a day, and nobody is blamed; do "
                    + "rules of the network keep them from each other?")
        case .reachesAgain(let node):
            return of(node, "nodes of its pool reach each other again: their network is tested")
        default: return nil
        }
    }

    private func fault(_ node: NodeID, _ finding: Finding, _ what: String) -> Text {
        var place = ""
        if case .device(let index) = finding.scope { place = "device \(index): " }
        return Text(
            kind: "fault", node: node, text: place + names.cause(finding.cause) + ", " + what)
    }

    private func text(_ standing: Standing) -> String {
        switch standing {
        case .new: "new"
        case .knownGood: "known and in order"
        case .knownBad(let reasons, let isRenamed):
            "known to be bad" + (isRenamed ? ", under another name" : "") + ": "
                + reasons.map(reason).joined(separator: ", ")
        case .contradictory(let all):
            "contradicts what is known: " + all.map(text).joined(separator: ", ")
        }
    }

    private func text(_ contradiction: Contradiction) -> String {
        switch contradiction {
        case .repeatedInReport(let id): "\(names.identity(id)) is there twice"
        case .sharedChassis(let id, let node):
            "chassis \(names.identity(id)) is node \(names.node(node)) as well"
        case .sharedDevice(_, let node): "a device is in node \(names.node(node)) as well"
        case .otherDevices(_, let count): "\(count) other devices in a known chassis"
        case .movedDevice: "a device was in another machine"
        case .otherChassis(_, let id): "known devices in chassis \(names.identity(id))"
        case .missingDevice: "a device does not answer"
        case .tooFewDevices(let have, let expected): "\(have) of \(expected) devices answer"
        }
    }
}
