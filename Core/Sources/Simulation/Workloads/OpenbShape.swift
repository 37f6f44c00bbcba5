extension WorkloadShape {
    /// Like the pods of Alibaba's openb cluster (FGD, ATC'23): the most frequent requests of its
    /// 8,152 pods, which are 90 % of them, and all sizes above one GPU. Two fifths of the jobs take
    /// a part of a GPU and an eighth none. Pods that ran for the whole capture are left out.
    static let openb = WorkloadShape(
        classes: requests.map { request in
            WorkloadClass(
                weight: request.jobs, tenant: request.quality, gpus: request.gpus,
                gpuMilli: request.milli, cpuMilli: request.cpu, memoryMiB: request.memory,
                durations: durations[min(2, request.gpus)])
        },
        arrivals: ArrivalShape(
            jobsPerBurst: 50, pauseFactor: 200, sameClassPercent: 70,
            hourPercents: ArrivalShape.mildHours, weekendPercent: 100))

    /// Durations of pods with no GPU, one GPU or part of one, and several.
    private static let durations = [
        QuantileTable([10, 48, 121, 149, 445, 1944, 12_878, 19_473, 28_368, 500_000]),
        QuantileTable([1, 10, 56, 134, 487, 1868, 5937, 13_778, 106_344, 1_000_000]),
        QuantileTable([22, 22, 40, 155, 573, 6710, 68_494, 209_987, 1_332_357, 1_332_357]),
    ]

    private static let requests:
        [(jobs: Int, gpus: Int, milli: Int, cpu: Int64, memory: Int64, quality: String)] = [
            (1047, 1, 810, 3152, 5600, "BE"),
            (857, 1, 1000, 11_300, 49_152, "LS"),
            (534, 1, 1000, 11_400, 48_128, "LS"),
            (470, 1, 1000, 3152, 5600, "BE"),
            (388, 1, 470, 11_908, 47_104, "BE"),
            (364, 0, 1000, 12_500, 57_344, "LS"),
            (360, 1, 470, 8000, 30_517, "LS"),
            (284, 0, 1000, 32_000, 49_152, "BE"),
            (255, 1, 1000, 18_708, 64_512, "LS"),
            (237, 1, 650, 11_908, 47_104, "BE"),
            (195, 1, 1000, 9810, 41_560, "LS"),
            (163, 0, 1000, 8000, 30_517, "BE"),
            (158, 1, 1000, 12_000, 24_576, "LS"),
            (158, 1, 1000, 15_700, 58_368, "LS"),
            (153, 1, 1000, 11_908, 47_104, "BE"),
            (120, 0, 1000, 15_400, 51_200, "LS"),
            (111, 1, 320, 4000, 22_888, "LS"),
            (108, 1, 1000, 16_000, 32_768, "LS"),
            (104, 1, 1000, 8000, 16_384, "LS"),
            (104, 1, 1000, 4000, 24_576, "LS"),
            (99, 1, 1000, 12_000, 16_384, "Burstable"),
            (95, 0, 1000, 16_500, 51_200, "LS"),
            (93, 1, 1000, 14_200, 58_368, "LS"),
            (84, 1, 230, 4000, 30_517, "LS"),
            (84, 1, 1000, 24_200, 93_184, "LS"),
            (78, 1, 320, 4000, 15_258, "BE"),
            (75, 1, 590, 3152, 5600, "BE"),
            (72, 1, 320, 8000, 30_517, "LS"),
            (72, 1, 550, 4152, 10_600, "BE"),
            (65, 1, 1000, 11_400, 77_824, "LS"),
            (55, 1, 1000, 8000, 32_768, "LS"),
            (53, 1, 160, 4000, 15_258, "LS"),
            (51, 1, 460, 6000, 6144, "BE"),
            (51, 1, 1000, 11_900, 77_824, "LS"),
            (45, 1, 370, 4152, 10_600, "BE"),
            (16, 2, 1000, 16_200, 66_560, "LS"),
            (15, 4, 1000, 32_200, 132_096, "LS"),
            (20, 8, 1000, 64_200, 263_168, "LS"),
            (24, 8, 1000, 88_000, 327_680, "Burstable"),
        ]
}
