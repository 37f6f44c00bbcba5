import AgentWire
import HealthSignals

/// Reads network cards from sysfs: InfiniBand, RoCE and EFA devices with their ports, and plain
/// interfaces that have hardware behind them.
struct NetworkReader {
    let tree: SysTree

    private static let devices = "/sys/class/infiniband"
    private static let plain = "/sys/class/net"
    /// Files of a port that are read, beside those of ``NetworkCounter/all``.
    private static let states = ["state", "phys_state", "rate"]

    /// The cards with their identities.
    func interfaces() -> [ReportedInterface] {
        let cards = cards().map { name in
            let folder = "\(NetworkReader.devices)/\(name)/"
            return ReportedInterface(
                name: name, guid: tree.text(folder + "node_guid") ?? "",
                firmware: tree.text(folder + "fw_ver") ?? "",
                address: address(folder + "device"))
        }
        // Addresses of plain interfaces name machines too, but less surely: a cloud gives them to
        // whom it likes. They count where there is nothing better.
        guard cards.isEmpty else { return cards }
        return physical().map { name in
            ReportedInterface(
                name: name, guid: tree.text("\(NetworkReader.plain)/\(name)/address") ?? "",
                address: address("\(NetworkReader.plain)/\(name)/device"))
        }
    }

    /// Where on the buses the hardware behind an interface is; nil where it is elsewhere.
    private func address(_ link: String) -> PCIAddress? {
        tree.linkName(link).flatMap { PCIAddress(text: $0) }
    }

    /// The cards.
    func cards() -> [String] { Array(tree.names(NetworkReader.devices).prefix(64)) }

    /// Interfaces with a device behind them; bridges and tunnels have none.
    func physical() -> [String] {
        tree.names(NetworkReader.plain).filter {
            tree.exists("\(NetworkReader.plain)/\($0)/device")
        }.prefix(64).map { $0 }
    }

    /// What the ports of a card tell. Many of these files ask its firmware.
    func samples(ofCard card: String) -> [AgentSample] {
        var samples: [AgentSample] = []
        let ports = "\(NetworkReader.devices)/\(card)/ports"
        for port in tree.names(ports).prefix(8) {
            readPort("\(ports)/\(port)/", SampleSubject.named("\(card)/\(port)"), &samples)
        }
        return samples
    }

    /// What an interface tells. `speed` asks its driver, and waits for all who set up interfaces.
    func samples(ofInterface name: String) -> [AgentSample] {
        var samples: [AgentSample] = []
        let folder = "\(NetworkReader.plain)/\(name)/"
        for file in ["carrier", "carrier_changes", "speed"] {
            add(folder + file, .named(name), file, &samples)
        }
        for file in ["rx_errors", "tx_errors"] {
            add(folder + "statistics/" + file, .named(name), file, &samples)
        }
        return samples
    }

    private func readPort(
        _ folder: String, _ subject: SampleSubject, _ samples: inout [AgentSample]
    ) {
        for file in NetworkReader.states { add(folder + file, subject, file, &samples) }
        for counter in NetworkCounter.all {
            for kind in ["counters/", "hw_counters/"]
            where add(folder + kind + counter.name, subject, counter.name, &samples) { break }
        }
    }

    @discardableResult private func add(
        _ path: String, _ subject: SampleSubject, _ name: String, _ samples: inout [AgentSample]
    ) -> Bool {
        guard let value = tree.number(path) else { return false }
        samples.append(AgentSample(SampleKey(subject, .counter(name)), value))
        return true
    }
}
