import FleetModel
import KubernetesJSON

/// A `NodeVerdict` of NVIDIA Health Validation that somebody else had it give, with its details.
///
/// It is a look at a node and not a test: nothing is under load, and nothing in it says which
/// machine it is of, so it never proves anything.
public struct HealthValidationReport: Hashable, Sendable {
    /// How bad something is, in the tool's own words.
    public enum Severity: String, CaseIterable, Hashable, Sendable {
        /// Everything was right.
        case pass = "PASS"
        /// Worth knowing.
        case info = "INFO"
        /// It may stay in service.
        case warning = "WARNING"
        /// The tool could not tell.
        case unknown = "UNKNOWN"
        /// It should not stay in service.
        case critical = "CRITICAL"

        /// Whether the node is to be watched for it.
        public var isSuspicious: Bool { self == .warning || self == .critical }
    }

    /// What is not right in one category.
    public struct Component: Hashable, Sendable {
        /// The category, such as `gpu`.
        public var category = ""
        /// The worst of its checks.
        public var severity = Severity.unknown
        /// The checks.
        public var checks: [String] = []
        /// The devices and links that they are about, as the tool names them.
        public var entities: [String] = []

        /// The component in words.
        public var words: String {
            let places = entities.isEmpty ? "" : " (\(entities.joined(separator: ", ")))"
            return "\(category) \(severity.rawValue): \(checks.joined(separator: ", "))\(places)"
        }
    }

    /// The verdict.
    public var severity: Severity
    /// What is not right, in the order of the file.
    public var components: [Component]

    /// Bytes that a verdict may have.
    public static let mostBytes = 1 << 20
    /// Categories that one may name.
    static let mostComponents = 64
    /// Checks, and entities, that a category may name.
    static let mostNames = 256
    /// Mistakes that are told at once.
    static let mostMistakes = 32
    /// Bytes of a name.
    static let mostNameBytes = 200

    /// Whether the node is to be watched for it: a part of it may be bad though the tool could not
    /// tell of the whole.
    public var isSuspicious: Bool {
        severity.isSuspicious || components.contains { $0.severity.isSuspicious }
    }

    /// Whether it tells of a fault.
    public var isFault: Bool {
        severity == .critical || components.contains { $0.severity == .critical }
    }

    /// The XIDs that checks are named after, each once, rising.
    public var xids: [Int] {
        var found: Set<Int> = []
        for check in components.flatMap(\.checks) {
            let words = check.lowercased().split { !$0.isLetter && !$0.isNumber }
            guard let index = words.firstIndex(of: "xid"), words.indices.contains(index + 1),
                let number = Int(words[index + 1])
            else { continue }
            found.insert(number)
        }
        return found.sorted()
    }

    /// Reads one. Fields that are not known are passed over, since the tool adds some; what is
    /// known has to be right, and all that is not is told at once, with `M0302`.
    public static func read(_ bytes: [UInt8], file: String) throws(DiagnosticList) -> Self {
        var reader = Reader()
        var trouble: String?
        do throws(JSONFault) {
            try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
                try reader.read(&scanner)
            }
        } catch {
            trouble = error.description
        }
        let mistakes = trouble.map { [$0] } ?? reader.mistakes
        guard mistakes.isEmpty, let severity = reader.severity else {
            let hint = "hand in what health-validation wrote, all of it and unchanged"
            throw DiagnosticList(
                mistakes.map {
                    Diagnostic(
                        .invalidField, file: file, message: $0, expected: "a NodeVerdict",
                        hint: hint)
                })
        }
        return HealthValidationReport(severity: severity, components: reader.components)
    }
}

/// Reads a verdict, and gathers what is wrong with it.
private struct Reader {
    typealias Severity = HealthValidationReport.Severity

    var severity: Severity?
    var components: [HealthValidationReport.Component] = []
    var mistakes: [String] = []

    mutating func read(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.kind() == .object else { throw scanner.fault(.expected("an object")) }
        var wasThere = false
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "overall_severity":
                if wasThere { add("'overall_severity' comes twice") }
                wasThere = true
                severity = try severity("overall_severity", &scanner)
            case "affected_components": try readComponents(&scanner)
            default: try scanner.skipValue()
            }
        }
        if !wasThere { add("there is no 'overall_severity'") }
        let worst = components.map(\.severity).first { $0.isSuspicious }
        if let severity, severity == .pass || severity == .info, let worst {
            add("'overall_severity' is \(severity.rawValue), and a component is \(worst.rawValue)")
        }
    }

    private mutating func add(_ mistake: String) {
        if mistakes.count < HealthValidationReport.mostMistakes { mistakes.append(mistake) }
    }

    private mutating func readComponents(_ scanner: inout JSONScanner) throws(JSONFault) {
        let name = "affected_components"
        guard try isOf([.array, .null], name, &scanner) else { return }
        var number = 0
        try scanner.enterArray()
        while try scanner.nextElement() {
            let place = "\(name)[\(number)]"
            number += 1
            guard try isOf([.object], place, &scanner) else { continue }
            let component = try component(place, &scanner)
            if components.count < HealthValidationReport.mostComponents {
                components.append(component)
            }
        }
        if number > HealthValidationReport.mostComponents {
            add(
                "'\(name)' has \(number) entries; at most "
                    + "\(HealthValidationReport.mostComponents) are read")
        }
    }

    private mutating func component(
        _ place: String, _ scanner: inout JSONScanner
    ) throws(JSONFault) -> HealthValidationReport.Component {
        var component = HealthValidationReport.Component()
        var (hasCategory, hasSeverity) = (false, false)
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "category":
                hasCategory = true
                component.category = try name("\(place).category", &scanner) ?? ""
            case "max_severity":
                hasSeverity = true
                component.severity = try severity("\(place).max_severity", &scanner) ?? .pass
            case "check_ids": component.checks = try names("\(place).check_ids", &scanner)
            case "entities": component.entities = try names("\(place).entities", &scanner)
            default: try scanner.skipValue()
            }
        }
        if !hasCategory { add("there is no '\(place).category'") }
        if !hasSeverity { add("there is no '\(place).max_severity'") }
        return component
    }

    private mutating func severity(
        _ place: String, _ scanner: inout JSONScanner
    ) throws(JSONFault) -> Severity? {
        guard try isOf([.string], place, &scanner) else { return nil }
        let text = try scanner.string()
        if let severity = Severity(rawValue: text.uppercased()) { return severity }
        let all = Severity.allCases.map(\.rawValue).joined(separator: ", ")
        add("'\(place)' is '\(text.prefix(40))', which is none of \(all)")
        return nil
    }

    private mutating func name(
        _ place: String, _ scanner: inout JSONScanner
    ) throws(JSONFault) -> String? {
        guard try isOf([.string], place, &scanner) else { return nil }
        let text = try scanner.string()
        if !text.isEmpty, text.utf8.count <= HealthValidationReport.mostNameBytes { return text }
        add(
            "'\(place)' has \(text.utf8.count) bytes, not 1 to "
                + "\(HealthValidationReport.mostNameBytes)")
        return nil
    }

    private mutating func names(
        _ place: String, _ scanner: inout JSONScanner
    ) throws(JSONFault) -> [String] {
        guard try isOf([.array, .null], place, &scanner) else { return [] }
        var found: [String] = []
        var number = 0
        try scanner.enterArray()
        while try scanner.nextElement() {
            let text = try name("\(place)[\(number)]", &scanner)
            number += 1
            if let text, found.count < HealthValidationReport.mostNames { found.append(text) }
        }
        return found
    }

    /// Whether a value is of a kind; one that is not is told and passed over.
    private mutating func isOf(
        _ kinds: [JSONKind], _ place: String, _ scanner: inout JSONScanner
    ) throws(JSONFault) -> Bool {
        let kind = try scanner.kind()
        if kinds.contains(kind) { return true }
        add("'\(place)' is \(kind.words), not \(kinds[0].words)")
        try scanner.skipValue()
        return false
    }
}

extension JSONKind {
    fileprivate var words: String {
        switch self {
        case .object: "an object"
        case .array: "a list"
        case .string: "a text"
        case .number: "a number"
        case .boolean: "true or false"
        case .null: "null"
        }
    }
}
