import FleetModel
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import Logging

/// Follows everything that matters of a cluster, and hands it to a desk.
struct ClusterWatch: Sendable {
    let client: KubernetesClient
    let discovery: Discovery
    let desk: ClusterDesk
    /// The type of the Topology objects that count; nil for none.
    let topologies: ResourceType?
    /// The namespace of the pods of tests; nil for none.
    let checks: String?
    let logger: Logger

    /// A task for each type, until they are cancelled.
    func start() async -> [Task<Void, Never>] {
        var tasks: [Task<Void, Never>] = []
        if let type = discovery.served(Node.resources) { await follow(.nodes(type), &tasks) }
        if let type = discovery.served(Namespace.resources) {
            await follow(.namespaces(type), &tasks)
        }
        if let type = discovery.served(TenantObject.resources) {
            await follow(.tenants(type), &tasks)
        }
        if let topologies { await follow(.topologies(topologies), &tasks) }
        if let type = discovery.served(PriorityClass.resources) {
            await follow(.priorityClasses(type), &tasks)
        }
        if let type = discovery.served(PersistentVolumeClaim.resources) {
            await follow(.claims(type), &tasks)
        }
        if let type = discovery.served(PersistentVolume.resources) {
            await follow(.volumes(type), &tasks)
        }
        for declaring in WorkloadTypes.all { await followAll(declaring, &tasks) }
        if let type = discovery.served(Pod.resources) {
            await follow(.pods(type), &tasks)
            if let checks { followChecks(type, in: checks, &tasks) }
        }
        return tasks
    }

    private func followAll<T: GangDeclaring>(
        _: T.Type, _ tasks: inout [Task<Void, Never>]
    ) async {
        for (kind, type) in discovery.declaring(T.resources) {
            await follow(EventForm<T>.declaring(type, kind), &tasks)
        }
    }

    /// Nobody waits for the first list of these, and a server that does not show them keeps nobody
    /// from scheduling.
    private func followChecks(
        _ type: ResourceType, in namespace: String, _ tasks: inout [Task<Void, Never>]
    ) {
        let form = EventForm<CheckPod>.checks(type)
        var options = ReflectorOptions()
        options.namespace = namespace
        options.selector = Selector(labels: CheckPod.label)
        tasks.append(
            Task { [options] in
                do {
                    try await client.reflect(type, of: CheckPod.self, options: options) { report in
                        await take(report, form)
                    }
                } catch {
                    guard !(error is CancellationError) else { return }
                    logger.error("the pods of tests are not followed any more: \(error)")
                }
            })
    }

    private func follow<T: ClusterObject>(
        _ form: EventForm<T>, _ tasks: inout [Task<Void, Never>]
    ) async {
        await desk.expect(form.type)
        tasks.append(
            Task {
                do {
                    try await client.reflect(form.type, of: T.self) { report in
                        await take(report, form)
                    }
                } catch {
                    guard !(error is CancellationError) else { return }
                    logger.error("\(form.type) is not followed any more: \(error)")
                    await desk.fail(form.type, error)
                }
            })
    }

    private func take<T: ClusterObject>(
        _ report: ReflectorReport<T>, _ form: EventForm<T>
    ) async {
        switch report {
        case .list(.began): if let began = form.began { await desk.take([began]) }
        case .list(.items(let items)): await desk.take(items.map(form.seen))
        case .list(.unreadable(let objects)): objects.forEach { complain($0, form.type) }
        case .listed:
            if let ended = form.ended { await desk.take([ended]) }
            await desk.listed(form.type)
        case .events(let events):
            await desk.take(
                events.compactMap { event in
                    switch event {
                    case .added(let object), .modified(let object): return form.seen(object)
                    case .deleted(let object): return form.gone?(object)
                    case .bookmark: return nil
                    case .unreadable(let object, _):
                        complain(object, form.type)
                        return nil
                    }
                })
        case .trouble(let trouble):
            logger.warning("\(form.type): \(trouble)")
            if case .refused(let refusal, _) = trouble, form.isOptional,
                refusal.status == 403 || refusal.isNotFound
            {
                await desk.listed(form.type)
            }
        }
    }

    private func complain(_ object: UnreadableObject, _ type: ResourceType) {
        let name = object.identity.map { "\($0.namespace)/\($0.name)" } ?? "?"
        logger.warning("\(type) \(name) is not readable: \(object.fault)")
    }
}
