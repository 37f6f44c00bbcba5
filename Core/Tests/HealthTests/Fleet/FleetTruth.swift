import FleetModel
import Health

/// What is really wrong with a machine; the engine never sees it.
enum Defect: Hashable {
    /// Nothing, or something that a reset or reboot mends.
    case none
    /// A device that fails under load, says so, and looks well after every repair but replacement.
    case device(Int32)
    /// A machine that breaks its jobs and never says why.
    case silent
}

/// A machine as it really is.
struct TrueBox {
    let number: Int
    var defect: Defect
    /// Whether a fault is there that a reset or reboot mends.
    var isUpset = false
    /// Counts of repairs that ended here.
    var isGood: Bool { defect == .none && !isUpset }
}

/// What is switched off in a run of the fleet.
struct FleetVariant: Hashable {
    var name: String
    var hasLedger = true
    var hasProof = true
    var hasLemonScore = true

    static let all = [
        FleetVariant(name: "all of it"),
        FleetVariant(name: "no ledger", hasLedger: false),
        FleetVariant(name: "no proof", hasProof: false),
        FleetVariant(name: "no lemon score", hasLemonScore: false),
        FleetVariant(
            name: "none of it", hasLedger: false, hasProof: false, hasLemonScore: false),
    ]
}

/// What a run of the fleet came to.
struct FleetFigures: Hashable {
    /// Good hardware that was taken out because of a fault that was none.
    var wrongOutages = 0
    /// Machines with a defect that went into service, first or again.
    var badEntries = 0
    /// Hours that machines with a defect were in service.
    var badHours: Int64 = 0
    /// Jobs that a defect or fault ended.
    var jobsKilled = 0
    /// GPU-hours of work that was lost with them.
    var lostGPUHours: Int64 = 0
    /// Machines with a defect in service at the end.
    var badAtEnd = 0
    /// Bad machines that were handed back under a new name and refused.
    var refused = 0
    /// Bad machines that were handed back.
    var handedBack = 0
    /// Repairs that were asked for.
    var repairs = 0
    /// Node-hours out of service.
    var hoursOut: Int64 = 0
}

/// The odds of a run. Rates are per node-day.
enum FleetOdds {
    /// 6.5 failures per 1000 node-days (RSC-1, arXiv 2410.21680).
    static let faultsPerMillionNodeDays = 6_500
    /// 0.84 false alarms a day on 63 nodes (arXiv 2605.09370).
    static let noisePerMillionNodeDays = 13_300
    /// Of 1000 new machines, those that are dead on arrival (3 to 10 %, SemiAnalysis).
    static let deadOnArrivalMilli = 40
    /// Of 1000 machines at the start, silent lemons (Meta: about 1.2 %).
    static let lemonMilli = 12
    /// Of 1000 replacements, those that are the same machine with the same defect: an assumption.
    static let handedBackMilli = 350
    /// Of 1000 tests of a bad machine under load, those that find it: an assumption near the 70 %
    /// that EUD finds of silent corruption (arXiv 2509.16293).
    static let foundMilli = 850
    /// Of 1000 tests of a good machine, those that fail: an assumption.
    static let flakyMilli = 3
    /// Mean hours in service until a defect shows again: an assumption.
    static let hoursToShow = 18
}
