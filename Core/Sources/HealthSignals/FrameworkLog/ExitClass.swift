/// How a process ended.
public struct ProcessExit: Hashable, Sendable {
    /// Its exit code; negative where a launcher reports signals that way.
    public var code: Int32
    /// The signal that ended it, if that is known.
    public var signal: Int32?
    /// Whether the kernel or the kubelet killed it because memory ran out.
    public var ranOutOfMemory: Bool

    /// Gathers what is known.
    public init(code: Int32, signal: Int32? = nil, ranOutOfMemory: Bool = false) {
        self.code = code
        self.signal = signal
        self.ranOutOfMemory = ranOutOfMemory
    }
}

/// What an exit code says about the cause, as far as it does.
public enum ExitClass: Hashable, Sendable {
    /// It did its work.
    case completed
    /// The application ended itself.
    case application(code: Int32)
    /// It was killed because memory ran out.
    case outOfMemory
    /// It crashed or gave up: a fault of the application, unless hardware faults or signs of NCCL
    /// say otherwise.
    case crashed(signal: Int32)
    /// Somebody told it to stop.
    case stopped(signal: Int32)
    /// It could not be started, or was lost with its machine.
    case infrastructure(code: Int32)
    /// NVRx: it must not be restarted, because its attribution said so or it makes no progress.
    case doNotRestart

    /// NVRx's code for *do not restart* (nvidia-resiliency-ext d8686d9).
    public static let nvrxDoNotRestart: Int32 = 93

    /// Classifies an exit.
    ///
    /// Codes above 128 are signals, as shells and container runtimes have it; negative ones too, as
    /// Python has it. 125 to 127 are what runtimes say when they could not start a program; 255 is
    /// what remote shells say when they lost it.
    public init(_ exit: ProcessExit) {
        if exit.ranOutOfMemory {
            self = .outOfMemory
            return
        }
        var signal = exit.signal
        if signal == nil, (129...192).contains(exit.code) { signal = exit.code - 128 }
        if signal == nil, (-64 ... -1).contains(exit.code) { signal = -exit.code }
        if let signal, signal > 0 {
            self =
                Self.stopping.contains(signal) ? .stopped(signal: signal) : .crashed(signal: signal)
            return
        }
        switch exit.code {
        case 0: self = .completed
        case Self.nvrxDoNotRestart: self = .doNotRestart
        case 125, 126, 127, 255: self = .infrastructure(code: exit.code)
        default: self = .application(code: exit.code)
        }
    }

    /// Hang-up, interrupt, kill, termination: others send them.
    private static let stopping: Set<Int32> = [1, 2, 9, 15]

    /// What an exit code above 128, or one that is not the program's own, means, for people; nil
    /// where the code says all.
    public var meaning: String? {
        switch self {
        case .completed, .application: nil
        case .outOfMemory: "memory ran out"
        case .crashed(let signal): "it crashed with signal \(signal)"
        case .stopped(let signal): "signal \(signal), which somebody sent"
        case .infrastructure: "its program could not be started, or was lost with its machine"
        case .doNotRestart: "NVRx: another try is no use"
        }
    }
}
