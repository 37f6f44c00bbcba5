import ControlPlane
import FleetModel
import KubernetesObjects

extension NodeBook {
    /// The fleet as it was last reported, for the driver's beginning.
    var fleet: FleetDefinition { fleet(of: parts) }

    /// The fleet without what is gone.
    var presentFleet: FleetDefinition { fleet(of: parts.filter(\.isPresent)) }

    /// The accelerator kinds of ``presentFleet``.
    var presentKinds: Set<String> {
        Set(parts.lazy.filter(\.isPresent).compactMap { $0.reported?.kind })
    }

    private func fleet(of parts: [Part]) -> FleetDefinition {
        var fleet = FleetDefinition(topology: translation.topology)
        for part in parts {
            guard let report = part.reported else { continue }
            fleet.addNode(
                name: report.name, pool: report.pool, kind: report.kind,
                devices: Int(report.devices), unhealthyDevices: report.unhealthy,
                host: report.host, path: report.path)
        }
        return fleet
    }
}
