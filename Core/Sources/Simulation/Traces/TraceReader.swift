import FleetModel

/// The jobs of a trace file.
public struct Trace: Sendable {
    /// The format that the file turned out to have.
    public var format: TraceFormat
    /// The jobs in order of submission, then of line; the first is submitted at 0.
    public var jobs: [TraceJob]
    /// Rows that are in order but hold no job that ran, such as those of SWF that were cancelled.
    public var skippedRows: Int

    /// Gathers a trace.
    public init(format: TraceFormat, jobs: [TraceJob], skippedRows: Int) {
        self.format = format
        self.jobs = jobs
        self.skippedRows = skippedRows
    }
}

/// Reads a job trace from byte chunks of any size, and never holds more than a line of it beside
/// the jobs. The result does not depend on how the bytes were cut into chunks.
///
/// The format is told from the first line that is not blank, unless it is given. Lines may end in
/// `\n` or `\r\n`, the last one in nothing; a byte order mark is passed over.
public struct TraceReader {
    private var splitter = LineSplitter()
    private var row = TraceRow()
    private var log: TraceLog
    private var format: TraceFormat?
    private var layout: (any TraceLayout)?
    private var isRefused = false
    private var jobs: [TraceJob] = []

    /// Starts to read a file that diagnostics call `file`, of a known or unknown format.
    public init(file: String, format: TraceFormat? = nil) {
        log = TraceLog(file: file)
        self.format = format
        if format == .swf { layout = SWFLayout() }
    }

    /// Jobs read so far, for a progress report.
    public var jobCount: Int { jobs.count }

    /// Whether more bytes could change the outcome; false once the header is refused.
    public var wantsMore: Bool { !isRefused }

    /// Takes the next bytes of the file. O(bytes).
    public mutating func feed(_ chunk: UnsafeRawBufferPointer) {
        if isRefused { return }
        var position = 0
        while let line = splitter.next(in: chunk, at: &position) {
            take(line, of: chunk)
            if isRefused { return }
        }
    }

    /// Takes the next bytes of the file. O(bytes).
    public mutating func feed(_ chunk: [UInt8]) {
        chunk.withUnsafeBytes { feed($0) }
    }

    /// Ends the file: its jobs, or everything that is wrong with it. Call it once.
    public mutating func finish() -> Result<Trace, DiagnosticList> {
        if !isRefused, let line = splitter.finish() {
            take(line, of: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        log.line = 0
        let skipped = layout?.skippedRows ?? 0
        if jobs.isEmpty, !log.hasMistakes {
            let reason = skipped > 0 ? "none of its \(skipped) rows is a job that ran" : ""
            log.add(
                .emptyTrace, "the trace has no jobs", expected: "a line for every job",
                hint: reason)
        }
        guard !log.hasMistakes, let format else { return .failure(log.list) }
        sort()
        return .success(Trace(format: format, jobs: jobs, skippedRows: skipped))
    }

    private mutating func take(_ line: LineSplitter.Line, of chunk: UnsafeRawBufferPointer) {
        log.line = splitter.number
        switch line {
        case .tooLong:
            log.addLineTooLong()
            // Without its header a table cannot be read, so later lines would only add noise.
            if layout == nil { isRefused = true }
        case .inChunk(let range):
            take(UnsafeRawBufferPointer(rebasing: chunk[range]))
        case .joined:
            splitter.joined.withUnsafeBytes { take($0) }
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var line = bytes
        if splitter.number == 1, line.starts(with: Byte.byteOrderMark) {
            line = UnsafeRawBufferPointer(rebasing: line[3...])
        }
        if isBlank(line) { return }
        guard layout != nil else {
            readHeader(line)
            return
        }
        if format == .swf {
            row.loadBlankSeparated(line)
            if row.bytes[row.range(0).lowerBound] == Byte.semicolon { return }
        } else if !row.loadCommaSeparated(line) {
            log.add(
                .invalidField, "a quoted field is not closed on its line",
                expected: "a closing quote, then a comma or the end of the line",
                hint: "a quote inside a quoted field is written twice")
            return
        }
        readRow()
    }

    private mutating func readRow() {
        guard let expected = layout?.fieldCount else { return }
        guard row.count == expected else {
            log.add(
                .invalidField, "the line has \(row.count) fields",
                expected: format == .swf
                    ? "the \(expected) fields of the Standard Workload Format"
                    : "\(expected) fields, as in the header")
            return
        }
        if let job = layout?.job(from: row, into: &log) { jobs.append(job) }
    }

    private mutating func readHeader(_ line: UnsafeRawBufferPointer) {
        row.loadBlankSeparated(line)
        if format == nil, SWFLayout.recognises(row) {
            format = .swf
            layout = SWFLayout()
            take(line)
            return
        }
        let isWhole = row.loadCommaSeparated(line)
        let header = TraceHeader(row)
        guard isWhole, let known = format ?? TraceFormat.detect(header: header) else {
            refuseHeader(header)
            return
        }
        format = known
        let isUntimed = known == .openb && OpenbLayout.isUntimed(header)
        let required = isUntimed ? OpenbLayout.untimed : known.columns.required
        let optional = known.columns.optional
        guard
            header.check(
                required: required, optional: optional, kind: known.rawValue, into: &log)
        else {
            isRefused = true
            return
        }
        switch known {
        case .itp: layout = ITPLayout(header)
        case .philly: layout = PhillyLayout(header)
        case .openb: layout = OpenbLayout(header)
        case .muster: layout = MusterLayout(header)
        case .swf: layout = SWFLayout()
        }
    }

    private mutating func refuseHeader(_ header: TraceHeader) {
        isRefused = true
        let formats = TraceFormat.allCases.filter { $0 != .swf }.map {
            "\($0.rawValue) (\($0.columns.required.joined(separator: ", ")))"
        }
        log.add(
            .unknownFormat, "no known trace format begins with '\(row.quotable(0))'",
            expected: "a header line of " + formats.joined(separator: ", ")
                + ", or the 18 columns of swf",
            hint: OpenbNodeReader.isNodeList(header)
                ? "this is a list of nodes, which describes a fleet and not a trace"
                : "docs/TRACE-FORMAT.md describes Muster's own format")
    }

    private func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
        for byte in line
        where byte != Byte.space && byte != Byte.tab && byte != Byte.carriageReturn {
            return false
        }
        return true
    }

    private mutating func sort() {
        let origin = jobs.reduce(Int64.max) { min($0, $1.submitNanoseconds) }
        var isSorted = true
        for index in jobs.indices {
            jobs[index].submitNanoseconds -= origin
            if index > 0, jobs[index].submitNanoseconds < jobs[index - 1].submitNanoseconds {
                isSorted = false
            }
        }
        if isSorted { return }
        jobs.sort { left, right in
            left.submitNanoseconds != right.submitNanoseconds
                ? left.submitNanoseconds < right.submitNanoseconds : left.line < right.line
        }
    }
}
