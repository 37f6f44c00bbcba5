extension KernelLogParser {
    /// Lines of NVIDIA's driver, behind `NVRM: `.
    mutating func parseDriver(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        if line.has("Xid (") {
            parseXid(line, header, &faults)
        } else if line.has("GPU ") {
            parseAboutGPU(line, header, &faults)
        } else if line.has("The NVIDIA GPU ") {
            parseSentence(line, header, &faults)
        } else if unfinished != nil {
            parseRestOfSentence(line, header, &faults)
        } else if line.has("Rate limiting GSP RPC error prints for GPU at ") {
            tell(.gspSilenced, device: line.pciAddress(at: 46)?.address, header, line, &faults)
        }
    }

    /// `Xid (PCI:0000:3b:00): 79, pid=1234, name=python, GPU has fallen off the bus.`
    private mutating func parseXid(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        guard let close = line.find(byte: UInt8(ascii: ")"), from: 5, before: 40) else { return }
        let address = line.pciAddress(at: 5)?.address
        var at = close + 1
        while line[at] == UInt8(ascii: ":") || line[at] == 32 { at += 1 }
        guard let (code, end) = line.decimal(at: at) else { return }
        var fault = LogFault(.xid(code), device: address)
        if let at = line.find("GPU-I:", from: 5, before: close) {
            fault.gpuInstance = line.decimal(at: at + 6)?.value
        }
        var rest = line.from(end)
        while rest[0] == UInt8(ascii: ",") || rest[0] == 32 { rest.drop(1) }
        fault.process = XidDetail.process(&rest)
        XidDetail.fill(&fault, code: code, rest)
        tell(fault, header, rest, &faults)
    }

    /// `GPU at PCI:0000:9b:00: GPU-…`, `GPU Board Serial Number: …`, `GPU 0000:18:00.0: …`.
    private mutating func parseAboutGPU(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        if line.has("GPU Board Serial Number:") {
            // The line before said which GPU: the two are printed together.
            guard let device = identities.last?.device else { return }
            tellIdentity(serial: line.from(24), of: device, header, line, &faults)
            return
        }
        let isAt = line.has("GPU at ")
        guard let (device, next) = line.pciAddress(at: isAt ? 7 : 4) else { return }
        var rest = line.from(next)
        while rest[0] == UInt8(ascii: ":") || rest[0] == 32 { rest.drop(1) }
        if rest.has("GPU-") {
            let uuid = word(of: rest)
            keep(DeviceIdentity(uuid: uuid), of: device)
            tell(.identity, device: device, header, line, &faults)
        } else if rest.has("GPU serial number is ") {
            tellIdentity(serial: rest.from(21), of: device, header, line, &faults)
        } else if rest.find("fallen off the bus") != nil {
            tell(.offTheBus, device: device, header, rest, &faults)
        } else if rest.find("is not responding") != nil {
            tell(.notResponding, device: device, header, rest, &faults)
        } else if rest.has("RmInitAdapter failed") {
            tell(.initialisationFailed, device: device, header, rest, &faults)
        }
    }

    private mutating func tellIdentity(
        serial: LogBytes, of device: PCIAddress, _ header: LineHeader, _ line: LogBytes,
        _ faults: inout [LogFault]
    ) {
        var serial = serial
        serial.dropSpaces()
        let number = word(of: serial)
        // Boards without a number print nothing or 0.
        guard !number.isEmpty, number != "0" else { return }
        keep(DeviceIdentity(serial: number), of: device)
        tell(.identity, device: device, header, line, &faults)
    }

    /// Letters, digits and dashes.
    private func word(of line: LogBytes) -> String {
        var end = 0
        while end < FaultLimits.nameBytes,
            LogBytes.isLetter(line[end]) || LogBytes.isDigit(line[end])
                || line[end] == UInt8(ascii: "-")
        {
            end += 1
        }
        return line.text(from: 0, to: end, limit: FaultLimits.nameBytes)
    }

    /// `The NVIDIA GPU 0000:01:00.0` / `(PCI ID: 10de:2330) installed in this system has` /
    /// `fallen off the bus and is not responding to commands.`
    private mutating func parseSentence(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        guard let (device, next) = line.pciAddress(at: 15) else { return }
        if line.find("not responding", from: next) != nil {
            unfinished = nil
            tell(.notResponding, device: device, header, line, &faults)
        } else {
            unfinished = UnfinishedSentence(device: device, lines: 3)
        }
    }

    private mutating func parseRestOfSentence(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        guard let (device, lines) = unfinished.map({ ($0.device, $0.lines) }) else { return }
        if line.find("not responding") != nil {
            unfinished = nil
            tell(.notResponding, device: device, header, line, &faults)
        } else {
            unfinished = lines > 1 ? UnfinishedSentence(device: device, lines: lines - 1) : nil
        }
    }
}
