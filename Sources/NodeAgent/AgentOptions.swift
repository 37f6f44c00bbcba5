import FleetModel
import Glibc

/// What the agent is started with.
public struct AgentOptions: Sendable {
    /// Where the control plane listens.
    public var controlPlane: HTTPTarget?
    /// A file with the token, read before every message, so that it can be replaced.
    public var tokenFile: String?
    /// A file with the certificates that are trusted, for addresses with `https`; nil for the
    /// system's.
    public var authorityFile: String?
    /// The node's name, as the control plane knows it.
    public var node = ""
    /// The folder of the agent's memory.
    public var stateFolder = "/run/muster-agent"
    /// Logs of the kernel: its device, or files or pipes that are written with it. Empty for the
    /// device, or for the journal where that is followed.
    public var kernelLogs: [String] = []
    /// Whether to follow systemd's journal: for the kernel's lines unless a log of them is named,
    /// and for the Fabric Manager's.
    public var hasJournal = false
    /// Where `/sys` and `/proc` of the host are.
    public var root = "/"
    /// NVIDIA's management library; nil to leave devices alone.
    public var library: String? = "libnvidia-ml.so.1"
    /// Where dcgm-exporter listens, if it is to be asked.
    public var exporter: HTTPTarget?
    /// Seconds between readings, until the control plane asks for another time.
    public var interval = TimeSpan.seconds(30)
    /// Whether to tell the control plane that started this agent, over standard output.
    public var isPiped = false
    /// Whether to show once what would be told, and end.
    public var isShowing = false
    /// How long showing waits for devices that do not answer.
    public var patience = TimeSpan.seconds(5)

    /// The defaults.
    public init() {}

    /// What `--help` prints.
    public static let help = """
        usage: muster-agent --control-plane https://HOST:PORT [options]

        Tells a control plane of Muster about the hardware of this node.

          --control-plane URL    where `muster up` listens: https://HOST:PORT, or http
          --ca-file FILE         certificates to trust (PEM), in place of the system's
          --token-file FILE      a token of the role agent (muster tokens add --role agent)
          --node NAME            the node's name (NODE_NAME, or the host's name)
          --kernel-log PATH      the kernel's log: /dev/kmsg, or a file or pipe with it; may be
                                 repeated for logs that have none of their lines in common
          --journal              follow systemd's journal: the Fabric Manager's lines, and the
                                 kernel's in place of /dev/kmsg unless --kernel-log is given
          --root FOLDER          where the host's /sys and /proc are (/)
          --nvml PATH            NVIDIA's library (libnvidia-ml.so.1), or none
          --dcgm-exporter URL    ask dcgm-exporter as well: http://localhost:9400/metrics
          --state-folder FOLDER  what is not told yet (/run/muster-agent)
          --interval SECONDS     between readings, 5 to 3600 (30)
          --show                 print what would be told, and end
          --patience SECONDS     how long --show waits for devices that do not answer (5)
          --version, --help
        """

    /// Reads arguments; what is wrong with them, if something is.
    public init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if AgentOptions.flags.contains(word) {
                hasJournal = hasJournal || word == "--journal"
                isShowing = isShowing || word == "--show"
                isPiped = isPiped || word == "--pipe"
                continue
            }
            guard word.hasPrefix("--") else { throw UsageError("unexpected argument '\(word)'") }
            // `--node NAME` and `--node=NAME` are the same.
            let name = String(word.prefix { $0 != "=" })
            guard let option = Option(rawValue: name) else {
                if AgentOptions.flags.contains(name) {
                    throw UsageError("\(name) takes no value")
                }
                throw UsageError("there is no option \(name)")
            }
            let own = name == word ? nil : String(word.dropFirst(name.count + 1))
            guard let value = own ?? rest.popFirst() else {
                throw UsageError("\(name) needs a value")
            }
            try set(option, value)
        }
        if node.isEmpty { node = AgentOptions.hostName() }
        guard !node.isEmpty, node.utf8.count <= 253 else {
            throw UsageError("the node's name is not known; name it with --node")
        }
        guard isShowing || isPiped || controlPlane != nil else {
            throw UsageError("--control-plane is missing")
        }
    }

    /// Those that take no value.
    private static let flags: Set<String> = ["--show", "--pipe", "--journal"]

    /// Those that take one.
    private enum Option: String {
        case controlPlane = "--control-plane"
        case tokenFile = "--token-file"
        case authorityFile = "--ca-file"
        case node = "--node"
        case kernelLog = "--kernel-log"
        case root = "--root"
        case library = "--nvml"
        case exporter = "--dcgm-exporter"
        case stateFolder = "--state-folder"
        case interval = "--interval"
        case patience = "--patience"
    }

    private mutating func set(_ option: Option, _ value: String) throws(UsageError) {
        let name = option.rawValue
        switch option {
        case .controlPlane: controlPlane = try AgentOptions.target(name, value)
        case .tokenFile: tokenFile = value
        case .authorityFile: authorityFile = value
        case .node: node = value
        case .kernelLog:
            guard kernelLogs.count < LogPosition.most - 1, !kernelLogs.contains(value) else {
                throw UsageError("--kernel-log: '\(value)' is named twice, or one too many")
            }
            kernelLogs.append(value)
        case .root: root = value
        case .library: library = value == "none" ? nil : value
        case .exporter: exporter = try AgentOptions.target(name, value)
        case .stateFolder: stateFolder = value
        case .interval: interval = try AgentOptions.seconds(name, value, from: 5)
        case .patience: patience = try AgentOptions.seconds(name, value, from: 1)
        }
    }

    private static func seconds(
        _ name: String, _ value: String, from least: Int64
    ) throws(UsageError) -> TimeSpan {
        guard let seconds = Int64(value), (least...3600).contains(seconds) else {
            throw UsageError("\(name) is not from \(least) to 3600 seconds")
        }
        return .seconds(seconds)
    }

    private static func target(_ name: String, _ value: String) throws(UsageError) -> HTTPTarget {
        guard let target = HTTPTarget(value) else {
            throw UsageError("\(name) is not http://HOST:PORT or https://HOST:PORT: '\(value)'")
        }
        return target
    }

    private static func hostName() -> String {
        if let name = getenv("NODE_NAME").map({ String(cString: $0) }), !name.isEmpty {
            return name
        }
        var bytes = [CChar](repeating: 0, count: 256)
        gethostname(&bytes, 255)
        return String(
            decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What is wrong with a command line.
public struct UsageError: Error, Equatable {
    /// In words.
    public var message: String

    init(_ message: String) { self.message = message }
}
