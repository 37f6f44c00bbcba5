import KubernetesJSON

/// Which object something is, and in which version. Also what to ask for when nothing else of an
/// answer is wanted.
public struct ObjectIdentity: Decoded, Hashable {
    /// The namespace; empty for objects without.
    public var namespace = ""
    /// The name.
    public var name = ""
    /// What no other object ever has; another one of the same name has another.
    public var uid = ""
    /// The version; only the server knows how to compare two of them.
    public var resourceVersion = ""

    /// Reads an object and keeps these fields.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            guard key == "metadata" else {
                try scanner.skipValue()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "namespace": namespace = try scanner.string()
                case "name": name = try scanner.string()
                case "uid": uid = try scanner.string()
                case "resourceVersion": resourceVersion = try scanner.string()
                default: try scanner.skipValue()
                }
            }
        }
    }
}

/// An object that its reader does not understand. It stops nothing else.
public struct UnreadableObject: Hashable, Sendable {
    /// Which one, as far as that can be told.
    public var identity: ObjectIdentity?
    /// What is wrong; the place is counted from the beginning of the answer.
    public var fault: JSONFault
}

extension JSONScanner {
    /// Reads an object, or says what is wrong with it; either way it is passed over. Throws only
    /// when the text itself is broken.
    mutating func readOrPass<T: Decoded>() throws(JSONFault) -> Result<T, UnreadableObjectBox> {
        let start = mark
        do {
            return .success(try T(reading: &self))
        } catch {
            rewind(to: start)
            try skipValue()
            let end = mark
            rewind(to: start)
            let identity = try? ObjectIdentity(reading: &self)
            rewind(to: end)
            return .failure(
                UnreadableObjectBox(object: UnreadableObject(identity: identity, fault: error)))
        }
    }

    /// The version of the object that begins at a mark; empty when it has none. Afterwards the
    /// scanner is where it was.
    mutating func resourceVersion(at start: Mark) -> String {
        let end = mark
        defer { rewind(to: end) }
        rewind(to: start)
        return (try? findResourceVersion()) ?? ""
    }

    private mutating func findResourceVersion() throws(JSONFault) -> String {
        try enterObject()
        while let key = try nextKey() {
            guard key == "metadata" else {
                try skipValue()
                continue
            }
            try enterObject()
            while let key = try nextKey() {
                if key == "resourceVersion" { return try string() }
                try skipValue()
            }
        }
        return ""
    }
}

/// Makes an unreadable object the other side of a `Result`.
struct UnreadableObjectBox: Error {
    var object: UnreadableObject
}
