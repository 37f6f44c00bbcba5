import FleetModel
import HealthControl
import HealthSignals

extension Driver {
    /// Takes in all that other tools say of a node now.
    func take(_ said: [ToolStatement], of node: NodeID) {
        guard view.nodes[node.index] != nil else { return }
        now = max(now, clock.now())
        statements[node] = said
        tellStatements(of: node)
    }

    /// Tells the health engine what of that is news to it: after a start nothing that it knows, and
    /// all of it when another machine stands under the node's name.
    func tellStatements(of node: NodeID) {
        guard let said = statements[node] else { return }
        let news = desk.news(in: said, of: node, at: now)
        guard !news.isEmpty else { return }
        tellHealth(.statements(node, news))
        showsHealth = true
    }
}
