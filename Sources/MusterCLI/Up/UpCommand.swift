import ArgumentParser
import ControlPlane
import Documents
import FleetModel
import Foundation
import KubernetesBackend
import Logging
import NodeAgent
import Server
import SimulatedBackend
import Simulation

/// Runs the control plane until it is told to stop.
struct UpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run the control plane: scheduler, HTTP API and dashboard.",
        discussion: """
            With the backend `local` this machine is a fleet of one node that runs jobs as \
            processes; with `simulated` a fleet of your making is simulated in scaled real time; \
            with `kubernetes` the pods of a cluster are the jobs, and Muster binds them. \
            Ctrl-C stops it; what runs locally goes on and is found again at the next start.
            """)

    @Option(name: .long, help: "Folder for everything that is kept.")
    var data: String?

    @Option(name: .long, help: "Address to listen on.")
    var listen = "127.0.0.1:7070"

    @Option(name: .long, help: "Where jobs run: local, simulated or kubernetes.")
    var backend: String?

    @Option(name: .long, help: "Fleet to simulate: a YAML file or a shorthand such as 64x8/16.")
    var fleet: String?

    @Option(name: .long, help: "Quota tree (YAML); without it the one tenant 'default'.")
    var tenants: String?

    @Option(
        name: .long,
        help: "How hardware is taken in, watched, tested and repaired (YAML).")
    var health: String?

    @Option(name: .long, help: "Which versions pools should have (YAML).")
    var stacks: String?

    @Option(name: .long, help: "Offer so many virtual devices on this machine.")
    var devices: Int?

    @Flag(name: .customLong("no-agent"), help: "Leave this machine's kernel log and sensors alone.")
    var withoutAgent = false

    @Option(
        name: .customLong("agent-option"),
        help: ArgumentHelp(
            "An option of muster-agent for this machine, such as --kernel-log=/var/log/kern.log.",
            valueName: "option"))
    var agentOptions: [String] = []

    @OptionGroup(title: "Kubernetes")
    var cluster: ClusterOptions

    @Option(name: .long, help: "Fleet seconds per second, for a simulated fleet.")
    var speed: Int?

    @Option(name: .long, help: "Faults of a simulated fleet: none, llama3, published or demo.")
    var faults: String?

    @Flag(
        name: .long,
        help: "A simulated fleet with users who submit jobs without end, at 60 times the speed.")
    var demo = false

    @Option(
        name: .long,
        help: "Change a setting of the policy in a new data folder, such as minimum-run-time=5m.")
    var tune: [String] = []

    @Option(name: .customLong("snapshot-inputs"), help: "Make a snapshot after so many inputs.")
    var snapshotInputs: Int?

    @Option(name: .long, help: "Seed of a simulated fleet's faults and users.")
    var seed: UInt64 = 1

    @Option(name: .customLong("tls-certificate"), help: "Certificate chain (PEM), for HTTPS.")
    var certificate: String?

    @Option(name: .customLong("tls-key"), help: "Key of the certificate (PEM).")
    var key: String?

    @Flag(
        name: .customLong("insecure-plaintext"),
        help: "Listen beyond loopback without TLS, behind a proxy that has it.")
    var insecurePlaintext = false

    @Option(
        name: .customLong("host-name"),
        help: "Another name that requests may be sent to, such as that of a proxy.")
    var hostNames: [String] = []

    @Option(
        name: .long, help: "What requests without a token may do on loopback: viewer or none.")
    var anonymous = "viewer"

    @Option(name: .customLong("log-level"), help: "debug, info, notice, warning or error.")
    var logLevel = "notice"

    func run() throws {
        try Console.run { () throws(Failure) in
            let plan = try UpPlan(self)
            try AsyncBridge.run { () async throws(Failure) in try await UpRun(plan).run() }
        }
    }
}

/// Everything that `muster up` was asked for, checked.
struct UpPlan: Sendable {
    /// What kind of backend is wanted.
    enum Machines: Sendable {
        case local(devices: Int?)
        case simulated(FleetDefinition, FaultModel?, demo: Bool)
        case kubernetes(KubernetesSettings, LeasePlace?)
    }

    var folder: String
    var machines: Machines
    var server = ServerSettings()
    var plane = ControlPlaneSettings()
    var seed: UInt64
    var logLevel: Logger.Level
    /// Options of this machine's agent; nil to have none.
    var agentOptions: [String]?

    init(_ command: UpCommand) throws(Failure) {
        seed = command.seed
        guard let level = Logger.Level(rawValue: command.logLevel) else {
            throw Failure(
                usage: "--log-level: there is no level '\(command.logLevel)'",
                expected: "debug, info, notice, warning or error")
        }
        logLevel = level
        machines = try UpPlan.machines(command)
        folder =
            command.data
            ?? UserFolders.data + "/" + (command.demo ? "demo" : UpPlan.backend(command))
        (server.host, server.port) = try UpPlan.address(command.listen)
        server.hostNames = command.hostNames.map { $0.lowercased() }
        server.version = MusterVersion.number
        switch (command.certificate, command.key) {
        case (let certificate?, let key?): server.tls = (certificate, key)
        case (nil, nil): break
        default:
            throw Failure(
                usage: "TLS needs both a certificate and a key",
                expected: "--tls-certificate FILE --tls-key FILE")
        }
        server.allowsPlaintext = command.insecurePlaintext
        do throws(OperatingError) {
            try server.checkExposure()
        } catch {
            throw Failure(operating: error)
        }
        switch command.anonymous {
        case "viewer": server.anonymous = .viewer
        case "none": server.anonymous = nil
        default:
            throw Failure(
                usage: "--anonymous: '\(command.anonymous)' is no choice",
                expected: "viewer or none")
        }
        if let inputs = command.snapshotInputs {
            guard (1...10_000_000).contains(inputs) else {
                throw Failure(
                    usage: "--snapshot-inputs: \(inputs) is out of range",
                    expected: "1 to 10000000")
            }
            plane.snapshotInputs = inputs
        }
        try PolicyTuning.apply(command.tune, to: &plane.policy.timeline)
        try takeAgent(command)
        try takeSpeed(command)
        try takeTenants(command)
        if let path = command.health {
            let file = try HealthDocument.file(try FileReading.document(path)).orFail()
            plane.health = file.policy
            plane.spares = file.spares
            plane.drops = file.drops
            plane.faultRules =
                try file.rulesFile.map { named throws(Failure) in
                    let rules = FileReading.path(named.value, besideFile: path)
                    return try FaultRuleDocument.read(try FileReading.document(rules)).orFail()
                } ?? file.rules
        }
        if let path = command.stacks {
            let source = try FileReading.document(path)
            let catalogue = try StackDocument.catalogue(source).orFail()
            plane.stacks = (catalogue, TextDigest.number(source.bytes))
        }
    }

    private mutating func takeAgent(_ command: UpCommand) throws(Failure) {
        let options = command.agentOptions
        guard case .local = machines else {
            guard !command.withoutAgent, options.isEmpty else {
                throw Failure(
                    usage: "--no-agent and --agent-option: they are for this machine",
                    expected: "--backend local")
            }
            return
        }
        guard !command.withoutAgent else {
            guard options.isEmpty else {
                throw Failure(
                    usage: "--agent-option: there is no agent", expected: "no --no-agent")
            }
            return
        }
        // Whom it tells, as whom and where it remembers that are not for others to say.
        let known = ["--kernel-log", "--root", "--nvml", "--dcgm-exporter", "--interval"]
        for option in options {
            let isKnown = known.contains { option.hasPrefix($0 + "=") }
            guard isKnown || option == "--journal" else {
                throw Failure(
                    usage: "--agent-option: '\(option)'",
                    expected: (known.map { $0 + "=VALUE" } + ["--journal"]).joined(separator: ", "))
            }
        }
        do throws(UsageError) {
            _ = try AgentOptions(["--pipe", "--node", "this"] + options)
        } catch {
            throw Failure(
                usage: "--agent-option: \(error.message)", expected: "as muster-agent has it")
        }
        agentOptions = options
    }

    private mutating func takeSpeed(_ command: UpCommand) throws(Failure) {
        let speed = command.speed ?? (command.demo ? UpPlan.demoSpeed : 1)
        guard (1...FleetClock.highestSpeed).contains(Int64(speed)) else {
            throw Failure(
                usage: "--speed: \(speed) is out of range",
                expected: "1 to \(FleetClock.highestSpeed)")
        }
        if speed != 1 {
            guard case .simulated = machines else {
                throw Failure(
                    usage: "--speed: real programs run as fast as they run",
                    expected: "--backend simulated")
            }
        }
        plane.speed = Int64(speed)
    }

    private mutating func takeTenants(_ command: UpCommand) throws(Failure) {
        guard let path = command.tenants else {
            guard case .simulated(let fleet, _, demo: true) = machines else { return }
            let text = DemoFleet.tenants(of: fleet)
            plane.tenants = (text, TextDigest.hex(Array(text.utf8)))
            return
        }
        let source = try FileReading.document(path)
        let document = TenantsDocument.parse(source)
        if case .simulated(let fleet, _, _) = machines {
            _ = try document.resolve(fleet: fleet).orFail()
        } else if !document.diagnostics.isEmpty {
            throw Failure(document.diagnostics, status: .badData)
        }
        plane.tenants = (
            String(decoding: source.bytes, as: UTF8.self), TextDigest.hex(source.bytes)
        )
    }

    /// Fleet seconds per second of the demo: an hour passes in a minute.
    private static let demoSpeed = 60

    private static func backend(_ command: UpCommand) -> String {
        command.backend ?? (command.demo ? "simulated" : "local")
    }

    private static func machines(_ command: UpCommand) throws(Failure) -> Machines {
        if let option = command.cluster.given, backend(command) != "kubernetes" {
            throw Failure(
                usage: "\(option): it is for clusters", expected: "--backend kubernetes")
        }
        switch backend(command) {
        case "local":
            try refuseSimulation(command, "this machine is what it is")
            if let devices = command.devices, !(0...FleetLimits.devicesPerNode).contains(devices) {
                throw Failure(
                    usage: "--devices: \(devices) is out of range",
                    expected: "0 to \(FleetLimits.devicesPerNode)")
            }
            return .local(devices: command.devices)
        case "simulated":
            if command.devices != nil {
                throw Failure(
                    usage: "--devices: a simulated fleet says itself what it has",
                    expected: "--fleet FILE")
            }
            return .simulated(
                try simulatedFleet(command), try faultModel(command), demo: command.demo)
        case "kubernetes":
            try refuseSimulation(command, "the cluster is what it is")
            if command.devices != nil {
                throw Failure(
                    usage: "--devices: nodes say themselves what they have",
                    expected: "--backend local")
            }
            return .kubernetes(
                try command.cluster.settings(), try command.cluster.leasePlace())
        default:
            throw Failure(
                usage: "--backend: there is no backend '\(backend(command))'",
                expected: "local, simulated or kubernetes")
        }
    }

    private static func refuseSimulation(
        _ command: UpCommand, _ why: String
    ) throws(Failure) {
        for (name, isGiven) in [
            ("--fleet", command.fleet != nil), ("--demo", command.demo),
            ("--faults", command.faults != nil),
        ] where isGiven {
            throw Failure(usage: "\(name): \(why)", expected: "--backend simulated")
        }
    }

    private static func simulatedFleet(
        _ command: UpCommand
    ) throws(Failure) -> FleetDefinition {
        if let fleet = command.fleet { return try FleetSource.load(fleet) }
        guard command.demo else { return try FleetSource.load("128x8/16/4") }
        return try FleetDocument.parse(SourceText(DemoFleet.text, file: "demo fleet"))
            .resolve().orFail()
    }

    private static func faultModel(_ command: UpCommand) throws(Failure) -> FaultModel? {
        switch command.faults ?? (command.demo ? "demo" : "none") {
        case "none": return nil
        case "demo": return DemoFleet.faults(seed: command.seed)
        case "llama3": return .llama3(seed: command.seed)
        case "published": return .published(seed: command.seed)
        default:
            throw Failure(
                usage: "--faults: there is no model '\(command.faults ?? "")'",
                expected: "none, llama3, published or demo")
        }
    }

    /// The host and the port of an address.
    static func address(_ text: String) throws(Failure) -> (host: String, port: Int) {
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
            let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
        else {
            throw Failure(
                usage: "--listen: '\(text)' is not an address",
                expected: "HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return (host, port)
    }
}
