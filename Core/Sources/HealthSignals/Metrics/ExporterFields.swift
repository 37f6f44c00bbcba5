/// The fields that dcgm-exporter has to tell for Muster to make use of all that it can: those that
/// rules are about, what helps to judge them, and where devices sit.
public enum ExporterFields {
    /// Fields of a device's seat: NVML's platform information.
    public static let seats: ClosedRange<Int32> = 571...577

    /// All of them, by number.
    public static let all: [DeviceMetric] = DeviceMetric.all.filter { metric in
        seats.contains(metric.field) || MetricRules.signals.contains(.field(metric.field))
    }

    /// A list for dcgm-exporter (`--collectors`), with a line for each field. It has the names of
    /// before DCGM 4.6, which that knows as well.
    public static var list: String {
        let lines = all.map { "\($0.formerName), \(kind(of: $0)), \(words(of: $0))" }
        return (head + lines).map { $0 + "\n" }.joined()
    }

    private static let head = [
        "# Fields of DCGM that Muster reads, for dcgm-exporter --collectors.",
        "# DCGM field, kind in Prometheus, help",
    ]

    /// Texts can only be labels. Muster reads values, whatever their kind.
    private static func kind(of metric: DeviceMetric) -> String {
        if metric.field == 571 || metric.field == 572 { return "label" }
        let isCounted = rules(about: metric).contains { rule in
            switch rule.condition {
            case .grows, .rate: true
            case .isAtLeast, .holds: false
            }
        }
        return isCounted ? "counter" : "gauge"
    }

    private static func words(of metric: DeviceMetric) -> String {
        if seats.contains(metric.field) { return "where the device sits" }
        var names: [String] = []
        for rule in rules(about: metric) where !names.contains(rule.name) {
            names.append(rule.name)
        }
        guard !names.isEmpty else { return "helps to judge others" }
        // A comma would begin another column.
        return String(names.joined(separator: "; ").map { $0 == "," ? ";" : $0 })
    }

    private static func rules(about metric: DeviceMetric) -> [MetricRule] {
        MetricRules.all.filter { $0.signal == .field(metric.field) }
    }
}
