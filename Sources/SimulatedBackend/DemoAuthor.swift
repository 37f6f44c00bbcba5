import FleetModel

/// Writes the jobs of the demo.
struct DemoAuthor: Sendable {
    /// What a user comes for.
    enum Kind: CaseIterable, Sendable {
        case pretraining
        case ablation
        case postTraining
        case assistant
        case evaluation
        case interactive
        case sweep

        /// How many of a thousand users come for it. Half of the GPU time is pretraining, most of
        /// the jobs are evaluations.
        var perMille: Int {
            switch self {
            case .pretraining: 18
            case .ablation: 14
            case .postTraining: 240
            case .assistant: 200
            case .evaluation: 200
            case .interactive: 258
            case .sweep: 70
            }
        }
    }

    /// Nodes of the fleet, of the largest domain of the second-finest level, and devices of a node.
    private let nodes: Int
    private let spineNodes: Int
    private let devices: Int
    private let rack: String?
    private let spine: String?
    /// The next number by stem of a name.
    private var numbers: [String: Int] = [:]
    private let firstNumber: Int

    init(fleet: FleetDefinition, firstNumber: Int) {
        let levels = fleet.topology.levels.map(\.name).dropLast()
        rack = levels.last
        spine = levels.dropLast().last
        let place = levels.count - 2
        let counted = fleet.nodes.filter { $0.devices > 0 }
        nodes = max(1, counted.count)
        devices = Int(counted.map(\.devices).max() ?? 1)
        var counts = [Int](repeating: 0, count: fleet.domains.count)
        if place >= 0 {
            for node in counted { counts[node.domains[place].index] += 1 }
        }
        spineNodes = counts.max() ?? 0
        self.firstNumber = firstNumber
    }

    static func drawKind(_ random: inout SplitMix) -> Kind {
        var point = random.below(Kind.allCases.reduce(0) { $0 + $1.perMille })
        for kind in Kind.allCases {
            if point < kind.perMille { return kind }
            point -= kind.perMille
        }
        return .interactive
    }

    /// What is there when the demo begins, for each 1,024 GPUs and at least once: large gangs
    /// first, then what fills the gaps, then what has to wait.
    static func preloadOrder(fleetGPUs: Int64) -> [Kind] {
        let plan: [(Kind, Int)] = [
            (.pretraining, 4), (.postTraining, 9), (.assistant, 7), (.interactive, 14),
            (.evaluation, 4), (.sweep, 2), (.ablation, 2), (.pretraining, 1), (.postTraining, 10),
            (.assistant, 8), (.sweep, 2), (.evaluation, 4),
        ]
        let times = Int((fleetGPUs + 1023) / 1024)
        return plan.flatMap { [Kind](repeating: $0.0, count: $0.1 * times) }
    }

    /// The jobs that one user submits, one after the other.
    mutating func write(_ kind: Kind, _ random: inout SplitMix) -> [DemoJob] {
        switch kind {
        case .pretraining: [pretraining(&random)]
        case .ablation: [ablation(&random)]
        case .postTraining: postTraining(&random)
        case .assistant: [assistant(&random)]
        case .evaluation: evaluations(&random)
        case .interactive: [interactive(&random)]
        case .sweep: [sweep(&random)]
        }
    }

    // MARK: Kinds

    private mutating func pretraining(_ random: inout SplitMix) -> DemoJob {
        let stem = DemoAuthor.pick(
            ["llama-70b-pretrain", "moe-8x22b-pretrain", "code-34b-pretrain"], &random)
        let members = fitted([8, 8, 8, 16, 16, 32][random.below(6)])
        var job = DemoJob(
            name: named(stem), tenant: "research/pretraining", priority: "high",
            minimumMembers: members, maximumMembers: members, gpus: devices,
            runMinutes: DemoAuthor.minutes(180, 720, &random), family: stem)
        if let spine {
            job.topology =
                members <= spineNodes / 2
                ? "{required: \(spine)}" : "{prefer: \(spine), for: 30m, then: any}"
        }
        job.isPreemptible = members <= 8
        job.checkpointMinutes = 30
        job.restartMinutes = 8
        job.retries = 100
        return job
    }

    private mutating func ablation(_ random: inout SplitMix) -> DemoJob {
        let stem = DemoAuthor.pick(
            ["ablation-optimizer", "ablation-data-mix", "ablation-context"], &random)
        let members = fitted(8)
        var job = DemoJob(
            name: named(stem), tenant: "research/pretraining", minimumMembers: members,
            maximumMembers: members, gpus: devices,
            runMinutes: DemoAuthor.minutes(90, 300, &random), family: stem)
        job.isPreemptible = true
        job.topology = spine.map { "{preferred: \($0)}" }
        job.checkpointMinutes = 20
        job.restartMinutes = 5
        job.retries = 50
        return job
    }

    private mutating func postTraining(_ random: inout SplitMix) -> [DemoJob] {
        let stem = DemoAuthor.pick(
            ["llama-70b-sft", "llama-8b-dpo", "moe-8x22b-rlhf", "reward-model"], &random)
        var job = tuning(
            named(stem), stem, tenant: "research/post-training", minutes: 60...240, &random)
        job.isPreemptible = true
        guard random.below(3) == 0 else { return [job] }
        // What came out is tried at once, if it is any good.
        let evaluations = (0..<(1 + random.below(3))).map { _ in
            evaluation(after: job.name, &random)
        }
        return [job] + evaluations
    }

    private mutating func assistant(_ random: inout SplitMix) -> DemoJob {
        let stem = DemoAuthor.pick(
            ["assistant-sft", "assistant-tools", "search-rerank", "support-bot"], &random)
        var job = tuning(
            named(stem), stem, tenant: "product/assistant", minutes: 40...180, &random)
        job.isPreemptible = random.below(2) == 0
        if random.below(10) == 0 { job.priority = "high" }
        return job
    }

    private func tuning(
        _ name: String, _ stem: String, tenant: String, minutes: ClosedRange<Int>,
        _ random: inout SplitMix
    ) -> DemoJob {
        let members = fitted([1, 1, 2, 2, 2, 4][random.below(6)])
        let run = DemoAuthor.minutes(minutes.lowerBound, minutes.upperBound, &random)
        var job = DemoJob(
            name: name, tenant: tenant, minimumMembers: members, maximumMembers: members,
            gpus: devices, runMinutes: run, family: stem)
        if members > 1 { job.topology = rack.map { "{preferred: \($0)}" } }
        if random.below(2) == 0 { job.limitMinutes = (run * 14 / 10 / 30 + 1) * 30 }
        job.checkpointMinutes = 15
        job.restartMinutes = 3
        job.fails = random.below(20) == 0
        return job
    }

    private mutating func evaluations(_ random: inout SplitMix) -> [DemoJob] {
        (0..<(3 + random.below(5))).map { _ in evaluation(after: nil, &random) }
    }

    private mutating func evaluation(
        after job: String?, _ random: inout SplitMix
    ) -> DemoJob {
        let stem = DemoAuthor.pick(
            ["eval-reasoning", "eval-code", "eval-math", "eval-safety"], &random)
        let run = DemoAuthor.minutes(5, 40, &random)
        var evaluation = DemoJob(
            name: named(stem), tenant: "product/evaluation", minimumMembers: 1,
            maximumMembers: 1, gpus: min(devices, [1, 2, 2, 4, 8][random.below(5)]),
            runMinutes: run, limitMinutes: 60, family: stem)
        evaluation.isPreemptible = true
        evaluation.dependsOn = job
        evaluation.fails = random.below(25) == 0
        return evaluation
    }

    private mutating func interactive(_ random: inout SplitMix) -> DemoJob {
        let stem =
            DemoAuthor.pick(["notebook", "debug"], &random) + "-"
            + DemoAuthor.pick(["ana", "kenji", "lena", "omar", "priya", "tom"], &random)
        var job = DemoJob(
            name: named(stem), tenant: "interactive", priority: "high", minimumMembers: 1,
            maximumMembers: 1, gpus: 1, runMinutes: DemoAuthor.minutes(15, 180, &random),
            limitMinutes: 240, family: stem)
        job.isHalf = random.below(3) == 0
        return job
    }

    private mutating func sweep(_ random: inout SplitMix) -> DemoJob {
        let stem = DemoAuthor.pick(
            ["sweep-learning-rate", "sweep-batch-size", "sweep-lora-rank"], &random)
        let gpus = min(devices, 1 + random.below(2))
        let most = min(4 + 2 * random.below(5), nodes * (devices / gpus))
        var job = DemoJob(
            name: named(stem), tenant: "interns", priority: "low",
            minimumMembers: min(2, most), maximumMembers: most, gpus: gpus,
            runMinutes: DemoAuthor.minutes(60, 180, &random), family: stem)
        job.isPreemptible = true
        job.checkpointMinutes = 10
        job.restartMinutes = 1
        return job
    }

    // MARK: Draws

    /// No gang has more than half of a small fleet.
    private func fitted(_ members: Int) -> Int { min(members, max(1, nodes / 2)) }

    private mutating func named(_ stem: String) -> String {
        let number = numbers[stem] ?? firstNumber
        numbers[stem] = number + 1
        return "\(stem)-\(number)"
    }

    private static func pick(_ names: [String], _ random: inout SplitMix) -> String {
        names[random.below(names.count)]
    }

    /// Minutes in a range; the short ones are the more common.
    private static func minutes(_ low: Int, _ high: Int, _ random: inout SplitMix) -> Int {
        low + min(random.below(high - low + 1), random.below(high - low + 1))
    }
}
