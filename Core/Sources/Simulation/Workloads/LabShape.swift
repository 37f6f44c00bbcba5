extension WorkloadShape {
    /// A laboratory that trains language models. The shape follows Acme (NSDI'24): half of the jobs
    /// end within minutes while the mean size is tens of GPUs; evaluations, in bursts at each
    /// checkpoint, are most of the jobs, and pretraining gangs take most of the GPU time. The
    /// weights and quantiles are made up to have that shape; Acme publishes no more than its means
    /// and medians by cluster.
    static let lab = WorkloadShape(
        classes: pretraining + tuning + evaluation + interactive,
        arrivals: ArrivalShape(
            jobsPerBurst: 20, pauseFactor: 44, sameClassPercent: 85,
            hourPercents: ArrivalShape.officeHours, weekendPercent: 50))

    static let pretrainingFamilies = ["pretrain-moe", "pretrain-dense", "pretrain-ablation"]
    static let tuningFamilies = ["sft", "preference", "reward-model", "long-context"]
    static let evaluationFamilies = [
        "eval-reasoning", "eval-code", "eval-knowledge", "eval-safety",
    ]
    static let interactiveFamilies = ["notebook", "debug"]

    private static let pretraining = [
        (60, 64), (45, 128), (25, 256), (10, 512), (8, 1024), (5, 2048),
    ]
    .map { weight, gpus in
        WorkloadClass(
            weight: weight, tenant: "pretraining", families: pretrainingFamilies, gpus: gpus,
            priority: 20,
            durations: QuantileTable([
                60, 120, 400, 1500, 7200, 40_000, 172_800, 345_600, 864_000, 1_209_600,
            ]))
    }

    private static let tuning = [(500, 8), (300, 16), (200, 32), (100, 64)].map { weight, gpus in
        WorkloadClass(
            weight: weight, tenant: "tuning", families: tuningFamilies, gpus: gpus, priority: 10,
            durations: QuantileTable([
                30, 60, 200, 600, 2400, 9000, 28_800, 57_600, 172_800, 345_600,
            ]))
    }

    private static let evaluation = [(4200, 1), (1200, 2), (700, 4), (900, 8)].map { weight, gpus in
        WorkloadClass(
            weight: weight, tenant: "evaluation", families: evaluationFamilies, gpus: gpus,
            durations: QuantileTable([10, 15, 35, 65, 125, 300, 900, 1800, 5400, 14_400]))
    }

    private static let interactive = [(700, 1), (300, 2), (200, 4), (400, 8)].map { weight, gpus in
        WorkloadClass(
            weight: weight, tenant: "research", families: interactiveFamilies, gpus: gpus,
            priority: 30,
            durations: QuantileTable([
                10, 20, 60, 200, 900, 3600, 14_400, 28_800, 43_200, 86_400,
            ]))
    }
}
