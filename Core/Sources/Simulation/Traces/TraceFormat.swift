import FleetModel

/// A format of job traces that Muster reads.
public enum TraceFormat: String, CaseIterable, Hashable, Sendable {
    /// Microsoft ITP clusters, as published with ElasticFlow (ASPLOS'23).
    case itp
    /// Microsoft Philly, the derived table of jobs (the trace is of ATC'19).
    case philly
    /// The pod list of Alibaba's GPU-sharing cluster, openb (FGD, ATC'23).
    case openb
    /// The Standard Workload Format 2.2 of the Parallel Workloads Archive.
    case swf
    /// Muster's own table, described in `docs/TRACE-FORMAT.md`.
    case muster

    /// The format that an option calls `name`.
    public static func from(name: String) -> Result<TraceFormat, DiagnosticList> {
        if let format = TraceFormat(rawValue: name) { return .success(format) }
        let names = allCases.map(\.rawValue).joined(separator: ", ")
        return .failure(
            DiagnosticList([
                Diagnostic(
                    .unknownFormat, message: "no trace format is called '\(name)'",
                    expected: "one of \(names)",
                    hint: "without a format, Muster tells it from the first line of the file")
            ]))
    }

    /// What the format's header must name and may name; nothing for ``swf``, which has no header.
    var columns: (required: [String], optional: [String]) {
        switch self {
        case .itp: (ITPLayout.required, ITPLayout.optional)
        case .philly: (PhillyLayout.required, [])
        case .openb: (OpenbLayout.required, OpenbLayout.optional)
        case .swf: ([], [])
        case .muster: (MusterLayout.required, MusterLayout.optional)
        }
    }

    /// The needed columns that neither Muster's own format nor a node list may have too.
    private var tellingColumns: [String] {
        let shared = MusterLayout.optional + OpenbNodeReader.required
        return columns.required.filter { !shared.contains($0) }
    }

    /// The format that a header line is of: the one that finds most of its columns, and at least
    /// two of them, so that a header with a column missing is still known for what it is.
    static func detect(header: TraceHeader) -> TraceFormat? {
        if OpenbLayout.isUntimed(header) { return .openb }
        var best: TraceFormat?
        var most = 1
        for format in allCases {
            let found = format.tellingColumns.count { header.index(of: $0) != nil }
            if found > most {
                best = format
                most = found
            }
        }
        return best
    }
}

/// The names in the first line of a table.
struct TraceHeader {
    /// The names, in order.
    let names: [String]

    /// Takes the fields of the first line.
    init(_ row: TraceRow) {
        names = (0..<row.count).map { row.text($0) }
    }

    /// The position of the column called `name`.
    func index(of name: String) -> Int? { names.firstIndex(of: name) }

    /// The column called `name`, whether or not the file has it.
    func column(_ name: String) -> TraceColumn {
        TraceColumn(name: name, index: index(of: name) ?? -1)
    }

    /// Notes columns of `required` that are missing, all in one diagnostic, and columns that are
    /// used and appear twice. True when there are none.
    func check(
        required: [String], optional: [String], kind: String, into log: inout TraceLog
    ) -> Bool {
        let missing = required.filter { index(of: $0) == nil }
        let found = names.prefix(40).map { Self.quotable($0) }.joined(separator: ", ")
        if !missing.isEmpty {
            let list = missing.map { "'\($0)'" }.joined(separator: ", ")
            log.add(
                .missingColumn,
                "a trace of the format \(kind) without the column\(missing.count > 1 ? "s" : "")"
                    + " \(list)",
                expected: "the columns \(required.joined(separator: ", ")), in any order",
                hint: "the file has the columns \(found)")
        }
        let twice = (required + optional).filter { name in names.count { $0 == name } > 1 }
        for name in twice {
            log.add(
                .missingColumn, "the column '\(name)' appears more than once",
                expected: "every column once", hint: "the file has the columns \(found)")
        }
        return missing.isEmpty && twice.isEmpty
    }

    /// A name that is safe and short enough for a message.
    private static func quotable(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.prefix(40).map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
    }
}
