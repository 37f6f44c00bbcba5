import ControlPlane
import FleetModel
import Health
import HealthControl
import Scheduler
import Simulation
import Store

/// Writes what would start a waiting job now: in words, as a command, and as changes to try.
struct RemedyJSON {
    private let view: FleetView
    private let job: String

    init(_ view: FleetView, _ job: String) {
        self.view = view
        self.job = job
    }

    func write(_ remedy: Remedy, _ words: VerdictText, to json: inout JSONBytes) {
        json.object { json in
            json.member("text", words.remedy(remedy))
            json.member("command", command(remedy))
            json.key("stops")
            json.array(remedy.stopped) { json, job in
                json.object { json in
                    json.member("job", job.rawValue)
                    json.member("name", name(job))
                }
            }
            json.key("changes")
            json.array(changes(remedy)) { json, change in json.raw(change) }
        }
    }

    private func name(_ job: JobID) -> String {
        view.jobs[job.index]?.row.name ?? String(job.index)
    }

    private func quoted(_ text: String) -> String {
        var json = JSONBytes()
        json.string(text)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private func level(_ level: LevelIndex) -> String {
        view.directory.fleet.topology.levels[level.index].name
    }

    /// The command that makes the change; nil where none does.
    private func command(_ remedy: Remedy) -> String? {
        switch remedy.action {
        case .release: "muster release \(job)"
        case .members(let count): "submit it again with --members \(count)"
        case .topology(.closest): "submit it again without --topology"
        case .topology(.required(let level)):
            "submit it again with --topology required:\(self.level(level))"
        case .topology(.preferred(let level)):
            "submit it again with --topology preferred:\(self.level(level))"
        case .topology(.relaxing(let level, _, _)):
            "submit it again with --topology required:\(self.level(level))"
        case .noSlices: "submit it again without slices"
        case .accelerator(let kind):
            "submit it again with --accelerator \(view.directory.fleet.kinds[kind]) as well"
        case .pool(let pool): "submit it again with --pool \(view.directory.fleet.pools[pool])"
        case .priority(let priority): "submit it again with --priority \(priority)"
        case .preemptible: "submit it again with --preemptible"
        case .raiseLimits(let limits):
            limits.map { limit in
                "muster tenants quota \(view.directory.tenant(limit.tenant)) "
                    + "\(view.directory.fleet.kinds[limit.kind]) --limit \(raised(limit))"
            }.joined(separator: " && ")
        case .stop(let job, _): "muster cancel \(name(job))"
        case .bringBack(let nodes): bringBack(nodes.prefix(8))
        case .freeSpares: "keep fewer spares of its pool in the file of muster up --health"
        }
    }

    /// What opens nodes again: people's cordons are taken back, and of what the health engine holds
    /// back people have to say how it is.
    private func bringBack(_ nodes: ArraySlice<NodeID>) -> String {
        var orders: [(order: String, nodes: [String])] = []
        for node in nodes {
            let order = opening(node)
            let name = view.directory.node(node)
            if let index = orders.firstIndex(where: { $0.order == order }) {
                orders[index].nodes.append(name)
            } else {
                orders.append((order, [name]))
            }
        }
        return orders.map { "\($0.order) \($0.nodes.joined(separator: " "))" }
            .joined(separator: " && ")
    }

    private func opening(_ node: NodeID) -> String {
        guard view.nodes[node.index]?.row.isHeld == true,
            let health = view.health.desk.engine[node]
        else { return "muster uncordon" }
        if health.hold != nil { return "muster say accept" }
        switch health.track.state {
        case .retired: return "muster say reinstate"
        case .draining, .quarantined, .repairing: return "muster say repaired"
        case .unqualified, .qualifying, .inService, .suspect, .proving: return "muster say test"
        }
    }

    private func raised(_ limit: RaisedLimit) -> String {
        let spec = view.directory.tenants.tenants.first { $0.id == limit.tenant }
        let present = spec?.quotas.first { $0.kind == limit.kind }?.limitMilli ?? 0
        let milli = present + limit.byMilli
        return milli % 1000 == 0 ? String(milli / 1000) : String(Double(milli) / 1000)
    }

    /// The change in the form that `POST /v1/whatif` takes.
    private func changes(_ remedy: Remedy) -> [[UInt8]] {
        let job = quoted(job)
        let texts: [String] =
            switch remedy.action {
            case .release: ["{\"release\":\(job)}"]
            case .members(let count): ["{\"job\":\(job),\"members\":\(count)}"]
            case .topology(.closest), .topology(.relaxing): []
            case .topology(.required(let level)):
                ["{\"job\":\(job),\"topology\":{\"required\":\(quoted(self.level(level)))}}"]
            case .topology(.preferred(let level)):
                ["{\"job\":\(job),\"topology\":{\"preferred\":\(quoted(self.level(level)))}}"]
            case .noSlices, .accelerator, .pool, .freeSpares: []
            case .priority(let priority): ["{\"job\":\(job),\"priority\":\(priority)}"]
            case .preemptible: ["{\"job\":\(job),\"preemptible\":true}"]
            case .raiseLimits(let limits):
                limits.map { limit in
                    "{\"tenant\":\(quoted(view.directory.tenant(limit.tenant))),\"quota\":{"
                        + "\(quoted(view.directory.fleet.kinds[limit.kind])):{\"limit\":"
                        + "\(raised(limit))}}}"
                }
            case .stop(let job, _): ["{\"cancel\":\(quoted(name(job)))}"]
            case .bringBack(let nodes):
                [
                    "{\"resume\":["
                        + nodes.map { quoted(view.directory.node($0)) }
                        .joined(separator: ",") + "]}"
                ]
            }
        return texts.map { Array($0.utf8) }
    }
}
