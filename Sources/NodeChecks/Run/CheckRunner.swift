import CNodeChecks
import FleetModel
import Glibc
import Health
import KubernetesJSON
import Qualification

/// Runs the checks of a level, each in a process of its own, so that a driver that hangs takes no
/// more than its own check with it.
public struct CheckRunner {
    /// What to run, and with what.
    public struct Settings: Sendable {
        /// The program and the arguments before those of a task.
        public var program: [String]
        /// How long all may take.
        public var level: QualificationLevel
        /// The checks that are wanted; nil for all of the level.
        public var only: [CheckID]?
        /// What the node should have.
        public var stack: StackDeclaration
        /// What machines of the same kind have measured.
        public var learned: LearnedBounds
        /// Where a file may be written.
        public var folder: String
        /// Who listens for the check of the network.
        public var peer: String?
        /// What that one wants to be told first.
        var peerKey: [UInt8]?
        /// The Python that may have PyTorch.
        public var python: String
        /// What the seconds of every check are multiplied by, for tests.
        public var pace: Double
        /// Seconds that take the place of every run's own time to be taken for hung; nil for that.
        public var timeoutSeconds: Double?

        /// Gathers settings.
        public init(
            program: [String], level: QualificationLevel, only: [CheckID]? = nil,
            stack: StackDeclaration = StackDeclaration(), learned: LearnedBounds = LearnedBounds(),
            folder: String, peer: String? = nil, python: String = "python3", pace: Double = 1,
            timeoutSeconds: Double? = nil
        ) {
            self.program = program
            self.level = level
            self.only = only
            self.stack = stack
            self.learned = learned
            self.folder = folder
            self.peer = peer
            self.python = python
            self.pace = pace
            self.timeoutSeconds = timeoutSeconds
        }
    }

    /// What a run says while it goes on.
    public enum Event {
        /// What the node is.
        case facts(MachineFacts)
        /// A check begins.
        case began(PlannedRun)
        /// A check has ended.
        case ended(CheckResult)
    }

    private var settings: Settings
    private var facts = MachineFacts()
    private let isStopped: () -> Bool
    private let tell: (Event) -> Void
    private var hung: Set<Int32> = []

    /// Prepares a run. `isStopped` is asked many times a second.
    public init(
        _ settings: Settings, isStopped: @escaping () -> Bool, tell: @escaping (Event) -> Void
    ) {
        self.settings = settings
        self.isStopped = isStopped
        self.tell = tell
    }

    /// Runs all checks.
    public mutating func run() -> RunVerdict {
        let (facts, trouble) = look()
        if isStopped() {
            return RunVerdict(
                results: [], level: settings.level, devices: facts.deviceCount, isComplete: false)
        }
        self.facts = facts
        tell(.facts(facts))
        let plan = CheckPlan(
            level: settings.level, only: settings.only, devices: facts.deviceCount)
        let judge = FactChecks(facts, stack: settings.stack)
        var results: [CheckResult] = []
        for group in plan.groups {
            let ended: [CheckResult]
            if isStopped() {
                ended = group.map { stopped($0) }
            } else if let check = group.first?.check, let result = judge.result(of: check) {
                var own = result
                if let trouble { own = CheckResult(check, .error, [trouble], code: .checkBroke) }
                ended = [own]
            } else if let absence = absence(group, facts, trouble) {
                ended = group.map { absence.result(of: $0.check, device: $0.device) }
            } else {
                ended = run(group, facts)
            }
            for result in ended { tell(.ended(result)) }
            results += ended
        }
        return RunVerdict(
            results: results, level: settings.level, devices: facts.deviceCount,
            isComplete: !isStopped())
    }

    /// Tests the network to a peer alone, for so many seconds, after a run.
    mutating func network(to peer: String, seconds: Int32) -> CheckResult {
        settings.peer = peer
        defer { settings.peer = nil }
        let planned = PlannedRun(
            check: .network, device: nil, seconds: seconds,
            timeoutSeconds: 2 * seconds + CheckPlan.graceSeconds)
        return run([planned], facts)[0]
    }

    private func stopped(_ run: PlannedRun) -> CheckResult {
        CheckResult(run.check, device: run.device, .notRun, ["the run was stopped"])
    }

    /// Why checks of devices cannot run; nil for other checks, and where they can.
    private func absence(
        _ group: [PlannedRun], _ facts: MachineFacts, _ trouble: String?
    ) -> DeviceAbsence? {
        guard let subject = group.first?.check.entry.subject, subject != .host else { return nil }
        if subject == .tool {
            // A tool may still say why nothing works.
            if trouble == nil, case .absent(let words) = facts.absence { return .absent(words) }
            // These two know of instances themselves.
            let knowsSplits = group.first?.check == .dcgm || group.first?.check == .healthValidation
            return facts.isSplit && !knowsSplits ? .split : nil
        }
        if let trouble { return .broken(trouble) }
        if let absence = facts.absence { return absence }
        if facts.isSplit { return .split }
        return facts.cuda == .absent
            ? .broken("\(facts.devices.count) devices are there, and no libcuda.so.1") : nil
    }

    /// Looks at the node, in a process of its own as well.
    private func look() -> (facts: MachineFacts, trouble: String?) {
        let run = PlannedRun(
            check: .identity, device: nil, seconds: 1,
            timeoutSeconds: CheckPlan.graceSeconds)
        var task = task(of: run)
        task.name = CheckTask.facts
        let (output, ending) = processes([(task, timeout(of: run))])[0]
        guard let line = CheckTask.line(in: output) else {
            return (MachineFacts(), "looking at the node: \(ending)")
        }
        do {
            return (try CheckTask.facts(in: line), nil)
        } catch {
            return (MachineFacts(), "looking at the node: \(error.description)")
        }
    }

    private func task(of run: PlannedRun, devices: Int32 = 0) -> CheckTask {
        CheckTask(
            name: run.check.name, device: run.device, seconds: Double(run.seconds) * settings.pace,
            folder: settings.folder, peer: settings.peer, python: settings.python,
            level: settings.level.name, devices: Int(devices))
    }

    private func timeout(of run: PlannedRun) -> Double {
        settings.timeoutSeconds ?? Double(run.timeoutSeconds)
    }

    private mutating func run(_ group: [PlannedRun], _ facts: MachineFacts) -> [CheckResult] {
        let begun = group.filter { run in run.device.map { !hung.contains($0) } ?? true }
        for run in begun { tell(.began(run)) }
        let start = Clock.seconds()
        let outputs = processes(
            begun.map { (task(of: $0, devices: facts.deviceCount), timeout(of: $0)) })
        var results: [CheckResult] = []
        for run in group {
            guard let place = begun.firstIndex(of: run) else {
                results.append(
                    CheckResult(
                        run.check, device: run.device, .notRun,
                        ["the device did not answer an earlier check"]))
                continue
            }
            let (output, ending) = outputs[place]
            var result = result(of: run, output, ending)
            if result.milliseconds == 0 {
                result.milliseconds = Int64((Clock.seconds() - start) * 1000)
            }
            let model = facts.devices.first?.model ?? ""
            let priors = Priors.thresholds(model: model, devices: facts.deviceCount)
            result.judge(
                against: settings.learned, facts.key(for: result),
                priors: priors + Priors.everywhere)
            results.append(result)
        }
        return results
    }

    private mutating func result(
        of run: PlannedRun, _ output: [UInt8], _ ending: String
    ) -> CheckResult {
        var words = ending
        if let line = CheckTask.line(in: output) {
            do {
                let result = try ResultLine.read(line)
                if result.check == run.check { return result }
                words = "it told of another check"
            } catch {
                words = error.description
            }
        } else if isStopped() {
            return stopped(run)
        } else {
            if ending.hasPrefix(CheckRunner.noAnswer), let device = run.device {
                hung.insert(device)
            }
            let talk = String(decoding: output.suffix(400), as: UTF8.self)
            let last = talk.split(separator: "\n").last.map { ": \($0)" } ?? ""
            words += last
        }
        return CheckResult(run.check, device: run.device, .error, [words], code: .checkBroke)
    }

    private static let noAnswer = "there was no answer"

    /// Runs processes at a time until each has ended, was killed for its time, or all were stopped.
    private func processes(
        _ tasks: [(task: CheckTask, timeout: Double)]
    ) -> [(output: [UInt8], ending: String)] {
        var environment = CheckEnvironment.ofTasks
        if let key = settings.peerKey {
            environment.append(PeerProtocol.keyVariable + "=" + Hex.text(key))
        }
        var slots: [ProcessSlot] = []
        for (task, timeout) in tasks {
            slots.append(
                ProcessSlot(
                    settings.program + task.arguments, environment: environment, timeout: timeout))
        }
        while slots.contains(where: { !$0.isOver }) {
            var waiting = slots.compactMap { slot in
                slot.descriptor.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            }
            poll(&waiting, nfds_t(waiting.count), 50)
            // An end without a word is only seen by looking, which must not spin.
            if waiting.isEmpty { usleep(5_000) }
            let isStopping = isStopped()
            for slot in slots where !slot.isOver {
                slot.look(isStopping: isStopping, noAnswer: CheckRunner.noAnswer)
            }
        }
        return slots.map { ($0.output, $0.ending) }
    }
}

/// One process and the time that it has.
private final class ProcessSlot {
    private var process: ChildProcess?
    private let end: Double
    private let timeout: Double
    private(set) var ending = ""
    private(set) var output: [UInt8] = []
    private(set) var isOver = false

    init(_ arguments: [String], environment: [String], timeout: Double) {
        self.timeout = timeout
        end = Clock.seconds() + timeout
        do throws(ChildProcess.NotStarted) {
            process = try ChildProcess(arguments, environment: environment)
        } catch {
            process = nil
            ending = "its process did not start: \(error.words)"
            isOver = true
        }
    }

    var descriptor: Int32? { isOver ? nil : process?.descriptor }

    func look(isStopping: Bool, noAnswer: String) {
        guard process != nil else { return }
        process?.look()
        if process?.isOver == true {
            finish(process?.ending ?? "")
        } else if isStopping {
            _ = process?.stop()
            finish("it was stopped")
        } else if Clock.seconds() > end {
            let hasEnded = process?.stop() ?? true
            let words = "\(noAnswer) for \(Int(timeout)) s"
            finish(hasEnded ? words : words + ", and it cannot be killed: a driver holds it")
        }
    }

    private func finish(_ words: String) {
        // What it wrote last.
        process?.look()
        output = process?.output ?? []
        ending = words
        isOver = true
        process = nil
    }
}

/// The variables of the processes of checks.
enum CheckEnvironment {
    /// Those of this process, but that devices are counted as NVML counts them, and all of them.
    static var ofTasks: [String] {
        var variables: [String] = []
        guard var next = cnodechecks_environment() else { return [] }
        while let entry = next.pointee {
            let text = String(cString: entry)
            let isOurs = ["CUDA_VISIBLE_DEVICES=", "CUDA_DEVICE_ORDER="].contains {
                text.hasPrefix($0)
            }
            if !isOurs { variables.append(text) }
            next += 1
        }
        return variables + ["CUDA_DEVICE_ORDER=PCI_BUS_ID"]
    }
}
