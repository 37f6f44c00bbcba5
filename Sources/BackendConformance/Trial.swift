import ControlPlane
import Documents
import FleetModel

/// One check on its way: a backend and what it has reported since it began.
struct Trial: Sendable {
    let stage: any ConformanceStage
    private(set) var backend: (any Backend)?
    private(set) var book = ReportBook()
    private var fleet = FleetDefinition(topology: Topology(levels: []))

    init(stage: any ConformanceStage) { self.stage = stage }

    /// Begins with a backend that is expected to run nothing.
    mutating func begin() async throws { try await begin(expecting: []) }

    /// Lets the backend go and begins with another one of the same world, and an empty book.
    mutating func restart(
        expecting gangs: [(GangLaunch, ExpectedGang.Phase)]
    ) async throws {
        await backend?.stop()
        backend = nil
        let now = stage.now
        try await begin(
            expecting: gangs.map { launch, phase in
                ExpectedGang(launch: launch, phase: phase, startedAt: now)
            })
    }

    private mutating func begin(expecting gangs: [ExpectedGang]) async throws {
        let book = ReportBook()
        let next = try await stage.makeBackend()
        self.book = book
        backend = next
        fleet = try await next.inventory()
        try await next.start(expecting: gangs) { book.note($0) }
    }

    /// Ends what may still run, and lets the backend go.
    mutating func leave() async {
        guard let last = backend else { return }
        await last.stop()
        backend = nil
        // What runs beyond its backend is ended by one that expects nothing.
        try? await begin(expecting: [])
        await backend?.stop()
    }

    /// Gives an order.
    func order(_ order: BackendOrder) { backend?.execute(order) }

    /// A gang whose members have a device each, on as few nodes as will do.
    func launch(
        _ job: Int, _ behaviour: ConformanceBehaviour, members: Int
    ) throws -> GangLaunch {
        var places: [(NodeID, UInt64)] = []
        for node in fleet.nodes {
            for device in 0..<Int(node.devices) where places.count < members {
                places.append((node.id, 1 << UInt64(device)))
            }
        }
        guard places.count == members else {
            throw ConformanceFailure("the fleet has no \(members) devices for a check")
        }
        return GangLaunch(
            job: JobID(job), attempt: Attempt(1),
            document: try stage.document(behaviour, members: members), tenant: "checks",
            members: places.enumerated().map { rank, place in
                MemberLaunch(rank: rank, role: 0, node: place.0, devices: place.1)
            })
    }

    /// A gang that has been started.
    func running(
        _ job: Int, _ behaviour: ConformanceBehaviour, members: Int
    ) async throws -> GangLaunch {
        let gang = try launch(job, behaviour, members: members)
        order(.start(gang))
        try await book.wait(for: .started, of: gang.job)
        return gang
    }

    /// Long enough for what should not happen to happen.
    func pause() async throws { try await Task.sleep(nanoseconds: 400_000_000) }

    /// Fails unless just these reports have come of a gang.
    func expectReports(_ gang: GangLaunch, _ kinds: [ReportKind]) throws {
        let all = book.kinds(of: gang.job, gang.attempt)
        try BackendConformance.expect(all == kinds, "the reports are \(all), not \(kinds)")
    }
}
