import KubernetesJSON

/// Who leads, as the `Lease` says (`coordination.k8s.io/v1`).
public struct LeaseRecord: Decoded, Hashable {
    /// Who holds it; empty for nobody.
    public var holder = ""
    /// For how long it is held after a renewal.
    public var durationSeconds: Int64 = 0
    /// When the holder took it, by the holder's clock.
    public var acquired: Timestamp?
    /// When it was renewed, by the holder's clock. Others only look whether it changes.
    public var renewed: Timestamp?
    /// How often the holder changed.
    public var transitions: Int64 = 0
    /// The version of the object.
    public var resourceVersion = ""

    /// A lease that nobody holds.
    public init() {}

    /// Reads a lease.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata":
                try scanner.enterObject()
                while let key = try scanner.nextKey() {
                    if key == "resourceVersion" {
                        resourceVersion = try scanner.string()
                    } else {
                        try scanner.skipValue()
                    }
                }
            case "spec": try readSpec(&scanner)
            default: try scanner.skipValue()
            }
        }
    }

    private mutating func readSpec(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "holderIdentity": holder = try scanner.string()
            case "leaseDurationSeconds": durationSeconds = try scanner.integer()
            case "acquireTime": acquired = try scanner.timestamp()
            case "renewTime": renewed = try scanner.timestamp()
            case "leaseTransitions": transitions = try scanner.integer()
            default: try scanner.skipValue()
            }
        }
    }

    /// The object to write.
    func body(name: String, namespace: String) -> [UInt8] {
        JSONWriter.object { object in
            object.member("apiVersion", "coordination.k8s.io/v1")
            object.member("kind", "Lease")
            object.object("metadata") { metadata in
                metadata.member("name", name)
                metadata.member("namespace", namespace)
                if !resourceVersion.isEmpty {
                    metadata.member("resourceVersion", resourceVersion)
                }
            }
            object.object("spec") { spec in
                spec.member("holderIdentity", holder)
                spec.member("leaseDurationSeconds", max(durationSeconds, 1))
                spec.member("leaseTransitions", transitions)
                if let acquired { spec.member("acquireTime", acquired.microTime) }
                if let renewed { spec.member("renewTime", renewed.microTime) }
            }
        }
    }
}
