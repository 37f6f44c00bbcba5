import FleetModel
import KubernetesJSON
import Synchronization

/// Keeps what was discovered.
///
/// A class, because the client hands it to many tasks.
final class DiscoveryCache: Sendable {
    private let known = Mutex<(discovery: Discovery, at: Int64)?>(nil)

    func value(youngerThanSeconds seconds: Int64) -> Discovery? {
        known.withLock { known in
            guard let known, Monotonic.now - known.at < seconds * 1_000_000_000 else { return nil }
            return known.discovery
        }
    }

    func keep(_ discovery: Discovery) {
        known.withLock { $0 = (discovery, Monotonic.now) }
    }
}

extension KubernetesClient {
    /// What the server serves, asked anew when the last answer is older than `maximumAgeSeconds`:
    /// about one request for each group and version.
    ///
    /// Groups that do not answer are left out and named; the core group has to.
    public func discover(
        maximumAgeSeconds: Int64 = 600
    ) async throws -> Result<Discovery, APIRefusal> {
        if let known = discovery.value(youngerThanSeconds: maximumAgeSeconds) {
            return .success(known)
        }
        var found = Discovery()
        if case .success(let version) = try await ask(.get("/version"), for: ServerVersion.self) {
            found.serverVersion = version.gitVersion
        }
        switch try await ask(.get("/api"), for: CoreVersions.self) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let core): found.groupVersions = core.versions
        }
        switch try await ask(.get("/apis"), for: GroupList.self) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let list): found.groupVersions += list.groupVersions
        }
        let answers = try await resources(of: found.groupVersions)
        for (groupVersion, answer) in zip(found.groupVersions, answers) {
            switch answer {
            case .success(let list): found.add(list, of: groupVersion)
            case .failure(let refusal):
                if !groupVersion.contains("/") { return .failure(refusal) }
                found.silent.append(groupVersion)
            }
        }
        discovery.keep(found)
        return .success(found)
    }

    /// The resources of each group and version, in the same order.
    private func resources(
        of groupVersions: [String]
    ) async throws -> [Result<ResourceList, APIRefusal>] {
        let empty = Result<ResourceList, APIRefusal>.failure(APIRefusal(status: 0))
        return try await withThrowingTaskGroup(of: (Int, Result<ResourceList, APIRefusal>).self) {
            group in
            for (index, groupVersion) in groupVersions.enumerated() {
                group.addTask {
                    let root = groupVersion.contains("/") ? "/apis/" : "/api/"
                    var call = APICall.get(root + groupVersion)
                    call.timeoutSeconds = 15
                    do {
                        return (index, try await self.ask(call, for: ResourceList.self))
                    } catch let error as OperatingError
                        where error.isPassing && groupVersion.contains("/")
                    {
                        return (index, .failure(APIRefusal(status: 0, message: error.message)))
                    }
                }
            }
            var answers = Array(repeating: empty, count: groupVersions.count)
            for try await (index, answer) in group { answers[index] = answer }
            return answers
        }
    }
}

extension Discovery {
    fileprivate mutating func add(_ list: ResourceList, of groupVersion: String) {
        let parts = groupVersion.split(separator: "/").map(String.init)
        for var resource in list.resources {
            resource.type.group = parts.count == 2 ? parts[0] : ""
            resource.type.version = parts.last ?? ""
            add(resource)
        }
    }
}
