import FleetModel

/// What the command was asked for.
struct Arguments {
    /// Which cases are run.
    enum Only { case everything, torture, liveness, signals }

    var seed: UInt64 = 1
    var steps = 1_000_000
    var jobs = 2
    var only = Only.everything
    /// One case instead of as many as it takes.
    var single: Int?
    var shrinks = true
    /// Whether cases go on behind a failure, which is then only named.
    var goesOn = false
    /// The queue order of all cases; drawn when it is not given.
    var order: QueueOrder?

    static let usage = """
        usage: muster-fuzz [--seed N] [--steps N] [--only KIND] [--jobs N]
                           [--policy NAME] [--case N] [--no-shrink] [--go-on]

        Runs random cases until so many inputs have been given, and checks all invariants, the
        driver's contract, replay and liveness. A failure is shrunk and printed with the command
        that repeats it.

          --seed N       another row of cases (default 1)
          --steps N      inputs in all (default 1000000)
          --only KIND    torture: random inputs; liveness: large gangs in streams of small jobs;
                         signals: lines of logs, each a step, instead of inputs
          --jobs N       cases at the same time (default 2)
          --policy NAME  one queue order: fifo, first-fit, easy, fair, muster
          --case N       this case alone
          --no-shrink    print the failure as it is
          --go-on        name every failure in one line, and go on to the end

        exit codes: 0 nothing broken, 2 usage, 3 a broken invariant or contract, 4 liveness,
        5 a state that must be reached in 1000000 steps was not, 6 a trap or a case without an end
        """

    /// Reads arguments; nil when they make no sense.
    init?(_ words: [String]) {
        var index = 0
        func value() -> String? { index + 1 < words.count ? words[index + 1] : nil }
        while index < words.count {
            if words[index] == "--no-shrink" {
                shrinks = false
                index += 1
                continue
            }
            if words[index] == "--go-on" {
                goesOn = true
                index += 1
                continue
            }
            guard let text = value() else { return nil }
            switch words[index] {
            case "--seed":
                guard let number = UInt64(text) else { return nil }
                seed = number
            case "--steps":
                guard let number = Int(text), number > 0 else { return nil }
                steps = number
            case "--jobs":
                guard let number = Int(text), (1...64).contains(number) else { return nil }
                jobs = number
            case "--case":
                guard let number = Int(text), number >= 0 else { return nil }
                single = number
            case "--policy":
                guard let known = QueueOrder.allCases.first(where: { $0.name == text }) else {
                    return nil
                }
                order = known
            case "--only":
                switch text {
                case "torture": only = .torture
                case "liveness": only = .liveness
                case "signals": only = .signals
                default: return nil
                }
            default: return nil
            }
            index += 2
        }
    }

    /// Whether a case is about liveness.
    func isLiveness(_ number: Int) -> Bool {
        switch only {
        case .everything: number % 24 == 23
        case .torture, .signals: false
        case .liveness: true
        }
    }

    /// The seed of a case.
    func seed(of number: Int) -> UInt64 {
        seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(number)
    }

    /// The command that repeats a case.
    func command(repeating number: Int) -> String {
        let kind =
            switch only {
            case .everything: ""
            case .torture: " --only torture"
            case .liveness: " --only liveness"
            case .signals: " --only signals"
            }
        return "swift run -c release --package-path Core muster-fuzz --seed \(seed)"
            + "\(kind)\(order.map { " --policy \($0.name)" } ?? "") --case \(number)"
    }
}
