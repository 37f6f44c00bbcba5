import FleetModel
import Health
import HealthControl

/// A run that passed, of a node whose network is tested before it is taken in.
struct Lesson {
    /// The machine that the node was.
    var machine: MachineID
    /// The test that the run answered.
    var test: OperationID
    /// When it ended, by the health engine's clock.
    var at: Instant
    /// What was measured.
    var answer: QualificationAnswer
}

// A run teaches when its node is proved. Where the test of the network stands between the two, the
// run is kept until that is over. It is kept in memory only: a run more or less is not worth a
// journal, and after a restart the node's next one teaches.
extension Driver {
    /// Learns from a run that was taken in as the answer to a test: now, or once the network of its
    /// node is tested.
    func learn(from answer: QualificationAnswer, to id: OperationID, of node: NodeID) {
        guard let health = desk.engine[node], health.network?.own.id == id else {
            return learn(from: answer, of: node)
        }
        lessons[node] = Lesson(
            machine: health.machine, test: id, at: desk.engine.clock.engine, answer: answer)
    }

    /// Learns from runs whose nodes have been proved since, and forgets those of nodes that were
    /// not: failed, faulted, gone, or at work again before their network was tested.
    func settleLessons() {
        guard !lessons.isEmpty else { return }
        for (node, lesson) in lessons.sorted(by: { $0.key < $1.key }) {
            let health = desk.engine[node]
            guard health?.network?.own.id != lesson.test else { continue }
            lessons[node] = nil
            guard let health, health.machine == lesson.machine else { continue }
            let history = desk.engine.ledger.machines[health.machine.index].history
            guard let proof = history.lastProof, proof.at.engine >= lesson.at else { continue }
            learn(from: lesson.answer, of: node)
        }
    }
}
