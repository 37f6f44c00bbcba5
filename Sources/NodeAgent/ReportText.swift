import AgentWire
import HealthSignals

/// What the agent would tell, as people read it.
enum ReportText {
    static func text(_ report: MachineReport, _ samples: [AgentSample], node: String) -> String {
        var lines = [
            "node       \(node)", "product    \(report.product)",
            "chassis    \(report.chassisSerial.isEmpty ? "not told" : report.chassisSerial)",
        ]
        let count = report.devicesOnBus.map(String.init) ?? "an unknown number"
        lines.append("devices    \(report.devices.count) answer, \(count) on the bus")
        for device in report.devices {
            let place = device.address?.text ?? ""
            lines.append(
                "  \(device.index)  \(device.model)  \(device.uuid)  board "
                    + "\(device.boardSerial)  \(place)  \(device.slot)")
            if let seat = device.seat { lines.append("     " + text(seat)) }
            if let fabric = device.fabric {
                lines.append("     fabric \(fabric.cluster), clique \(fabric.clique)")
            }
        }
        lines.append("interfaces \(report.interfaces.count)")
        for interface in report.interfaces {
            lines.append("  \(interface.name)  \(interface.guid)  \(interface.firmware)")
        }
        lines.append("versions   \(report.versions.count)")
        for version in report.versions { lines.append("  \(version.part)  \(version.version)") }
        lines.append("values     \(samples.count)")
        for sample in samples.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(text(sample.key))  \(sample.value.map(String.init) ?? "gone")")
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ seat: ReportedSeat) -> String {
        let numbers = [
            ("slot", seat.slot), ("tray", seat.tray), ("host", seat.host), ("peer", seat.peer),
            ("module", seat.module),
        ]
        let told = [seat.guid, seat.chassisSerial.isEmpty ? "" : "chassis \(seat.chassisSerial)"]
            .filter { !$0.isEmpty }
        return (told + numbers.compactMap { name, number in number.map { "\(name) \($0)" } })
            .joined(separator: ", ")
    }

    private static func text(_ key: SampleKey) -> String {
        let subject =
            switch key.subject {
            case .host: "host"
            case .device(let index): "device \(index)"
            case .named(let name): name
            case .bus(let address): address.text
            }
        return switch key.signal {
        case .field(let number): "\(subject)  field \(number)"
        case .counter(let name): "\(subject)  \(name)"
        }
    }
}
