import FleetModel

/// Reads the node list of Alibaba's openb cluster (`sn,cpu_milli,memory_mib,gpu,model`) from byte
/// chunks of any size. All nodes are of the pool `default`; no topology above the host is known.
public struct OpenbNodeReader {
    static let required = ["sn", "cpu_milli", "memory_mib", "gpu", "model"]

    private var splitter = LineSplitter()
    private var row = TraceRow()
    private var log: TraceLog
    private var columns: [TraceColumn] = []
    private var fieldCount = 0
    private var isRefused = false
    private var fleet = FleetDefinition(topology: Topology(levels: []))

    /// Starts to read a file that diagnostics call `file`.
    public init(file: String) { log = TraceLog(file: file) }

    /// Whether a file that begins with `bytes` is such a list; its first line must be among them.
    public static func recognises(_ bytes: [UInt8]) -> Bool {
        var row = TraceRow()
        let isMarked = bytes.starts(with: Byte.byteOrderMark)
        let line = Array(bytes.dropFirst(isMarked ? 3 : 0).prefix { $0 != Byte.newline })
        return line.withUnsafeBytes { row.loadCommaSeparated($0) } && isNodeList(TraceHeader(row))
    }

    static func isNodeList(_ header: TraceHeader) -> Bool {
        required.allSatisfy { header.index(of: $0) != nil }
    }

    /// Takes the next bytes of the file. O(bytes).
    public mutating func feed(_ chunk: UnsafeRawBufferPointer) {
        var position = 0
        while !isRefused, let line = splitter.next(in: chunk, at: &position) {
            take(line, of: chunk)
        }
    }

    /// Takes the next bytes of the file. O(bytes).
    public mutating func feed(_ chunk: [UInt8]) {
        chunk.withUnsafeBytes { feed($0) }
    }

    /// Ends the file: the fleet, or everything that is wrong with it. Call it once.
    public mutating func finish() -> Result<FleetDefinition, DiagnosticList> {
        if !isRefused, let line = splitter.finish() {
            take(line, of: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        log.line = 0
        if fleet.nodes.isEmpty, !log.hasMistakes {
            log.add(.invalidField, "the list has no nodes", expected: "a line for every node")
        }
        return log.hasMistakes ? .failure(log.list) : .success(fleet)
    }

    private mutating func take(_ line: LineSplitter.Line, of chunk: UnsafeRawBufferPointer) {
        log.line = splitter.number
        switch line {
        case .tooLong:
            log.addLineTooLong()
            if columns.isEmpty { isRefused = true }
        case .inChunk(let range):
            take(UnsafeRawBufferPointer(rebasing: chunk[range]))
        case .joined:
            splitter.joined.withUnsafeBytes { take($0) }
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        let isMarked = splitter.number == 1 && bytes.starts(with: Byte.byteOrderMark)
        let line = isMarked ? UnsafeRawBufferPointer(rebasing: bytes[3...]) : bytes
        guard row.loadCommaSeparated(line) else {
            log.add(
                .invalidField, "a quoted field is not closed on its line",
                expected: "a closing quote, then a comma or the end of the line")
            return
        }
        if row.count == 1, row.isEmpty(0) { return }
        guard columns.isEmpty else {
            readNode()
            return
        }
        let header = TraceHeader(row)
        isRefused = !header.check(
            required: Self.required, optional: [], kind: "openb node list", into: &log)
        columns = Self.required.map { header.column($0) }
        fieldCount = header.names.count
    }

    private mutating func readNode() {
        guard row.count == fieldCount else {
            log.add(
                .invalidField, "the line has \(row.count) fields",
                expected: "\(fieldCount) fields, as in the header")
            return
        }
        let name = row.text(columns[0].index)
        let cpu = log.hostQuantity(row, columns[1], of: "thousandths of a core")
        let memory = log.hostQuantity(row, columns[2], of: "MiB")
        let devices = log.integer(
            row, columns[3], to: Int64(FleetLimits.devicesPerNode), of: "GPUs")
        guard let cpu, let memory, let devices, isNew(name) else { return }
        let model = row.text(columns[4].index)
        let kind = devices == 0 ? nil : (model.isEmpty ? "GPU" : model)
        if let kind, fleet.kinds.id(of: kind) == nil,
            fleet.kinds.count == FleetLimits.acceleratorKinds
        {
            log.add(
                .invalidField, "one accelerator kind too many",
                expected: "at most \(FleetLimits.acceleratorKinds) kinds")
            return
        }
        fleet.addNode(
            name: name, pool: "default", kind: kind, devices: Int(devices),
            host: HostResources(cpuMilli: cpu, memoryMiB: memory), path: [])
    }

    private mutating func isNew(_ name: String) -> Bool {
        if name.isEmpty {
            log.add(.invalidField, "a node without a name", expected: "a name in column 'sn'")
            return false
        }
        if fleet.nodeNames.id(of: name) != nil {
            log.add(
                .duplicateName, "the node '\(row.quotable(columns[0].index))' is listed twice",
                expected: "every node once")
            return false
        }
        if fleet.nodes.count == FleetLimits.nodes {
            log.add(
                .invalidField, "one node too many",
                expected: "at most \(FleetLimits.nodes) nodes")
            return false
        }
        return true
    }
}
