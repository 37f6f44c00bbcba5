/// When something ends in a projection.
struct ProjectedEnd: Comparable {
    /// When.
    var at: Int64
    /// What ends: an index that the projection gave it.
    var item: Int32

    @inline(__always) static func < (left: ProjectedEnd, right: ProjectedEnd) -> Bool {
        left.at != right.at ? left.at < right.at : left.item < right.item
    }
}
