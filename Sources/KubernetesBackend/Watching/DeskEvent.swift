import KubernetesClient
import KubernetesJSON
import KubernetesObjects

/// Something that was seen of the cluster.
enum DeskEvent: Sendable {
    /// Of an object that gangs are made of.
    case object(ObjectEvent)
    /// A node is new, or has changed.
    case node(NodeFacts)
    /// A node is gone.
    case nodeGone(String)
    /// A list of all nodes begins.
    case nodesBegan
    /// It has ended: what did not come is gone.
    case nodesEnded
    /// A namespace is new, or has changed.
    case namespace(Namespace)
    /// A Tenant is new, or has changed.
    case tenant(TenantObject)
    /// A Tenant is gone.
    case tenantGone(String)
    /// A list of all Tenants begins.
    case tenantsBegan
    /// It has ended: what did not come is gone.
    case tenantsEnded
    /// A Topology is new, or has changed.
    case topology(TopologyObject)
    /// A Topology is gone.
    case topologyGone(String)
    /// A list of all Topologies begins.
    case topologiesBegan
    /// It has ended: what did not come is gone.
    case topologiesEnded
    /// The pod of a test is new, or has changed.
    case checkPod(CheckPod)
    /// The pod of a test is gone.
    case checkPodGone(CheckPod)
    /// A list of all pods of tests begins.
    case checksBegan
    /// It has ended: what did not come is gone.
    case checksEnded
}

/// How objects of one type become events.
struct EventForm<T: ClusterObject>: Sendable {
    var type: ResourceType
    var seen: @Sendable (T) -> DeskEvent
    /// Nil for types of which nothing is forgotten.
    var gone: (@Sendable (T) -> DeskEvent)?
    var began: DeskEvent?
    var ended: DeskEvent?
    /// Whether the scheduler can do without it, when the server refuses to show it.
    var isOptional = true
}

extension EventForm where T == Node {
    static func nodes(_ type: ResourceType) -> EventForm {
        EventForm(
            type: type, seen: { .node($0.facts) }, gone: { .nodeGone($0.facts.name) },
            began: .nodesBegan, ended: .nodesEnded, isOptional: false)
    }
}

extension EventForm where T == Pod {
    static func pods(_ type: ResourceType) -> EventForm {
        EventForm(
            type: type, seen: { .object(.pod($0)) },
            gone: { pod in
                let metadata = pod.metadata
                return .object(
                    .podGone(
                        PodKey(
                            namespace: metadata.namespace, name: metadata.name,
                            uid: metadata.uid)))
            }, began: .object(.listBegan(.pod)), ended: .object(.listEnded(.pod)),
            isOptional: false)
    }
}

extension EventForm where T == CheckPod {
    static func checks(_ type: ResourceType) -> EventForm {
        EventForm(
            type: type, seen: { .checkPod($0) }, gone: { .checkPodGone($0) },
            began: .checksBegan, ended: .checksEnded)
    }
}

extension EventForm where T == Namespace {
    static func namespaces(_ type: ResourceType) -> EventForm {
        EventForm(type: type, seen: { .namespace($0) })
    }
}

extension EventForm where T == TenantObject {
    static func tenants(_ type: ResourceType) -> EventForm {
        EventForm(
            type: type, seen: { .tenant($0) }, gone: { .tenantGone($0.metadata.name) },
            began: .tenantsBegan, ended: .tenantsEnded)
    }
}

extension EventForm where T == TopologyObject {
    static func topologies(_ type: ResourceType) -> EventForm {
        EventForm(
            type: type, seen: { .topology($0) }, gone: { .topologyGone($0.metadata.name) },
            began: .topologiesBegan, ended: .topologiesEnded)
    }
}

extension EventForm where T == PriorityClass {
    static func priorityClasses(_ type: ResourceType) -> EventForm {
        EventForm(
            type: type, seen: { .object(.priorityClass($0)) },
            gone: { .object(.priorityClassGone($0.metadata.name)) },
            began: .object(.listBegan(.priorityClass)), ended: .object(.listEnded(.priorityClass)))
    }
}

extension EventForm where T == PersistentVolumeClaim {
    static func claims(_ type: ResourceType) -> EventForm {
        EventForm(
            type: type, seen: { .object(.claim($0)) },
            gone: {
                .object(
                    .claimGone(namespace: $0.metadata.namespace, name: $0.metadata.name))
            }, began: .object(.listBegan(.volumeClaim)), ended: .object(.listEnded(.volumeClaim)))
    }
}

extension EventForm where T == PersistentVolume {
    static func volumes(_ type: ResourceType) -> EventForm {
        EventForm(
            type: type, seen: { .object(.volume($0)) },
            gone: { .object(.volumeGone($0.metadata.name)) },
            began: .object(.listBegan(.volume)), ended: .object(.listEnded(.volume)))
    }
}

extension EventForm where T: GangDeclaring {
    static func declaring(_ type: ResourceType, _ kind: ObjectKind) -> EventForm {
        EventForm(
            type: type, seen: { .object(.declared($0.declaration(readAs: type))) },
            gone: { object in
                let declaration = object.declaration(readAs: type)
                return .object(.undeclared(declaration.key, uid: declaration.uid))
            }, began: .object(.listBegan(kind)), ended: .object(.listEnded(kind)))
    }
}

extension Discovery {
    /// The first of these types that is served and can be watched.
    func served(_ types: [ResourceType]) -> ResourceType? {
        types.first { serves($0) && allows("watch", on: $0) }
    }

    /// The served types of objects that declare gangs: of each kind the preferred version.
    func declaring(_ types: [ResourceType]) -> [(kind: ObjectKind, type: ResourceType)] {
        var found: [(kind: ObjectKind, type: ResourceType)] = []
        for type in types {
            guard let kind = ObjectKind(type), !found.contains(where: { $0.kind == kind }),
                serves(type), allows("watch", on: type)
            else { continue }
            found.append((kind, type))
        }
        return found
    }
}
