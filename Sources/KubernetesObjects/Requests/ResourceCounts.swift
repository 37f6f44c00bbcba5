/// Whole amounts of resources by name, sorted by name; no entry is zero.
public struct ResourceCounts: Hashable, Sendable {
    /// One resource and how much of it.
    public struct Entry: Hashable, Sendable {
        /// The resource, as `nvidia.com/gpu`.
        public var name: String
        /// How much.
        public var count: Int64
    }

    /// The entries in order of their names.
    public private(set) var entries: [Entry] = []

    /// Nothing.
    public init() {}

    /// Amounts by name.
    public init(_ pairs: KeyValuePairs<String, Int64>) {
        for (name, count) in pairs { self[name] = count }
    }

    /// Whether there is nothing.
    public var isEmpty: Bool { entries.isEmpty }

    /// The amount of a resource. O(count).
    public subscript(name: String) -> Int64 {
        get {
            for entry in entries where entry.name == name { return entry.count }
            return 0
        }
        set {
            guard let index = entries.firstIndex(where: { $0.name >= name }) else {
                if newValue != 0 { entries.append(Entry(name: name, count: newValue)) }
                return
            }
            if entries[index].name != name {
                if newValue != 0 { entries.insert(Entry(name: name, count: newValue), at: index) }
            } else if newValue == 0 {
                entries.remove(at: index)
            } else {
                entries[index].count = newValue
            }
        }
    }
}
