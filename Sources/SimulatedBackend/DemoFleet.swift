import FleetModel
import Simulation

/// The fleet of the demo, its tenants, and what goes wrong there.
public enum DemoFleet {
    /// The fleet file: 128 nodes of eight GPUs. `Examples/demo/fleet.yaml` is the same.
    public static let text = """
        # The fleet of `make demo`: 128 servers of eight H100, 1,024 GPUs in all. Four servers
        # share a rack, eight racks a spine switch.
        topology:
          levels: [spine, rack]

        nodes:
          - name: gpu-{index}
            count: 128
            digits: 3
            group: {rack: 4, spine: 8}
            gpus: {count: 8, kind: H100}
            cpu: 192
            memory: 2TiB
            disk: 28TiB
            nics: 8

        """

    /// A tenants file for a fleet: a laboratory that trains language models and a product made of
    /// them. Amounts are parts of what the fleet has of its most common kind of accelerators;
    /// `Examples/demo/tenants.yaml` is what comes out for the fleet of ``text``. Traps for a fleet
    /// without accelerators.
    public static func tenants(of fleet: FleetDefinition) -> String {
        let devices = fleet.devicesByKind
        guard let most = devices.indices.max(by: { devices[$0] < devices[$1] }) else {
            preconditionFailure("the tenants of the demo share accelerators, and there are none")
        }
        let kind = fleet.kinds.names[most]
        func quota(
            _ guaranteed: Int64, limit: Int64? = nil, lend: Int64? = nil, weight: Int = 1
        ) -> String {
            func part(_ amount: Int64) -> Int64 { amount * devices[most] / 1024 }
            var parts = ["guaranteed: \(part(guaranteed))"]
            if let limit { parts.append("limit: \(max(1, part(limit)))") }
            if let lend { parts.append("lend: \(part(lend))") }
            if weight > 1 { parts.append("weight: \(weight)") }
            return "quota: {\(kind): {" + parts.joined(separator: ", ") + "}}"
        }
        return """
            # Who shares the fleet of the demo. What is guaranteed and not in use is lent to others;
            # they give it back when its owner asks.
            tenants:
              - name: research
                \(quota(704, weight: 3))
                tenants:
                  - name: pretraining
                    \(quota(512, weight: 3))
                  - name: post-training
                    \(quota(192, limit: 512, weight: 2))
              - name: product
                \(quota(192, weight: 2))
                tenants:
                  - name: assistant
                    \(quota(144, limit: 384, weight: 2))
                  - name: evaluation
                    \(quota(48, limit: 256))
              - name: interactive
                \(quota(32, limit: 96, lend: 16))
              - name: interns
                \(quota(0, limit: 160))

            """
    }

    /// What goes wrong in the demo: the published mix, eighty times as often, so that somebody who
    /// looks for a minute sees a gang break and recover; and no repair takes more than eight hours,
    /// so that the fleet does not wear away.
    public static func faults(seed: UInt64 = 1) -> FaultModel {
        var model = FaultModel.published(seed: seed).scaled(to: 500_000)
        model.repair = .quantiles(
            [300, 330, 480, 720, 1200, 2100, 3600, 7200, 14_400, 28_800])
        return model
    }
}
