import FleetModel
import Testing

@testable import Scheduler

/// Nodes that come, go, drain and lose devices.
@Suite struct NodeTests {
    static let pair = FleetDefinition.uniform(nodes: 2, devices: 4, groups: [])

    @Test func aDrainedNodeFinishesItsWorkAndTakesNoMore() {
        var h = Harness(Self.pair)
        h.submit(0, gpus: 2)
        #expect(h.apply(.drain(NodeID(0))) == [])
        #expect(h.submit(1, gpus: 4).nodes == [1])
        #expect(h.submit(2, gpus: 2).started == [])
        #expect(h.finish(0).started == [])
        #expect(h.apply(.resume(NodeID(0))).started == [2])
    }

    @Test func aLostDeviceStopsItsGangOnceAndIsAvoided() {
        var h = Harness(Self.pair)
        let devices = h.submit(0, members: 2, gpus: 2).members.map(\.devices)
        h.submit(1, gpus: 2)
        let lost = h.apply(.setDeviceHealth(NodeID(0), unhealthy: devices[0]))
        #expect(lost == [.stop(JobID(0), Attempt(1), .hardware)])
        #expect(h.apply(.setDeviceHealth(NodeID(0), unhealthy: devices[0] | devices[1])) == [])
        let back = h.confirmStop(0)
        #expect(back.contains(.requeue(JobID(0), Attempt(1), .device)))
        #expect(back.started == [])
        let healed = h.apply(.setDeviceHealth(NodeID(0), unhealthy: devices[0]))
        #expect(healed.started == [0])
        #expect(healed.members.allSatisfy { $0.node.index == 1 || $0.devices & devices[0] == 0 })
    }

    @Test func aLostDeviceThatNobodyHasStopsNobody() {
        var h = Harness(Self.pair)
        h.submit(0, gpus: 2)
        #expect(h.apply(.setDeviceHealth(NodeID(0), unhealthy: 0b1000)) == [])
        #expect(h.submit(1, gpus: 2).nodes == [1])
    }

    @Test func aRackThatLeavesStopsAGangOnce() {
        var h = Harness(Self.pair)
        h.submit(0, members: 2, gpus: 4)
        let lost = h.apply(.removeNodes([NodeID(0), NodeID(1), NodeID(0)]))
        #expect(lost == [.stop(JobID(0), Attempt(1), .hardware)])
        #expect(h.confirmStop(0).started == [])
        #expect(h.apply(.addNodes(Self.pair.nodes)).started == [0])
    }

    @Test func aNodeThatComesBackIsTakenUntilItsGangHasStopped() {
        var h = Harness(Self.pair)
        h.submit(0, members: 2, gpus: 4)
        h.apply(.removeNodes([NodeID(1)]))
        h.apply(.addNodes([Self.pair.nodes[1]]))
        #expect(h.submit(1, gpus: 4).started == [])
        #expect(h.confirmStop(0).started == [0])
    }

    @Test func aNodeMayComeBackWithLessMemory() {
        var h = Harness(Self.pair)
        h.submit(0, gpus: 4) { $0.roles[0].request.host.memoryMiB = 1 << 20 }
        h.apply(.removeNodes([NodeID(0)]))
        var smaller = Self.pair.nodes[0]
        smaller.host.memoryMiB = 1000
        h.apply(.addNodes([smaller]))
        #expect(h.confirmStop(0).nodes == [1])
        #expect(h.submit(1, gpus: 4) { $0.roles[0].request.host.memoryMiB = 1000 }.nodes == [0])
    }

    @Test func aNodeThatIsStillHeldDoesNotComeBackWithOtherDevices() {
        var h = Harness(Self.pair)
        h.submit(0, gpus: 4)
        h.apply(.removeNodes([NodeID(0)]))
        var other = Self.pair.nodes[0]
        other.devices = 8
        h.apply(.addNodes([other]))
        #expect(h.engine.schedulableMilli == 4000)
        h.confirmStop(0)
        h.apply(.addNodes([other]))
        #expect(h.engine.schedulableMilli == 12_000)
    }

    @Test func nodesThatMakeNoSenseAreLeftOut() {
        var h = Harness(Self.pair)
        let sound = NodeSpec(
            id: NodeID(5), pool: PoolID(0), kind: AcceleratorKindID(0), devices: 4,
            host: .zero, domains: [])
        func changed(_ change: (inout NodeSpec) -> Void) -> NodeSpec {
            var spec = sound
            change(&spec)
            return spec
        }
        let wrong = [
            changed { $0.id = NodeID(rawValue: -1) }, changed { $0.id = NodeID(FleetLimits.nodes) },
            changed { $0.devices = 65 }, changed { $0.devices = -1 }, changed { $0.kind = nil },
            changed { $0.kind = AcceleratorKindID(64) }, changed { $0.pool = PoolID(64) },
            changed { $0.domains = [DomainID(0)] }, changed { $0.host.nics = -1 },
            changed { $0.host.cpuMilli = .max },
        ]
        h.apply(.addNodes(wrong))
        #expect(h.engine.schedulableMilli == 8000)
        h.apply(.addNodes(wrong + [sound]))
        #expect(h.engine.schedulableMilli == 12_000)
    }
}
