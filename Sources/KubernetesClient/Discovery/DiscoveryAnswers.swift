import KubernetesJSON

/// `APIVersions` of the core group.
struct CoreVersions: Decoded {
    var versions: [String] = []

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            if key == "versions" {
                versions = try scanner.strings()
            } else {
                try scanner.skipValue()
            }
        }
    }
}

/// `APIGroupList`, as groups and versions, the preferred of each group first.
struct GroupList: Decoded {
    var groupVersions: [String] = []

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            guard key == "groups" else {
                try scanner.skipValue()
                continue
            }
            try scanner.enterArray()
            while try scanner.nextElement() { try readGroup(&scanner) }
        }
    }

    private mutating func readGroup(_ scanner: inout JSONScanner) throws(JSONFault) {
        var versions: [String] = []
        var preferred = ""
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "versions":
                try scanner.enterArray()
                while try scanner.nextElement() {
                    versions.append(try GroupList.groupVersion(&scanner))
                }
            case "preferredVersion": preferred = try GroupList.groupVersion(&scanner)
            default: try scanner.skipValue()
            }
        }
        if versions.contains(preferred) { groupVersions.append(preferred) }
        groupVersions += versions.filter { $0 != preferred && !$0.isEmpty }
    }

    private static func groupVersion(
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> String {
        var text = ""
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            if key == "groupVersion" {
                text = try scanner.string()
            } else {
                try scanner.skipValue()
            }
        }
        return text
    }
}

/// `APIResourceList`.
struct ResourceList: Decoded {
    /// With the group and version of the list still missing.
    var resources: [Discovery.Resource] = []

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            guard key == "resources" else {
                try scanner.skipValue()
                continue
            }
            try scanner.enterArray()
            while try scanner.nextElement() {
                resources.append(try ResourceList.resource(&scanner))
            }
        }
    }

    private static func resource(
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> Discovery.Resource {
        var (name, kind, group, version) = ("", "", "", "")
        var isNamespaced = false
        var verbs: [String] = []
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "name": name = try scanner.string()
            case "kind": kind = try scanner.string()
            case "group": group = try scanner.string()
            case "version": version = try scanner.string()
            case "namespaced": isNamespaced = try scanner.boolean()
            case "verbs": verbs = try scanner.strings()
            default: try scanner.skipValue()
            }
        }
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        let type = ResourceType(
            version: "", plural: parts.first ?? "", kind: kind, isNamespaced: isNamespaced)
        let body = version.isEmpty ? "" : group.isEmpty ? version : "\(group)/\(version)"
        return Discovery.Resource(
            type: type, subresource: parts.count == 2 ? parts[1] : "", verbs: verbs,
            bodyVersion: body)
    }
}

/// `version.Info`.
struct ServerVersion: Decoded {
    var gitVersion = ""

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            if key == "gitVersion" {
                gitVersion = try scanner.string()
            } else {
                try scanner.skipValue()
            }
        }
    }
}
