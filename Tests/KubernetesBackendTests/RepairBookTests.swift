import ControlPlane
import FleetModel
import Health
import HealthControl
import KubernetesObjects
import Qualification
import Testing

@testable import KubernetesBackend

/// Goal: a repair is asked for once, whoever asks, is done when the node shows that it was, and
/// leaves nothing on the node.
@Suite("Repairs that others carry out")
struct RepairBookTests {
    private static let label = RepairMark(
        .label, "sagemaker.amazonaws.com/node-health-status", "UnschedulablePendingReboot")
    private static let reset = RepairMark(.label, "example.com/reset", "{device}")
    private static let replace = RepairMark(.condition, "NeedsReplacement", "True")

    /// A cluster of one node, of which others repair everything.
    private static func bench(
        _ change: (inout NodeFacts) -> Void = { _ in }
    ) -> (StateBench, NodeFacts) {
        var bench = StateBench(nodes: 0)
        var node = StateBench.node("n0")
        (node.bootID, node.machineID, node.providerID) = ("boot-1", "machine-1", "aws:///i-1")
        change(&node)
        bench.state.nodes.put(node)
        bench.state.repairs = RepairBook([.reboot: label, .reset: reset, .replace: replace])
        bench.begin()
        bench.clear()
        return (bench, node)
    }

    private func order(
        _ bench: inout StateBench, _ action: FaultAction, _ id: Int64, device: Int32? = nil
    ) {
        let facts = HardwareFacts(
            devices: [HardwareFacts.Device(index: 3, uuid: "GPU-AB-3")])
        bench.state.take(
            .repair(NodeID(0), OperationID(id), action, device: device), of: facts)
        bench.tend()
    }

    private func outcomes(_ bench: StateBench) -> [String] {
        bench.reports.compactMap { report in
            guard case .repaired(_, let id, let outcome) = report else { return nil }
            return "\(id.rawValue) \(outcome)"
        }
    }

    private func patches(_ bench: StateBench) -> [String] {
        bench.careCalls.map { call in
            switch call {
            case .mark(_, _, let patches):
                "+" + patches.map { String(decoding: $0.body(now: ""), as: UTF8.self) }.joined()
            case .unmark(_, _, let patches):
                "-" + patches.map { String(decoding: $0.body(now: ""), as: UTF8.self) }.joined()
            default: "?"
            }
        }
    }

    /// The node as it is once the patches are taken.
    private func put(_ node: NodeFacts, _ bench: inout StateBench) {
        bench.state.nodes.put(node)
        bench.pass(seconds: 1)
    }

    @Test("a label asks for a reboot, another bootID of a node that is ready ends it")
    func reboots() {
        var (bench, node) = Self.bench()
        order(&bench, .reboot, 4)
        let expected = #"""
            +{"metadata":{"labels":{"sagemaker.amazonaws.com/node-health-status":\#
            "UnschedulablePendingReboot"},"annotations":{"muster.dev/repair":\#
            "reboot 4 - boot-1 machine-1 aws:///i-1"}}}
            """#
        #expect(patches(bench) == [expected])
        bench.answer(.made(uid: ""))
        node.repairNote = "reboot 4 - boot-1 machine-1 aws:///i-1"
        node.labels = [Self.label.key: Self.label.value]
        put(node, &bench)
        node.bootID = "boot-2"
        node.conditions = [NodeFacts.Condition("Ready", "False")]
        put(node, &bench)
        order(&bench, .reboot, 4)
        #expect(outcomes(bench).isEmpty && patches(bench).count == 1)
        node.conditions = [NodeFacts.Condition("Ready", "True")]
        put(node, &bench)
        #expect(patches(bench).last?.hasPrefix("-") == true)
        #expect(patches(bench).last?.contains(#""muster.dev/repair":null"#) == true)
        #expect(patches(bench).last?.contains(Self.label.key) == true)
        #expect(outcomes(bench).isEmpty)
        bench.answer(.made(uid: ""))
        #expect(outcomes(bench) == ["4 done"])
        order(&bench, .reboot, 4)
        #expect(outcomes(bench) == ["4 done", "4 done"] && patches(bench).count == 2)
    }

    @Test("who comes after does not ask again, and knows what the node was")
    func takesOver() {
        var (bench, node) = Self.bench {
            $0.repairNote = "reboot 9 - boot-0 machine-1 aws:///i-1"
        }
        // The node has started again meanwhile, and somebody has changed the label.
        node.labels = [Self.label.key: "Schedulable"]
        put(node, &bench)
        order(&bench, .reboot, 4)
        #expect(patches(bench).count == 1)
        #expect(patches(bench).first?.contains(Self.label.key) == false)
        bench.answer(.made(uid: ""))
        #expect(outcomes(bench) == ["4 done"])
    }

    @Test("a device is named by its UUID, and reset when its mark is taken away")
    func resets() {
        var (bench, node) = Self.bench()
        order(&bench, .reset, 5, device: 3)
        #expect(patches(bench).first?.contains(#""example.com/reset":"GPU-ab-3""#) == true)
        bench.answer(.made(uid: ""))
        bench.pass(seconds: 30)
        #expect(patches(bench).count == 1)
        node.labels = [Self.reset.key: "GPU-ab-3"]
        put(node, &bench)
        node.labels = [:]
        put(node, &bench)
        bench.answer(.made(uid: ""))
        #expect(outcomes(bench) == ["5 done"])
        order(&bench, .reset, 6, device: 2)
        #expect(outcomes(bench).last == "6 impossible")
        #expect(bench.remarks.last?.contains("no agent has said which UUID") == true)
    }

    @Test("a condition asks for another machine, and says so until there is one")
    func replaces() {
        var (bench, node) = Self.bench()
        order(&bench, .replace, 7)
        let asked = #""type":"NeedsReplacement","status":"True""#
        #expect(patches(bench).first?.contains(asked) == true)
        bench.answer(.made(uid: ""))
        node.repairNote = "replace 7 - boot-1 machine-1 aws:///i-1"
        node.conditions.append(NodeFacts.Condition("NeedsReplacement", "True"))
        node.bootID = "boot-2"
        put(node, &bench)
        #expect(patches(bench).count == 1)
        node.providerID = "aws:///i-2"
        put(node, &bench)
        #expect(patches(bench).last?.contains(#""status":"False""#) == true)
        bench.answer(.made(uid: ""))
        #expect(outcomes(bench) == ["7 done"])
    }

    @Test("what nobody does in time has failed, and its mark is taken back")
    func givesUp() {
        var (bench, _) = Self.bench()
        order(&bench, .reboot, 4)
        bench.answer(.made(uid: ""))
        bench.pass(seconds: 7201)
        #expect(patches(bench).last?.hasPrefix("-") == true)
        bench.answer(.later("busy"))
        #expect(outcomes(bench).isEmpty)
        bench.pass(seconds: 6)
        bench.answer(.made(uid: ""))
        #expect(outcomes(bench) == ["4 failed"])
        #expect(bench.remarks.last?.contains("nobody has carried it out in time") == true)
    }

    @Test("what cannot be asked for is left to people, with the reason")
    func leavesToPeople() {
        var (bench, _) = Self.bench { $0.bootID = "" }
        order(&bench, .reboot, 1)
        #expect(outcomes(bench) == ["1 impossible"])
        #expect(bench.remarks.last?.contains("does not tell its bootID") == true)
        order(&bench, .replace, 2)
        bench.answer(.refused("forbidden"))
        #expect(outcomes(bench).last == "2 impossible")
        #expect(bench.remarks.last?.hasSuffix("forbidden") == true)
        bench.state.repairs = RepairBook([.reset: Self.reset])
        order(&bench, .replace, 3)
        #expect(outcomes(bench).last == "3 impossible")
        #expect(bench.remarks.last?.contains("no --repair") == true)
    }

    private func install(_ bench: inout StateBench, _ id: Int64) {
        let stack = StackDeclaration(name: "h100-2026-11")
        bench.state.take(.restack(NodeID(0), OperationID(id), stack), of: HardwareFacts())
        bench.tend()
    }

    @Test("a stack is asked for by its name, and installed when the mark is taken away")
    func installs() {
        var (bench, node) = Self.bench()
        install(&bench, 8)
        #expect(outcomes(bench) == ["8 impossible"])
        #expect(bench.remarks.last?.hasSuffix("h100-2026-11: it has no --install") == true)
        let key = "example.com/stack"
        bench.state.repairs = RepairBook(
            [:], installation: RepairMark(.label, key, "{stack}"))
        install(&bench, 9)
        #expect(patches(bench).first?.contains(#""example.com/stack":"h100-2026-11""#) == true)
        bench.answer(.made(uid: ""))
        node.repairNote = "install:h100-2026-11 9 - boot-1 machine-1 aws:///i-1"
        node.labels = [key: "h100-2026-11"]
        node.bootID = "boot-2"
        put(node, &bench)
        // The label went, and the node has to come back.
        (node.labels, node.conditions) = ([:], [NodeFacts.Condition("Ready", "False")])
        put(node, &bench)
        #expect(patches(bench).count == 1)
        node.conditions = [NodeFacts.Condition("Ready", "True")]
        put(node, &bench)
        bench.answer(.made(uid: ""))
        #expect(outcomes(bench).last == "9 done" && patches(bench).count == 2)
    }

    @Test("a label that goes through states says by its value when a stack is installed")
    func installsByStates() {
        var (bench, node) = Self.bench()
        let key = "nvidia.com/gpu-driver-upgrade-state"
        var mark = RepairMark(.label, key, "upgrade-required")
        mark.done = "upgrade-done"
        bench.state.repairs = RepairBook([:], installation: mark)
        // From the time before: that is not this installation.
        node.labels = [key: "upgrade-done"]
        put(node, &bench)
        install(&bench, 3)
        bench.answer(.made(uid: ""))
        put(node, &bench)
        #expect(patches(bench).count == 1)
        node.repairNote = "install:h100-2026-11 3 - boot-1 machine-1 aws:///i-1"
        for state in ["upgrade-required", "drain-required", "upgrade-failed"] {
            node.labels = [key: state]
            put(node, &bench)
            #expect(patches(bench).count == 1, "\(state)")
        }
        node.labels = [key: "upgrade-done"]
        put(node, &bench)
        #expect(patches(bench).last?.contains(key) == false)
        bench.answer(.made(uid: ""))
        #expect(outcomes(bench) == ["3 done"])
    }

    @Test("a mark that nobody waits for any more is taken back, without an answer")
    func drops() {
        var (bench, node) = Self.bench()
        bench.pass(seconds: 60)
        order(&bench, .reboot, 4)
        bench.answer(.made(uid: ""))
        node.repairNote = "reboot 4 - boot-1 machine-1 aws:///i-1"
        node.labels = [Self.label.key: Self.label.value]
        put(node, &bench)
        bench.state.take(.drop(NodeID(0), OperationID(4)), of: HardwareFacts())
        bench.pass(seconds: 11)
        #expect(patches(bench).count == 2 && patches(bench)[1].contains(Self.label.key))
        #expect(patches(bench)[1].hasPrefix("-"))
        #expect(outcomes(bench).isEmpty)
    }

    @Test("marks that nobody waits for are taken back, and those of others are left")
    func clearsOrphans() {
        var (bench, node) = Self.bench {
            $0.repairNote = "reboot 9 - boot-1 machine-1 aws:///i-1"
            $0.labels = [Self.label.key: Self.label.value]
        }
        bench.pass(seconds: 58)
        #expect(bench.careCalls.isEmpty)
        bench.pass(seconds: 5)
        #expect(patches(bench).count == 1 && patches(bench)[0].contains(Self.label.key))
        node.repairNote = ""
        put(node, &bench)
        bench.pass(seconds: 60)
        #expect(patches(bench).count == 1)
    }

    @Test("a mark is read as it is written, or not at all")
    func reads() {
        #expect(
            RepairMark("label:a.b/c=d") == RepairMark(.label, "a.b/c", "d")
                && RepairMark("condition:T=False") == RepairMark(.condition, "T", "False"))
        let others = [
            "", "label", "label:", "label:=a", "label:a", "label:a=", "taint:a=b",
            "condition:T=yes",
        ]
        for text in others {
            #expect(RepairMark(text) == nil, "\(text)")
        }
        #expect(!RepairMark(.annotation, "a", "b").suits(.reset) && !Self.label.suits(.watch))
        #expect(!RepairMark(.annotation, "a", "b").suitsInstallation)
        #expect(Self.label.suitsInstallation && Self.replace.suitsInstallation)
        for text in ["", "reboot", "drain 1 - - - -", "reboot x - a b c", "reboot 1 - a b"] {
            #expect(RepairNote(text) == nil, "\(text)")
        }
    }
}
