extension KernelLogParser {
    /// What is broken; nothing in a sound parser. O(state).
    public func checkInvariants() -> [String] {
        var broken: [String] = []
        if identities.count > FaultLimits.identities { broken.append("too many identities") }
        if switchFaults.count > FaultLimits.switches { broken.append("too many switches") }
        for (index, known) in identities.enumerated()
        where identities.dropFirst(index + 1).contains(where: { $0.device == known.device }) {
            broken.append("two identities at \(known.device.text)")
        }
        if let unfinished, !(1...3).contains(unfinished.lines) {
            broken.append("a sentence that goes over \(unfinished.lines) more lines")
        }
        return broken
    }
}

extension LogFault {
    /// What is beyond the bounds that every fault keeps; nothing in a sound parser.
    public func checkInvariants() -> [String] {
        var broken: [String] = []
        // Broken UTF-8 is repaired by a mark of three bytes.
        if text.utf8.count > 3 * FaultLimits.textBytes { broken.append("a text that is too long") }
        for name in [unit, interface, process?.name ?? "", identity?.uuid ?? ""]
        where name.utf8.count > 3 * FaultLimits.nameBytes {
            broken.append("a name that is too long")
        }
        if words.count > FaultLimits.words { broken.append("too many registers") }
        for byte in text.utf8 where byte < 32 {
            broken.append("a control character in a text: \(byte)")
        }
        return broken
    }
}

extension FaultVerdict {
    /// What contradicts itself; nothing in a sound verdict.
    public func checkInvariants() -> [String] {
        var broken: [String] = []
        if parts.isEmpty || parts.count > FaultLimits.parts {
            broken.append("\(parts.count) parts")
        }
        if inputs.isEmpty || inputs.count > FaultLimits.inputs {
            broken.append("\(inputs.count) inputs")
        }
        if opened > last { broken.append("a burst that ended before it began") }
        if severity != parts.map(\.severity).max() {
            broken.append("another severity than its parts")
        }
        for part in parts where part.takesOutOfService {
            if case .unknownCode = part.rule { broken.append("an unknown code that takes away") }
            if part.nature == .unknown, case .catalogue = part.rule {
                broken.append("an unknown code that takes away")
            }
        }
        if stage == .urgent, !takesOutOfService { broken.append("an urgent verdict about nothing") }
        return broken
    }
}
