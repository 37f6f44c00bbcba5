import AgentWire

/// What a process that asks the parts of the machine tells the agent; parts go by their places
/// among those that it was given.
enum PassFrame: PipeFrame, Equatable {
    /// It asks a part now. If nothing follows, that part is the one that blocks.
    case asking(Int)
    /// What a part told.
    case told(Int, [AgentSample])

    /// More parts than one machine has.
    static let parts = 1024

    func body() -> [UInt8] {
        var body = WireWriter()
        switch self {
        case .asking(let place):
            body.byte(0)
            body.unsigned(UInt64(place))
        case .told(let place, let samples):
            body.byte(1)
            body.unsigned(UInt64(place))
            body.list(samples, limit: AgentLimits.samples) { $1.write(to: &$0) }
        }
        return body.bytes
    }

    init(decoding body: [UInt8]) throws(WireRefusal) {
        var reader = WireReader(body)
        let tag = try reader.byte()
        let place = Int(try reader.number(of: "a part", 0...UInt64(PassFrame.parts - 1)))
        switch tag {
        case 0: self = .asking(place)
        case 1:
            let samples = try reader.list(of: "samples", limit: AgentLimits.samples) {
                reader throws(WireRefusal) in try AgentSample(from: &reader)
            }
            self = .told(place, samples)
        default: throw reader.refusal("\(tag) as a kind of frame")
        }
        try reader.expectEnd()
    }
}
