import FleetModel
import Simulation

/// What people read of a fault.
enum FaultText {
    /// Why a node is told of.
    static func detail(_ fault: Fault, after input: Input) -> String {
        switch input {
        case .addNodes, .resume: return "repaired"
        case .setDeviceHealth(_, let unhealthy) where fault.kind == .device:
            return unhealthy == 0 ? "repaired" : device(fault)
        case .removeNodes where fault.kind == .slowNode: return "taken out for repair"
        default: break
        }
        switch fault.kind {
        case .device: return device(fault)
        case .node:
            return pick(
                fault, ["power supply failed", "kernel panic", "disk died", "memory error"])
        case .rack: return "the rack lost its power"
        case .link:
            return pick(fault, ["network link down", "network adapter died", "cable flaps"])
        case .corruption: return "a device computes wrong results"
        case .slowNode: return "devices run at \(fault.speed / 10_000) % of full speed"
        case .software: return "a program crashed"
        }
    }

    private static func device(_ fault: Fault) -> String {
        pick(
            fault,
            [
                "double-bit memory error (XID 48)", "off the bus (XID 79)",
                "NVLink error (XID 74)", "row remapping failed (XID 64)",
            ])
    }

    /// The upper half of the draw; the lower chooses devices and gangs.
    private static func pick(_ fault: Fault, _ texts: [String]) -> String {
        texts[Int((fault.draw >> 32) % UInt64(texts.count))]
    }
}
