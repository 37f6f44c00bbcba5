import AgentWire
import FleetModel
import HealthSignals

/// How much of a core ten thousand agents take, on the receiving side without HTTP.
enum AgentBenchmarks {
    private static let agents = 10_000
    private static let rounds = 20
    /// Seconds between two messages of an agent.
    private static let interval = 30.0

    /// What agents tell when all is well, with a fault in each hundredth message.
    static func steady() -> [Figure] {
        var roster = AgentRoster()
        var random = SplitMix(seed: 3)
        var sequences = [UInt64](repeating: 0, count: agents)
        var bytes = 0
        var spent: Int64 = 0
        var events = 0
        for round in 1...rounds {
            for agent in 0..<agents {
                // The first messages are the whole state of a node with eight GPUs and ten cards.
                let body = message(agent, round, isWhole: round == 1, &sequences, &random)
                    .encoded()
                bytes += body.count
                let start = ThreadClock.nanoseconds
                events += take(body, into: &roster, at: .seconds(Int64(round) * 30))
                spent += ThreadClock.nanoseconds - start
            }
        }
        let each = Double(spent) / Double(agents * rounds)
        let share = each / 1e9 * Double(agents) / interval * 100
        let isRight = roster.count == agents && events > agents * rounds
        // Measured 0.2 per cent on two shared cores: what is left of a core is for HTTP and for
        // what follows.
        var figure = Figure(
            name: "10,000 agents, a message each in 30 s, without HTTP", value: share,
            unit: "% of a core", limit: 2, isFloor: false,
            detail: "\(bytes / (agents * rounds)) bytes a message, \(Int(each)) ns each")
        figure.secondary = isRight
        return [figure]
    }

    private static func take(
        _ body: [UInt8], into roster: inout AgentRoster, at now: Instant
    ) -> Int {
        guard let message = try? AgentMessage(decoding: body),
            let reception = roster.receive(message, at: now)
        else { return 0 }
        roster.commit(reception)
        return reception.acknowledgement.encoded().isEmpty ? 0 : reception.events.count
    }

    private static func message(
        _ agent: Int, _ round: Int, isWhole: Bool, _ sequences: inout [UInt64],
        _ random: inout SplitMix
    ) -> AgentMessage {
        var message = AgentMessage(
            node: "gpu-\(agent)", boot: BootID(high: 1, low: UInt64(agent)),
            stream: UInt64(agent) &* 0x9E37_79B9_7F4A_7C15, number: UInt64(round),
            sentAt: .seconds(Int64(round) * 30))
        message.firstSequence = sequences[agent] + 1
        if random.below(100) == 0 {
            let fault = LogFault(.xid(94), device: PCIAddress(bus: 0x3B))
            message.records = [AgentRecord(at: .seconds(Int64(round) * 30), .fault(fault))]
            sequences[agent] += 1
        }
        for device in UInt8(0)..<8 {
            for field: Int32 in isWhole ? fields : [150, 203] {
                message.samples.append(
                    AgentSample(
                        SampleKey(.device(device), .field(field)), Int64(random.below(100))))
            }
        }
        guard isWhole else { return message }
        message.isWhole = true
        message.report = report(agent)
        for card in 0..<10 {
            for counter in NetworkCounter.all {
                message.samples.append(
                    AgentSample(
                        SampleKey(.named("mlx5_\(card)/1"), .counter(counter.name)), 0))
            }
        }
        return message
    }

    private static let fields = DeviceMetric.all.map(\.field)

    private static func report(_ agent: Int) -> MachineReport {
        var report = MachineReport()
        report.agentVersion = "1.0"
        report.chassisSerial = "SN\(agent)"
        report.product = "NVIDIA DGXH100"
        report.devicesOnBus = 8
        report.devices = (0..<8).map {
            ReportedDevice(
                index: UInt8($0), uuid: "GPU-509665ad-0000-0000-\(agent)-00000000000\($0)",
                boardSerial: "165\(agent)\($0)", model: "NVIDIA H100 80GB HBM3", slot: "\($0)",
                address: PCIAddress(bus: UInt8(0x10 + $0)))
        }
        report.interfaces = (0..<10).map {
            ReportedInterface(
                name: "mlx5_\($0)", guid: "b83f:d203:\(agent):\($0)", firmware: "28.41.1000")
        }
        report.versions = [ReportedVersion("driver", "580.82.07"), ReportedVersion("cuda", "13.0")]
        return report
    }
}
