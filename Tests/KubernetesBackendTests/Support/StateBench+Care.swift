import ControlPlane
import FleetModel
import Foundation
import Health
import HealthControl
import KubernetesJSON
import KubernetesObjects
import Qualification

@testable import KubernetesBackend

extension StateBench {
    /// A cluster whose nodes are tested, with no pods of tests yet.
    static func testing(
        nodes: Int = 2, most: Int? = nil, pods: [CheckPod] = []
    ) -> StateBench {
        var bench = StateBench(nodes: nodes)
        var settings = CheckSettings(image: "muster:1")
        settings.mostAtOnce = most
        bench.state.care = CareBook(settings)
        bench.begin()
        bench.state.care?.listBegan()
        for pod in pods { bench.state.see(pod) }
        bench.state.checksListed()
        bench.tend()
        bench.clear()
        return bench
    }

    /// Orders a test of a node.
    mutating func test(
        _ node: Int, _ id: Int, level: QualificationLevel = .twoMinutes, devices: UInt64 = 0xFF,
        uuids: Bool = true
    ) {
        let facts = HardwareFacts(
            devices: (0..<8).map {
                HardwareFacts.Device(index: $0, uuid: uuids ? "GPU-AB-\(node)\($0)" : "")
            })
        state.take(
            .qualify(
                NodeID(node), OperationID(Int64(id)), level, devices: devices,
                components: .ofOneDevice),
            of: facts)
        tend()
    }

    mutating func tend() {
        state.tendCare()
        flush()
    }

    /// Lets time pass, half a second at a step.
    mutating func pass(seconds: Int64) {
        for _ in 0..<(seconds * 2) {
            state.now += 500
            state.tick()
            flush()
        }
    }

    /// What was asked of the server for tests.
    var careCalls: [CareCall] {
        calls.compactMap { call in
            if case .care(let call) = call { return call }
            return nil
        }
    }

    /// The pods that were to be made, with their bodies.
    var made: [(name: String, body: String)] {
        careCalls.compactMap { call in
            guard case .make(_, let pod, let body) = call else { return nil }
            return (pod, String(decoding: body, as: UTF8.self))
        }
    }

    /// Answers what was asked for last.
    mutating func answer(_ answer: CareAnswer, to matching: (CareCall) -> Bool = { _ in true }) {
        guard let call = careCalls.last(where: matching) else { return }
        state.take(answer, to: call)
        tend()
    }

    /// Has the last pod made, and shows it with a status.
    mutating func make(_ status: String = #"{"phase":"Pending"}"#) -> CheckPod? {
        guard let last = made.last else { return nil }
        answer(.made(uid: "u-" + last.name)) { if case .make = $0 { true } else { false } }
        return show(last.body, status)
    }

    /// Shows a pod as the server has it.
    @discardableResult
    mutating func show(
        _ body: String, _ status: String, uid: String? = nil, isDeleting: Bool = false
    ) -> CheckPod? {
        guard let pod = StateBench.pod(body, status, uid: uid, isDeleting: isDeleting) else {
            return nil
        }
        state.see(pod)
        tend()
        return pod
    }

    static func pod(
        _ body: String, _ status: String, uid: String? = nil, isDeleting: Bool = false
    ) -> CheckPod? {
        guard let cut = body.range(of: #""metadata":{"#),
            let plain = try? CheckPod(json: Array(body.utf8))
        else { return nil }
        let deleting = isDeleting ? #""deletionTimestamp":"2026-07-01T13:00:00Z","# : ""
        let text =
            body[..<cut.upperBound] + #""uid":"\#(uid ?? "u-" + plain.name)","# + deleting
            + body[cut.upperBound...].dropLast() + #","status":\#(status)}"#
        return try? CheckPod(json: Array(text.utf8))
    }

    /// What was told about tests, in words.
    var told: [String] {
        reports.compactMap { report in
            switch report {
            case .qualified(let node, let id, let answer):
                "\(node.rawValue)/\(id.rawValue) \(answer.outcome.verdict)"
            case .tested(let node, let id, let test):
                "\(node.rawValue)/\(id.rawValue) tested \(test.answer.outcome.verdict)"
            default: nil
            }
        }
    }

    /// Why tests had no answer.
    var remarks: [String] {
        reports.compactMap { report in
            if case .remarked(_, _, let words) = report { return words }
            return nil
        }
    }
}
