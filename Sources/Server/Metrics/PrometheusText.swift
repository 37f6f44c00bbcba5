import ControlPlane

/// Writes metrics in Prometheus' text format (version 0.0.4).
struct PrometheusText {
    private(set) var bytes: [UInt8] = []

    enum Kind: String { case counter, gauge, histogram }

    /// Begins a family of samples.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        put("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// One sample without labels.
    mutating func sample(_ name: String, _ value: Double) { sample(name, [], value) }

    /// One sample; labels in order.
    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        put(name)
        if !labels.isEmpty {
            put("{")
            for (index, (label, text)) in labels.enumerated() {
                put((index > 0 ? "," : "") + label + "=\"" + PrometheusText.escaped(text) + "\"")
            }
            put("}")
        }
        put(" " + PrometheusText.number(value) + "\n")
    }

    /// A histogram, whose buckets are told as sums of those below them.
    mutating func histogram(_ name: String, _ histogram: Histogram) {
        var total: Int64 = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            total += count
            sample(name + "_bucket", [("le", PrometheusText.number(bound))], Double(total))
        }
        total += histogram.counts.last ?? 0
        sample(name + "_bucket", [("le", "+Inf")], Double(total))
        sample(name + "_sum", histogram.sum)
        sample(name + "_count", Double(total))
    }

    private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else {
            return text
        }
        return text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }

    private static func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }
}
