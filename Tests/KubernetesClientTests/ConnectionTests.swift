import FleetModel
import Foundation
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import Synchronization
import Testing

/// Who may connect and how, and who leads, on a real API server.
@Suite(.enabled(if: KubeTestServer.isThere, Comment(rawValue: KubeTestServer.absence)))
struct ConnectionTests {
    private func ask(_ configuration: ClusterConfiguration) async throws {
        let client = KubernetesClient(configuration: configuration)
        defer { client.close() }
        _ = try await client.discover().get()
    }

    private func failure(_ configuration: ClusterConfiguration) async -> OperatingError? {
        await #expect(throws: OperatingError.self) { try await ask(configuration) }
    }

    @Test func credentialsThatAreNotTakenAreGivenUp() async throws {
        var configuration = try KubeTestServer.configuration()
        configuration.identity = nil
        configuration.credential = .token("nobody's")
        let client = KubernetesClient(configuration: configuration)
        defer { client.close() }
        for _ in 0..<3 {
            let error = await #expect(throws: OperatingError.self) {
                let place = ObjectPlace(Scene.maps, namespace: "default", name: "x")
                _ = try await client.get(place, of: ObjectIdentity.self)
            }
            #expect(error?.code == .kubernetesCredentials)
        }
        await #expect(throws: OperatingError.self) {
            try await client.reflect(Scene.maps, of: ObjectIdentity.self) { _ in }
        }
    }

    @Test func aPluginGivesTheToken() async throws {
        let user = try KubeTestServer.configuration(user: "muster")
        guard case .token(let token) = user.credential else {
            Issue.record("no token")
            return
        }
        let folder = TemporaryFolder()
        let status = #"{"token":"\#(token)"}"#
        let script = folder.script(
            "p",
            #"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","#
                + #""status":\#(status)}'"#)
        var configuration = user
        configuration.credential = .plugin(
            ExecPlugin(
                apiVersion: "client.authentication.k8s.io/v1", command: "/bin/sh",
                arguments: [script]))
        try await ask(configuration)
        folder.write("token", Array(token.utf8))
        configuration.credential = .tokenFile(folder.path + "/token")
        try await ask(configuration)
    }

    @Test func certificatesHaveToFit() async throws {
        var configuration = try KubeTestServer.configuration()
        // A name that does not resolve is only looked for in the certificate.
        configuration.serverName = "kubernetes.default.svc"
        try await ask(configuration)
        configuration.serverName = nil
        configuration.trust = .system
        let stranger = await failure(configuration)
        #expect(stranger?.detail == "TLS: the certificate is not trusted")
        configuration.trust = .anybody
        try await ask(configuration)
    }

    @Test func whatDoesNotListenIsTold() async throws {
        let nowhere = ClusterConfiguration(
            server: APIServerAddress(isSecure: false, host: "127.0.0.1", port: 1))
        var settings = ClientSettings()
        settings.attempts = 2
        let client = KubernetesClient(configuration: nowhere, settings: settings)
        defer { client.close() }
        let error = await #expect(throws: OperatingError.self) { try await client.discover() }
        #expect(error?.code == .noKubernetes)
        #expect(error?.detail == "connection refused")
    }

    @Test func aLeaseThatCannotBeHadIsToldOnce() async throws {
        try await Scene().run { client, _ in
            let keeper = LeaseKeeper(
                client: client, namespace: "nowhere", name: "muster", identity: "r",
                timings: LeaseTimings(leaseSeconds: 3, renewDeadlineSeconds: 2, retrySeconds: 1))
            let (changes, change) = AsyncStream.makeStream(of: LeaseChange.self)
            let task = Task { try await keeper.run { change.yield($0) } }
            let limit = Task {
                try await Task.sleep(for: .seconds(240))
                change.finish()
            }
            var troubles: [String] = []
            for await case .troubled(let text) in changes {
                troubles.append(text)
                break
            }
            // It tries again meanwhile.
            try await Task.sleep(for: .seconds(3))
            task.cancel()
            limit.cancel()
            change.finish()
            for await case .troubled(let text) in changes { troubles.append(text) }
            #expect(troubles.count == 1 && troubles[0].contains("nowhere"))
            #expect(!keeper.isLeader)
        }
    }

    private func keepers(
        _ client: KubernetesClient, _ namespace: String, _ timings: LeaseTimings
    ) -> [LeaseKeeper] {
        (0..<3).map { index in
            LeaseKeeper(
                client: client, namespace: namespace, name: "muster", identity: "r\(index)",
                timings: timings)
        }
    }

    /// Waits for one that leads and is none of the old ones.
    private func leader(
        of keepers: [LeaseKeeper], besides old: Set<Int> = []
    ) async throws -> Int {
        let began = ContinuousClock.now
        while ContinuousClock.now - began < .seconds(240) {
            let leaders = keepers.indices.filter { keepers[$0].isLeader }
            #expect(leaders.count <= 1)
            if let leader = leaders.first, !old.contains(leader) { return leader }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw CancellationError()
    }

    /// Three replicas, of which the leader is cancelled without a word, and the next one releases.
    @Test func replicasTakeTurnsAndNeverLeadTogether() async throws {
        try await Scene().run { client, namespace in
            let keepers = keepers(
                client, namespace,
                LeaseTimings(leaseSeconds: 5, renewDeadlineSeconds: 4, retrySeconds: 1))
            let tasks = keepers.map { keeper in Task { try await keeper.run { _ in } } }
            defer { for task in tasks { task.cancel() } }
            let first = try await leader(of: keepers)
            // It is kept over several leases.
            for _ in 0..<120 {
                #expect(try await leader(of: keepers) == first)
                try await Task.sleep(for: .milliseconds(50))
            }
            tasks[first].cancel()
            let second = try await leader(of: keepers, besides: [first])
            let term = keepers[second].state.term
            #expect(term == 2)
            tasks[second].cancel()
            _ = try? await tasks[second].value
            await keepers[second].release()
            let third = try await leader(of: keepers, besides: [first, second])
            #expect(keepers[third].state.term == 3)
        }
    }

    /// With a lease so long that nobody could wait for its end.
    @Test func whatIsReleasedIsTakenBeforeTheLeaseIsOver() async throws {
        try await Scene().run { client, namespace in
            let keepers = keepers(
                client, namespace,
                LeaseTimings(leaseSeconds: 3_600, renewDeadlineSeconds: 1_800, retrySeconds: 1))
            let tasks = keepers.map { keeper in Task { try await keeper.run { _ in } } }
            defer { for task in tasks { task.cancel() } }
            let first = try await leader(of: keepers)
            // Just after a renewal: one under way may arrive, and then nothing can be released.
            let fence = keepers[first].state.fenceClosesAt
            for _ in 0..<48_000 where keepers[first].state.fenceClosesAt == fence {
                try await Task.sleep(for: .milliseconds(5))
            }
            tasks[first].cancel()
            _ = try? await tasks[first].value
            await keepers[first].release()
            let second = try await leader(of: keepers, besides: [first])
            #expect(keepers[second].state.term == 2)
        }
    }
}
