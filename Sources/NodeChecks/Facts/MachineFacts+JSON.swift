import KubernetesJSON
import Qualification

extension MachineFacts {
    /// Writes the members of an object.
    func write(into object: inout JSONWriter) {
        object.member("host", host)
        object.member("chassis", chassis)
        object.member("processor", processor)
        object.member("cores", cores)
        object.member("nvml", MachineFacts.text(nvml))
        object.member("cuda", MachineFacts.text(cuda))
        if let cudaDevices { object.member("cudaDevices", cudaDevices) }
        object.member("cudaAddresses", cudaAddresses)
        object.member("pciDevices", pciDevices)
        object.member("computeAddresses", computeAddresses)
        object.member("displayAddresses", displayAddresses)
        object.array("devices") { array in
            for device in devices { array.object { device.write(into: &$0) } }
        }
        object.array("ports") { array in
            for port in ports {
                array.object { object in
                    object.member("name", port.name)
                    object.member("active", port.isActive)
                    object.member("rate", port.rate)
                }
            }
        }
        object.array("memoryControllers") { array in
            for controller in memoryControllers {
                array.object { object in
                    object.member("name", controller.name)
                    object.member("corrected", controller.corrected)
                    object.member("uncorrected", controller.uncorrected)
                }
            }
        }
        object.array("versions") { array in
            for version in versions {
                array.object { object in
                    object.member("part", version.part.name)
                    object.member("version", version.version.text)
                    object.member("place", version.place)
                }
            }
        }
    }

    private static func text(_ state: LibraryState) -> String {
        switch state {
        case .absent: ""
        case .works: "works"
        case .fails(let words): "fails: " + words
        }
    }

    private static func state(_ text: String) -> LibraryState {
        if text.isEmpty { return .absent }
        if text == "works" { return .works }
        return .fails(text.hasPrefix("fails: ") ? String(text.dropFirst(7)) : text)
    }

    /// Takes a member of the object in; passes over what is unknown.
    mutating func read(_ key: String, _ scanner: inout JSONScanner) throws(JSONFault) {
        switch key {
        case "host": host = try scanner.string()
        case "chassis": chassis = try scanner.string()
        case "processor": processor = try scanner.string()
        case "cores": cores = try scanner.integer()
        case "nvml": nvml = MachineFacts.state(try scanner.string())
        case "cuda": cuda = MachineFacts.state(try scanner.string())
        case "cudaDevices": cudaDevices = try scanner.integer()
        case "cudaAddresses": cudaAddresses = try scanner.strings()
        case "pciDevices": pciDevices = try scanner.integer()
        case "computeAddresses": computeAddresses = try scanner.strings()
        case "displayAddresses": displayAddresses = try scanner.strings()
        case "devices":
            try scanner.enterArray()
            while try scanner.nextElement() { devices.append(try DeviceFacts(&scanner)) }
        case "ports":
            try scanner.enterArray()
            while try scanner.nextElement() { ports.append(try PortFacts(&scanner)) }
        case "memoryControllers":
            try scanner.enterArray()
            while try scanner.nextElement() {
                memoryControllers.append(try MemoryControllerFacts(&scanner))
            }
        case "versions":
            try scanner.enterArray()
            while try scanner.nextElement() {
                if let version = try MachineFacts.version(&scanner) { versions.append(version) }
            }
        default: try scanner.skipValue()
        }
    }

    private static func version(
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> FoundVersion? {
        var (part, version, place) = (StackPart?.none, "", "")
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "part":
                let name = try scanner.string()
                part = StackPart.allCases.first { $0.name == name }
            case "version": version = try scanner.string()
            case "place": place = try scanner.string()
            default: try scanner.skipValue()
            }
        }
        return part.map { FoundVersion($0, version, at: place) }
    }
}

extension DeviceFacts {
    func write(into object: inout JSONWriter) {
        object.member("uuid", uuid)
        object.member("serial", serial)
        object.member("model", model)
        object.member("pciAddress", pciAddress)
        object.member("vbios", vbios)
        for (name, flag) in [
            ("ecc", hasECC), ("remapPending", isRemapPending), ("remapFailed", hasRemapFailed),
            ("split", isSplit),
        ] {
            if let flag { object.member(name, flag) }
        }
        for (name, number) in [
            ("uncorrectedErrors", uncorrectedErrors),
            ("uncorrectedErrorsEver", uncorrectedErrorsEver), ("correctedRows", correctedRows),
            ("uncorrectedRows", uncorrectedRows), ("width", width), ("widthMost", widthMost),
            ("generationMost", generationMost),
        ] {
            if let number { object.member(name, number) }
        }
        if let fabric { object.object("fabric") { fabric.write(into: &$0) } }
        object.member("failures", failures)
    }

    init(_ scanner: inout JSONScanner) throws(JSONFault) {
        self.init()
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "uuid": uuid = try scanner.string()
            case "serial": serial = try scanner.string()
            case "model": model = try scanner.string()
            case "pciAddress": pciAddress = try scanner.string()
            case "vbios": vbios = try scanner.string()
            case "ecc": hasECC = try scanner.boolean()
            case "remapPending": isRemapPending = try scanner.boolean()
            case "remapFailed": hasRemapFailed = try scanner.boolean()
            case "split": isSplit = try scanner.boolean()
            case "uncorrectedErrors": uncorrectedErrors = try scanner.integer()
            case "uncorrectedErrorsEver": uncorrectedErrorsEver = try scanner.integer()
            case "correctedRows": correctedRows = try scanner.integer()
            case "uncorrectedRows": uncorrectedRows = try scanner.integer()
            case "width": width = try scanner.integer()
            case "widthMost": widthMost = try scanner.integer()
            case "generationMost": generationMost = try scanner.integer()
            case "fabric": fabric = try FabricFacts(&scanner)
            case "failures": failures = try scanner.strings()
            default: try scanner.skipValue()
            }
        }
    }
}

extension FabricFacts {
    func write(into object: inout JSONWriter) {
        object.member("state", state.rawValue)
        object.member("status", status)
        object.member("cluster", cluster)
        object.member("clique", clique)
        if let healthMask { object.member("healthMask", healthMask) }
        if let healthSummary { object.member("healthSummary", healthSummary) }
    }

    /// Nil when the state is none that is known.
    init?(_ scanner: inout JSONScanner) throws(JSONFault) {
        var told = FabricFacts(state: .none)
        var state = FabricFacts.State?.none
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "state": state = FabricFacts.State(rawValue: try scanner.integer())
            case "status": told.status = try scanner.integer()
            case "cluster": told.cluster = try scanner.string()
            case "clique": told.clique = try scanner.integer()
            case "healthMask": told.healthMask = try scanner.integer()
            case "healthSummary": told.healthSummary = try scanner.integer()
            default: try scanner.skipValue()
            }
        }
        guard let state else { return nil }
        told.state = state
        self = told
    }
}

extension PortFacts {
    init(_ scanner: inout JSONScanner) throws(JSONFault) {
        self.init(name: "", isActive: false, rate: "")
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "name": name = try scanner.string()
            case "active": isActive = try scanner.boolean()
            case "rate": rate = try scanner.string()
            default: try scanner.skipValue()
            }
        }
    }
}

extension MemoryControllerFacts {
    init(_ scanner: inout JSONScanner) throws(JSONFault) {
        self.init(name: "", corrected: 0, uncorrected: 0)
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "name": name = try scanner.string()
            case "corrected": corrected = try scanner.integer()
            case "uncorrected": uncorrected = try scanner.integer()
            default: try scanner.skipValue()
            }
        }
    }
}
