import FleetModel
import Foundation
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import Testing

/// Against a real API server.
@Suite(.enabled(if: KubeTestServer.isThere, Comment(rawValue: KubeTestServer.absence)))
struct APIServerTests {
    private let scene = Scene()

    private func value<T>(_ result: Result<T, APIRefusal>) throws -> T { try result.get() }

    @Test func discoversWhatIsServed() async throws {
        try await scene.run { client, _ in
            let found = try value(await client.discover())
            #expect(found.serverVersion.hasPrefix("v1."))
            #expect(found.serves(.pods) && found.serves(.pods, subresource: "binding"))
            #expect(found.serves(Scene.leases))
            #expect(found.allows("watch", on: .pods) && !found.allows("fly", on: .pods))
            #expect(found.evictionVersion?.hasPrefix("policy/v1") == true)
            #expect(found.eventType.plural == "events" && found.eventType.kind == "Event")
            let missing = found.type(group: "no.such", plural: "x", versions: ["v1"])
            #expect(missing == nil)
            let sets = found.type(group: "apps", plural: "replicasets", versions: ["v9", "v1"])
            #expect(sets?.kind == "ReplicaSet" && sets?.isNamespaced == true)
            #expect(found.silent.isEmpty)
        }
    }

    @Test func makesChangesAndDeletes() async throws {
        try await scene.run { client, namespace in
            let place = ObjectPlace(Scene.maps, namespace: namespace, name: "a")
            let body = Scene.map("a", ["x": "1"])
            let made = try value(
                await client.create(
                    Scene.maps, namespace: namespace, body: body, of: MapSample.self))
            #expect(made.data == ["x": "1"] && !made.identity.uid.isEmpty)
            let again = try await client.create(
                Scene.maps, namespace: namespace, body: body, of: MapSample.self)
            #expect(refusal(again)?.reason == "AlreadyExists")

            // Of two who replace the same version the second is refused.
            let next = Scene.map("a", ["x": "2"], version: made.identity.resourceVersion)
            #expect(
                try value(await client.replace(place, body: next, of: MapSample.self)).data["x"]
                    == "2")
            let late = try await client.replace(place, body: next, of: MapSample.self)
            #expect(refusal(late)?.isConflict == true)

            let merge = Array(#"{"data":{"y":"3","x":null}}"#.utf8)
            for kind in [PatchKind.merge, .strategic] {
                let patched = try value(
                    await client.patch(place, kind, body: merge, of: MapSample.self))
                #expect(patched.data == ["y": "3"])
            }
            let operations = Array(#"[{"op":"add","path":"/data/z","value":"4"}]"#.utf8)
            let patched = try value(
                await client.patch(place, .json, body: operations, of: MapSample.self))
            #expect(patched.data == ["y": "3", "z": "4"])

            var dry = WriteOptions()
            dry.isDryRun = true
            _ = try value(await client.delete(place, options: dry))
            #expect(refusal(try await client.delete(place, uid: "another"))?.isConflict == true)
            _ = try value(await client.delete(place, uid: made.identity.uid))
            let gone: Result<MapSample, APIRefusal> = try await client.get(place)
            #expect(refusal(gone)?.isNotFound == true)
        }
    }

    @Test func appliesFieldsThatHaveOwners() async throws {
        try await scene.run { client, namespace in
            let place = ObjectPlace(Scene.maps, namespace: namespace, name: "b")
            var first = WriteOptions()
            first.fieldManager = "first"
            var second = WriteOptions()
            second.fieldManager = "second"
            _ = try value(
                await client.apply(
                    place, body: Scene.map("b", ["x": "1"]), of: MapSample.self, options: first))
            let taken = try await client.apply(
                place, body: Scene.map("b", ["x": "2"]), of: MapSample.self, options: second)
            #expect(refusal(taken)?.isConflict == true)
            #expect(refusal(taken)?.causes.first?.field == ".data.x")
            second.force = true
            let forced = try value(
                await client.apply(
                    place, body: Scene.map("b", ["x": "2"]), of: MapSample.self, options: second))
            #expect(forced.data["x"] == "2")
        }
    }

    @Test func listsPageByPage() async throws {
        try await scene.run { client, namespace in
            for index in 0..<25 {
                let body = Scene.map("m\(index)", [:], labels: ["odd": String(index % 2)])
                _ = try value(
                    await client.create(
                        Scene.maps, namespace: namespace, body: body, of: ObjectIdentity.self))
            }
            for page in [1, 4, 25, 500] {
                var parts = 0
                // Other tests have the server forget its past, and then the rest comes at once.
                for _ in 0..<20 where parts != (25 + page - 1) / page {
                    let list = try await Scene.names(client, namespace, page: page)
                    #expect(Set(list.names) == Set((0..<25).map { "m\($0)" }))
                    parts = list.parts
                }
                #expect(parts == (25 + page - 1) / page)
            }
            let odd = try await Scene.names(
                client, namespace, page: 5, selector: Selector(labels: "odd=1"))
            #expect(odd.names.count == 12)
            let one = try await Scene.names(
                client, namespace, page: 5, selector: Selector(fields: "metadata.name=m7"))
            #expect(one.names == ["m7"])
        }
    }

    @Test func aListWhoseMomentIsForgottenBeginsAnew() async throws {
        try await scene.run { client, namespace in
            for index in 0..<6 {
                _ = try value(
                    await client.create(
                        Scene.maps, namespace: namespace, body: Scene.map("m\(index)", [:]),
                        of: ObjectIdentity.self))
            }
            var names: [String] = []
            var beginnings = 0
            let result = try await client.list(
                Scene.maps, of: ObjectIdentity.self, namespace: namespace, page: 2
            ) { part in
                switch part {
                case .began:
                    beginnings += 1
                    names = []
                case .items(let items):
                    names += items.map(\.name)
                    // After the first page the database forgets everything that is past.
                    if beginnings == 1 {
                        for index in 6..<9 {
                            _ = try value(
                                await client.create(
                                    Scene.maps, namespace: namespace,
                                    body: Scene.map("m\(index)", [:]), of: ObjectIdentity.self))
                        }
                        try await Scene.forgetThePast()
                    }
                case .unreadable: Issue.record("unreadable")
                }
            }
            _ = try value(result)
            #expect(beginnings == 2)
            #expect(names.count == 9 && Set(names).count == 9)
        }
    }

    @Test func watchesFromAListOn() async throws {
        try await scene.run { client, namespace in
            let version = try value(
                await client.list(Scene.maps, of: ObjectIdentity.self, namespace: namespace) { _ in
                })
            let place = ObjectPlace(Scene.maps, namespace: namespace, name: "w")
            _ = try value(
                await client.create(
                    Scene.maps, namespace: namespace, body: Scene.map("w", [:]),
                    of: ObjectIdentity.self))
            let merge = Array(#"{"data":{"y":"3"}}"#.utf8)
            _ = try value(await client.patch(place, .merge, body: merge, of: ObjectIdentity.self))
            _ = try value(await client.delete(place))
            var events: [String] = []
            let end = try await client.watch(
                Scene.maps, of: MapSample.self, namespace: namespace, from: version, seconds: 3
            ) { batch in
                for event in batch {
                    switch event {
                    case .added(let map): events.append("+" + map.identity.name)
                    case .modified(let map): events.append("~" + (map.data["y"] ?? ""))
                    case .deleted(let map): events.append("-" + map.identity.name)
                    case .bookmark: events.append("b")
                    case .unreadable: events.append("?")
                    }
                }
            }
            #expect(events.filter { $0 != "b" } == ["+w", "~3", "-w"])
            #expect(end.reason == .finished)
            #expect(end.resourceVersion != version)
            // A version of the future is not an empty watch for ever, nor a failure.
            let future = try await client.watch(
                Scene.maps, of: MapSample.self, namespace: namespace, from: "999999999",
                seconds: 2
            ) { _ in }
            #expect(future.events == 0)
            let nonsense = try await client.watch(
                Scene.maps, of: MapSample.self, namespace: namespace, from: "x", seconds: 2
            ) { _ in }
            guard case .refused(let refusal) = nonsense.reason else {
                Issue.record("\(nonsense)")
                return
            }
            #expect(refusal.status >= 400)
        }
    }

    @Test func bindsAndEvicts() async throws {
        try await scene.run { client, namespace in
            let pod = try value(
                await client.create(
                    .pods, namespace: namespace, body: Scene.pod("p"), of: ObjectIdentity.self))
            let kept = try await client.bind(
                pod: "p", namespace: namespace, uid: pod.uid, node: "n1",
                options: WriteOptions(fence: { false }))
            #expect(refusal(kept)?.isFenced == true)
            _ = try value(
                await client.bind(pod: "p", namespace: namespace, uid: pod.uid, node: "n1"))
            let twice = try await client.bind(
                pod: "p", namespace: namespace, uid: pod.uid, node: "n2")
            #expect(refusal(twice)?.isConflict == true)
            // Budgets protect pods that are ready.
            let status = ObjectPlace(.pods, namespace: namespace, name: "p", subresource: "status")
            let running = Array(
                #"{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}"#
                    .utf8)
            _ = try value(
                await client.patch(status, .strategic, body: running, of: ObjectIdentity.self))
            let budget = try await Scene.budget(client, namespace, allowed: 0)
            let version = try value(await client.discover()).evictionVersion ?? ""
            let pauses = client.throttle.pauses
            let barred = try await client.evict(
                pod: "p", namespace: namespace, uid: pod.uid, version: version)
            #expect(refusal(barred)?.isDisruptionBudget == true, "\(barred)")
            // It is an answer: nobody waits for it, or because of it.
            #expect(client.throttle.pauses == pauses)
            _ = try value(await client.delete(budget))
            _ = try value(
                await client.evict(
                    pod: "p", namespace: namespace, uid: pod.uid, graceSeconds: 0, version: version)
            )
        }
    }

    @Test func saysThingsAboutObjects() async throws {
        try await scene.run { client, namespace in
            let event = EventRecord(
                subject: .init(
                    apiVersion: "v1", kind: "Pod", namespace: namespace, name: "p", uid: "u-1"),
                isWarning: true, reason: "FailedScheduling", action: "Scheduling",
                note: String(repeating: "not enough GPUs ", count: 100),
                controller: "muster.dev/scheduler", instance: "muster-0")
            let newest = try value(await client.discover()).eventType
            let core = ResourceType(version: "v1", plural: "events", kind: "Event")
            for type in [newest, newest.inVersion("v1beta1"), core] {
                _ = try value(await client.createEvent(event, type: type))
            }
            var count = 0
            _ = try await client.list(core, of: ObjectIdentity.self, namespace: namespace) { part in
                if case .items(let items) = part { count += items.count }
            }
            #expect(count == 3)
        }
    }
}

/// The refusal of a result, if it is one.
func refusal<T>(_ result: Result<T, APIRefusal>) -> APIRefusal? {
    if case .failure(let refusal) = result { return refusal }
    return nil
}
