import KubernetesJSON
import KubernetesObjects
import Testing

/// Reads an object from JSON text.
func read<T: Decoded>(_ type: T.Type, _ json: String) -> T {
    do {
        return try T(json: Array(json.utf8))
    } catch {
        Issue.record("not readable: \(error)")
        preconditionFailure("a manifest of the tests is not JSON: \(error)")
    }
}

/// A pod's manifest with what differs from pod to pod.
struct PodText {
    var name: String
    var namespace = "ml"
    var uid: String?
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var owner: (apiVersion: String, kind: String, name: String, uid: String)?
    var scheduler = "muster"
    var node: String?
    var phase = "Pending"
    var gpus = 8
    var created = 0
    var isDeleting = false
    var gates: [String] = []
    /// More fields of the spec, each with a comma before it.
    var spec = ""

    init(
        _ name: String, labels: [String: String] = [:], annotations: [String: String] = [:],
        owner: (String, String, String, String)? = nil, gpus: Int = 8, spec: String = ""
    ) {
        self.name = name
        self.labels = labels
        self.annotations = annotations
        self.owner = owner
        self.gpus = gpus
        self.spec = spec
    }

    var key: PodKey { PodKey(namespace: namespace, name: name, uid: uid ?? "uid-\(name)") }

    var json: String {
        let gates = gates.map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
        let minute = created / 60 % 60
        let second = created % 60
        let time =
            "2026-07-01T12:\(minute < 10 ? "0" : "")\(minute):"
            + "\(second < 10 ? "0" : "")\(second)Z"
        return """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"\(name)",
            "namespace":"\(namespace)","uid":"\(key.uid)","resourceVersion":"7",
            "creationTimestamp":"\(time)","labels":\(object(labels)),
            "annotations":\(object(annotations)),
            \(isDeleting ? #""deletionTimestamp":"2026-07-01T13:00:00Z","# : "")
            "managedFields":[{"manager":"x","fieldsV1":{"f:a":{}}}],
            "ownerReferences":[\(ownerText)]},
            "spec":{"schedulerName":"\(scheduler)",\(node.map { #""nodeName":"\#($0)","# } ?? "")
            "schedulingGates":[\(gates)],"containers":[{"name":"main","image":"train:1",
            "env":[{"name":"A","value":"{[\\"]}"}],"resources":{
            "requests":{"cpu":"16","memory":"64Gi"\(gpuText)},"limits":{"memory":"64Gi"\(gpuText)}}
            }]\(spec)},
            "status":{"phase":"\(phase)"}}
            """
    }

    var pod: Pod { read(Pod.self, json) }

    private var gpuText: String { gpus == 0 ? "" : #","nvidia.com/gpu":"\#(gpus)""# }

    private var ownerText: String {
        guard let owner else { return "" }
        return """
            {"apiVersion":"\(owner.apiVersion)","kind":"\(owner.kind)","name":"\(owner.name)",
            "uid":"\(owner.uid)","controller":true,"blockOwnerDeletion":true}
            """
    }

    private func object(_ values: [String: String]) -> String {
        let fields = values.sorted { $0.key < $1.key }.map { key, value in
            #""\#(key)":"\#(value.replacing("\"", with: "\\\""))""#
        }
        return "{" + fields.joined(separator: ",") + "}"
    }
}

/// The gangs of a book as its changes tell them, as a scheduler would keep them.
struct Board {
    var book: GangBook
    var gangs: [GangKey: ClusterGang] = [:]
    var foreign: [PodKey: PodUse] = [:]
    var problems: [(subject: ObjectReference, problem: GangProblem)] = []

    init(_ settings: GangSettings = GangSettings()) { book = GangBook(settings) }

    mutating func apply(_ event: ObjectEvent) {
        var changes: [GangChange] = []
        book.apply(event, into: &changes)
        take(changes)
    }

    mutating func collect() {
        var changes: [GangChange] = []
        book.collect(into: &changes)
        take(changes)
    }

    mutating func take(_ changes: [GangChange]) {
        for change in changes {
            switch change {
            case .changed(let gang): gangs[gang.key] = gang
            case .gone(let key): gangs[key] = nil
            case .problem(let subject, let problem): problems.append((subject, problem))
            case .foreign(let use): foreign[use.key] = use
            case .foreignGone(let key): foreign[key] = nil
            }
        }
    }

    /// Takes pods and objects, and gives the only gang that comes of them.
    static func gang(
        _ pods: [PodText], _ objects: [GangDeclaration] = [],
        settings: GangSettings = GangSettings()
    ) -> ClusterGang? {
        var board = Board(settings)
        for object in objects { board.apply(.declared(object)) }
        for pod in pods { board.apply(.pod(pod.pod)) }
        return board.gangs.count == 1 ? board.gangs.values.first : nil
    }
}

extension ClusterGang {
    /// Roles as `name minimum/pods`, for comparing.
    var outline: [String] { roles.map { "\($0.name) \($0.minimum)/\($0.pods.count)" } }
    /// The names of the pods in the order of ranks.
    var podNames: [String] { roles.flatMap { $0.pods.map(\.key.name) } }
    /// The codes of its problems.
    var codes: [GangProblem.Code] { problems.map(\.code) }
}
