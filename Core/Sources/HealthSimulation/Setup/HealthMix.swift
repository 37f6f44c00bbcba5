import Simulation

/// How often what goes wrong with the hardware of a fleet, and what a provider is like.
public struct HealthMix: Hashable, Sendable {
    /// The name in tables.
    public var name: String
    /// Where its rates come from.
    public var source: String
    /// Faults per million node-days, by kind.
    public var faults: FaultModel
    /// Of 1000 new machines, those that are dead on arrival.
    public var deadOnArrivalMilli: Int
    /// Of 1000 machines at the start, those that break their jobs without a word.
    public var lemonMilli: Int
    /// Things that are told and mean nothing per million node-days: 0.84 false alarms a day on 63
    /// nodes (arXiv 2605.09370).
    public var noisePerMillionNodeDays: Int64 = 13_300
    /// Of 1000 replacements of bad machines, those that are the same one: an assumption.
    public var handedBackMilli = 350
    /// Of 1000 tests of a bad machine under load, those that find it: an assumption near the 70 %
    /// that EUD finds of silent corruption (arXiv 2509.16293).
    public var foundMilli = 850
    /// Of 1000 tests of a good machine, those that fail: an assumption.
    public var flakyMilli = 3
    /// Mean hours in service until a defect shows again: an assumption.
    public var hoursToShow: Int64 = 18
    /// Of 1000 ends by a defect that says nothing, those that are put down to its node (flight
    /// recorder, RAS): an assumption.
    public var attributedMilli = 800

    /// Gathers a mix; what is not named here is as the properties say.
    public init(
        name: String, source: String, faults: FaultModel, deadOnArrivalMilli: Int, lemonMilli: Int
    ) {
        self.name = name
        self.source = source
        self.faults = faults
        self.deadOnArrivalMilli = deadOnArrivalMilli
        self.lemonMilli = lemonMilli
    }

    /// The model without slow nodes, whom the engine only suspects, and without racks, whose rate
    /// nobody publishes.
    private static func ofNodes(_ model: FaultModel, total: Int64) -> FaultModel {
        var model = model
        model[.slowNode] = 0
        model[.rack] = 0
        return model.scaled(to: total)
    }

    /// 419 unexpected interruptions on 2,048 nodes in 54 days, by their table of causes.
    public static let llama3 = HealthMix(
        name: "Llama 3", source: "3.79 faults per 1000 node-days, causes of arXiv 2407.21783",
        faults: ofNodes(.llama3(), total: 3_789), deadOnArrivalMilli: 30, lemonMilli: 12)

    /// The higher of the two rates that Meta published, in the mix of ``llama3``.
    public static let rsc1 = HealthMix(
        name: "RSC-1", source: "6.50 faults per 1000 node-days, 1.2 % lemons (arXiv 2410.21680)",
        faults: ofNodes(.published(), total: 6_500), deadOnArrivalMilli: 40, lemonMilli: 12)

    /// A batch of machines that nobody has sorted yet.
    public static let young = HealthMix(
        name: "young fleet",
        source: "as RSC-1, 10 % dead on arrival (SemiAnalysis), 3 lemons in 63 (arXiv 2605.09370)",
        faults: ofNodes(.published(), total: 6_500), deadOnArrivalMilli: 100, lemonMilli: 48)

    /// All of them.
    public static let all = [llama3, rsc1, young]
}
