import FleetModel
import Scheduler

extension EngineBenchmarks {
    /// An 80-GPU gang that cannot run on 500 nodes full of one-GPU jobs: the verdict with all
    /// reasons and an estimate.
    static func verdicts() -> [Figure] {
        [false, true].map { isPreemptible in
            var cluster = Cluster(
                nodes: 500, policy: Policy(queueOrder: .muster), tenants: 4)
            var generator = SplitMix(seed: 11)
            for number in 0..<4_000 {
                var job = cluster.job(members: 1, devices: 1, tenant: number % 4)
                job.expectedDuration = .seconds(Int64(3600 + generator.below(8 * 3600)))
                cluster.apply(.submit(isPreemptible ? job.madeCheap : job))
            }
            var latencies = Latencies()
            for _ in 0..<500 {
                let gang = cluster.job(members: 10, devices: 8)
                latencies.measure {
                    cluster.apply(.submit(gang))
                    let answer = cluster.engine.explanation(of: gang.id)
                    precondition(answer?.reasons.isEmpty == false, "a verdict without reasons")
                    precondition(answer?.estimate != nil, "a verdict without an estimate")
                }
                cluster.apply(.cancel(gang.id))
                cluster.settle()
            }
            return Figure(
                name: "80-GPU gang refused on 500 nodes with all reasons and ETA, running jobs "
                    + (isPreemptible ? "preemptible" : "not preemptible")
                    + ": submission and answer, p99",
                unit: "ms", limit: 5, isFloor: false, value: latencies.percentile(99),
                counters: cluster.engine.counters)
        }
    }

    /// Questions about a full fleet of 10,000 nodes with 20,000 gangs waiting.
    static func answers() -> [Figure] {
        var crowd = Crowd(name: "answers")
        crowd.order = .muster
        return [Crowd.Knowledge.declared, .preemptible].flatMap { kind in
            crowd.knowledge = kind
            return answers(crowd)
        }
    }

    private static func answers(_ crowd: Crowd) -> [Figure] {
        var run = CrowdRun(crowd)
        // Ends teach the engine how long jobs run, where they do not say.
        for _ in 0..<500 {
            let index = run.someRunning()
            run.cluster.finish(at: index)
            run.cluster.settle()
        }
        var verdict = Latencies()
        var explanation = Latencies()
        var estimate = Latencies()
        var whatIf = Latencies()
        for round in 0..<60 {
            let gang = run.cluster.job(members: 10, devices: 8, tenant: round % crowd.tenants)
            run.cluster.apply(.submit(gang))
            verdict.measure {
                let answer = run.cluster.engine.explanation(of: gang.id, withEstimate: false)
                precondition(answer != nil, "a verdict without reasons")
            }
            explanation.measure { _ = run.cluster.engine.explanation(of: gang.id) }
            estimate.measure {
                precondition(run.cluster.engine.estimate(gang.id) != nil, "no estimate")
            }
            if round % 3 == 0 {
                var smaller = gang
                smaller.roles[0].minimum = 5
                smaller.roles[0].maximum = 5
                whatIf.measure {
                    let answer = run.cluster.engine.whatIf([.respecify(smaller)])
                    precondition(answer.inapplicable.isEmpty, "a change that cannot be made")
                }
            }
            run.cluster.apply(.cancel(gang.id))
            run.cluster.settle()
        }
        let counters = run.cluster.engine.counters
        let scene = "on a full fleet of 10,000 nodes, \(crowd.knowledge.rawValue)"
        return [
            ("80-GPU gang refused with all reasons, \(scene), p99", 5.0, verdict),
            ("the same with ETA, \(scene), p99", 50, explanation),
            ("ETA with range of one job \(scene), p99", 50, estimate),
            ("one what-if \(scene), p99", 200, whatIf),
        ].map { name, limit, latencies in
            Figure(
                name: name, unit: "ms", limit: limit, isFloor: false,
                value: latencies.percentile(99), counters: counters)
        }
    }
}
