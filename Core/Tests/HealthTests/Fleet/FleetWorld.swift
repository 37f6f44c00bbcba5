import FleetModel
import Glibc

@testable import Health

/// A fleet of 256 nodes in gangs of eight without a scheduler, its provider and its operators,
/// around a health engine. All odds come from one seed.
struct FleetWorld {
    /// Something that happens at a time.
    enum Happening {
        case strike(slot: Int)
        case noise(slot: Int)
        case show(slot: Int, box: Int)
        case answer(OperationID, NodeID)
        case deliver(slot: Int, isSame: Bool)
        case gangStarts(Int)
        case gangEnds(Int)
        case evacuated(NodeID)
        case operate(NodeID)
        case wake
    }

    private struct Event {
        var at: Instant
        var order: Int
        var happening: Happening
    }

    static let slots = 256
    static let gangSize = 8
    static let devices = 8
    static let days: Int64 = 90

    let variant: FleetVariant
    var engine: HealthEngine
    var figures = FleetFigures()
    var random: SplitMix
    var now = Instant.seconds(1_764_000_000)
    let end: Instant
    private var events: [Event] = []
    private var nextOrder = 0

    var boxes: [TrueBox] = []
    /// The machine and node name in each place; nil while the provider has it.
    var box: [Int?]
    var node: [NodeID?]
    var slotOf: [NodeID: Int] = [:]
    var nextNode = 0
    var isRunning: [Bool]
    var runningSince: [Instant]
    var asked: [OperationID: Operation] = [:]
    /// Since when a bad machine serves in a place, and since when a place does not serve.
    private var badSince: [Instant?]
    private var outSince: [Instant?]

    init(_ variant: FleetVariant, seed: UInt64) {
        self.variant = variant
        random = SplitMix(seed: seed)
        var policy = HealthPolicy()
        if !variant.hasProof {
            policy.arrival.new = .admit
            policy.arrival.contradictory = .admit
            policy.suspicion.testsIdleSuspects = false
        }
        if !variant.hasLemonScore { policy.suspicion.lemon.threshold = 1_000_000 }
        engine = HealthEngine(policy: policy)
        end = now + .seconds(Self.days * 86_400)
        box = [Int?](repeating: nil, count: Self.slots)
        node = [NodeID?](repeating: nil, count: Self.slots)
        isRunning = [Bool](repeating: false, count: Self.slots / Self.gangSize)
        runningSince = [Instant](repeating: now, count: Self.slots / Self.gangSize)
        badSince = [Instant?](repeating: nil, count: Self.slots)
        outSince = [Instant?](repeating: nil, count: Self.slots)
    }

    mutating func run() -> FleetFigures {
        for slot in 0..<Self.slots {
            place(newBox(isFirst: true), in: slot)
            after(
                hours: exponential(perMillionNodeDays: FleetOdds.faultsPerMillionNodeDays),
                .strike(slot: slot))
            after(
                hours: exponential(perMillionNodeDays: FleetOdds.noisePerMillionNodeDays),
                .noise(slot: slot))
        }
        for gang in isRunning.indices { after(hours: 1 + Double(gang) / 8, .gangStarts(gang)) }
        while let event = pop(), event.at <= end {
            now = event.at
            happen(event.happening)
        }
        now = end
        for slot in 0..<Self.slots { close(slot) }
        return figures
    }

    // MARK: Time

    mutating func after(hours: Double, _ happening: Happening) {
        schedule(
            happening, at: Instant(nanoseconds: now.nanoseconds + Int64(hours * 3600 * 1e9)))
    }

    mutating func schedule(_ happening: Happening, at: Instant) {
        nextOrder += 1
        events.append(Event(at: at, order: nextOrder, happening: happening))
        var child = events.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            events.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        events[left].at != events[right].at
            ? events[left].at < events[right].at : events[left].order < events[right].order
    }

    private mutating func pop() -> Event? {
        guard let top = events.first else { return nil }
        events.swapAt(0, events.count - 1)
        events.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < events.count && isBefore(child, least) {
                least = child
            }
            guard least != parent else { return top }
            events.swapAt(parent, least)
            parent = least
        }
    }

    mutating func uniform() -> Double { Double(random.next() >> 11) / Double(1 << 53) }
    mutating func happens(_ milli: Int) -> Bool { random.below(1000) < milli }

    mutating func exponential(hours mean: Double) -> Double { -log(1 - uniform()) * mean }

    mutating func exponential(perMillionNodeDays rate: Int) -> Double {
        exponential(hours: 24e6 / Double(rate))
    }

    // MARK: Machines

    mutating func newBox(isFirst: Bool) -> Int {
        var defect = Defect.none
        if happens(FleetOdds.deadOnArrivalMilli) { defect = .device(Int32(random.below(8))) }
        if isFirst, happens(FleetOdds.lemonMilli) { defect = .silent }
        boxes.append(TrueBox(number: boxes.count, defect: defect))
        return boxes.count - 1
    }

    mutating func place(_ number: Int, in slot: Int) {
        let id = NodeID(nextNode)
        nextNode += 1
        box[slot] = number
        node[slot] = id
        slotOf[id] = slot
        let isKnown = variant.hasLedger
        func identity(_ kind: Int) -> IdentityID? {
            isKnown ? IdentityID(number * 16 + kind) : nil
        }
        let report = HardwareReport(
            chassis: identity(15),
            devices: (0..<Self.devices).map { index in
                DeviceReport(index: Int32(index), uuid: identity(index))
            })
        tell(.arrived(id, Arrival(report: report, domains: [DomainID(slot / 32)])))
        if boxes[number].defect != .none { expectToShow(slot) }
    }

    /// A defect shows some time after the machine has gone into service.
    mutating func expectToShow(_ slot: Int) {
        guard let number = box[slot] else { return }
        after(
            hours: exponential(hours: Double(FleetOdds.hoursToShow)),
            .show(slot: slot, box: number))
    }

    func serves(_ slot: Int) -> Bool {
        node[slot].flatMap { engine[$0] }?.track.state.takesWork ?? false
    }

    /// Whether what is bad about the machine is in service.
    func badServes(_ slot: Int) -> Bool {
        guard serves(slot), let number = box[slot], let id = node[slot] else { return false }
        switch boxes[number].defect {
        case .none: return false
        case .silent: return true
        case .device(let index):
            return engine[id]?.devices[Int(index)].state.takesWork ?? false
        }
    }

    // MARK: The engine

    mutating func tell(_ input: HealthInput) {
        var answer: [HealthDirective] = []
        engine.apply(input, at: now, into: &answer)
        for directive in answer { follow(directive) }
    }

    private mutating func close(_ slot: Int) {
        if badServes(slot) { figures.badAtEnd += 1 }
        account(slot, isBad: false, isOut: false)
    }

    /// Adds up the hours of a place, after anything that may have changed them.
    mutating func account(_ slot: Int, isBad: Bool, isOut: Bool) {
        if let since = badSince[slot], !isBad {
            figures.badHours += (now - since).wholeSeconds / 3600
            badSince[slot] = nil
        } else if isBad, badSince[slot] == nil {
            badSince[slot] = now
            figures.badEntries += 1
        }
        if let since = outSince[slot], !isOut {
            figures.hoursOut += (now - since).wholeSeconds / 3600
            outSince[slot] = nil
        } else if isOut, outSince[slot] == nil {
            outSince[slot] = now
        }
    }

    mutating func account(_ slot: Int) {
        account(slot, isBad: badServes(slot), isOut: !serves(slot))
    }
}
