import FleetModel

/// The time limit that a person declares for a job.
///
/// People overestimate. The share of its limit that a job uses is spread evenly from a twentieth to
/// the whole (the flat histogram of Mu'alem and Feitelson, "Utilization, predictability, workloads,
/// and user runtime estimates", TPDS 2001), and the limit is a round value (Tsafrir, Etsion and
/// Feitelson, "Modeling user runtime estimates", JSSPP 2005).
enum DeclaredLimit {
    /// The limits that people use, in seconds: 1, 2, 4, 8 and 12 h, 1, 2, 3, 7 and 14 d.
    static let commonSeconds: [Int64] = [
        3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800, 259_200, 604_800, 1_209_600,
    ]

    /// A limit in seconds for a job of `milliseconds`; nil, for none, when it runs longer than any.
    static func sampleSeconds(milliseconds: Int64, _ random: inout SplitMix) -> Int64? {
        let usedPerMille = Int64(50 + random.below(951))
        guard let longest = commonSeconds.last, milliseconds <= longest * 1000 else { return nil }
        // Milliseconds by per mille are seconds.
        let wanted = (milliseconds + usedPerMille - 1) / usedPerMille
        return commonSeconds.first { $0 >= wanted } ?? longest
    }
}
