import FleetModel
import Health
import HealthControl
import Qualification
import Stacks
import Store

// What tests measure is kept by machine, and what comes next is held against it. The journals have
// outcomes, so a replay decides the same whatever was learned since.
extension Driver {
    /// Takes up what was measured before this process, and the best of it that was ever usual.
    ///
    /// - Parameter drops: How much worse than usual figures may be from now on.
    func recallFigures(_ drops: DropRules) throws {
        learned.drops = drops
        var places: [FigurePlace] = []
        for row in try store.read({ try $0.figures() }) {
            guard let figure = FigureID(name: row.figure) else { continue }
            let key = FigureKey(model: row.model, driver: row.driver, fabric: row.fabric)
            learned.restore(row.values, of: figure, row.machine, key)
            let place = FigurePlace(key: key, figure: figure)
            if places.last != place { places.append(place) }
        }
        for row in try store.read({ try $0.bestFigures() }) {
            guard let figure = FigureID(name: row.figure) else { continue }
            learned.restoreBest(
                .init(milli: row.milli, machines: row.machines), of: figure,
                FigureKey(model: row.model, driver: row.driver, fabric: row.fabric))
        }
        // What an earlier version measured has no best yet.
        keepBest(of: places)
    }

    /// Keeps what is usual now where it is better than it ever was.
    func keepBest(of places: some Sequence<FigurePlace>) {
        for place in places {
            guard let best = learned.keepBest(of: place.figure, place.key) else { continue }
            let row = BestFigureRow(
                model: place.key.model, driver: place.key.driver, fabric: place.key.fabric,
                figure: place.figure.name, milli: best.milli, machines: best.machines, at: now)
            pending.others.append { try $0.putBestFigure(row) }
        }
    }

    /// What a run means when it is held against what was learned, and against the stack of its
    /// node's pool. An answer without its run stays as it is.
    func judged(_ answer: QualificationAnswer, of node: NodeID) -> QualificationAnswer {
        guard let run = answer.run else { return answer }
        let stack = desk.stacks.standard(of: node).flatMap { desk.stacks[$0] }
        return QualificationAnswer(
            run.judged(
                learned: learned, stack: stack,
                devices: desk.engine[node]?.report.deviceCount))
    }

    /// Keeps what a run measured, if it passed and its node is in service: what fails, and what is
    /// out, is no example of its kind.
    func learn(from answer: QualificationAnswer, of node: NodeID) {
        guard let run = answer.run, let health = desk.engine[node], health.hold == nil,
            health.track.state == .inService
        else { return }
        let taken = run.teach(&learned, identity: identity(of: node, run.facts))
        for (key, figure, machine) in taken {
            let row = FigureRow(
                model: key.model, driver: key.driver, fabric: key.fabric, figure: figure.name,
                machine: machine, at: now, values: learned.values(of: figure, machine, key))
            guard !row.values.isEmpty else { continue }
            pending.others.append { try $0.putFigures(row) }
        }
        keepBest(of: Set(taken.map { FigurePlace(key: $0.key, figure: $0.figure) }).sorted())
        if !taken.isEmpty { showsHealth = true }
    }

    /// Says which other versions a test found, and why it failed.
    func tellFaults(of answer: QualificationAnswer, _ node: NodeID) {
        if let differences = answer.run?.differences, !differences.isEmpty {
            let words = differences.prefix(4).joined(separator: "; ")
            tell("health", node, String("the test found other versions: \(words)".prefix(1000)))
        }
        guard answer.outcome.verdict == .failed, let faults = answer.run?.faults, !faults.isEmpty
        else { return }
        let rest = faults.count > 4 ? "; and \(faults.count - 4) more" : ""
        let words = faults.prefix(4).joined(separator: "; ") + rest
        tell("health", node, String("the test failed: \(words)".prefix(1000)))
    }

    /// Says that a node is slower than it was with another driver or kernel. The first wave of a
    /// rollout is there to find that out: the rollout is paused once, until people have looked.
    ///
    /// To be called before a test is taken in, since the next wave may begin with that.
    func weighVersions(_ answer: QualificationAnswer, of node: NodeID) {
        guard let run = answer.run else { return }
        let slower = run.slowdowns(since: learned, identity: identity(of: node, run.facts))
        guard !slower.isEmpty else { return }
        let words = slower.prefix(4).map(\.text).joined(separator: "; ")
        tell("health", node, String("other versions are slower: \(words)".prefix(1000)))
        guard
            let rollout = desk.stacks.rollouts.last(where: { rollout in
                rollout.phase == .rolling && rollout.members.contains { $0.node == node }
            }), rollout.wave == 0, !rollout.isPaused, !slowRollouts.contains(rollout.number)
        else { return }
        slowRollouts.insert(rollout.number)
        // Versions are a node's own words, and what a rollout keeps is bounded.
        let shown = String(decoding: Array(words.utf8.prefix(400)), as: UTF8.self)
        let who = "muster, since \(view.directory.node(node)) is slower: \(shown);"
        tellHealth(.stack(.command(pool: rollout.pool, .pause, by: who)))
    }

    /// What a machine is known by that does not say its serial number itself.
    private func identity(of node: NodeID, _ facts: MachineFacts) -> String {
        let told = toldHardware(of: node)
        if !told.chassis.isEmpty { return told.chassis }
        let uuid = (facts.devices.map(\.uuid) + told.devices.map(\.uuid)).first { !$0.isEmpty }
        return uuid ?? "node \(view.directory.node(node))"
    }
}

/// A figure of one kind of machine.
struct FigurePlace: Hashable, Comparable {
    var key: FigureKey
    var figure: FigureID

    static func < (left: FigurePlace, right: FigurePlace) -> Bool {
        left.key == right.key
            ? left.figure.rawValue < right.figure.rawValue : left.key < right.key
    }
}
