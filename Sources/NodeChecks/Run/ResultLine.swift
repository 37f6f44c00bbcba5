import FleetModel
import KubernetesJSON
import Qualification

/// Results, and the checks themselves, as lines of JSON: what `--json` prints, and what the process
/// of a check sends.
public enum ResultLine {
    /// Writes a result.
    public static func write(_ result: CheckResult) -> String {
        let bytes = JSONWriter.object { object in
            object.member("kind", "result")
            object.member("check", result.check.name)
            if let device = result.device { object.member("device", Int64(device)) }
            object.member("status", result.status.name)
            object.array("figures") { array in
                for figure in result.figures { write(figure, into: &array) }
            }
            object.array("thresholds") { array in
                for threshold in result.thresholds { write(threshold, into: &array) }
            }
            object.member("notes", result.notes)
            if let code = result.code { object.member("code", code.rawValue) }
            object.member("milliseconds", result.milliseconds)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes what a check is, as `--list` shows it.
    public static func write(_ check: CheckID) -> String {
        let bytes = JSONWriter.object { object in
            object.member("kind", "check")
            object.member("check", check.name)
            object.member("level", check.entry.level.name)
            object.member("title", check.entry.title)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ figure: Figure, into array: inout JSONWriter) {
        array.object { object in
            object.member("name", figure.id.name)
            object.key("value")
            object.raw(FixedDecimal.exact(milli: figure.milli).utf8)
            object.member("unit", figure.id.unit)
        }
    }

    private static func write(_ threshold: Threshold, into array: inout JSONWriter) {
        array.object { object in
            object.member("figure", threshold.figure.name)
            object.key(threshold.figure.direction == .lower ? "most" : "least")
            object.raw(FixedDecimal.exact(milli: threshold.boundMilli).utf8)
            object.member("learned", threshold.source.isLearned)
            object.member("source", threshold.source.words)
        }
    }

    /// Reads what was measured and found, and what it was held against. Throws for what is no
    /// result, and for checks and statuses that are not known.
    static func read(_ scanner: inout JSONScanner) throws(JSONFault) -> CheckResult {
        var (check, status): (CheckID?, CheckStatus?)
        var result = CheckResult(.identity, .notRun)
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "check": check = CheckID(name: try scanner.string())
            case "status": status = CheckStatus(name: try scanner.string())
            case "device": result.device = Int32(exactly: try scanner.integer())
            case "milliseconds": result.milliseconds = try scanner.integer()
            case "code": result.code = DiagnosticCode(rawValue: try scanner.string())
            case "notes":
                result.notes = Array(try scanner.strings().prefix(CheckResult.notesKept))
            case "figures": result.figures = try figures(&scanner)
            case "thresholds": result.thresholds = try thresholds(&scanner)
            default: try scanner.skipValue()
            }
        }
        guard let check, let status else {
            throw scanner.fault(.value("a result without a known check and status"))
        }
        result.check = check
        result.status = status
        return result
    }

    private static func figures(_ scanner: inout JSONScanner) throws(JSONFault) -> [Figure] {
        var figures: [Figure] = []
        try scanner.enterArray()
        while try scanner.nextElement() {
            var (id, milli): (FigureID?, Int64?)
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "name": id = FigureID(name: try scanner.string())
                case "value": milli = FixedDecimal.milli(try scanner.number().string.utf8)
                default: try scanner.skipValue()
                }
            }
            // A figure of a newer version is passed over.
            if let id, let milli, figures.count < 64 { figures.append(Figure(id, milli: milli)) }
        }
        return figures
    }

    private static func thresholds(
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> [Threshold] {
        var thresholds: [Threshold] = []
        try scanner.enterArray()
        while try scanner.nextElement() {
            var (id, milli, isLearned, words): (FigureID?, Int64?, Bool, String) =
                (nil, nil, false, "")
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "figure": id = FigureID(name: try scanner.string())
                case "most", "least":
                    milli = FixedDecimal.milli(try scanner.number().string.utf8)
                case "learned": isLearned = try scanner.boolean()
                case "source": words = try scanner.string()
                default: try scanner.skipValue()
                }
            }
            if let id, let milli, thresholds.count < 64 {
                let source = ThresholdSource(words: words, isLearned: isLearned)
                thresholds.append(Threshold(id, milli: milli, source))
            }
        }
        return thresholds
    }

    /// Reads a line.
    public static func read(_ line: some Sequence<UInt8>) throws(JSONFault) -> CheckResult {
        try JSONScanner.read(Array(line)) { (scanner) throws(JSONFault) in
            try read(&scanner)
        }
    }
}
