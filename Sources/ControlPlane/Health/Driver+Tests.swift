import FleetModel
import Health
import HealthControl
import Store

// Tests that somebody ran for the backend, elsewhere than in this process.
extension Driver {
    /// What a node told that it is made of, in its own words where they are at hand.
    func toldHardware(of node: NodeID) -> HardwareFacts {
        if let told = hardware[node], told.devices.contains(where: { !$0.uuid.isEmpty }) {
            return told
        }
        return desk.engine[node].map { desk.names.facts($0.report) } ?? HardwareFacts()
    }

    /// Takes in a test that the backend had run on a node. It answers what was asked for only when
    /// it is of the machine that the node is, and younger than what it should disprove.
    func take(_ test: HandedInTest, to id: OperationID, of node: NodeID) {
        now = max(now, clock.now())
        guard let health = desk.engine[node] else { return }
        showsHealth = true
        let isAwaited = desk.engine.isOutstanding(id)
        do {
            var test = test
            test.answer = judged(test.answer, of: node)
            let aligned = try align(test, with: health)
            try compare(aligned, with: health)
            let operation = desk.engine.operations.first { $0.id == id && $0.node == node }
            let answer = operation.map { aligned.answer.of($0) } ?? aligned.answer
            if isAwaited { weighVersions(answer, of: node) }
            take(answer, to: id, of: node)
            // What is told once more was told and learned before.
            guard isAwaited else { return }
            tellFaults(of: answer, node)
            learn(from: answer, to: id, of: node)
        } catch {
            let text = (error as? OperatingError).map { "\($0.message): \($0.detail)" } ?? ""
            tell("health", node, "the test \(id.rawValue) is not taken: \(text)")
            take(.noAnswer(test.answer.outcome.level), to: id, of: node)
        }
    }

    /// The test by the node's numbers of its devices. Who was given some of them only counts from
    /// zero, so UUIDs tell which they are. Throws `M0617` for devices that the node does not have.
    private func align(
        _ test: HandedInTest, with node: NodeHealth
    ) throws -> HandedInTest {
        var names = desk.names.identities
        var places: [IdentityID: Int] = [:]
        for device in node.report.devices {
            if let uuid = device.uuid { places[uuid] = Int(device.index) }
        }
        guard !places.isEmpty else { return test }
        var aligned = test
        let count = max(node.devices.count, test.devices.count)
        aligned.devices = Array(repeating: "", count: count)
        var (tested, failed): (UInt64, UInt64) = (0, 0)
        for (index, uuid) in test.devices.enumerated() {
            // What does not say what it is proves nothing.
            guard let id = names.intern(uuid) else { continue }
            guard let place = places[id] else {
                throw OperatingError(
                    .foreignTest, "the test is of other hardware",
                    detail: "the device \(uuid.prefix(100)) is none that the node told of")
            }
            aligned.devices[place] = uuid
            let bit: UInt64 = 1 << UInt64(index)
            if test.answer.outcome.devices & bit != 0 { tested |= 1 << UInt64(place) }
            if test.answer.outcome.failedDevices & bit != 0 { failed |= 1 << UInt64(place) }
        }
        // A device that is to blame and does not say which it is: the node is.
        let isNamed =
            failed.nonzeroBitCount == test.answer.outcome.failedDevices.nonzeroBitCount
        aligned.answer.outcome.devices = tested
        aligned.answer.outcome.failedDevices = isNamed ? failed : 0
        return aligned
    }
}
