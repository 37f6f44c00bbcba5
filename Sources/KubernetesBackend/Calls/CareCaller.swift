import ControlPlane
import FleetModel
import Foundation
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import NodeChecks
import Qualification

/// Asks the API server for what tests and repairs need.
struct CareCaller: Sendable {
    let client: KubernetesClient
    let options: WriteOptions
    let namespace: String

    /// Bytes of a log that are read: a run, and what it says to people in between.
    private static let logBytes = Int64(CheckedRun.mostBytes * 2)

    func perform(_ call: CareCall) async -> CareAnswer {
        do {
            switch call {
            case .make(_, _, let body):
                let answer = try await client.create(
                    Pod.resources[0], namespace: namespace, body: body, of: ObjectIdentity.self,
                    options: options)
                switch answer {
                case .success(let made): return .made(uid: made.uid)
                case .failure(let refusal): return CareCaller.answer(refusal)
                }
            case .read(_, let pod):
                let answer = try await client.log(
                    ofPod: pod, namespace: namespace, container: CheckPod.container,
                    limitBytes: CareCaller.logBytes)
                switch answer {
                case .success(let bytes): return CareCaller.read(bytes, of: pod)
                case .failure(let refusal):
                    return refusal.isNotFound
                        ? .refused("its pod \(pod) went before it was read")
                        : .later(refusal.message)
                }
            case .remove(let pod, let uid):
                let place = ObjectPlace(Pod.resources[0], namespace: namespace, name: pod)
                _ = try await client.delete(place, uid: uid, options: options)
                return .later("")
            case .mark(_, let node, let patches), .unmark(_, let node, let patches):
                return try await change(node, patches)
            }
        } catch let error as OperatingError {
            // Whether it was done is not known; the watch tells.
            return .later(error.message)
        } catch {
            return .later("it was not asked for")
        }
    }

    /// Changes a node; after the first change that is not taken no other is tried.
    private func change(_ node: String, _ patches: [NodePatch]) async throws -> CareAnswer {
        for patch in patches {
            var place = ObjectPlace(Node.resources[0], name: node)
            if case .condition = patch { place.subresource = "status" }
            let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970) * 1_000_000)
            let answer = try await client.patch(
                place, .strategic, body: patch.body(now: now.time), of: ObjectIdentity.self,
                options: options)
            if case .failure(let refusal) = answer {
                return CareCaller.answer(refusal, "that the node is changed")
            }
        }
        return .made(uid: "")
    }

    private static func answer(
        _ refusal: APIRefusal, _ what: String = "its pod"
    ) -> CareAnswer {
        // A pod of that name is seen soon, and is the one that is meant or goes.
        let mayPass =
            refusal.isFenced || refusal.isConflict || refusal.isBusy || refusal.status >= 500
        return mayPass
            ? .later(refusal.message)
            : .refused("the API server does not take \(what): \(refusal.message)")
    }

    private static func read(_ bytes: [UInt8], of pod: String) -> CareAnswer {
        do throws(CheckedRun.Fault) {
            let checked = try CheckedRun(output: bytes)
            var run = checked.run
            run.isContained = true
            return .read(
                HandedInTest(
                    answer: QualificationAnswer(run), began: checked.began,
                    chassis: run.facts.chassis, devices: run.facts.devices.map(\.uuid)))
        } catch {
            return .refused("what its pod \(pod) wrote is no run: \(error)")
        }
    }
}
