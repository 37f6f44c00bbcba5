import AgentWire
import FleetModel
import Glibc

/// The agent: one thread that waits for the kernel's log, its other processes and the time, and
/// tells the control plane what changed. What can hold its reader is read by the others alone.
///
/// It holds files, so it is a class; ``Uplink``, ``LogIntake``, ``ProbeWatch`` and ``PassWatch``
/// decide, and are values.
final class Agent {
    let options: AgentOptions
    private let boot: BootID
    /// Nil while it only shows: another agent may run with that memory.
    private let spill: SpillFile?
    private let probe: ProbeProcess?
    private let pass: PassProcess
    private let logs: [LogFollower]
    private var uplink: Uplink
    private var machine: MachineReader
    /// What sysfs tells of the machine, and the same with what its devices tell.
    private var host = MachineReport()
    private var report = MachineReport()
    /// The devices that answered last.
    private var devices: [ReportedDevice] = []
    /// Where dcgm-exporter said last that devices sit.
    private var seats: [UInt8: ReportedSeat] = [:]
    /// Whether it was known then which devices there are.
    private var isSettled = false
    private var readAt: Instant?
    private var trouble: String?
    private var exporterTrouble: String?
    private var names = AddressBook()
    private let client: TLSClient

    /// How long one request may take.
    private static let patience = TimeSpan.seconds(10)
    /// How long the control plane that started this agent may take: it is the same machine, and
    /// may be waiting for its disk.
    private static let pipePatience = TimeSpan.seconds(300)
    /// How long values of the machine are waited for; those that come later are told later.
    private static let glance = TimeSpan(nanoseconds: 250_000_000)
    /// The same for who wants to see them once, and so long that one part may hang.
    private static let thorough = TimeSpan.seconds(15)

    init(_ options: AgentOptions, program: [String]) {
        self.options = options
        client = TLSClient(authorities: options.authorityFile)
        let tree = SysTree(root: options.root)
        let now = Clock.monotonic()
        var random = SplitMix(seed: UInt64.random(in: 0 ... .max))
        boot = tree.boot
        var image: SpillImage?
        if options.isShowing {
            spill = nil
        } else {
            (spill, image) = SpillFile.open(folder: options.stateFolder, boot: boot)
        }
        var queue = image?.queue ?? RecordQueue(stream: random.next())
        // When the machine went down, the end of a file on disk may have been lost, with places
        // that the receiver has seen. What waits gets new ones: told twice rather than not at all.
        if let image, image.boot != boot { queue.restart(stream: random.next()) }
        uplink = Uplink(
            node: options.node, boot: boot, queue: queue, run: spill?.run ?? 0, seed: random.next(),
            interval: options.interval, now: now)
        logs = LogFollower.all(
            options, boot: boot, told: image?.position ?? .beginning, now: now)
        machine = MachineReader(tree)
        pass = PassProcess(tree)
        probe = options.library.map {
            ProbeProcess(
                library: $0, interval: options.interval,
                patience: ProbeProcess.patience(options.interval), program: program,
                now: now)
        }
        host.agentVersion = AgentVersion.text
        spill?.rewrite(queue, position: position)
        if spill?.isWritable == false {
            Agent.say(
                "\(options.stateFolder) cannot be written: what is not told yet is lost when "
                    + "the agent ends")
        }
    }

    /// Runs until it is killed: it may be at any time, nothing has to be tidied up.
    func run() -> Never {
        // While it waits for a name server, nothing else goes on.
        setenv("RES_OPTIONS", "timeout:2 attempts:1", 0)
        // What is on the buses says whether devices are to be waited for.
        readMachine(now: Clock.monotonic())
        while true {
            let now = Clock.monotonic()
            readLogs(now: now)
            readProbe(now: now)
            if pass.tick(now: now) { uplink.set(.machine, pass.samples) }
            if uplink.due <= now { send(now: now) }
            wait()
            if options.isPiped { PipeExchange.leaveIfAlone() }
        }
    }

    /// Reads everything once, for ``options`` that ask to be shown.
    func show() -> (report: MachineReport, samples: [AgentSample]) {
        let end = Clock.monotonic() + options.patience
        // One that was silent for too long is ended, and another asks.
        func awaitsDevices() -> Bool {
            guard let probe, probe.reading.devices.isEmpty else { return false }
            return !(probe.isOver && probe.isAbsent)
        }
        repeat {
            readProbe(now: Clock.monotonic())
            usleep(50_000)
        } while awaitsDevices() && Clock.monotonic() < end
        // What was read when the devices answered was read for the report alone.
        readAt = nil
        let samples = readMachine(now: Clock.monotonic(), patience: Agent.thorough)
        probe?.stop()
        return (report, samples)
    }

    private func wait() {
        var files: [pollfd] = []
        var until = uplink.due
        for log in logs {
            until = min(until, log.due(now: Clock.monotonic()))
            guard log.descriptor >= 0 else { continue }
            files.append(pollfd(fd: log.descriptor, events: Int16(POLLIN), revents: 0))
        }
        until = min(until, pass.due(now: Clock.monotonic()))
        if pass.pipe >= 0 {
            files.append(pollfd(fd: pass.pipe, events: Int16(POLLIN), revents: 0))
        }
        if let probe {
            until = min(until, probe.due)
            if probe.pipe >= 0 {
                files.append(pollfd(fd: probe.pipe, events: Int16(POLLIN), revents: 0))
            }
        }
        if options.isPiped { files.append(pollfd(fd: 0, events: 0, revents: 0)) }
        let left = (until - Clock.monotonic()).nanoseconds
        poll(&files, nfds_t(files.count), Int32(clamping: max(0, left) / 1_000_000 + 1))
    }

    /// How far all logs are told.
    private var position: LogPosition {
        LogPosition(logs.map { NamedPosition(name: $0.name, position: $0.position) })
    }

    private func readLogs(now: Instant) {
        for (index, log) in logs.enumerated() {
            // What a record says of the others stands while this one is read.
            var all = logs.map { NamedPosition(name: $0.name, position: $0.position) }
            let (told, hasMoved) = log.read(now: now)
            if hasMoved { spill?.rewrite(uplink.waiting, position: position) }
            keep(
                told.map { record, end in
                    all[index].position = end
                    return (record, LogPosition(all))
                }, now: now)
        }
    }

    private func readProbe(now: Instant) {
        guard let probe else { return }
        let wall = Clock.wall()
        let told = probe.tick(now: now).map { (AgentRecord(at: wall, $0), position) }
        keep(told, now: now)
        // Readings come at their own time; other devices are told at once.
        guard probe.reading.devices != devices || probe.isSettled != isSettled else { return }
        devices = probe.reading.devices
        isSettled = probe.isSettled
        readAt = nil
        readMachine(now: now)
    }

    /// Puts records into the queue and the spill file: the file first has them all.
    private func keep(_ told: [LogIntake.Told], now: Instant) {
        guard !told.isEmpty else { return }
        let entries = told.map { record, position in
            let (sequence, bytes) = uplink.append(record, now: now)
            return SpillImage.Entry.record(sequence: sequence, position: position, bytes: bytes)
        }
        spill?.append(entries, uplink.waiting, position: position)
    }

    /// Reads the machine, if that was not done a moment ago.
    @discardableResult private func readMachine(
        now: Instant, patience: TimeSpan = Agent.glance
    ) -> [AgentSample] {
        let half = TimeSpan(nanoseconds: uplink.heartbeat.nanoseconds / 2)
        if let readAt, now < readAt + half { return [] }
        readAt = now
        machine.look(now: now, into: &host)
        probe?.sees(onBus: Int(host.devicesOnBus ?? 0))
        pass.begin(machine.parts(), now: now)
        pass.wait(atMost: patience)
        var samples = pass.samples
        uplink.set(.machine, samples)
        if let exporter = options.exporter {
            let found = scrape(exporter)
            uplink.set(.exporter, found.samples)
            samples += found.samples
            seats.merge(found.seats) { $1 }
        }
        var report = host
        if let reading = probe?.reading {
            report.devices = reading.devices.map {
                var device = $0
                device.slot = machine.slot(of: device)
                device.seat = device.seat ?? seats[device.index]
                return device
            }
            report.versions = (host.versions + reading.versions).sorted { $0.part < $1.part }
            uplink.set(.devices, reading.samples)
            samples += reading.samples
        }
        self.report = report
        // A report without devices would say that they are gone.
        if probe?.isSettled ?? true { uplink.set(report, now: now) }
        return samples
    }

    private func send(now: Instant) {
        readMachine(now: now)
        if options.isPiped {
            let message = uplink.message(wall: Clock.wall()).encoded()
            let outcome = PipeExchange.send(message, within: Agent.pipePatience)
            return take(outcome, now: Clock.monotonic())
        }
        guard let target = options.controlPlane else { return }
        let token = options.tokenFile.flatMap { HostFile.text($0) }
        let message = uplink.message(wall: Clock.wall())
        let request = HTTPExchange.Request(
            path: "/v1/agents/\(HTTPTarget.escaped(options.node))/deltas", token: token,
            body: message.encoded(), limit: 64 << 10)
        let outcome = exchange(request, with: target, within: Agent.patience)
        take(outcome, now: Clock.monotonic())
    }

    private func exchange(
        _ request: HTTPExchange.Request, with target: HTTPTarget, within span: TimeSpan
    ) -> HTTPExchange.Outcome {
        let outcome = HTTPExchange.send(
            request, to: target, at: names.addresses(of: target, now: Clock.monotonic()),
            client: client, within: span)
        if case .failed = outcome { names.doubt(target) }
        return outcome
    }

    private func take(_ outcome: HTTPExchange.Outcome, now: Instant) {
        switch outcome {
        case .answer(200, _, let body):
            guard let answer = try? AgentAcknowledgement(decoding: body) else {
                uplink.fail(now: now)
                return note("the answer is not one of a control plane")
            }
            let before = uplink.waiting.firstSequence
            switch uplink.acknowledge(answer, now: now) {
            case .taken: note(nil)
            case .failed: note("the answer is to something else")
            case .restarted: Agent.say("the control plane knows more of this stream: a new one")
            }
            guard uplink.waiting.firstSequence != before else { return }
            if uplink.waiting.stream == answer.stream {
                spill?.append(
                    [.acknowledged(sequence: answer.sequence)], uplink.waiting,
                    position: position)
            } else {
                spill?.rewrite(uplink.waiting, position: position)
            }
        case .answer(let status, _, _) where [400, 413, 422].contains(status):
            if let place = uplink.refuse(now: now) {
                Agent.say("record \(place) was refused and is dropped")
                spill?.rewrite(uplink.waiting, position: position)
            }
            note("the control plane answers \(status)")
        case .answer(415, _, _):
            guard !uplink.refuseVersion(now: now) else {
                return Agent.say("the control plane is older: it is told what it knows")
            }
            note("the control plane answers 415")
        case .answer(let status, let retryAfter, _):
            uplink.fail(now: now, after: .seconds(retryAfter ?? 0))
            note(words(status))
        case .failed(let what):
            uplink.fail(now: now)
            note(what)
        }
    }

    /// What a status says that no message is to blame for.
    private func words(_ status: Int) -> String {
        switch status {
        case 401:
            "the control plane does not know the token (401)"
                + (options.tokenFile.map { HostFile.text($0) == nil ? ": \($0) is not read" : "" }
                    ?? ": there is none, name a file with --token-file")
        case 403: "the token is not one for an agent of the node \(options.node) (403)"
        case 404: "the control plane has no node \(options.node) (404): name it with --node"
        default: "the control plane answers \(status)"
        }
    }

    /// Says why the control plane takes nothing, once for each reason, and once that it does again.
    private func note(_ trouble: String?) {
        guard trouble != self.trouble else { return }
        self.trouble = trouble
        Agent.say(trouble.map { "away: \($0)" } ?? "the control plane takes what is told")
    }

    private func scrape(_ exporter: HTTPTarget) -> ExporterText.Reading {
        // Its address has the path already.
        let request = HTTPExchange.Request(
            path: exporter.path.isEmpty ? "/metrics" : "", limit: 4 << 20)
        let outcome = exchange(request, with: exporter, within: .seconds(3))
        var reading = ExporterText.Reading()
        var trouble: String?
        switch outcome {
        case .answer(200, _, let body):
            reading = ExporterText.read(body)
            if reading.samples.isEmpty { trouble = "has no field that is known" }
        case .answer(let status, _, _): trouble = "answers \(status)"
        case .failed(let what): trouble = "gives nothing: \(what)"
        }
        if trouble != exporterTrouble {
            exporterTrouble = trouble
            Agent.say("the exporter " + (trouble ?? "answers"))
        }
        return reading
    }

    static func say(_ text: String) {
        let line = Array("muster-agent: \(text)\n".utf8)
        _ = write(2, line, line.count)
    }
}
