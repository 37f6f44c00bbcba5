import ControlPlane

/// Tests this machine with the program's own checks. Repairs, and other
/// stacks of versions, are left to people.
struct LocalCare: NodeCare {
    let backend: LocalBackend
    let installsStacks = false

    func take(_ order: CareOrder) { backend.take(order) }
}
