import KubernetesJSON
import Qualification

/// What was learned of one figure of one kind of machine, as a line of JSON: what `muster health
/// thresholds --export` writes and `muster check --baseline` reads.
public struct ThresholdLine: Hashable, Sendable {
    /// The kind of the line.
    public static let kind = "threshold"

    /// The kind of machine.
    public var key: FigureKey
    /// The figure.
    public var figure: FigureID
    /// What it is compared with.
    public var reference: LearnedReference

    /// Gathers a line.
    public init(key: FigureKey, figure: FigureID, reference: LearnedReference) {
        self.key = key
        self.figure = figure
        self.reference = reference
    }

    /// Writes it.
    public var text: String {
        let bytes = JSONWriter.object { object in
            object.member("kind", ThresholdLine.kind)
            object.member("model", key.model)
            object.member("driver", key.driver)
            object.member("fabric", key.fabric)
            object.member("figure", figure.name)
            object.member("unit", figure.unit)
            object.member("machines", Int64(reference.machines))
            if let usual = reference.usualMilli {
                object.key("usual")
                object.raw(FixedDecimal.exact(milli: usual).utf8)
            }
            if let best = reference.best {
                object.key("best")
                object.raw(FixedDecimal.exact(milli: best.milli).utf8)
                object.member("bestMachines", Int64(best.machines))
            }
            object.member("drop", reference.dropPercent)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads a line; nil when it is of a figure that is not known. Throws for one that says nothing
    /// about a kind of machine, or what no threshold can be.
    static func read(_ bytes: [UInt8]) throws(JSONFault) -> ThresholdLine? {
        try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
            try ThresholdLine.read(&scanner)
        }
    }

    private static func read(_ scanner: inout JSONScanner) throws(JSONFault) -> ThresholdLine? {
        var key = FigureKey(model: "", driver: "", fabric: "")
        var (figure, unit) = ("", String?.none)
        var (usual, best, drop): (Int64?, Int64?, Int64?)
        var (machines, bestMachines) = (Int64(0), Int64(0))
        try scanner.enterObject()
        while let name = try scanner.nextKey() {
            switch name {
            case "model": key.model = try scanner.string()
            case "driver": key.driver = try scanner.string()
            case "fabric": key.fabric = try scanner.string()
            case "figure": figure = try scanner.string()
            case "unit": unit = try scanner.string()
            case "machines": machines = try scanner.integer()
            case "usual": usual = try milli(&scanner)
            case "best": best = try milli(&scanner)
            case "bestMachines": bestMachines = try scanner.integer()
            case "drop": drop = try scanner.integer()
            default: try scanner.skipValue()
            }
        }
        guard !figure.isEmpty else { throw scanner.fault(.value("a threshold without a figure")) }
        guard let id = FigureID(name: figure) else { return nil }
        guard unit == id.unit, id.direction != .told else {
            throw scanner.fault(.value("a threshold of '\(figure)' that is not in \(id.unit)"))
        }
        guard usual != nil || best != nil else {
            throw scanner.fault(.value("a threshold without 'usual' and 'best'"))
        }
        guard let drop, DropRules.percents.contains(drop) else {
            throw scanner.fault(.value("a threshold without a 'drop' of 1 to 50"))
        }
        return ThresholdLine(
            key: key, figure: id,
            reference: LearnedReference(
                usualMilli: usual, machines: Int(clamping: machines),
                best: best.map { .init(milli: $0, machines: Int(clamping: bestMachines)) },
                dropPercent: drop))
    }

    private static func milli(_ scanner: inout JSONScanner) throws(JSONFault) -> Int64 {
        let text = try scanner.number().string
        guard let milli = FixedDecimal.milli(text.utf8), milli >= 0 else {
            throw scanner.fault(.value("'\(text.prefix(100))', which is no figure"))
        }
        return milli
    }
}
