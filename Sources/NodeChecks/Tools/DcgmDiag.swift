import KubernetesJSON
import Qualification

/// The output of `dcgmi diag -j`, of DCGM 3 (`gpu_ids`) and 4 (`entity_id`).
public enum DcgmDiag {
    /// Tests that are looked at; more are passed over.
    static let mostTests = 1000

    /// Reads it. Throws for what is not JSON of that shape.
    public static func read(_ bytes: [UInt8]) throws(JSONFault) -> ToolFindings {
        try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
            var findings = ToolFindings()
            var isFound = false
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "DCGM Diagnostic", "DCGM GPU Diagnostic":
                    isFound = true
                    try diagnostic(&scanner, &findings)
                default: try scanner.skipValue()
                }
            }
            guard isFound else { throw scanner.fault(.value("there is no 'DCGM Diagnostic'")) }
            return findings
        }
    }

    private static func diagnostic(
        _ scanner: inout JSONScanner, _ findings: inout ToolFindings
    ) throws(JSONFault) {
        var tests = 0
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "runtime_error":
                let words = try scanner.string()
                if !words.isEmpty { findings.note(.error, words) }
            case "test_categories":
                try scanner.enterArray()
                while try scanner.nextElement() {
                    try category(&scanner, &findings, &tests)
                }
            default: try scanner.skipValue()
            }
        }
    }

    private static func category(
        _ scanner: inout JSONScanner, _ findings: inout ToolFindings, _ tests: inout Int
    ) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            guard key == "tests" else {
                try scanner.skipValue()
                continue
            }
            try scanner.enterArray()
            while try scanner.nextElement() {
                tests += 1
                if tests > mostTests {
                    try scanner.skipValue()
                } else {
                    try test(&scanner, &findings)
                }
            }
        }
    }

    /// One result of a test.
    private struct Entry {
        var status = ""
        var devices: [Int64] = []
        var warnings: [String] = []
    }

    private static func test(
        _ scanner: inout JSONScanner, _ findings: inout ToolFindings
    ) throws(JSONFault) {
        var name = ""
        var entries: [Entry] = []
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "name": name = try scanner.string()
            case "results":
                try scanner.enterArray()
                while try scanner.nextElement() {
                    let own = try entry(&scanner)
                    if entries.count < mostTests { entries.append(own) }
                }
            // Of a test without results of its own.
            case "test_summary": entries.append(try entry(&scanner))
            default: try scanner.skipValue()
            }
        }
        for entry in entries { judge(entry, name, &findings) }
    }

    private static func judge(_ entry: Entry, _ name: String, _ findings: inout ToolFindings) {
        let place =
            entry.devices.isEmpty
            ? "" : ", device " + entry.devices.map(String.init).joined(separator: ", ")
        let why = entry.warnings.isEmpty ? "" : ": " + entry.warnings.joined(separator: "; ")
        switch entry.status.lowercased() {
        case "fail":
            findings.failedDevices.formUnion(entry.devices)
            findings.note(.failed, "\(name) failed\(place)\(why)")
        case "warn": findings.note(.degraded, "\(name) warns\(place)\(why)")
        case "pass": findings.status = findings.status.worse(.passed)
        default: break
        }
    }

    private static func entry(_ scanner: inout JSONScanner) throws(JSONFault) -> Entry {
        var entry = Entry()
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "status": entry.status = try scanner.string()
            case "entity_id", "gpu_id":
                if try scanner.kind() == .number {
                    if let id = try scanner.number().integer { entry.devices.append(id) }
                } else {
                    try scanner.skipValue()
                }
            case "gpu_ids", "gpu_list":
                guard try scanner.kind() == .string else {
                    try scanner.skipValue()
                    continue
                }
                entry.devices += try scanner.string().split(separator: ",").prefix(64).compactMap {
                    Int64($0)
                }
            case "warnings", "warning":
                for words in try DcgmDiag.words(&scanner) where entry.warnings.count < 4 {
                    entry.warnings.append(words)
                }
            default: try scanner.skipValue()
            }
        }
        return entry
    }

    /// A text, a list of texts, or a list of objects with a `warning`.
    private static func words(_ scanner: inout JSONScanner) throws(JSONFault) -> [String] {
        switch try scanner.kind() {
        case .string: return [try scanner.string()]
        case .array:
            var list: [String] = []
            try scanner.enterArray()
            while try scanner.nextElement() {
                for words in try words(&scanner) where list.count < 4 { list.append(words) }
            }
            return list
        case .object:
            var list: [String] = []
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                if key == "warning", try scanner.kind() == .string {
                    list.append(try scanner.string())
                } else {
                    try scanner.skipValue()
                }
            }
            return list
        case .number, .boolean, .null:
            try scanner.skipValue()
            return []
        }
    }
}
