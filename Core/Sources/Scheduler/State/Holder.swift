/// One member of a gang, as the node that it stands on knows it.
struct Holder: Hashable, Sendable {
    /// Slot of the job.
    var slot: Int32
    /// Index into the job's members.
    var member: Int32
}

extension Holder: SnapshotValue {
    static var blank: Holder { Holder(slot: 0, member: 0) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&slot)
        coder.field(&member)
    }
}
