import FleetModel
import Foundation
import Simulation

/// Amounts, times and ranges of answers as people read them.
struct ClientText {
    /// The fleet's time.
    let now: String

    /// GPUs: `0.5`, `1,024`.
    static func gpus(_ amount: Double) -> String {
        guard amount != amount.rounded() else { return NumberText.grouped(amount) }
        var text = NumberText.grouped(amount, decimals: 3)
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }

    /// GPUs; a dash for none.
    static func some(_ amount: Double?) -> String {
        amount.map { $0 == 0 ? "–" : gpus($0) } ?? "–"
    }

    /// A count with its noun.
    static func count(_ count: Int, _ noun: String) -> String {
        "\(NumberText.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// A time as a time of today, else with its date, in UTC.
    func time(_ text: String?) -> String {
        guard let text else { return "–" }
        guard text.count >= 19, text.dropFirst(10).first == "T" else {
            return TerminalText.clean(text)
        }
        let time = text.dropFirst(11).prefix(5)
        return TerminalText.clean(
            text.prefix(10) == now.prefix(10) ? String(time) : "\(text.prefix(10)) \(time)")
    }

    /// How long ago a time is.
    func age(_ text: String?) -> String {
        guard let text else { return "–" }
        return ClientText.span(from: text, to: now)
    }

    /// The time between two, in its two largest units.
    static func span(from: String, to: String) -> String {
        guard let first = Instant(utcText: from), let last = Instant(utcText: to) else {
            return "–"
        }
        return NumberText.duration(seconds: max(0, seconds(last - first).rounded()))
    }

    /// Seconds of a span.
    static func seconds(_ span: TimeSpan) -> Double { Double(span.nanoseconds) / 1e9 }

    /// When a job is expected to start: `15:05 – 15:40`.
    func range(_ estimate: Remote.Estimate) -> String {
        let first = time(estimate.earliest)
        let last = estimate.latest.map(time) ?? "no bound"
        return first == last ? first : "\(first) – \(last)"
    }

    /// The same with how sure it is and where it comes from.
    func expectation(_ estimate: Remote.Estimate) -> String {
        "\(range(estimate)) (80 %), likely \(time(estimate.likely)); by "
            + ClientText.words(estimate.basis)
    }

    /// Nodes: two names and how many more.
    static func nodes(_ names: [String], _ count: Int) -> String {
        if count == 0 { return "" }
        let shown = names.prefix(count > 2 ? 1 : 2).joined(separator: ",")
        let more = count - min(names.count, count > 2 ? 1 : 2)
        return shown + (more > 0 ? " +\(more)" : "")
    }

    /// Words from a token such as `fairShare`.
    static func words(_ token: String) -> String {
        var text = ""
        for character in token {
            if character.isUppercase { text += " " }
            text += character.lowercased()
        }
        return TerminalText.clean(text)
    }

    /// Whole text of a server for a terminal that may be narrower than the server thinks: lines
    /// are broken again, below the place where their text begins.
    static func wrapped(_ text: String, to width: Int) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let clean = TerminalText.clean(String(line))
            guard TerminalText.width(clean) > width else { return clean }
            let margin = clean.first == " " || headings.contains(where: clean.hasPrefix) ? 12 : 0
            guard clean.count > margin, width > margin + 20 else {
                return TerminalText.hanging("", clean, to: width)
            }
            return TerminalText.hanging(
                String(clean.prefix(margin)), String(clean.dropFirst(margin)), to: width)
        }
        return lines.joined(separator: "\n")
    }

    /// What begins lines whose text stands beside a label.
    private static let headings = ["Starts ", "Sooner "]
}
