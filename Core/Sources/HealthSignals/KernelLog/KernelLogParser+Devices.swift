extension KernelLogParser {
    /// Lines of a driver about a device on a PCI bus: `mlx5_core 0000:5e:00.0 ens1f0: Link down`;
    /// and crashes of processes, whose lines begin with any name.
    mutating func parseDevice(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        if let space = line.find(byte: 32, from: 1, before: 24),
            let (device, next) = line.pciAddress(at: space + 1)
        {
            var rest = line.from(next)
            var interface = ""
            if rest[0] == 32, let colon = rest.find(": "), colon <= FaultLimits.nameBytes {
                interface = rest.text(from: 1, to: colon, limit: FaultLimits.nameBytes)
                rest.drop(colon)
            }
            while rest[0] == UInt8(ascii: ":") || rest[0] == 32 { rest.drop(1) }
            guard !parseBus(rest, device, header, &faults) else { return }
            if line.has("mlx5_core") {
                parseMlx5(rest, device, interface, header, &faults)
            } else {
                parsePort(rest, device, interface, header, &faults)
            }
        } else if line.find("]: segfault at ", from: 1, before: 64) != nil {
            parseSegfault(line, header, &faults)
        } else if line.has("nvme nvme") {
            parseDisk(line, header, &faults)
        }
    }

    /// What the PCI bus says about any device. False when it is something else.
    private mutating func parseBus(
        _ rest: LogBytes, _ device: PCIAddress, _ header: LineHeader, _ faults: inout [LogFault]
    ) -> Bool {
        if rest.has("AER: ") {
            // What follows names the device that the error came from; the port only passes it on.
            var source = device
            for words in ["received: ", "received from "] as [StaticString] {
                guard let at = rest.find(words) else { continue }
                source = rest.pciAddress(at: at + words.utf8CodeUnitCount)?.address ?? device
            }
            guard let event = busEvent(rest, at: 5) else { return true }
            tell(event, device: source, header, rest, &faults)
        } else if rest.has("PCIe Bus Error: severity=") {
            guard let event = busEvent(rest, at: 25) else { return true }
            tell(event, device: device, header, rest, &faults)
        } else if rest.has("DPC: containment event") || rest.has("pciehp: Slot")
            || rest.has("Slot(")
        {
            guard
                rest.has("DPC") || rest.find("Link Down") != nil
                    || rest.find("Card not present") != nil
            else { return true }
            tell(.pcieContained, device: device, header, rest, &faults)
        } else if let at = rest.find(" available PCIe bandwidth, limited by ") {
            guard at < 24 else { return false }
            tell(.pcieDowntrained, device: device, header, rest, &faults)
        } else {
            return false
        }
        return true
    }

    private func busEvent(_ rest: LogBytes, at offset: Int) -> FaultEvent? {
        let gravity = rest.from(offset).prefix(48)
        if gravity.find("Corrected") != nil || gravity.find("Correctable") != nil {
            return .pcieCorrected
        }
        guard gravity.find("Uncorrect") != nil else { return nil }
        return gravity.find("(Fatal)") != nil ? .pcieFatal : .pcieUncorrected
    }

    /// `mlx5_core 0000:12:00.0: …`.
    private mutating func parseMlx5(
        _ rest: LogBytes, _ device: PCIAddress, _ interface: String, _ header: LineHeader,
        _ faults: inout [LogFault]
    ) {
        if rest.has("Port module event") {
            parseModule(rest, device, header, &faults)
            return
        }
        if rest.has("mlx5_cmd_out_err") || rest.has("mlx5_cmd_check") {
            // Restricted functions refuse registers in floods; that says nothing of the hardware.
            counts.noise &+= 1
            return
        }
        let event: FaultEvent? =
            if rest.find("health compromised") != nil {
                .nicHealthCompromised
            } else if rest.find("Will cause a leak of a command resource") != nil {
                .nicCommandTimeout
            } else if rest.find("unrecoverable hardware error") != nil {
                .nicHardwareError
            } else if rest.find("Detected insufficient power") != nil {
                .nicPower
            } else {
                nil
            }
        guard let event else {
            parsePort(rest, device, interface, header, &faults)
            return
        }
        tell(event, device: device, header, rest, &faults)
    }

    /// `Port module event[error]: module 0, Cable error, High Temperature`.
    private mutating func parseModule(
        _ rest: LogBytes, _ device: PCIAddress, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        let event: FaultEvent
        if rest.has("[error]", at: 17) {
            event = .nicModuleError
        } else if rest.find("Cable unplugged") != nil {
            event = .nicCableUnplugged
        } else {
            return
        }
        var fault = LogFault(.event(event), device: device)
        if let at = rest.find("module ", from: 17), let (module, _) = rest.decimal(at: at + 7) {
            fault.link = module
        }
        tell(fault, header, rest, &faults)
    }

    /// `Link down`, `NIC Link is Down`, `NETDEV WATCHDOG: …` of any card.
    private mutating func parsePort(
        _ rest: LogBytes, _ device: PCIAddress, _ interface: String, _ header: LineHeader,
        _ faults: inout [LogFault]
    ) {
        let event: FaultEvent
        if rest.has("Link down") || rest.has("NIC Link is Down") || rest.has("Link is Down") {
            event = .nicLinkDown
        } else if rest.has("Link up") || rest.has("NIC Link is Up") || rest.has("Link is Up") {
            event = .nicLinkUp
        } else if rest.has("NETDEV WATCHDOG") && rest.find("timed out") != nil {
            event = .nicTransmitTimeout
        } else {
            return
        }
        var fault = LogFault(.event(event), device: device)
        fault.interface = interface
        tell(fault, header, rest, &faults)
    }

    /// `NETDEV WATCHDOG: eth0 (mlx5_core): transmit queue 3 timed out`.
    mutating func parseWatchdog(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        if line.has("NMI watchdog: ") {
            guard line.find("LOCKUP") != nil else { return }
            tell(.kernelLockup, header, line, &faults)
            return
        }
        guard line.find("timed out") != nil else { return }
        var fault = LogFault(.event(.nicTransmitTimeout))
        let end = line.find(byte: 32, from: 17) ?? line.count
        fault.interface = line.text(from: 17, to: end, limit: FaultLimits.nameBytes)
        tell(fault, header, line, &faults)
    }

    /// `nvme nvme0: controller is down; will reset: …`.
    private mutating func parseDisk(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        guard
            line.find("controller is down") != nil || line.find("Removing after") != nil
                || line.find("Device not ready") != nil || line.find("timeout, ") != nil
        else { return }
        tell(.diskError, header, line, &faults)
    }

    /// `pt_main_thread[2536443]: segfault at … in libnccl.so.2[…]`. Crashes elsewhere are the
    /// application's own.
    private mutating func parseSegfault(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        guard line.find(" in libnccl") != nil else { return }
        var fault = LogFault(.event(.segfaultInNCCL))
        if let open = line.find(byte: UInt8(ascii: "["), from: 0, before: 64),
            let (id, _) = line.decimal(at: open + 1)
        {
            fault.process = FaultedProcess(
                id: id, name: line.text(from: 0, to: open, limit: FaultLimits.nameBytes))
        }
        tell(fault, header, line, &faults)
    }
}
