import ControlPlane
import FleetModel
import Health
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import KubernetesObjects
import NodeChecks
import Qualification
import Synchronization

@testable import KubernetesBackend

/// Runs the pods of tests as a test wants them to end, and serves what they wrote.
final class CheckKubelet: Sendable {
    /// What a node does with the pod of a test.
    enum Manner: Hashable, Sendable {
        /// It runs until it is told otherwise.
        case hang
        /// All is right.
        case pass
        /// These devices are not.
        case fail(UInt64)
        /// What a machine with this serial number says of itself.
        case passAs(String)
        /// The kubelet does not take it.
        case reject(String)
        /// Its image is not to be had.
        case noImage
    }

    let logs: LogKubelet
    private let client: KubernetesClient
    let namespace: String
    private let state = Mutex(State())

    private struct State {
        var manners: [String: Manner] = [:]
        /// Nodes whose network is bad.
        var badNetworks: Set<String> = []
        /// Nodes that neither reach others nor are reached.
        var deadNetworks: Set<String> = []
        /// The pods that there were, by uid.
        var seen: [String: String] = [:]
        var standing: [String: CheckPod] = [:]
    }

    init(client: KubernetesClient, namespace: String) throws {
        (self.client, self.namespace) = (client, namespace)
        logs = try LogKubelet()
    }

    /// How a node behaves from now on, also to the pod that stands there.
    func set(_ node: String, _ manner: Manner) async {
        let pods = state.withLock { state in
            state.manners[node] = manner
            return state.standing.values.filter { $0.pod.nodeName == node }
        }
        for pod in pods { await look(at: pod) }
    }

    /// The networks of these nodes are bad from now on.
    func setBadNetworks(_ nodes: Set<String>) { state.withLock { $0.badNetworks = nodes } }

    /// These nodes neither reach others nor are reached from now on.
    func setDeadNetworks(_ nodes: Set<String>) { state.withLock { $0.deadNetworks = nodes } }

    /// The names of all pods that there were, one for each uid.
    var seen: [String] { state.withLock { $0.seen.values.sorted() } }
    /// The names of those that are there.
    var standing: [String] { state.withLock { $0.standing.keys.sorted() } }

    func pod(_ name: String) -> CheckPod? { state.withLock { $0.standing[name] } }

    func run() async {
        var options = ReflectorOptions()
        options.namespace = namespace
        _ = try? await client.reflect(
            TestCluster.pods, of: CheckPod.self, options: options
        ) { report in
            switch report {
            case .list(.items(let pods)): for pod in pods { await see(pod) }
            case .events(let events):
                for event in events {
                    switch event {
                    case .added(let pod), .modified(let pod): await see(pod)
                    case .deleted(let pod):
                        state.withLock { $0.standing[pod.name] = nil }
                    default: break
                    }
                }
            default: break
            }
        }
    }

    private func see(_ pod: CheckPod) async {
        state.withLock { state in
            state.seen[pod.metadata.uid] = pod.name
            state.standing[pod.name] = pod
        }
        await look(at: pod)
    }

    private func look(at pod: CheckPod) async {
        let place = ObjectPlace(TestCluster.pods, namespace: namespace, name: pod.name)
        if pod.metadata.isDeleting {
            _ = try? await client.delete(place, uid: pod.metadata.uid, graceSeconds: 0)
            return
        }
        guard let node = pod.pod.nodeName, !pod.pod.phase.isTerminal else { return }
        if pod.name.hasPrefix("peer-") {
            guard pod.pod.phase != .running else { return }
            return await set(CheckKubelet.listening, of: pod)
        }
        let label = pod.metadata.labels[CheckPod.label]
        let partner = state.withLock { state in
            state.standing.values.first {
                $0.name.hasPrefix("peer-") && $0.metadata.labels[CheckPod.label] == label
            }?.pod.nodeName
        }
        if let partner {
            let (isBad, isDead) = state.withLock { state in
                let both = [node, partner]
                return (
                    !state.badNetworks.isDisjoint(with: both),
                    !state.deadNetworks.isDisjoint(with: both)
                )
            }
            guard !isDead else {
                return await end(pod, CheckText.unreachedPeer, code: 75)
            }
            return await end(pod, CheckText.network(serial: node, isBad: isBad), isBad: isBad)
        }
        switch state.withLock({ $0.manners[node] ?? .hang }) {
        case .hang where pod.pod.phase == .running: break
        case .hang: await set(#"{"phase":"Running"}"#, of: pod)
        case .pass: await end(pod, serial: node, failed: 0)
        case .fail(let devices): await end(pod, serial: node, failed: devices)
        case .passAs(let serial): await end(pod, serial: serial, failed: 0)
        case .reject(let reason):
            await set(#"{"phase":"Failed","reason":"\#(reason)","message":"not now"}"#, of: pod)
        case .noImage where !pod.waiting.isEmpty: break
        case .noImage:
            await set(
                CheckKubelet.container(
                    "Pending",
                    #""waiting":{"reason":"ErrImagePull","message":"no such image"}"#),
                of: pod)
        }
    }

    private func end(_ pod: CheckPod, serial: String, failed: UInt64) async {
        let notes = pod.metadata.annotations
        let mask = notes[CheckPod.devicesKey].flatMap { UInt64($0, radix: 16) } ?? 0
        let level =
            notes[CheckPod.levelKey].flatMap { QualificationLevel(name: $0) } ?? .twoMinutes
        await end(
            pod, CheckText.lines(serial: serial, level: level, devices: mask, failed),
            isBad: failed != 0)
    }

    private func end(_ pod: CheckPod, _ lines: String, isBad: Bool) async {
        await end(pod, lines, code: isBad ? 1 : 0)
    }

    private func end(_ pod: CheckPod, _ lines: String, code: Int) async {
        logs.set("starting\n" + lines, of: pod.name)
        await set(
            CheckKubelet.container(
                code == 0 ? "Succeeded" : "Failed",
                #""terminated":{"exitCode":\#(code),"reason":"Completed"}"#),
            of: pod)
    }

    /// How a pod is that listens and has been probed.
    private static let listening = #"""
        {"phase":"Running","podIP":"10.0.0.7","containerStatuses":[{"name":"check","image":"i",\#
        "imageID":"","ready":true,"restartCount":0,\#
        "state":{"running":{"startedAt":"2026-07-01T13:00:00Z"}}}]}
        """#

    private static func container(_ phase: String, _ state: String) -> String {
        #"""
        {"phase":"\#(phase)","containerStatuses":[{"name":"check","image":"i","imageID":"",\#
        "ready":false,"restartCount":0,"state":{\#(state)}}]}
        """#
    }

    private func set(_ status: String, of pod: CheckPod) async {
        let place = ObjectPlace(
            TestCluster.pods, namespace: namespace, name: pod.name, subresource: "status")
        let body = Array(#"{"metadata":{"uid":"\#(pod.metadata.uid)"},"status":\#(status)}"#.utf8)
        _ = try? await client.patch(place, .merge, body: body, of: ObjectIdentity.self)
    }
}

/// What `muster check --json` prints on a machine of the tests.
enum CheckText {
    static func uuid(_ serial: String, _ device: Int) -> String { "GPU-\(serial)-\(device)" }

    /// A run that tests the network with another node and nothing else.
    static func network(serial: String, isBad: Bool) -> String {
        let result = CheckResult(
            .network, isBad ? .failed : .passed, [RunVerdict.peerNote + "10.0.0.7:7071"])
        let verdict = RunVerdict(
            results: [result], level: .twoMinutes, devices: 0, isComplete: true)
        return
            [
                CheckReport.begin(
                    MachineFacts(), level: .twoMinutes, at: FleetClock.wall()),
                ResultLine.write(result), CheckReport.end(verdict, milliseconds: 1),
            ].joined(separator: "\n") + "\n"
    }

    /// A run that found no way to the other node.
    static var unreachedPeer: String {
        var result = CheckResult(.network, .error, ["the peer: connecting: timed out"])
        result.code = .checkPeer
        let verdict = RunVerdict(
            results: [result], level: .twoMinutes, devices: 0, isComplete: true)
        return
            [
                CheckReport.begin(
                    MachineFacts(), level: .twoMinutes, at: FleetClock.wall()),
                ResultLine.write(result), CheckReport.end(verdict, milliseconds: 1),
            ].joined(separator: "\n") + "\n"
    }

    /// A run that sees these devices of a machine, of which some are bad, by the machine's numbers.
    static func lines(
        serial: String, level: QualificationLevel, devices: UInt64, _ failed: UInt64 = 0
    ) -> String {
        let seen = (0..<64).filter { devices & 1 << UInt64($0) != 0 }
        var results = [CheckResult(.hostMemory, .passed), CheckResult(.hostCPU, .passed)]
        for check in [CheckID.deviceCopy, .deviceMemory, .deviceMultiply] {
            for (index, device) in seen.enumerated() {
                let isBad = check == .deviceMultiply && failed & 1 << UInt64(device) != 0
                results.append(
                    CheckResult(check, device: Int32(index), isBad ? .failed : .passed))
            }
        }
        var facts = MachineFacts()
        facts.devices = seen.map { device in
            var facts = DeviceFacts()
            facts.uuid = uuid(serial, device)
            return facts
        }
        facts.nvml = .works
        let verdict = RunVerdict(
            results: results, level: level, devices: Int32(seen.count), isComplete: true)
        return
            ([CheckReport.begin(facts, level: level, at: FleetClock.wall())]
            + results.map(ResultLine.write) + [CheckReport.end(verdict, milliseconds: 1)])
            .joined(separator: "\n") + "\n"
    }
}
