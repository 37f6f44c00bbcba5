extension WorkloadShape {
    /// Like cluster 04 of Microsoft's ITP trace (ElasticFlow, ASPLOS'23): shares of sizes and
    /// quantiles of durations are those of its 15,802 jobs, by size. The last quantile is set so
    /// that the mean is that of the trace as well.
    static let itp = WorkloadShape(
        classes: [
            (11_924, 1, [600, 824, 1248, 5785, 7597, 10_816, 18_518, 23_912, 56_024, 72_652]),
            (125, 2, [601, 604, 654, 724, 800, 816, 10_684, 26_028, 59_143, 391_282]),
            (532, 4, [640, 844, 2572, 3796, 6446, 8897, 14_827, 60_718, 69_381, 1_399_777]),
            (
                2779, 8,
                [600, 787, 2990, 10_592, 18_447, 42_331, 107_332, 192_024, 660_590, 813_508]
            ),
            (182, 16, [607, 613, 720, 2278, 60_820, 125_718, 293_896, 335_319, 598_264, 598_264]),
            (
                254, 32,
                [602, 705, 2334, 26_156, 85_684, 139_443, 215_287, 294_513, 540_448, 842_376]
            ),
            (
                6, 64,
                [
                    60_710, 60_710, 60_710, 62_234, 264_133, 544_612, 548_801, 548_801, 548_801,
                    548_801,
                ]
            ),
        ].map { weight, gpus, seconds in
            WorkloadClass(
                weight: weight,
                families: ["vgg16", "resnet50", "deepspeech2", "bert", "inception3", "gpt2"],
                gpus: gpus, durations: QuantileTable(seconds))
        },
        arrivals: ArrivalShape(
            jobsPerBurst: 17, pauseFactor: 77, sameClassPercent: 70,
            hourPercents: ArrivalShape.mildHours, weekendPercent: 90))
}
