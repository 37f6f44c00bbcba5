extension KernelLogParser {
    /// `3: SXid (PCI:0000:05:00.0): 12028, Non-fatal, Link 32 egress …`, behind `nvidia-nvswitch`;
    /// and the lines that follow it, `Severity …` and `Data {…}`.
    mutating func parseSwitch(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        guard let (number, next) = line.decimal(at: 0), line.has(": SXid (", at: next),
            let close = line.find(byte: UInt8(ascii: ")"), from: next + 8, before: next + 40)
        else { return }
        var at = close + 1
        while line[at] == UInt8(ascii: ":") || line[at] == 32 { at += 1 }
        guard let (code, end) = line.decimal(at: at) else { return }
        var fault = LogFault(.sxid(code), device: line.pciAddress(at: next + 8)?.address)
        fault.instance = number
        var rest = line.from(end)
        while rest[0] == UInt8(ascii: ",") || rest[0] == 32 { rest.drop(1) }
        if rest.has("Data {") || rest.has("Severity ") {
            fault.isDetail = true
            fault.words = rest.has("Data {") ? XidDetail.words(rest, from: 6) : []
            inherit(&fault)
        } else {
            if rest.has("Fatal") {
                fault.declared = .fatal
            } else if rest.has("Non-fatal") || rest.has("Nonfatal") {
                fault.declared = .nonFatal
            }
            if let at = rest.find("Link "), let (link, _) = rest.decimal(at: at + 5) {
                fault.link = link
            }
            remember(fault)
        }
        tell(fault, header, rest, &faults)
    }

    /// Gives a line of detail the gravity and the link of the fault that it belongs to.
    private func inherit(_ fault: inout LogFault) {
        guard
            let last = switchFaults.last(where: {
                $0.instance == fault.instance && $0.code == fault.code
            })
        else { return }
        fault.declared = last.declared
        fault.link = last.link
    }

    private mutating func remember(_ fault: LogFault) {
        switchFaults.removeAll { $0.instance == fault.instance }
        if switchFaults.count >= FaultLimits.switches { switchFaults.removeFirst() }
        switchFaults.append(fault)
    }

    /// Lines of daemons beside the kernel.
    mutating func parseDaemon(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        switch header.source {
        case .fabricManager: parseFabricManager(line, header, &faults)
        case .networkDaemon: parseCarrier(line, header, &faults)
        default: break
        }
    }

    /// `detected NVSwitch non-fatal error 12028 on fid 0 on NVSwitch pci bus id 00000000:86:00.0
    /// physical id 3 port 61`.
    private mutating func parseFabricManager(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        guard line.has("detected NVSwitch ") else {
            // Failures that the daemon tells in words, of which only the gist is certain.
            if line.has("failed to ") || line.has("fatal error") || line.has("error occurred") {
                tell(.fabricManager, header, line, &faults)
            }
            return
        }
        guard let at = line.find("error ", from: 18), let (code, _) = line.decimal(at: at + 6)
        else { return }
        var fault = LogFault(.sxid(code))
        fault.declared = line.has("fatal ", at: 18) ? .fatal : .nonFatal
        if let at = line.find("pci bus id ") {
            fault.device = line.pciAddress(at: at + 11)?.address
        }
        if let at = line.find("physical id "), let (number, _) = line.decimal(at: at + 12) {
            fault.instance = number
        }
        if let at = line.find(" port "), let (port, _) = line.decimal(at: at + 6) {
            fault.link = port
        }
        tell(fault, header, line, &faults)
    }

    /// `ib6: lost carrier`, `ib6: Gained carrier`.
    private mutating func parseCarrier(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        guard let colon = line.find(": "), colon < FaultLimits.nameBytes else { return }
        let isLost =
            line.has("lost carrier", at: colon + 2) || line.has("Lost carrier", at: colon + 2)
        guard isLost || line.has("Gained carrier", at: colon + 2) else { return }
        guard NetworkInterface.isHardware(line) else { return }
        var fault = LogFault(.event(isLost ? .nicLinkDown : .nicLinkUp))
        fault.interface = line.text(from: 0, to: colon, limit: FaultLimits.nameBytes)
        tell(fault, header, line, &faults)
    }
}

/// Which interfaces are hardware: containers come and go with `cali…` and `veth…`.
enum NetworkInterface {
    /// Whether a name at the start of a line is that of a network card's port.
    static func isHardware(_ line: LogBytes) -> Bool {
        let isPrefixed =
            line.has("ib") || line.has("eth") || line.has("en") || line.has("rdma")
            || line.has("bond") || line.has("mlx") || line.has("gpu") || line.has("roce")
        return isPrefixed && !line.has("enx")
    }
}
