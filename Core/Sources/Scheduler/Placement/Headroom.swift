import FleetModel

/// How much more of each kind a job may use before a quota stops it.
struct Headroom: Sendable {
    /// Thousandths of GPUs left, by kind; nil when nothing limits.
    private var milliByKind: [Int64]?

    /// No limit.
    static let none = Headroom(milliByKind: nil)

    init(milliByKind: [Int64]?) { self.milliByKind = milliByKind }

    /// The most members of the role, each of the shape's single kind, that are allowed.
    func members(of role: RoleRequest, shape: Shape) -> Int {
        guard let milliByKind, shape.request.gpuMilli > 0 else { return Int(role.maximum) }
        var least = Int64.max
        for kind in 0..<FleetLimits.acceleratorKinds
        where shape.kinds.bits & (1 << UInt64(kind)) != 0 {
            least = min(least, milliByKind[kind])
        }
        return Int(min(Int64(role.maximum), max(0, least) / shape.request.gpuMilli))
    }

    /// Counts members that were placed.
    mutating func use(_ members: Int, of role: RoleRequest, shape: Shape) {
        guard milliByKind != nil else { return }
        for kind in 0..<FleetLimits.acceleratorKinds
        where shape.kinds.bits & (1 << UInt64(kind)) != 0 {
            milliByKind![kind] -= Int64(members) * shape.request.gpuMilli
        }
    }
}
