/// Names and their dense ids, for one kind of thing. The door's dictionary; the engine has none.
public struct NameTable<ID: DenseID>: Sendable {
    /// Names by id index, in order of first use.
    public private(set) var names: [String] = []
    private var indexes: [String: Int32] = [:]

    /// Starts without names.
    public init() {}

    /// How many names there are.
    public var count: Int { names.count }

    /// The id of `name`, given out now if it is new. Amortised O(1).
    public mutating func intern(_ name: String) -> ID {
        if let index = indexes[name] { return ID(rawValue: index) }
        let index = Int32(names.count)
        indexes[name] = index
        names.append(name)
        return ID(rawValue: index)
    }

    /// Gives an id another name, which has none; the old one has none from now on. O(1).
    public mutating func rename(_ id: ID, to name: String) {
        precondition(indexes[name] == nil, "a name that has an id gets another")
        indexes[names[id.index]] = nil
        indexes[name] = id.rawValue
        names[id.index] = name
    }

    /// The id of `name`, if it has one. O(1).
    public func id(of name: String) -> ID? {
        indexes[name].map { ID(rawValue: $0) }
    }

    /// The name of `id`; traps when it was not given out here.
    public subscript(id: ID) -> String { names[id.index] }
}
