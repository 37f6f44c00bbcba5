extension WorkloadShape {
    /// Like Microsoft Philly from September to November 2017 (ATC'19): the 15 virtual clusters with
    /// their shares of the 74,167 jobs, their sizes, and quantiles of durations by virtual cluster
    /// and size. The last quantile is set so that the mean is that of the trace as well.
    static let philly = WorkloadShape(
        classes: groups.flatMap { group in
            group.sizes.map { size in
                WorkloadClass(
                    weight: size.jobs, tenant: group.cluster, gpus: size.gpus,
                    durations: QuantileTable(group.seconds))
            }
        },
        arrivals: ArrivalShape(
            jobsPerBurst: 10, pauseFactor: 81, sameClassPercent: 70,
            hourPercents: ArrivalShape.officeHours, weekendPercent: 50))

    /// Virtual clusters that own nodes, with how many of the 352, which are their quota
    /// (`philly_vc.csv` of the Helios artifact, SC'21).
    static let phillyNodes: [(cluster: String, nodes: Int)] = [
        ("6214e9", 64), ("7f04ca", 32), ("11cb48", 16), ("b436b2", 64), ("ee9e8c", 64),
        ("e13805", 16), ("6c71a0", 32), ("2869ce", 16), ("ed69ec", 8), ("103959", 8),
        ("0e4a51", 32),
    ]

    /// Jobs of one virtual cluster and similar size.
    private struct Group {
        let cluster: String
        let sizes: [(gpus: Int, jobs: Int)]
        let seconds: [Int64]

        init(_ cluster: String, _ sizes: [(gpus: Int, jobs: Int)], _ seconds: [Int64]) {
            self.cluster = cluster
            self.sizes = sizes
            self.seconds = seconds
        }
    }

    /// The trace's durations over all virtual clusters, for those with a handful of jobs.
    private static let common: [Int64] = [
        1, 17, 61, 141, 1213, 2974, 10_991, 37_937, 254_365, 1_144_438,
    ]

    private static let groups: [Group] = [
        Group(
            "6214e9", [(1, 37_423)],
            [5, 38, 61, 346, 1920, 3498, 6056, 10_822, 37_110, 1_324_564]),
        Group(
            "6214e9", [(2, 10), (4, 134)],
            [104, 115, 823, 1229, 12_595, 33_237, 127_527, 293_936, 747_114, 4_281_918]),
        Group(
            "6214e9", [(8, 188)],
            [56, 58, 75, 153, 4728, 20_427, 35_568, 71_011, 350_272, 350_272]),
        Group(
            "11cb48", [(1, 11_767)],
            [1, 22, 57, 63, 70, 81, 980, 8566, 45_627, 260_688]),
        Group(
            "11cb48", [(2, 1207), (4, 38), (8, 5), (16, 19)],
            [2, 4, 10, 14, 18, 23, 47, 558, 271_466, 1_155_398]),
        Group(
            "6c71a0", [(1, 8711)],
            [7, 31, 159, 656, 1290, 4776, 19_254, 59_596, 265_306, 834_670]),
        Group(
            "6c71a0", [(2, 37), (4, 390)],
            [9, 27, 59, 99, 169, 624, 6108, 14_343, 55_806, 837_537]),
        Group(
            "6c71a0", [(8, 421), (16, 11)],
            [25, 62, 193, 329, 7733, 31_155, 106_237, 228_076, 437_864, 437_864]),
        Group(
            "b436b2", [(1, 7193)],
            [4, 367, 693, 934, 1371, 1870, 2295, 2575, 16_200, 256_733]),
        Group(
            "b436b2", [(2, 3), (4, 66)],
            [23, 23, 13_502, 27_615, 176_712, 443_932, 908_661, 1_127_338, 1_413_375, 2_826_750]),
        Group(
            "b436b2", [(8, 41), (16, 47), (24, 2)],
            [55, 55, 284, 2069, 142_174, 505_681, 695_888, 974_673, 1_710_643, 2_825_614]),
        Group(
            "103959", [(1, 1288)],
            [9, 46, 89, 155, 331, 11_163, 24_532, 25_675, 31_764, 388_638]),
        Group(
            "103959", [(2, 19), (4, 262)],
            [1193, 1960, 4441, 20_321, 90_618, 180_299, 192_063, 216_947, 295_093, 3_584_790]),
        Group(
            "0e4a51", [(1, 988)],
            [26, 76, 158, 177, 202, 432, 188_914, 333_397, 430_805, 1_035_214]),
        Group(
            "0e4a51", [(2, 155), (4, 153)],
            [
                1052, 8035, 37_000, 74_109, 135_547, 262_487, 515_829, 1_003_147, 1_665_046,
                2_381_756,
            ]),
        Group(
            "ee9e8c", [(1, 432)],
            [22, 72, 1759, 14_269, 30_148, 60_394, 126_557, 179_355, 508_890, 508_890]),
        Group(
            "ee9e8c", [(2, 92), (4, 216)],
            [50, 3418, 8283, 19_886, 33_225, 59_830, 117_669, 196_572, 422_340, 742_918]),
        Group(
            "ee9e8c", [(8, 356), (16, 70), (32, 1)],
            [17, 24, 1978, 56_092, 145_605, 262_470, 449_688, 738_818, 931_749, 1_879_186]),
        Group(
            "ed69ec", [(1, 1108)],
            [6, 10, 735, 1029, 2912, 60_543, 80_340, 95_869, 128_471, 579_942]),
        Group(
            "7f04ca", [(1, 153)],
            [58, 74, 468, 1361, 6868, 159_660, 345_329, 634_754, 1_242_380, 1_930_116]),
        Group(
            "7f04ca", [(4, 329)],
            [42, 85, 174, 638, 18_138, 90_835, 121_749, 205_310, 528_304, 1_092_842]),
        Group(
            "7f04ca", [(8, 142), (16, 11)],
            [141, 182, 1401, 7662, 126_828, 398_653, 1_051_666, 2_014_843, 2_658_784, 3_928_207]),
        Group(
            "2869ce", [(1, 41)],
            [132, 132, 1472, 6043, 9701, 10_996, 13_472, 41_784, 52_275, 104_550]),
        Group(
            "2869ce", [(2, 4), (4, 8), (8, 258), (32, 33)],
            [80, 102, 835, 1736, 51_170, 186_612, 220_831, 241_221, 345_192, 1_207_478]),
        Group(
            "e13805", [(1, 183)],
            [168, 220, 428, 4399, 12_158, 99_615, 200_757, 266_433, 873_535, 893_039]),
        Group(
            "e13805", [(2, 3), (4, 91)],
            [50, 50, 521, 6071, 13_780, 19_614, 32_747, 38_298, 200_685, 200_685]),
        Group(
            "e13805", [(8, 25), (12, 7), (16, 4), (24, 4), (32, 3)],
            [58, 58, 288, 354, 1171, 80_165, 226_723, 270_621, 347_503, 347_503]),
        Group("23dbec", [(1, 2), (8, 6)], common),
        Group("795a4c", [(1, 3)], common),
        Group("51b7ef", [(1, 2)], common),
        Group("925e2b", [(8, 2)], common),
    ]
}
