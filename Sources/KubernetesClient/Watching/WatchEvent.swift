import KubernetesJSON

/// What a watch tells.
public enum WatchEvent<T: Decoded>: Sendable {
    /// An object that is new, or matches the selector now.
    case added(T)
    /// An object that was changed.
    case modified(T)
    /// An object that is gone, or does not match any more, in its last state.
    case deleted(T)
    /// Nothing before this version is to come.
    case bookmark(resourceVersion: String)
    /// Something of the three, with an object that is not understood.
    case unreadable(UnreadableObject, isDeleted: Bool)
}

extension WatchEvent: Equatable where T: Equatable {}

/// One line of a watch.
struct WatchLine<T: Decoded>: Decoded {
    enum Content {
        case event(WatchEvent<T>)
        case refused(APIRefusal)
        /// A type of event that is not known.
        case unknown
    }

    var content = Content.unknown
    /// The version that the watch has come to; empty when the line does not say.
    var resourceVersion = ""

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var type = ""
        var object: JSONScanner.Mark?
        var isRead = false
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "type": type = try scanner.string()
            case "object":
                object = scanner.mark
                if type.isEmpty {
                    try scanner.skipValue()
                } else {
                    try read(&scanner, type)
                    isRead = true
                }
            default: try scanner.skipValue()
            }
        }
        guard let object, !type.isEmpty else {
            throw scanner.fault(.value("expected a type and an object"))
        }
        if !isRead {
            let end = scanner.mark
            scanner.rewind(to: object)
            try read(&scanner, type)
            scanner.rewind(to: end)
        }
    }

    private mutating func read(
        _ scanner: inout JSONScanner, _ type: String
    ) throws(JSONFault) {
        let start = scanner.mark
        switch type {
        case "ADDED", "MODIFIED", "DELETED":
            switch try scanner.readOrPass() as Result<T, UnreadableObjectBox> {
            case .success(let object):
                content = .event(
                    type == "ADDED"
                        ? .added(object)
                        : type == "MODIFIED" ? .modified(object) : .deleted(object))
            case .failure(let box):
                content = .event(.unreadable(box.object, isDeleted: type == "DELETED"))
            }
            resourceVersion = scanner.resourceVersion(at: start)
        case "BOOKMARK":
            try scanner.skipValue()
            resourceVersion = scanner.resourceVersion(at: start)
            content = .event(.bookmark(resourceVersion: resourceVersion))
        case "ERROR":
            content = .refused(try StatusObject(reading: &scanner).refusal)
        default: try scanner.skipValue()
        }
    }
}
