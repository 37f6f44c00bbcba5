/// A value in a file. Lists and mappings are named by their places in the document, since those
/// of a pickle are shared and may hold themselves.
enum EvidenceValue: Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is not whole; nothing is decided by such.
    case fraction
    case text(String)
    case list(Int32)
    case mapping(Int32)
}

/// What a file holds, as JSON and pickles have it in common.
struct EvidenceDocument {
    /// One entry of a mapping.
    struct Entry: Hashable {
        var key: EvidenceValue
        var value: EvidenceValue
    }

    var root = EvidenceValue.null
    private(set) var lists: [[EvidenceValue]] = []
    private(set) var mappings: [[Entry]] = []
    private var values = 0

    /// Whether there is room for another value.
    mutating func hasRoom() -> Bool {
        values += 1
        return values <= EvidenceLimits.values
    }

    mutating func newList(_ items: [EvidenceValue] = []) -> EvidenceValue {
        lists.append(items)
        return .list(Int32(lists.count - 1))
    }

    mutating func newMapping(_ entries: [Entry] = []) -> EvidenceValue {
        mappings.append(entries)
        return .mapping(Int32(mappings.count - 1))
    }

    /// Adds to a list; false when it is none.
    mutating func append(_ items: ArraySlice<EvidenceValue>, to value: EvidenceValue) -> Bool {
        guard case .list(let id) = value else { return false }
        lists[Int(id)] += items
        return true
    }

    /// Adds keys and values, which alternate, to a mapping; false when it is none.
    mutating func insert(_ items: ArraySlice<EvidenceValue>, into value: EvidenceValue) -> Bool {
        guard case .mapping(let id) = value, items.count % 2 == 0 else { return false }
        var at = items.startIndex
        while at < items.endIndex {
            mappings[Int(id)].append(Entry(key: items[at], value: items[at + 1]))
            at += 2
        }
        return true
    }

    // MARK: Reading

    /// The items of a list; none of anything else.
    func items(_ value: EvidenceValue?) -> [EvidenceValue] {
        guard case .list(let id)? = value else { return [] }
        return lists[Int(id)]
    }

    /// The entries of a mapping; none of anything else.
    func entries(_ value: EvidenceValue?) -> [Entry] {
        guard case .mapping(let id)? = value else { return [] }
        return mappings[Int(id)]
    }

    /// What a mapping has under a key; nil when it has nothing there.
    func member(_ name: String, of value: EvidenceValue?) -> EvidenceValue? {
        guard case .mapping(let id)? = value else { return nil }
        let key = EvidenceValue.text(name)
        return mappings[Int(id)].prefix(EvidenceLimits.keys).last { $0.key == key }?.value
    }

    /// A whole number, also one that is written as text.
    func integer(_ name: String, of value: EvidenceValue?) -> Int64? {
        switch member(name, of: value) {
        case .integer(let number): number
        case .text(let text): Int64(text)
        default: nil
        }
    }

    /// A text, cut where it is longer than names are.
    func text(_ name: String, of value: EvidenceValue?) -> String? {
        guard case .text(let text)? = member(name, of: value) else { return nil }
        return EvidenceDocument.name(text)
    }

    /// A truth.
    func flag(_ name: String, of value: EvidenceValue?) -> Bool {
        member(name, of: value) == .bool(true)
    }

    /// A text as a name: bounded, and without what a terminal would obey.
    static func name(_ text: String) -> String {
        let bytes = text.utf8.prefix(EvidenceLimits.nameBytes).filter { $0 >= 32 && $0 != 127 }
        return String(decoding: bytes, as: UTF8.self)
    }
}
