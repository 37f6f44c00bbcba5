import FleetModel
import Testing

@Suite struct ValidityTests {
    private static let longest = TimeSpan.seconds(FleetLimits.seconds)
    private static let tooLong = TimeSpan(nanoseconds: longest.nanoseconds + 1)

    private func isValid(levels: Int = 3, _ change: (inout JobSpec) -> Void) -> Bool {
        var spec = JobSpec(
            id: JobID(0), tenant: TenantID(0),
            roles: [RoleSpec(count: 4, request: MemberRequest(devices: 1))])
        change(&spec)
        return spec.isWellFormed(levels: levels)
    }

    private func isValid(role change: (inout RoleSpec) -> Void) -> Bool {
        isValid { change(&$0.roles[0]) }
    }

    private func isValid(topology: TopologyPreference) -> Bool {
        isValid { $0.topology.preference = topology }
    }

    @Test func plainJob() {
        #expect(isValid { _ in })
        #expect(isValid { $0.id = JobID(rawValue: .max) })
        #expect(!isValid { $0.id = JobID(rawValue: -1) })
    }

    @Test func roleCount() {
        #expect(!isValid { $0.roles = [] })
        let role = RoleSpec(count: 1, request: MemberRequest(devices: 1))
        #expect(isValid { $0.roles = Array(repeating: role, count: FleetLimits.rolesPerJob) })
        #expect(!isValid { $0.roles = Array(repeating: role, count: FleetLimits.rolesPerJob + 1) })
    }

    @Test func memberCounts() {
        #expect(!isValid(role: { $0.minimum = -1 }))
        #expect(!isValid(role: { $0.maximum = 3 }))
        #expect(isValid(role: { $0.minimum = 1 }))
        #expect(!isValid(role: { ($0.minimum, $0.maximum) = (0, 0) }))
        // A role that may be absent is fine beside one that may not.
        #expect(!isValid(role: { $0.minimum = 0 }))
        #expect(
            isValid {
                $0.roles.append(RoleSpec(count: 0, maximum: 2, request: $0.roles[0].request))
            })
        let most = Int32(FleetLimits.membersPerJob)
        #expect(isValid(role: { $0.maximum = most }))
        #expect(!isValid(role: { $0.maximum = most + 1 }))
        #expect(!isValid(role: { $0.maximum = .max }))
        #expect(
            !isValid {
                $0.roles = [$0.roles[0], RoleSpec(count: most, request: $0.roles[0].request)]
            })
    }

    @Test func devices() {
        let most = Int32(FleetLimits.devicesPerNode)
        #expect(isValid(role: { $0.request.devices = 0 }))
        #expect(isValid(role: { $0.request.devices = most }))
        #expect(!isValid(role: { $0.request.devices = most + 1 }))
        #expect(!isValid(role: { $0.request.devices = -1 }))
        #expect(isValid(role: { $0.request.deviceMilli = 1 }))
        #expect(!isValid(role: { $0.request.deviceMilli = 0 }))
        #expect(!isValid(role: { $0.request.deviceMilli = 1001 }))
        #expect(!isValid(role: { ($0.request.devices, $0.request.deviceMilli) = (2, 999) }))
        #expect(!isValid(role: { ($0.request.devices, $0.request.deviceMilli) = (0, 999) }))
    }

    @Test(arguments: [
        \HostResources.cpuMilli, \HostResources.memoryMiB, \HostResources.diskMiB,
        \HostResources.nics, \HostResources.slots,
    ])
    func hostQuantities(_ path: any WritableKeyPath<HostResources, Int64> & Sendable) {
        #expect(isValid(role: { $0.request.host[keyPath: path] = FleetLimits.hostQuantity }))
        #expect(!isValid(role: { $0.request.host[keyPath: path] = FleetLimits.hostQuantity + 1 }))
        #expect(!isValid(role: { $0.request.host[keyPath: path] = -1 }))
    }

    @Test func kindsAndPools() {
        #expect(!isValid { $0.pools = PoolSet(bits: 0) })
        #expect(isValid { $0.pools = PoolSet(bits: 1 << 63) })
        #expect(!isValid(role: { $0.accelerators = AcceleratorKindSet(bits: 0) }))
        #expect(
            isValid(role: {
                $0.accelerators = AcceleratorKindSet(bits: 0)
                $0.request.devices = 0
            }))
    }

    @Test func dependenciesAndRetries() {
        let some = Dependency(job: JobID(1))
        let most = FleetLimits.dependenciesPerJob
        #expect(isValid { $0.dependencies = Array(repeating: some, count: most) })
        #expect(!isValid { $0.dependencies = Array(repeating: some, count: most + 1) })
        for cause in FailureCause.allCases {
            #expect(isValid { $0.retries[cause] = Int32(FleetLimits.retries) })
            #expect(!isValid { $0.retries[cause] = Int32(FleetLimits.retries) + 1 })
            #expect(!isValid { $0.retries[cause] = -1 })
        }
        #expect(!isValid { $0.retries.counts.removeLast() })
        #expect(!isValid { $0.retries.counts.append(0) })
    }

    @Test(arguments: [
        \JobSpec.timeLimit, \JobSpec.expectedDuration, \JobSpec.checkpointPeriod,
    ])
    func optionalSpans(_ path: any WritableKeyPath<JobSpec, TimeSpan?> & Sendable) {
        #expect(isValid { $0[keyPath: path] = nil })
        #expect(isValid { $0[keyPath: path] = TimeSpan(nanoseconds: 1) })
        #expect(!isValid { $0[keyPath: path] = .zero })
        #expect(!isValid { $0[keyPath: path] = TimeSpan(nanoseconds: -1) })
        #expect(isValid { $0[keyPath: path] = Self.longest })
        #expect(!isValid { $0[keyPath: path] = Self.tooLong })
    }

    @Test(arguments: [\JobSpec.restartCost, \JobSpec.minimumRunTime])
    func spans(_ path: any WritableKeyPath<JobSpec, TimeSpan> & Sendable) {
        #expect(isValid { $0[keyPath: path] = .zero })
        #expect(!isValid { $0[keyPath: path] = TimeSpan(nanoseconds: -1) })
        #expect(isValid { $0[keyPath: path] = Self.longest })
        #expect(!isValid { $0[keyPath: path] = Self.tooLong })
    }

    @Test func levels() {
        let (last, beyond) = (LevelIndex(2), LevelIndex(3))
        #expect(isValid(topology: .required(last)) && isValid(topology: .preferred(last)))
        #expect(!isValid(topology: .required(beyond)) && !isValid(topology: .preferred(beyond)))
        #expect(isValid(topology: .relaxing(last, after: .zero, then: nil)))
        #expect(isValid(topology: .relaxing(last, after: .zero, then: last)))
        #expect(isValid(topology: .relaxing(last, after: .zero, then: LevelIndex(0))))
        #expect(!isValid(topology: .relaxing(beyond, after: .zero, then: nil)))
        #expect(!isValid(topology: .relaxing(LevelIndex(1), after: .zero, then: last)))
        #expect(!isValid(topology: .relaxing(last, after: .seconds(-1), then: nil)))
    }

    @Test func slices() {
        func isValid(_ members: Int32, _ level: Int) -> Bool {
            self.isValid {
                $0.topology.slice = TopologySlice(members: members, level: LevelIndex(level))
            }
        }
        #expect(isValid(1, 0) && isValid(2, 2) && isValid(4, 2))
        #expect(!isValid(3, 0) && !isValid(8, 0) && !isValid(0, 0) && !isValid(-2, 0))
        #expect(!isValid(2, 3))
    }

    @Test func policies() {
        func isValid(_ change: (inout Policy) -> Void) -> Bool {
            var policy = Policy()
            change(&policy)
            return policy.isWellFormed
        }
        #expect(isValid { _ in })
        #expect(!isValid { $0.usageHalfLife = .zero })
        #expect(isValid { $0.usageHalfLife = TimeSpan(nanoseconds: 1) })
        #expect(isValid { $0.usageHalfLife = Self.longest })
        #expect(!isValid { $0.usageHalfLife = Self.tooLong })
        #expect(isValid { $0.entryPenalty = .zero })
        #expect(!isValid { $0.entryPenalty = TimeSpan(nanoseconds: -1) })
        #expect(isValid { $0.entryPenalty = Self.longest })
        #expect(!isValid { $0.entryPenalty = Self.tooLong })
        #expect(isValid { $0.backfillDepth = 0 })
        #expect(!isValid { $0.backfillDepth = -1 })
        #expect(isValid { $0.domainTries = 1 })
        #expect(!isValid { $0.domainTries = 0 })
        #expect(isValid { $0.shapeIndexes = 1 } && isValid { $0.shapeIndexes = 1 << 16 })
        #expect(!isValid { $0.shapeIndexes = 0 } && !isValid { $0.shapeIndexes = (1 << 16) + 1 })
    }
}
