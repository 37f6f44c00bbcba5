import Documents
import FleetModel
import Foundation
import Logging
import Store
import Synchronization

/// Carries orders out after their commit: adds the job's document, translates node ids, and hands
/// them to the backend, in order, on a thread of its own.
final class Dispatcher: Sendable {
    private let store: Store
    private let backend: any Backend
    private let logger: Logger
    private let queue = DispatchQueue(label: "muster-dispatcher")
    private let nodes = Mutex<[NodeID: NodeID]>([:])
    /// What the backend was last told of tenants.
    private let tenants = Mutex<[TenantFigures]?>(nil)
    private let inbox: DriverInbox

    init(store: Store, backend: any Backend, inbox: DriverInbox, logger: Logger) {
        self.store = store
        self.backend = backend
        self.inbox = inbox
        self.logger = logger
    }

    /// Takes note of the backend's own ids of nodes.
    func translate(_ nodes: [NodeID: NodeID]) { self.nodes.withLock { $0 = nodes } }

    /// Hands orders over, some time soon.
    func send(_ orders: [DriverOrder]) {
        queue.async { [self] in
            for order in orders { send(order) }
        }
    }

    /// Returns when everything sent so far was handed over.
    func drain() { queue.sync {} }

    private func send(_ order: DriverOrder) {
        switch order {
        case .start(let job, let attempt, let members, let facts):
            do {
                backend.execute(.start(try launch(job, attempt, members, facts)))
            } catch {
                refuse(job, attempt, error)
            }
        case .stop(let job, let attempt, let reason): backend.execute(.stop(job, attempt, reason))
        case .shrink(let job, let attempt, let resize, let ranks):
            backend.execute(.shrink(job, attempt, resize, ranks: ranks))
        case .grow(let job, let attempt, let resize, let members, let ranks, let facts):
            do {
                let launch = try launch(job, attempt, members, facts)
                backend.execute(.grow(job, attempt, resize, launch, ranks: ranks))
            } catch {
                // The gang would be whole on paper only.
                backend.execute(.stop(job, attempt, .hardware))
                refuse(job, attempt, error)
            }
        case .forget(let job): backend.execute(.forget(job))
        case .tell(let key, let news):
            let table = nodes.withLock { $0 }
            backend.execute(.tell(key: key, news.translated { table[$0] ?? NodeID(rawValue: -1) }))
        case .sayRule(let name): backend.execute(.sayRule(name))
        case .tenants(let view, let absences):
            let figures = view.tenantFigures(absences: absences)
            let isNew = tenants.withLock { told in
                defer { told = figures }
                return told != figures
            }
            if isNew { backend.execute(.tenants(figures)) }
        case .care(let order, let hardware):
            let table = nodes.withLock { $0 }
            // A node that the backend does not have any more departs; nobody waits for an answer.
            guard let order = order.translated({ table[$0] }) else { return }
            backend.care?.take(order, of: hardware)
        }
    }

    /// An attempt that cannot be ordered has failed to start, for the machine's reasons.
    private func refuse(_ job: JobID, _ attempt: Attempt, _ error: any Error) {
        logger.error("job \(job) cannot be started: \(error)")
        inbox.add(
            .failed(
                job, attempt, .start, suspect: nil, retry: .byCause, exits: [],
                detail: "its document cannot be read: \(error)"))
    }

    /// What a gang is launched with. Throws when its document cannot be read.
    func launch(
        _ job: JobID, _ attempt: Attempt, _ members: [RankedMember], _ facts: LaunchFacts
    ) throws -> GangLaunch {
        let document = try facts.document ?? document(of: job)
        let table = nodes.withLock { $0 }
        return GangLaunch(
            job: job, attempt: attempt, document: document, tenant: facts.tenant,
            members: members.map { member in
                MemberLaunch(
                    rank: Int(member.rank), role: Int(member.placement.role),
                    // A node that the backend does not have is none of its others.
                    node: table[member.placement.node] ?? NodeID(rawValue: -1),
                    devices: member.placement.devices)
            }, deadline: facts.deadline, checkpointedStep: facts.checkpointedStep,
            progressKept: facts.kept)
    }

    private func document(of job: JobID) throws -> JobDocument {
        guard let text = try store.read({ try $0.document(of: job) }),
            let document = JobsDocument.parse(SourceText(text, file: "job-\(job)")).jobs.first
        else { throw Recovery.damage("the document of job \(job) is not readable") }
        return document
    }
}

extension BackendReport {
    /// The report with other ids of nodes.
    func translated(_ node: (NodeID) -> NodeID) -> BackendReport {
        switch self {
        case .failed(let job, let attempt, let cause, let suspect, let retry, let exits, let text):
            .failed(
                job, attempt, cause, suspect: suspect.map(node), retry: retry, exits: exits,
                detail: text)
        case .nodesJoined(let nodes): .nodesJoined(nodes.map(node))
        case .nodesLost(let nodes, let detail): .nodesLost(nodes.map(node), detail: detail)
        case .deviceHealth(let id, let unhealthy, let detail):
            .deviceHealth(node(id), unhealthy: unhealthy, detail: detail)
        case .drain(let id, let deadline, let detail):
            .drain(node(id), deadline: deadline, detail: detail)
        case .resume(let id, let detail): .resume(node(id), detail: detail)
        case .rule(let name, let admitted, let preferred):
            .rule(name, admits: admitted.map(node), prefers: preferred.map(node))
        case .found(let job): .found(job.translated(node))
        case .hardware(let id, let facts): .hardware(node(id), facts)
        case .qualified(let id, let operation, let answer):
            .qualified(node(id), operation, answer)
        case .versions(let id, let versions): .versions(node(id), versions)
        case .repaired(let id, let operation, let outcome):
            .repaired(node(id), operation, outcome)
        case .tested(let id, let operation, let test): .tested(node(id), operation, test)
        case .remarked(let id, let operation, let words): .remarked(node(id), operation, words)
        case .statements(let id, let said): .statements(node(id), said)
        case .withheld(let id, let devices): .withheld(node(id), devices: devices)
        case .started, .finished, .stopped, .shrunk, .progress, .nodes, .vanished, .tenants,
            .evidence:
            self
        }
    }
}
