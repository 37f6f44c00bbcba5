import FleetModel

/// Makes a failing case small: fewer inputs, then simpler ones.
public struct CaseShrinker {
    /// The setup, simplified as far as the failure allows.
    public private(set) var setup: FuzzSetup
    /// The inputs that are left.
    public private(set) var steps: [FuzzStep]
    private let fails: (FuzzSetup, [FuzzStep]) -> Bool
    private let isSpent: () -> Bool

    /// Shrinks a case for which `fails` holds. Stops when `isSpent` says so.
    public init(
        setup: FuzzSetup, steps: [FuzzStep], isSpent: @escaping () -> Bool,
        fails: @escaping (FuzzSetup, [FuzzStep]) -> Bool
    ) {
        self.setup = setup
        self.steps = steps
        self.fails = fails
        self.isSpent = isSpent
    }

    /// Shrinks as far as it goes.
    public mutating func run() {
        shorten()
        var before = -1
        while before != steps.count, !isSpent() {
            before = steps.count
            simplifySetup()
            simplifySteps()
            shorten()
        }
    }

    private mutating func shorten() {
        let setup = setup
        let fails = fails
        steps = Shrinker.shrink(steps, isSpent: isSpent) { fails(setup, $0) }
    }

    private mutating func simplifySetup() {
        for change in SpecSimplifier.policies(setup.policy) {
            guard !isSpent() else { return }
            var simpler = setup
            simpler.policy = change
            if simpler != setup, fails(simpler, steps) { setup = simpler }
        }
    }

    private mutating func simplifySteps() {
        for index in steps.indices {
            var again = true
            while again, !isSpent() {
                again = false
                for simpler in SpecSimplifier.inputs(steps[index].input) {
                    var changed = steps
                    changed[index].input = simpler
                    if changed != steps, fails(setup, changed) {
                        steps = changed
                        again = true
                        break
                    }
                }
            }
            guard !isSpent() else { return }
            var changed = steps
            changed[index].at = index == 0 ? .zero : steps[index - 1].at
            if changed != steps, fails(setup, changed) { steps = changed }
        }
    }
}
