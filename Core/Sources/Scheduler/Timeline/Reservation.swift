import FleetModel

/// What a reservation is for.
enum ReservationPurpose: UInt8, SnapshotValue, Sendable {
    /// A gang waits until enough has ended, or makes way.
    case blocked
    /// A gang that hardware broke keeps what is left of its place.
    case grace
    /// A gang is moved here to make room elsewhere.
    case move
}

/// Devices that the timeline holds for a gang: its future place, and the part that it has already.
///
/// What is held is taken from the fleet like an allocation, so that nothing else has to know of
/// reservations to respect them. When all of it is held it becomes the gang's allocation as it is.
struct Reservation: Sendable {
    /// The job's slot.
    private(set) var slot: Int32
    /// What it is for.
    var purpose: ReservationPurpose
    /// Where every member will stand, in rank order.
    private(set) var members: [PlacedMember]
    /// When the place is expected to be free; nil when nobody knows.
    var due: Instant?
    /// When the gang's first reservation was due: until then others may start there that are
    /// expected to end in time. When that turns out wrong, none may any more, so that one wrong
    /// estimate does not lead to the next.
    private(set) var promised: Instant?
    /// Times that it was moved to another place.
    private(set) var moves: Int
    /// When it was made: what starts there later has slipped in.
    private(set) var madeAt: Instant
    /// When it is given up if it is not complete; nil for never.
    var expiresAt: Instant?
    /// Devices held, by member.
    fileprivate(set) var heldDevices: [UInt64]
    /// Host resources held, by member.
    fileprivate(set) var heldHost: [HostResources]
    /// Members that are not held wholly.
    fileprivate(set) var missing: Int
    /// Devices held, whole or in part.
    fileprivate(set) var heldCount = 0
    /// Members in the order of their nodes.
    private(set) var byNode: [Int]

    init(
        slot: Int, purpose: ReservationPurpose, members: [PlacedMember], due: Instant?,
        madeAt: Instant, expiresAt: Instant? = nil, promised: Instant?? = nil, moves: Int = 0
    ) {
        self.slot = Int32(slot)
        self.purpose = purpose
        self.members = members
        self.due = due
        self.madeAt = madeAt
        self.expiresAt = expiresAt
        self.promised = promised ?? due
        self.moves = moves
        heldDevices = [UInt64](repeating: 0, count: members.count)
        heldHost = [HostResources](repeating: .zero, count: members.count)
        byNode = members.indices.sorted {
            let (a, b) = (members[$0].grant.node, members[$1].grant.node)
            return a != b ? a < b : $0 < $1
        }
        missing = members.count { $0.grant.devices != 0 || $0.grant.host != .zero }
    }

    /// The same one with nothing held, to be taken in again.
    func renewed(due: Instant?) -> Reservation {
        Reservation(
            slot: Int(slot), purpose: purpose, members: members, due: due, madeAt: madeAt,
            expiresAt: expiresAt, promised: .some(promised), moves: moves)
    }

    /// The same one in another place.
    func moved(to plan: PlacePlan, at now: Instant) -> Reservation {
        Reservation(
            slot: Int(slot), purpose: purpose, members: plan.members, due: plan.due, madeAt: now,
            expiresAt: expiresAt, promised: .some(promised), moves: moves + 1)
    }

    /// What stands under a number that is not taken.
    static let blank = Reservation(
        slot: -1, purpose: .blocked, members: [], due: nil, madeAt: .zero)

    /// Moves of one reservation before it stays where it is.
    static let mostMoves = 4

    /// Whether a member is held wholly.
    func isHeld(_ member: Int) -> Bool {
        heldDevices[member] == members[member].grant.devices
            && heldHost[member] == members[member].grant.host
    }

    /// What of a member is held.
    func heldGrant(_ member: Int) -> Grant {
        let grant = members[member].grant
        return Grant(
            node: grant.node, deviceMilli: grant.deviceMilli, devices: heldDevices[member],
            host: heldHost[member])
    }
}

/// One member of a reserved place, as its node knows it.
struct Claim: Hashable, Sendable {
    /// The reservation.
    var reservation: Int32
    /// Index into its members.
    var member: Int32
}

/// The reservations of the fleet, by number and by node.
struct ReservationBook: Sendable {
    private var entries: [Reservation] = []
    private var isTaken: [Bool] = []
    private(set) var claims: [[Claim]] = []
    private(set) var count = 0
    /// Thousandths of devices held, by kind.
    private(set) var heldMilli = [Int64](repeating: 0, count: FleetLimits.acceleratorKinds)
    private var free: [Int32] = []

    /// The reservation with this number, which must exist.
    subscript(index: Int) -> Reservation {
        @inline(__always) _read {
            precondition(isTaken[index], "a number without a reservation")
            yield entries.span[index]
        }
        @inline(__always) _modify {
            precondition(isTaken[index], "a number without a reservation")
            yield &entries[index]
        }
    }

    /// Whether there is a reservation with this number.
    func isTaken(_ index: Int) -> Bool { isTaken[index] }

    /// The reservation with this number, if there is one.
    func entry(_ index: Int32) -> Reservation? {
        isTaken[Int(index)] ? entries[Int(index)] : nil
    }

    /// Numbers that were ever given.
    var limit: Int { entries.count }

    /// All reservations, by number.
    var all: [Reservation] { indices.map { entries[$0] } }

    /// Numbers of all reservations, oldest number first.
    var indices: [Int] { entries.indices.filter { isTaken[$0] } }

    /// Whether some gang has a claim on the node.
    func isClaimed(_ node: Int) -> Bool { node < claims.count && !claims[node].isEmpty }

    /// Whole devices of a node that some gang has a claim on, and those of them that are held.
    func claimedDevices(_ node: Int, except own: Int32 = -1) -> UInt64 {
        guard isClaimed(node) else { return 0 }
        var bits: UInt64 = 0
        for claim in claims[node] where claim.reservation != own {
            bits |= entries[Int(claim.reservation)].members[Int(claim.member)].grant.devices
        }
        return bits
    }

    /// Takes a reservation in, with nothing held yet.
    mutating func insert(_ reservation: Reservation) -> Int32 {
        count += 1
        let index: Int32
        if let reused = free.popLast() {
            index = reused
            entries[Int(reused)] = reservation
            isTaken[Int(reused)] = true
        } else {
            index = Int32(entries.count)
            entries.append(reservation)
            isTaken.append(true)
        }
        for (member, placed) in reservation.members.enumerated() {
            let node = placed.grant.node.index
            while claims.count <= node { claims.append([]) }
            claims[node].append(Claim(reservation: index, member: Int32(member)))
        }
        return index
    }

    /// Lets a reservation go; what it holds is for the caller to return.
    mutating func remove(_ index: Int32) -> Reservation {
        precondition(isTaken[Int(index)], "a reservation was removed twice")
        let reservation = entries[Int(index)]
        for placed in reservation.members {
            claims[placed.grant.node.index].removeAll { $0.reservation == index }
        }
        entries[Int(index)] = .blank
        isTaken[Int(index)] = false
        free.append(index)
        count -= 1
        return reservation
    }

    /// Notes that more, or less, of a member is held.
    mutating func setHeld(
        _ index: Int32, member: Int, devices: UInt64, host: HostResources, kind: UInt8
    ) {
        let before = self[Int(index)].isHeld(member)
        let change =
            devices.nonzeroBitCount - self[Int(index)].heldDevices[member].nonzeroBitCount
        if change != 0, kind != FleetState.noKind {
            heldMilli[Int(kind)] +=
                Int64(change) * Int64(self[Int(index)].members[member].grant.deviceMilli)
        }
        self[Int(index)].heldCount += change
        self[Int(index)].heldDevices[member] = devices
        self[Int(index)].heldHost[member] = host
        let after = self[Int(index)].isHeld(member)
        if before != after { self[Int(index)].missing += after ? -1 : 1 }
    }
}

extension Reservation: SnapshotValue {
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&slot)
        coder.field(&purpose)
        coder.field(&members)
        coder.field(&due)
        coder.field(&promised)
        coder.field(&moves)
        coder.field(&madeAt)
        coder.field(&expiresAt)
        coder.field(&heldDevices)
        coder.field(&heldHost)
        coder.field(&missing)
        coder.field(&heldCount)
        coder.field(&byNode)
    }
}

extension Claim: SnapshotValue {
    static var blank: Claim { Claim(reservation: 0, member: 0) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&reservation)
        coder.field(&member)
    }
}

extension ReservationBook: SnapshotValue {
    static var blank: ReservationBook { ReservationBook() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&entries)
        coder.field(&isTaken)
        coder.field(&claims)
        coder.field(&count)
        coder.field(&heldMilli)
        coder.field(&free)
    }
}
