import HealthSignals

extension LogFault {
    /// What is left of the line where it was read elsewhere, as by an agent, which sends no lines:
    /// the code, the device and the process, which are no part of ``text``, and that.
    var remains: String {
        var parts: [String] = []
        switch code {
        case .xid, .sxid: parts.append(code.text)
        case .event: break
        }
        if let device { parts.append(device.text) }
        if !interface.isEmpty { parts.append(interface) }
        if let id = process?.id { parts.append("pid=\(id)") }
        if let name = process?.name, !name.isEmpty { parts.append("name=\(name)") }
        if !text.isEmpty { parts.append(text) }
        return parts.isEmpty ? code.text : parts.joined(separator: ", ")
    }
}
