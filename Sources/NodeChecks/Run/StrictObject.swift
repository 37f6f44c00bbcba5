import KubernetesJSON

/// One JSON object whose members are taken one by one: none may be missing, come twice, be null or
/// be left over.
struct StrictObject {
    /// The line, for faults.
    let line: Int
    /// What stands before the names of members in faults, such as `figures.`.
    var path = ""
    private var members: [(key: String, bytes: [UInt8])] = []

    /// Members that one object may have.
    private static let mostMembers = 64

    init(line: Int, path: String = "") {
        self.line = line
        self.path = path
    }

    /// Splits the text of an object into its members.
    mutating func scan(_ bytes: [UInt8]) throws(CheckedRun.Fault) {
        var members: [(key: String, bytes: [UInt8])] = []
        var words: String?
        do throws(JSONFault) {
            try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
                guard try scanner.kind() == .object else {
                    throw scanner.fault(.expected("an object"))
                }
                try scanner.enterObject()
                while let key = try scanner.nextKey() {
                    let name = key.string
                    guard members.count < StrictObject.mostMembers else {
                        throw scanner.fault(.value("more members than any line has"))
                    }
                    members.append((name, try scanner.capture()))
                }
            }
        } catch {
            words = error.description
        }
        if let words { throw CheckedRun.Fault(line: line, words: words) }
        for (index, member) in members.enumerated()
        where members[..<index].contains(where: { $0.key == member.key }) {
            throw fault("comes twice", member.key)
        }
        self.members = members
    }

    func fault(_ words: String, _ field: String) -> CheckedRun.Fault {
        CheckedRun.Fault(line: line, field: path + field.prefix(100), words: words)
    }

    /// Throws when something is left that nobody took.
    func end() throws(CheckedRun.Fault) {
        if let left = members.first { throw fault("is not known", left.key) }
    }

    /// The text of a member's value; nil when it is not there.
    mutating func take(_ key: String) -> [UInt8]? {
        guard let index = members.firstIndex(where: { $0.key == key }) else { return nil }
        return members.remove(at: index).bytes
    }

    /// Whether a member is there.
    func has(_ key: String) -> Bool { members.contains { $0.key == key } }

    private mutating func value<T>(
        _ key: String, _ kind: JSONKind, _ what: String,
        _ read: (inout JSONScanner) throws(JSONFault) -> T
    ) throws(CheckedRun.Fault) -> T {
        guard let bytes = take(key) else { throw fault("is missing", key) }
        do throws(JSONFault) {
            return try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
                guard try scanner.kind() == kind else {
                    throw scanner.fault(.expected(what))
                }
                return try read(&scanner)
            }
        } catch {
            throw fault(error.description, key)
        }
    }

    mutating func text(_ key: String) throws(CheckedRun.Fault) -> String {
        try value(key, .string, "a text") { (scanner) throws(JSONFault) in try scanner.string() }
    }

    mutating func boolean(_ key: String) throws(CheckedRun.Fault) -> Bool {
        try value(key, .boolean, "true or false") { (scanner) throws(JSONFault) in
            try scanner.boolean()
        }
    }

    /// A number as it is written.
    mutating func number(_ key: String) throws(CheckedRun.Fault) -> String {
        try value(key, .number, "a number") { (scanner) throws(JSONFault) in
            try scanner.number().string
        }
    }

    mutating func integer(
        _ key: String, _ range: ClosedRange<Int64> = Int64.min...Int64.max
    ) throws(CheckedRun.Fault) -> Int64 {
        let number = try value(key, .number, "a number") { (scanner) throws(JSONFault) in
            try scanner.integer()
        }
        guard range.contains(number) else {
            throw fault(
                "is \(number), not from \(range.lowerBound) to \(range.upperBound)", key)
        }
        return number
    }

    /// The texts of the values of a list, at most so many.
    mutating func list(_ key: String, most: Int) throws(CheckedRun.Fault) -> [[UInt8]] {
        let all = try value(key, .array, "a list") { (scanner) throws(JSONFault) in
            var all: [[UInt8]] = []
            try scanner.enterArray()
            while try scanner.nextElement() {
                guard all.count < most else {
                    throw scanner.fault(.value("more than \(most) of them"))
                }
                all.append(try scanner.capture())
            }
            return all
        }
        return all
    }

    mutating func texts(_ key: String, most: Int = 64) throws(CheckedRun.Fault) -> [String] {
        var texts: [String] = []
        for bytes in try list(key, most: most) {
            var item = StrictObject(line: line, path: path, item: key, bytes)
            texts.append(try item.text(key))
        }
        return texts
    }

    mutating func integers(_ key: String, most: Int = 64) throws(CheckedRun.Fault) -> [Int64] {
        var numbers: [Int64] = []
        for bytes in try list(key, most: most) {
            var item = StrictObject(line: line, path: path, item: key, bytes)
            numbers.append(try item.integer(key))
        }
        return numbers
    }

    /// The objects of a list.
    mutating func objects(_ key: String, most: Int) throws(CheckedRun.Fault) -> [StrictObject] {
        var objects: [StrictObject] = []
        for bytes in try list(key, most: most) {
            var object = StrictObject(line: line, path: path + key + ".")
            try object.scan(bytes)
            objects.append(object)
        }
        return objects
    }

    mutating func object(_ key: String) throws(CheckedRun.Fault) -> StrictObject {
        guard let bytes = take(key) else { throw fault("is missing", key) }
        var object = StrictObject(line: line, path: path + key + ".")
        try object.scan(bytes)
        return object
    }

    /// A list's element as the only member of an object.
    private init(line: Int, path: String, item: String, _ bytes: [UInt8]) {
        self.init(line: line, path: path)
        members = [(item, bytes)]
    }
}
