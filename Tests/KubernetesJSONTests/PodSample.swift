import KubernetesJSON

/// The fields of a pod that a scheduler needs, read as it would.
struct PodSample: Decoded, Equatable {
    struct Container: Equatable {
        var requests: [String: String] = [:]
        var limits: [String: String] = [:]
    }

    struct Toleration: Equatable {
        var key = ""
        var isExists = false
        var effect = ""
    }

    var name = ""
    var namespace = ""
    var uid = ""
    var resourceVersion = ""
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var owner = ""
    var created: Timestamp?
    var node = ""
    var isOurs = false
    var priority: Int64 = 0
    var containers: [Container] = []
    var nodeSelector: [String: String] = [:]
    var tolerations: [Toleration] = []
    var isRunning = false

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": try readMetadata(&scanner)
            case "spec": try readSpec(&scanner)
            case "status": try readStatus(&scanner)
            default: try scanner.skipValue()
            }
        }
    }

    private mutating func readMetadata(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "name": name = try scanner.string()
            case "namespace": namespace = try scanner.string()
            case "uid": uid = try scanner.string()
            case "resourceVersion": resourceVersion = try scanner.string()
            case "creationTimestamp": created = try scanner.timestamp()
            case "labels": labels = try scanner.stringMap()
            case "annotations": annotations = try scanner.stringMap()
            case "ownerReferences":
                try scanner.enterArray()
                while try scanner.nextElement() {
                    try scanner.enterObject()
                    while let key = try scanner.nextKey() {
                        if key == "uid" {
                            owner = try scanner.string()
                        } else {
                            try scanner.skipValue()
                        }
                    }
                }
            default: try scanner.skipValue()
            }
        }
    }

    private mutating func readSpec(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "nodeName": node = try scanner.string()
            case "schedulerName": isOurs = try scanner.text() == "muster"
            case "priority": priority = try scanner.integer()
            case "nodeSelector": nodeSelector = try scanner.stringMap()
            case "containers":
                try scanner.enterArray()
                while try scanner.nextElement() {
                    containers.append(try PodSample.container(&scanner))
                }
            case "tolerations":
                try scanner.enterArray()
                while try scanner.nextElement() {
                    tolerations.append(try PodSample.toleration(&scanner))
                }
            default: try scanner.skipValue()
            }
        }
    }

    private mutating func readStatus(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "phase": isRunning = try scanner.text() == "Running"
            default: try scanner.skipValue()
            }
        }
    }

    private static func container(
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> Container {
        var container = Container()
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            guard key == "resources" else {
                try scanner.skipValue()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "requests": container.requests = try scanner.stringMap()
                case "limits": container.limits = try scanner.stringMap()
                default: try scanner.skipValue()
                }
            }
        }
        return container
    }

    private static func toleration(
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> Toleration {
        var toleration = Toleration()
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "key": toleration.key = try scanner.string()
            case "operator": toleration.isExists = try scanner.text() == "Exists"
            case "effect": toleration.effect = try scanner.string()
            default: try scanner.skipValue()
            }
        }
        return toleration
    }
}

/// A list of them.
struct PodSampleList: Decoded {
    var items: [PodSample] = []

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            guard key == "items" else {
                try scanner.skipValue()
                continue
            }
            try scanner.enterArray()
            while try scanner.nextElement() { items.append(try PodSample(reading: &scanner)) }
        }
    }
}

/// A value that is passed over.
struct Passed: Decoded {
    init(reading scanner: inout JSONScanner) throws(JSONFault) { try scanner.skipValue() }
}
