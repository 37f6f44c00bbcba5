import APIClient
import Documents
import FleetModel
import Simulation

extension HardwareCommand {
    /// What a machine, GPU or network interface went through, newest first, a page or all of it.
    func showHistory(of name: String, _ client: APIClient) async throws {
        var query: [(name: String, value: String?)] = [("limit", all ? "1000" : "50")]
        if let before { query.append(("cursor", before)) }
        var more: String?
        var isEmpty = true
        try await client.pages(APIRequest(.get, "hardware", name, "history", query: query)) {
            if json {
                try Console.write($0)
                return (all ? try $0.decode(Remote.HardwareHistory.self).next : nil, !all)
            }
            let page = try $0.decode(Remote.HardwareHistory.self)
            more = page.next
            guard !page.history.isEmpty else { return (nil, true) }
            isEmpty = false
            try Console.write(page.history.map(text).joined())
            return (page.next, !all)
        }
        if json { return }
        if isEmpty { Console.say("nothing is kept of it") }
        if let more, !all { Console.say("older: --before \(more)") }
    }

    /// A line for what happened, and one for the log's that told it.
    private func text(_ entry: Remote.HardwareHistory.Entry) -> String {
        let of =
            entry.device.map { "GPU \($0)" } ?? entry.interface.map { "interface \($0)" }
            ?? "machine"
        var text = "\(entry.time)  \(entry.node)  \(of)  \(entry.kind)  \(entry.text)"
        text = TerminalText.clean(text) + "\n"
        if let line = entry.line { text += "    " + TerminalText.clean(line) + "\n" }
        return text
    }
}

extension Remote {
    /// A page of what hardware went through.
    struct HardwareHistory: Decodable {
        struct Entry: Decodable {
            var time: String
            var kind: String
            var device: Int?
            var interface: String?
            var node: String
            var text: String
            var line: String?
        }

        var history: [Entry]
        var next: String?
    }
}
