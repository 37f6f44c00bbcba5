import FleetModel
import Foundation
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import Synchronization
import Testing

/// A reflector behind a proxy that does harm ends with the same objects as the server.
@Suite(
    .enabled(if: KubeTestServer.isThere, Comment(rawValue: KubeTestServer.absence)), .serialized)
struct FaultTests {
    private let scene = Scene()

    private func settings(seed: UInt64) -> ClientSettings {
        var settings = ClientSettings(seed: seed)
        settings.silenceMilliseconds = 1_500
        settings.connectSeconds = 2
        return settings
    }

    private func options(_ namespace: String) -> ReflectorOptions {
        var options = ReflectorOptions()
        options.namespace = namespace
        options.page = 7
        options.watchSeconds = 2
        (options.pauseMilliseconds, options.longestPauseMilliseconds) = (40, 400)
        return options
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aReflectorSurvives(seed: UInt64) async throws {
        try await scene.run { client, namespace in
            let copy = Copy()
            let health = WatchHealth()
            let proxy = try FaultProxy(
                to: client.configuration, plan: FaultPlan(), seed: seed)
            let options = options(namespace)
            let settings = settings(seed: seed)
            try await proxy.run { configuration in
                let harmed = KubernetesClient(configuration: configuration, settings: settings)
                defer { harmed.close() }
                let follower = Task {
                    try await harmed.reflect(
                        Scene.maps, of: MapSample.self, options: options, health: health,
                        report: { copy.take($0) })
                }
                defer { follower.cancel() }
                let expected = try await change(client, namespace, seed: seed)
                proxy.follow(.calm)
                // What was lost is found again within a silent watch and a pause.
                for _ in 0..<200 where copy.data != expected {
                    try await Task.sleep(for: .milliseconds(50))
                }
                let found = copy.data
                #expect(found == expected, "seed \(seed), \(proxy.counts), \(health.figures)")
                #expect(health.isSynced && (health.staleMilliseconds ?? .max) < 10_000)
            }
            print(
                "seed \(seed): \(proxy.counts.sorted { $0.key < $1.key }),",
                "\(health.figures), versions told twice or backwards: \(copy.steps)")
            #expect(proxy.counts.count >= 6)
            #expect(health.figures.troubles > 0)
        }
    }

    /// Changes that need not be watched in full, with a pause now and then; answers what is there
    /// at the end.
    private func change(
        _ client: KubernetesClient, _ namespace: String, seed: UInt64
    ) async throws -> [String: String] {
        var random = SplitMix(seed: seed)
        var expected: [String: String] = [:]
        for round in 0..<400 {
            let name = "m\(random.below(40))"
            let place = ObjectPlace(Scene.maps, namespace: namespace, name: name)
            if expected[name] != nil, random.below(3) == 0 {
                expected[name] = nil
                _ = try await client.delete(place).get()
            } else {
                expected[name] = String(round)
                let body = Scene.map(name, ["round": String(round)])
                _ = try await client.apply(place, body: body, of: ObjectIdentity.self).get()
            }
            if random.below(4) == 0 {
                try await Task.sleep(for: .milliseconds(random.below(100)))
            }
            if round % 100 == 50 { try await Scene.forgetThePast() }
        }
        return expected
    }

    @Test func requestsComeThrough() async throws {
        try await scene.run { client, namespace in
            var plan = FaultPlan()
            plan.stalled = 0
            plan.garbled = 0
            plan.statuses = [429, 500]
            let proxy = try FaultProxy(to: client.configuration, plan: plan, seed: 11)
            let settings = settings(seed: 5)
            let counts = try await proxy.run { configuration in
                let harmed = KubernetesClient(configuration: configuration, settings: settings)
                defer { harmed.close() }
                var done = 0
                for index in 0..<30 {
                    let place = ObjectPlace(
                        Scene.maps, namespace: namespace, name: "r\(index % 5)")
                    let body = Scene.map(place.name, ["i": String(index)])
                    // Applying is the same however often it arrives.
                    let result = try? await harmed.apply(place, body: body, of: MapSample.self)
                    if case .success(let map) = result {
                        #expect(map.data["i"] == String(index))
                        done += 1
                    }
                }
                return done
            }
            // A status of 500 is not repeated; what breaks and what asks for patience is.
            #expect(counts >= 24, "\(counts) of 30 came through: \(proxy.counts)")
        }
    }
}

/// What a listener makes of the reports.
private final class Copy: Sendable {
    private struct State {
        var data: [String: String] = [:]
        var seen: Set<String> = []
        var steps = 0

        mutating func put(_ map: MapSample) {
            guard let round = map.data["round"] else { return }
            if let old = data[map.identity.name].flatMap({ Int($0) }), old >= Int(round) ?? 0 {
                steps += 1
            }
            data[map.identity.name] = round
        }
    }

    private let state = Mutex(State())

    var data: [String: String] { state.withLock { $0.data } }
    var steps: Int { state.withLock { $0.steps } }

    func take(_ report: ReflectorReport<MapSample>) {
        state.withLock { state in
            switch report {
            case .list(.began): state.seen = []
            case .list(.items(let maps)):
                for map in maps { state.put(map) }
                state.seen.formUnion(maps.map(\.identity.name))
            case .listed:
                let seen = state.seen
                state.data = state.data.filter { seen.contains($0.key) }
            case .events(let events):
                for event in events {
                    switch event {
                    case .added(let map), .modified(let map): state.put(map)
                    case .deleted(let map): state.data[map.identity.name] = nil
                    case .bookmark, .unreadable: break
                    }
                }
            case .list(.unreadable), .trouble: break
            }
        }
    }
}
