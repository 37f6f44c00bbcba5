import FleetModel
import Health

/// A box of a random world: what a chassis and its devices say that they are.
struct Box {
    var chassis: IdentityID?
    var devices: [DeviceReport]
    var nics: [IdentityID]
    var isolates: Bool
}

/// The random world around a health engine: machines, people, tools, tests and clocks.
struct HealthSource {
    var random: SplitMix
    var boxes: [Box] = []
    let names: Int
    let innocent: NodeID
    var wall = Instant.seconds(1_700_000_000)
    /// The box that each node name is now.
    var living: [Int?]
    var nextIdentity: Int32 = 0
    var wakes: [Instant] = []
    let mayJump: Bool
    let mayChangePolicy: Bool
    /// Whether rules of the network let nobody reach anybody; they may come or go once.
    var isForbidden: Bool
    /// The steps until they do.
    private var stepsToChange: Int?
    /// A node that reaches nobody.
    var dead: NodeID?
    /// The same, also once it is mended.
    let wasDead: NodeID?
    /// Whether nobody else fails to reach another node.
    let isHonest: Bool
    /// Whether there are few faults, so that networks are tested to their end.
    private let isCalm: Bool

    init(seed: UInt64) {
        random = SplitMix(seed: SplitMix.mix(seed &+ 0x48454C54))
        names = 3 + random.below(8)
        innocent = NodeID(0)
        living = [Int?](repeating: nil, count: names)
        mayJump = random.below(3) == 0
        mayChangePolicy = random.below(5) == 0
        isForbidden = seed % 3 == 1
        stepsToChange = seed % 2 == 1 ? 20 + random.below(400) : nil
        dead = seed % 3 != 2 ? NodeID(1 + random.below(names - 1)) : nil
        wasDead = dead
        isHonest = seed % 4 != 3
        isCalm = seed % 3 != 2
        for _ in 0..<names + 3 { boxes.append(box()) }
    }

    private mutating func identity() -> IdentityID {
        nextIdentity += 1
        return IdentityID(rawValue: nextIdentity)
    }

    /// Serials of chassis are numbers of their own.
    private static func chassis(_ number: Int) -> IdentityID { IdentityID(1_000_000 + number) }

    private mutating func box() -> Box {
        let count = [0, 1, 2, 4, 8][random.below(5)]
        var devices: [DeviceReport] = []
        let hasUUIDs = random.below(8) != 0
        for index in 0..<count {
            devices.append(
                DeviceReport(
                    index: Int32(index), uuid: hasUUIDs ? identity() : nil,
                    boardSerial: random.below(2) == 0 ? identity() : nil,
                    seat: boxes.count % 3 == 0
                        ? DeviceSeat(slot: Int32(boxes.count), module: Int32(index)) : nil))
        }
        return Box(
            chassis: random.below(3) != 0 ? HealthSource.chassis(boxes.count) : nil,
            devices: devices,
            nics: random.below(2) == 0 ? [identity()] : [], isolates: random.below(3) != 0)
    }

    static func policy(seed: UInt64) -> HealthPolicy {
        var random = SplitMix(seed: SplitMix.mix(seed &+ 77))
        var policy = HealthPolicy()
        policy.arrival.new = [.admit, .qualify, .qualify][random.below(3)]
        policy.arrival.knownGood = random.below(2) == 0 ? .admit : .qualify
        policy.arrival.contradictory = [.admit, .qualify, .refuse][random.below(3)]
        policy.arrival.knownBad = random.below(3) == 0 ? .refuse : .qualify
        policy.arrival.knownBadRenamed = random.below(3) == 0 ? .qualify : .refuse
        policy.breakers.leastDevices = Int32([0, 1, 4, 8, 64][random.below(5)])
        policy.breakers.leastDomainDevices = Int32([0, 4, 64][random.below(3)])
        policy.breakers.fleetMilli = Int32([0, 100, 300, 1000][random.below(4)])
        policy.breakers.heldMilli = Int32([200, 500, 1000][random.below(3)])
        policy.breakers.concurrentRepairs = Int32([0, 1, 2, 8][random.below(4)])
        policy.breakers.attemptsPerMachine = Int32([1, 3, 5, 64][random.below(4)])
        policy.breakers.attemptsPerCause = Int32([1, 2, 64][random.below(3)])
        policy.breakers.reset =
            random.below(2) == 0 ? .manual : .after(.seconds(Int64(600 + random.below(20_000))))
        policy.breakers.attemptReset = random.below(2) == 0 ? .manual : .after(.seconds(40_000))
        policy.repair.strongest = [.reset, .reboot, .replace, .replace][random.below(4)]
        policy.repair.resetsSingleDevices = random.below(2) == 0
        policy.repair.shrinksNodes = random.below(4) != 0
        policy.repair.shrunkPatience = .seconds([0, 3600, 86_400][random.below(3)])
        policy.repair.repairTimeouts[Int(FaultAction.replace.rawValue)] = .seconds(40_000)
        policy.repair.asks = Int32(1 + random.below(3))
        policy.suspicion.testsIdleSuspects = random.below(2) == 0
        policy.suspicion.idleTestPeriod =
            random.below(2) == 0 ? nil : .seconds(Int64(3600 + random.below(40_000)))
        policy.suspicion.peerLosses = Int32(1 + random.below(3))
        policy.historyKept = Int32([1, 4, 16][random.below(3)])
        policy.network.arrival = random.below(3) != 0
        policy.network.repair = random.below(3) != 0
        policy.network.idle = random.below(3) != 0
        policy.network.heldMilli = Int32([0, 20, 300, 1000][random.below(4)])
        policy.network.patience = .seconds(Int64(60 + random.below(10_000)))
        return policy
    }

    /// The next thing that happens.
    mutating func next(_ book: HealthBook) -> HealthStep {
        passTime()
        if let left = stepsToChange {
            stepsToChange = left > 0 ? left - 1 : nil
            if left == 0 { isForbidden.toggle() }
        }
        let input = draw(book)
        return HealthStep(at: wall, input: input)
    }

    private mutating func passTime() {
        let kind = random.below(100)
        if kind < 60 {
            wall = wall + .seconds(Int64(random.below(60)))
        } else if kind < 90 {
            wall = wall + .seconds(Int64(random.below(1800)))
        } else if kind < 98 {
            wall = wall + .seconds(Int64(random.below(30_000)))
        } else if mayJump {
            let days = Int64(random.below(60)) - 30
            wall = Instant(nanoseconds: wall.nanoseconds + days * 86_400 * 1_000_000_000)
        }
    }

    private mutating func draw(_ book: HealthBook) -> HealthInput {
        if !book.outstanding.isEmpty, random.below(isCalm ? 2 : 4) == 0 { return answer(book) }
        switch random.below(100) {
        case 0..<14: return arrival()
        case 14..<18:
            let node = anyNode()
            if node != innocent, node.index < names, node.index >= 0 { living[node.index] = nil }
            return node == innocent ? .heard(node) : .departed(node)
        case 18..<44 where isCalm && random.below(12) != 0: return .wake(token: 0)
        case 18..<44: return .found(anyNode(), finding())
        case 44..<52: return .heard(anyNode())
        case 52..<66: return occupancy(book)
        case 66..<78: return statement()
        case 78..<84: return attempt()
        case 84..<90: return comparison()
        case 90..<93: return reset(book)
        case 93..<94 where mayChangePolicy: return policyChange()
        case 94..<95: return .resumed
        case 95..<96: return .deaf(.seconds(Int64(random.below(400)) - 10))
        default: return .wake(token: Int64(random.below(3)))
        }
    }

    mutating func anyNode() -> NodeID {
        random.below(200) == 0
            ? NodeID(rawValue: [-1, 100_000, Int32(names), .max][random.below(4)])
            : NodeID(random.below(names))
    }

    private mutating func arrival() -> HealthInput {
        let node = NodeID(random.below(names))
        // The first name is always the first box, so that nothing is ever wrong with it.
        let isFirst = node == innocent
        var choice = living[node.index] ?? random.below(boxes.count)
        if !isFirst, random.below(6) == 0 { choice = random.below(boxes.count) }
        if isFirst { choice = 0 }
        if !isFirst, choice == 0, random.below(3) != 0 { choice = 1 }
        living[node.index] = choice
        if !isFirst, random.below(12) == 0 { swapDevices(choice) }
        if !isFirst, random.below(16) == 0 { boxes[choice].isolates.toggle() }
        let box = boxes[choice]
        var report = HardwareReport(
            chassis: box.chassis, devices: box.devices, nics: box.nics,
            isolatesDevices: box.isolates)
        if !isFirst { distort(&report) }
        return .arrived(
            node,
            Arrival(report: report, domains: [DomainID(0), DomainID(1 + node.index % 2)]))
    }

    private mutating func swapDevices(_ choice: Int) {
        let other = 1 + random.below(boxes.count - 1)
        guard choice != 0, !boxes[choice].devices.isEmpty else { return }
        let index = random.below(boxes[choice].devices.count)
        if other != choice, index < boxes[other].devices.count, random.below(2) == 0 {
            let moved = boxes[choice].devices[index]
            boxes[choice].devices[index] = boxes[other].devices[index]
            boxes[other].devices[index] = moved
        } else {
            boxes[choice].devices[index].uuid = identity()
            boxes[choice].devices[index].boardSerial = nil
        }
    }

    private mutating func distort(_ report: inout HardwareReport) {
        switch random.below(24) {
        case 0: report.chassis = nil
        case 1: report.chassis = HealthSource.chassis(random.below(boxes.count + 6))
        case 2: if !report.devices.isEmpty { report.devices.removeLast() }
        case 3: report.nics = []
        case 4: if report.devices.count > 1 { report.devices[1].uuid = report.devices[0].uuid }
        case 5:
            report.devices.append(
                DeviceReport(index: [-1, 64, 0, 1 << 20][random.below(4)], uuid: identity()))
        case 6: report.deviceCount = [-5, 64, .max, 3][random.below(4)]
        default: break
        }
    }

    private mutating func finding() -> Finding {
        let device = Int32(random.below(9)) - 1
        let ages: [Int64] = [0, 0, 0, 1, 30, 600, 4000, 90_000, -50, -1_000_000]
        let age = ages[random.below(ages.count)]
        return Finding(
            scope: random.below(3) == 0 ? .node : .device(device),
            cause: CauseID(1 + random.below(5)),
            severity: FaultSeverity.allCases[random.below(5)],
            action: FaultAction.allCases[random.below(7)],
            urgency: random.below(2) == 0 ? .now : .afterJob,
            components: ComponentSet(rawValue: UInt16(1 << random.below(7))),
            rule: RuleID(random.below(4)), version: 1,
            seenAt: Instant(nanoseconds: wall.nanoseconds - age * 1_000_000_000),
            inputs: (0..<random.below(12)).map { Int64($0) })
    }
}
