import AgentWire
import FleetModel
import Glibc

/// The program `muster-agent`.
public enum AgentProgram {
    /// The word by which another program becomes the agent.
    private static let word = "node-agent"

    /// Becomes the agent of a control plane, or its probe, if the command line says so, and then
    /// never returns.
    public static func takeOver(_ arguments: [String]) {
        guard arguments.count > 1, arguments[1] == word else { return }
        // Ctrl-C in the terminal is for the control plane, which ends its agent.
        signal(SIGINT, SIG_IGN)
        run(Array(arguments.dropFirst()), program: ["/proc/self/exe", word])
    }

    /// Runs what the arguments ask for, the first one being the program's name. `program` are the
    /// words that start this program again.
    public static func run(
        _ arguments: [String], program: [String] = ["/proc/self/exe"]
    ) -> Never {
        endWhenAsked()
        let words = Array(arguments.dropFirst())
        if words.first == "probe" { probe(Array(words.dropFirst())) }
        if words.contains("--help") || words.contains("-h") { end(AgentOptions.help, 0) }
        if words.contains("--version") { end("muster-agent \(AgentVersion.text)", 0) }
        let options: AgentOptions
        do {
            options = try AgentOptions(words)
        } catch {
            Agent.say(error.message)
            exit(64)
        }
        guard isAlone(options) else {
            Agent.say("another agent runs with \(options.stateFolder)")
            exit(75)
        }
        let agent = Agent(options, program: program)
        if options.isShowing { show(agent) }
        agent.run()
    }

    /// The probe: `probe LIBRARY SECONDS`, started by the agent itself.
    private static func probe(_ words: [String]) -> Never {
        guard words.count == 2, let seconds = Int64(words[1]), seconds > 0 else {
            end("muster-agent probe is started by the agent itself", 64)
        }
        ProbeProgram.run(library: words[0], interval: .seconds(seconds))
    }

    /// Ends at once on SIGTERM, whatever whoever started this has blocked, and as the first process
    /// of a container, which the kernel spares otherwise. Nothing has to be tidied up.
    private static func endWhenAsked() {
        signal(SIGTERM) { _ in _exit(0) }
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
    }

    /// Takes the lock of the state folder, for as long as the process lives.
    private static func isAlone(_ options: AgentOptions) -> Bool {
        guard !options.isShowing else { return true }
        mkdir(options.stateFolder, 0o700)
        let file = open(options.stateFolder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // Without a folder there is no memory that two could spoil.
        return file < 0 || flock(file, LOCK_EX | LOCK_NB) == 0
    }

    private static func end(_ text: String, _ code: Int32) -> Never {
        let line = Array("\(text)\n".utf8)
        _ = write(code == 0 ? 1 : 2, line, line.count)
        exit(code)
    }

    private static func show(_ agent: Agent) -> Never {
        let (report, samples) = agent.show()
        end(ReportText.text(report, samples, node: agent.options.node), 0)
    }
}
