/// The score function of FGD in integers.
///
/// FGD scores `floor(100 sigmoid(-growth / 1000))`. The score is at least `k` exactly when
/// `-growth >= 1000 ln(k / (100 - k))`, so a table of these bounds replaces the floating point.
enum Sigmoid {
    /// `1000 ln(k / (100 - k))` for k from 51 to 99, times 4096, rounded.
    private static let bounds: [Int64] = [
        163_862, 327_855, 492_111, 656_763, 821_947, 987_800, 1_154_462, 1_322_080, 1_490_802,
        1_660_785, 1_832_191, 2_005_190, 2_179_960, 2_356_692, 2_535_585, 2_716_853, 2_900_726,
        3_087_449, 3_277_289, 3_470_532, 3_667_493, 3_868_515, 4_073_974, 4_284_287, 4_499_916,
        4_721_375, 4_949_243, 5_184_169, 5_426_894, 5_678_262, 5_939_242, 6_210_959, 6_494_729,
        6_792_102, 7_104_926, 7_435_428, 7_786_327, 8_160_994, 8_563_676, 8_999_832, 9_476_649,
        10_003_853, 10_595_080, 11_270_289, 12_060_422, 13_017_308, 14_238_100, 15_940_896,
        18_821_611,
    ]

    /// The score of a growth given in thousandths times `weight`; 0 to 99. O(log n).
    static func percent(growth: Int64, weight: Int64) -> Int64 {
        if growth <= 0 { return 50 + countAtMost(-growth, weight: weight, strict: false) }
        return 49 - countAtMost(growth, weight: weight, strict: true)
    }

    private static func countAtMost(_ value: Int64, weight: Int64, strict: Bool) -> Int64 {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            let bound = bounds[middle] * weight
            if strict ? bound < value * 4096 : bound <= value * 4096 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return Int64(low)
    }
}
