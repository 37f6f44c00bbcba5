import AgentWire
import HealthSignals

/// A part of the machine that is asked for its values by itself, so that one that does not answer
/// stops no other one's reading.
enum MachinePart: Equatable {
    /// A card below `/sys/class/infiniband`, with its ports.
    case card(String)
    /// An interface below `/sys/class/net`.
    case interface(String)
    /// What sits on a PCI bus.
    case bus(BusReader.Device)
    /// A temperature below `/sys/class/thermal`.
    case zone(String)
    /// A processor package, by one of its processors.
    case package(Int64, processor: String)

    /// What it is called where people read it; no two parts of a machine have one name.
    var name: String {
        switch self {
        case .card(let name): "InfiniBand card \(name)"
        case .interface(let name): "interface \(name)"
        case .bus(let device): "PCI device \(device.name)"
        case .zone(let name): name
        case .package(let package, _): "package \(package)"
        }
    }

    /// Asks it. May block for ever.
    func samples(in tree: SysTree) -> [AgentSample] {
        switch self {
        case .card(let name): NetworkReader(tree: tree).samples(ofCard: name)
        case .interface(let name): NetworkReader(tree: tree).samples(ofInterface: name)
        case .bus(let device): BusReader(tree: tree).samples(of: device)
        case .zone(let name): HeatReader(tree: tree).samples(ofZone: name)
        case .package(let package, let processor):
            HeatReader(tree: tree).samples(ofPackage: package, processor)
        }
    }

    /// What is told of whether it answers: of network cards alone, about which there is a rule.
    func silence(_ isSilent: Bool) -> [AgentSample] {
        switch self {
        case .card(let name), .interface(let name):
            [AgentSample(SampleKey(.named(name), .counter("silent")), isSilent ? 1 : 0)]
        case .bus, .zone, .package: []
        }
    }
}
