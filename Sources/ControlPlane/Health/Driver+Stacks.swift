import FleetModel
import Health
import HealthControl
import Qualification
import Stacks
import Store

// What the book of stacks is told of the fleet and its jobs, and what it says.
extension Driver {
    /// Takes in what a file says about stacks, if it is another file than last time.
    func declare(_ catalogue: StackCatalogue, _ digest: UInt64) {
        guard desk.stacks.fileDigest != digest else { return }
        tellHealth(.stack(.declared(catalogue, digest: digest)))
    }

    /// Tells in which pool a node is, unless that is known.
    func place(_ node: NodeID, in pool: String) {
        if let known = desk.stacks.versions(of: node), known.isHere, known.pool == pool { return }
        tellHealth(.stack(.placed(node, pool: pool)))
    }

    /// Takes in what nodes had at first, by the backend's ids, where nobody has told anything.
    func takeFirst(_ versions: [NodeID: [FoundVersion]]) {
        for (foreign, found) in versions.sorted(by: { $0.key < $1.key }) {
            let node = own(foreign)
            guard desk.stacks.versions(of: node)?.watcher == nil else { continue }
            note(found, of: node, from: .watcher)
        }
    }

    /// Takes in what versions a node has. Who watches it tells the same again and again, which is
    /// no news; a run says that it is so now.
    func note(_ versions: [FoundVersion], of node: NodeID, from source: VersionSource) {
        guard !versions.isEmpty, let known = desk.stacks.versions(of: node) else { return }
        now = max(now, clock.now())
        let told = ToldVersions(at: .zero, versions).versions
        if source == .watcher, known.watcher?.versions == told, known.run == nil { return }
        tellHealth(.stack(.told(node, source, told)))
    }

    /// Tells what an attempt used of which nodes.
    func noteUse(of job: JobView, span: TimeSpan, cause: RestartCause, suspect: NodeID?) {
        let isFailure = [.hardware, .network, .hang].contains(cause)
        let shares = job.stackShares(of: span)
        guard !shares.isEmpty else { return }
        tellHealth(
            .stack(.used(StackUse(shares: shares, isFailure: isFailure, suspect: suspect))))
    }

    /// Tells people what happened to stacks and rollouts.
    func tellStackNews() {
        for news in desk.takeStackNews() {
            if let node = news.node {
                tell("stack", node, news.text)
            } else {
                tell(EventRow(kind: "stack", at: now, text: news.text))
            }
        }
    }
}
