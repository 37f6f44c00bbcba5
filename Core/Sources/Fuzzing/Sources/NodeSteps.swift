import FleetModel

extension StepSource {
    /// What operators and hardware do to nodes.
    mutating func nodeInput(_ book: WorldBook) -> Input {
        let node = fleet.nodes[random.below(fleet.nodes.count)]
        switch random.below(16) {
        case 0: return .drain(node.id)
        case 1, 2:
            let units = [0, 1, 5, 30, 300][random.below(5)]
            return .drainBy(
                node.id, deadline: now + .seconds(fleet.unitSeconds * Int64(units)))
        case 3..<6: return .resume(node.id)
        case 6, 7: return .setDeviceHealth(node.id, unhealthy: UInt64(random.below(256)))
        case 8, 9: return .setDeviceHealth(node.id, unhealthy: 0)
        case 10, 11:
            let leaving = (0...random.below(3)).map { _ in
                fleet.nodes[random.below(fleet.nodes.count)]
            }
            absent += leaving.filter { book.isPresent($0.id) }
            return .removeNodes(leaving.map(\.id))
        default:
            defer { absent = [] }
            return .addNodes(absent)
        }
    }

    /// Inputs that bring every node, device and held job back, for the end of a case.
    mutating func healing(_ book: WorldBook) -> [Input] {
        var inputs: [Input] = [
            .addNodes(
                fleet.nodes.filter { !book.isPresent($0.id) }.map { known in
                    var node = known
                    node.unhealthyDevices = 0
                    return node
                })
        ]
        inputs += ChangeSteps.healing(fleet)
        for node in fleet.nodes {
            inputs.append(.setDeviceHealth(node.id, unhealthy: 0))
            inputs.append(.resume(node.id))
        }
        for id in book.open where book.jobs[id]?.isHeld == true { inputs.append(.release(id)) }
        return inputs
    }

    /// What no driver should send.
    mutating func hostileInput(_ book: WorldBook) -> Input {
        let job = anyJob(book)
        let attempt = book.jobs[job]?.attempt ?? 0
        let stale = Attempt(
            random.below(2) == 0 ? attempt - 1 : Int32(random.below(4)) - 1)
        switch random.below(17) {
        case 0: return .finish(job, stale)
        case 1: return .fail(job, stale, .application)
        case 2: return .confirmStop(job, stale)
        case 3: return .confirmStart(job, stale)
        case 4: return .wake(token: Int64(bitPattern: random.next() >> UInt64(random.below(40))))
        case 5: return .addNodes([changedNode(), changedNode()])
        case 6: return .drain(NodeID(rawValue: Int32(random.below(30)) - 5))
        case 7: return .removeNodes([NodeID(rawValue: -1), NodeID(4000), NodeID(4000)])
        case 8: return .setTenants(refusedTenants())
        case 9: return .submit(oddJob())
        case 10: return .expectWorkload(expectation())
        case 11: return .confirmStop(job, Attempt(attempt))
        case 12:
            return .confirmShrink(job, Attempt(attempt), Resize(Int32(random.below(4)) - 1))
        case 13:
            return .failOn(
                job, stale, .node, suspect: NodeID(rawValue: Int32(random.below(40)) - 9))
        case 14: return .checkpointed(job, stale)
        case 16: return .suspect(job, NodeID(rawValue: Int32(random.below(60)) - 9))
        case 15:
            return .drainBy(
                NodeID(rawValue: Int32(random.below(20)) - 5),
                deadline: Instant(nanoseconds: [.min, -1, 0, .max][random.below(4)]))
        default:
            return .setDeviceHealth(
                NodeID(rawValue: Int32(random.below(16)) - 1), unhealthy: .max)
        }
    }

    /// A node as it may come back: with other devices, in another pool, or broken.
    private mutating func changedNode() -> NodeSpec {
        let known = absent.isEmpty ? fleet.nodes : absent
        var node = known[random.below(known.count)]
        switch random.below(9) {
        case 0: node.devices += 1
        case 1: node.domains.append(DomainID(0))
        case 2: node.kind = nil
        case 3: node.host = HostResources(cpuMilli: 10)
        case 4: node.host.memoryMiB = .max
        case 5: node.pool = PoolID(rawValue: 64)
        case 6: node.kind = AcceleratorKindID(rawValue: 70)
        case 7: node.id = NodeID(rawValue: -2)
        default: node.unhealthyDevices = 1
        }
        return node
    }

    private mutating func refusedTenants() -> [TenantSpec] {
        var tenants = fleet.tenants
        switch random.below(5) {
        case 0: tenants[0].parent = TenantID(rawValue: -3)
        case 1: tenants[0].parent = tenants[0].id
        case 2: tenants.append(tenants[0])
        case 3:
            tenants[0].quotas = [
                QuotaSpec(kind: AcceleratorKindID(0), guaranteedMilli: 0, weight: 0)
            ]
        default:
            tenants[0].quotas = [
                QuotaSpec(kind: AcceleratorKindID(0), guaranteedMilli: .max, lendableMilli: 0)
            ]
        }
        return tenants
    }

    private mutating func oddJob() -> JobSpec {
        var spec = jobs.next(id: JobID(nextJob), at: now)
        nextJob += 1
        switch random.below(16) {
        case 0: spec = jobs.next(id: JobID(0), at: now)
        case 1: spec.tenant = TenantID(rawValue: Int32(random.below(30)) - 10)
        case 2: spec.roles = []
        case 3: spec.roles[0].minimum = -1
        case 4: spec.roles[0].maximum = .max
        case 5: spec.roles[0].request.devices = 65
        case 6: spec.roles[0].request.deviceMilli = 0
        case 7: spec.pools = PoolSet(bits: 0)
        case 8: spec.topology.preference = .required(LevelIndex(9))
        case 9: spec.topology.slice = TopologySlice(members: 0, level: LevelIndex(0))
        case 10: spec.retries.counts = [1]
        case 11: spec.priority = [.min, .max][random.below(2)]
        case 12: spec.expectedDuration = .seconds(FleetLimits.seconds)
        case 13: spec.notBefore = Instant(nanoseconds: [.min, .max][random.below(2)])
        case 14: spec.family = FamilyID(rawValue: [.max, -1][random.below(2)])
        default: spec.dependencies = [Dependency(job: JobID(nextJob))]
        }
        return spec
    }

    private mutating func expectation() -> [WorkloadClass] {
        (0..<random.below(4)).map { _ in
            WorkloadClass(
                request: MemberRequest(devices: Int32(random.below(3))), accelerators: .all,
                weight: Int64(random.below(5)))
        }
    }
}
