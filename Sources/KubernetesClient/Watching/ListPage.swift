import KubernetesJSON

/// One page of a list.
struct ListPage<T: Decoded>: Decoded {
    var items: [T] = []
    var unreadable: [UnreadableObject] = []
    /// The version of the whole list.
    var resourceVersion = ""
    /// What the next page is asked for with; empty for none.
    var next = ""

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var hasItems = false
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": try readMetadata(&scanner)
            case "items":
                hasItems = true
                try scanner.enterArray()
                while try scanner.nextElement() {
                    switch try scanner.readOrPass() as Result<T, UnreadableObjectBox> {
                    case .success(let item): items.append(item)
                    case .failure(let box): unreadable.append(box.object)
                    }
                }
            default: try scanner.skipValue()
            }
        }
        // A list without either is something else, and must not pass for an empty one.
        guard hasItems, !resourceVersion.isEmpty else {
            throw scanner.fault(.value("expected a list with its version"))
        }
    }

    private mutating func readMetadata(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "resourceVersion": resourceVersion = try scanner.string()
            case "continue": next = try scanner.string()
            default: try scanner.skipValue()
            }
        }
    }
}
