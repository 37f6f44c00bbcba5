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
        settings.stallMilliseconds = 1_000
        settings.connectSeconds = 2
        return settings
    }

    /// For where nothing stalls but the machine, which is no fault.
    private func patientSettings(seed: UInt64) -> ClientSettings {
        var settings = ClientSettings(seed: seed)
        (settings.silenceMilliseconds, settings.stallMilliseconds) = (240_000, 240_000)
        settings.connectSeconds = 240
        return settings
    }

    private func options(_ namespace: String) -> ReflectorOptions {
        var options = ReflectorOptions()
        options.namespace = namespace
        options.page = 7
        options.watchSeconds = 1
        (options.pauseMilliseconds, options.longestPauseMilliseconds) = (40, 400)
        return options
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func reflectorsSurvive(seed: UInt64) async throws {
        try await scene.run { client, namespace in
            let followers = (0..<12).map { _ in Follower() }
            var plan = FaultPlan()
            plan.farthestByte = 6_000
            plan.truncated = 120
            plan.refused = 250
            plan.statuses += [410, 410, 410]
            let proxy = try FaultProxy(to: client.configuration, plan: plan, seed: seed)
            let options = options(namespace)
            let settings = settings(seed: seed)
            let (expected, areWell) = try await proxy.run { configuration in
                let harmed = KubernetesClient(configuration: configuration, settings: settings)
                defer { harmed.close() }
                let tasks = followers.map { follower in
                    Task {
                        try await harmed.reflect(
                            Scene.maps, of: MapSample.self, options: options,
                            health: follower.health, report: { follower.take($0) })
                    }
                }
                defer { for task in tasks { task.cancel() } }
                let expected = try await change(client, namespace, seed: seed)
                proxy.follow(.calm)
                // What was lost is found again within a silent watch and a pause.
                var areWell = false
                for _ in 0..<4_800 where !areWell {
                    try await Task.sleep(for: .milliseconds(50))
                    areWell = followers.allSatisfy { $0.data == expected && $0.isFresh }
                }
                return (expected, areWell)
            }
            let counts = proxy.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            let lists = followers.reduce(0) { $0 + $1.health.figures.lists }
            let troubles = followers.reduce(0) { $0 + $1.health.figures.troubles }
            print("seed \(seed): \(counts.joined(separator: ", "));", lists, "lists,", troubles)
            #expect(areWell)
            for follower in followers {
                #expect(follower.data == expected)
                #expect(follower.backwards == 0)
            }
            // Else there was too little harm to show anything.
            #expect(counts.count >= 8 && troubles >= 20)
            #expect(lists > followers.count)
        }
    }

    /// Changes that need not be watched in full, with a pause now and then; answers what is there
    /// at the end.
    private func change(
        _ client: KubernetesClient, _ namespace: String, seed: UInt64
    ) async throws -> [String: String] {
        var random = SplitMix(seed: seed)
        var expected: [String: String] = [:]
        for round in 0..<500 {
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
                try await Task.sleep(for: .milliseconds(random.below(120)))
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
            let settings = patientSettings(seed: 5)
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
private final class Follower: Sendable {
    private struct State {
        var data: [String: String] = [:]
        var seen: Set<String> = []
        /// Changes that were told after later ones, without a list in between.
        var backwards = 0
        var isListing = false

        mutating func put(_ map: MapSample) {
            guard let round = map.data["round"] else { return }
            if !isListing, let old = data[map.identity.name].flatMap({ Int($0) }),
                old > Int(round) ?? 0
            {
                backwards += 1
            }
            data[map.identity.name] = round
        }
    }

    let health = WatchHealth()
    private let state = Mutex(State())

    /// It has a list, and heard of the server lately.
    var isFresh: Bool { health.isSynced && (health.staleMilliseconds ?? .max) < 60_000 }

    var data: [String: String] { state.withLock { $0.data } }
    var backwards: Int { state.withLock { $0.backwards } }

    func take(_ report: ReflectorReport<MapSample>) {
        state.withLock { state in
            switch report {
            case .list(.began):
                state.seen = []
                state.isListing = true
            case .list(.items(let maps)):
                for map in maps { state.put(map) }
                state.seen.formUnion(maps.map(\.identity.name))
            case .listed:
                let seen = state.seen
                state.data = state.data.filter { seen.contains($0.key) }
                state.isListing = false
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
