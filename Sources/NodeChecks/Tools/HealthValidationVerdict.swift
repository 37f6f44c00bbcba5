import KubernetesJSON
import Qualification

/// The `NodeVerdict` that NVIDIA Health Validation writes.
public enum HealthValidationVerdict {
    /// Reads it. Throws for what is not JSON of that shape.
    public static func read(_ bytes: [UInt8]) throws(JSONFault) -> ToolFindings {
        try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
            var findings = ToolFindings()
            var overall: String?
            var components: [String] = []
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "overall_severity": overall = try scanner.string()
                case "affected_components":
                    try scanner.enterArray()
                    while try scanner.nextElement() {
                        let words = try component(&scanner)
                        if components.count < 16 { components.append(words) }
                    }
                default: try scanner.skipValue()
                }
            }
            guard let overall else {
                throw scanner.fault(.value("there is no 'overall_severity'"))
            }
            findings.note(try status(overall, scanner), "the verdict is \(overall)")
            for words in components { findings.note(.notApplicable, words) }
            return findings
        }
    }

    private static func status(
        _ severity: String, _ scanner: borrowing JSONScanner
    ) throws(JSONFault) -> CheckStatus {
        switch severity.uppercased() {
        case "PASS", "INFO": return .passed
        case "WARNING": return .degraded
        case "CRITICAL": return .failed
        // It says itself that it could not tell.
        case "UNKNOWN": return .error
        default: throw scanner.fault(.value("'\(severity.prefix(40))' is no severity"))
        }
    }

    private static func component(_ scanner: inout JSONScanner) throws(JSONFault) -> String {
        var (category, severity) = ("", "")
        var (checks, entities): ([String], [String]) = ([], [])
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "category": category = try scanner.string()
            case "max_severity": severity = try scanner.string()
            case "check_ids": checks = try scanner.strings()
            case "entities": entities = try scanner.strings()
            default: try scanner.skipValue()
            }
        }
        let places = entities.isEmpty ? "" : " (\(entities.prefix(8).joined(separator: ", ")))"
        return "\(category) \(severity): \(checks.prefix(8).joined(separator: ", "))\(places)"
    }
}
