import KubernetesJSON

/// Labels or annotations: keys with values, sorted by key.
///
/// Objects have few of them, so that looking one up by walking the list is faster than hashing,
/// and a list takes less memory than a table. Lookup is O(count).
public struct LabelSet: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One key and its value.
    public struct Entry: Hashable, Sendable {
        /// The key, as `kubernetes.io/hostname`.
        public var key: String
        /// The value.
        public var value: String

        /// Pairs a key with a value.
        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The entries in order of their keys, each key once.
    public private(set) var entries: [Entry]

    /// Sorts entries; of repeated keys the last counts. O(count log count).
    public init(_ entries: [Entry] = []) {
        self.entries = entries
        let isSorted = zip(entries, entries.dropFirst()).allSatisfy { $0.key < $1.key }
        guard !isSorted else { return }
        var sorted: [Entry] = []
        sorted.reserveCapacity(entries.count)
        // The index makes the order of equal keys that of the list.
        for (_, entry) in entries.enumerated().sorted(by: {
            ($0.element.key, $0.offset) < ($1.element.key, $1.offset)
        }) {
            if sorted.last?.key == entry.key { sorted.removeLast() }
            sorted.append(entry)
        }
        self.entries = sorted
    }

    /// Takes pairs; of repeated keys the last counts.
    public init(dictionaryLiteral pairs: (String, String)...) {
        self.init(pairs.map { Entry($0.0, $0.1) })
    }

    /// Whether there is none.
    public var isEmpty: Bool { entries.isEmpty }

    /// The value of a key.
    public subscript(key: String) -> String? {
        // Most keys differ in length, which is cheaper to see than that their letters do.
        let length = key.utf8.count
        for entry in entries where entry.key.utf8.count == length && entry.key == key {
            return entry.value
        }
        return nil
    }

    /// The value of the first of these keys that is there.
    public func first(of keys: [String]) -> String? {
        for key in keys {
            if let value = self[key] { return value }
        }
        return nil
    }
}

extension LabelSet {
    /// Reads an object whose values are strings; `null` is the empty set. Values longer than
    /// `longest` bytes and keys that `skips` refuses are passed over.
    static func read(
        _ scanner: inout JSONScanner, longest: Int = .max, skips: (String) -> Bool = { _ in false }
    ) throws(JSONFault) -> LabelSet {
        var entries: [Entry] = []
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            let name = key.string
            guard !skips(name) else {
                try scanner.skipValue()
                continue
            }
            let value = try scanner.string()
            if value.utf8.count <= longest { entries.append(Entry(name, value)) }
        }
        return LabelSet(entries)
    }
}
