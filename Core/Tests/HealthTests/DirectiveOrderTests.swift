import FleetModel
import Health
import Testing

/// Goal: no node is opened before all others that the same batch closes are closed.
@Suite struct DirectiveOrderTests {
    private let one = NodeID(1)
    private let two = NodeID(2)

    @Test func closingGoesFirst() {
        let devices = HealthDirective.setDevices(one, unhealthy: 1)
        let given: [HealthDirective] = [
            .uncordon(one), devices, .cordon(two), .wake(at: .zero, token: 1),
        ]
        #expect(
            given.closingFirst == [
                .cordon(two), devices, .wake(at: .zero, token: 1), .uncordon(one),
            ])
    }

    /// What is closed at the end is not opened in between; what is open at the end is opened.
    @Test func theLastWordOnANodeCounts() {
        let closed: [HealthDirective] = [.uncordon(one), .drain(one, deadline: nil)]
        #expect(closed.closingFirst == [.drain(one, deadline: nil)])
        let open: [HealthDirective] = [.cordon(one), .uncordon(one)]
        #expect(open.closingFirst == open)
    }
}
