import Fuzzing
import Glibc
import Scheduler

/// Runs batches of cases in child processes until enough steps have been taken.
struct Campaign {
    /// Cases of one child.
    static let batch = 48
    /// The longest that a batch may take before it counts as without an end.
    static let batchSeconds: UInt32 = 300

    /// What a child leaves: where it is, what it did, what it found.
    private enum Field: Int, CaseIterable { case number, step, steps, cases, failed }

    let arguments: Arguments
    private(set) var counts = SometimesCounts()
    private(set) var steps = 0
    private(set) var cases = 0
    /// Cases that broke something, as far as is known.
    private(set) var broken: [Int] = []
    private let results: [SharedNumbers]
    private var next = 0

    init(_ arguments: Arguments) {
        self.arguments = arguments
        results = (0..<arguments.jobs).map { _ in
            SharedNumbers(count: Field.allCases.count + Sometimes.allCases.count)
        }
    }

    mutating func run() {
        var running: [(child: Child, slot: Int)] = []
        var idle = Array(results.indices)
        while true {
            while steps < arguments.steps, broken.isEmpty || arguments.goesOn,
                let slot = idle.popLast()
            {
                running.append((start(in: slot), slot))
            }
            guard !running.isEmpty else { return }
            var status: Int32 = 0
            let process = wait(&status)
            guard let place = running.firstIndex(where: { $0.child.process == process }) else {
                continue
            }
            let (_, slot) = running.remove(at: place)
            idle.append(slot)
            collect(slot, Child.end(of: status))
        }
    }

    private mutating func start(in slot: Int) -> Child {
        let first = next
        next += Campaign.batch
        let numbers = results[slot]
        let arguments = arguments
        numbers.clear()
        return Child(seconds: Campaign.batchSeconds) {
            for number in first..<(first + Campaign.batch) {
                numbers[Field.number.rawValue] = number
                if Campaign.runCase(number, arguments, numbers) {
                    numbers[Field.failed.rawValue] = 1
                    break
                }
            }
            return 0
        }
    }

    /// Runs a case; says whether it failed.
    private static func runCase(
        _ number: Int, _ arguments: Arguments, _ numbers: SharedNumbers
    ) -> Bool {
        let seed = arguments.seed(of: number)
        let counts: SometimesCounts
        let failure: FuzzFailure?
        numbers[Field.step.rawValue] = 0
        if arguments.only == .signals {
            var run = SignalRun(seed: seed)
            run.run { numbers[Field.step.rawValue] += 1 }
            (counts, failure) = (SometimesCounts(), run.failure)
            numbers[Field.steps.rawValue] += run.steps
        } else if arguments.isLiveness(number) {
            let plan = LivenessPlan(seed: seed, order: arguments.order)
            var run = LivenessRun(Engine.self, plan: plan, items: plan.items)
            run.run()
            (counts, failure) = (run.counts, run.failure)
            numbers[Field.steps.rawValue] += run.steps
        } else {
            var run = CaseRun(Engine.self, seed: seed, order: arguments.order)
            run.run { _ in numbers[Field.step.rawValue] += 1 }
            (counts, failure) = (run.counts, run.failure)
            numbers[Field.steps.rawValue] += run.steps.count
        }
        numbers[Field.cases.rawValue] += 1
        for state in Sometimes.allCases {
            numbers[Field.allCases.count + state.rawValue] += counts[state]
        }
        return failure != nil
    }

    private mutating func collect(_ slot: Int, _ end: Child.End) {
        let numbers = results[slot]
        steps += numbers[Field.steps.rawValue]
        cases += numbers[Field.cases.rawValue]
        for state in Sometimes.allCases {
            counts[state] += numbers[Field.allCases.count + state.rawValue]
        }
        let isSound =
            if case .exited(0) = end { numbers[Field.failed.rawValue] == 0 } else { false }
        guard !isSound else { return }
        broken.append(numbers[Field.number.rawValue])
    }
}
