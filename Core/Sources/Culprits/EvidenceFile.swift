/// What a file of evidence turned out to be.
public enum EvidenceFile: Hashable, Sendable {
    /// A flight-recorder dump of one rank.
    case flightRecord(FlightRecord)
    /// What NCCL's RAS says of the whole job.
    case ras(RASReport)

    /// How a dump in pickle form that is not read becomes one in JSON, on the machine that wrote
    /// it: only whoever trusts a pickle may load it.
    public static let conversion =
        "where whoever wrote it is trusted, since loading a pickle runs what is in it, convert it: "
        + "python3 -c 'import json,pickle,sys; json.dump(pickle.load(open(sys.argv[1],"
        + "\"rb\")), open(sys.argv[1]+\".json\",\"w\"), default=str)' FILE"

    /// Reads a file by what it holds. Its name tells the rank of a flight record, which the dump
    /// itself does not: `nccl_trace_rank_12`.
    public init(_ bytes: [UInt8], name: String) throws(EvidenceFault) {
        guard bytes.count <= EvidenceLimits.fileBytes else {
            throw EvidenceFault(
                EvidenceLimits.fileBytes, "it is larger than \(EvidenceLimits.fileBytes >> 20) MiB")
        }
        if bytes.first == 0x80 {
            self = .flightRecord(try FlightRecord(try PickleReader.read(bytes), name: name))
            return
        }
        guard let first = bytes.first(where: { $0 > 32 }) else {
            throw EvidenceFault(0, "it is empty")
        }
        guard first == UInt8(ascii: "{") else {
            self = .ras(try RASReport(text: bytes))
            return
        }
        let document = try JSONReader.read(bytes)
        if document.member("communicators", of: document.root) != nil {
            self = .ras(try RASReport(document))
        } else {
            self = .flightRecord(try FlightRecord(document, name: name))
        }
    }
}
