import AgentWire
import HealthSignals

/// Reads what dcgm-exporter answers (Prometheus text) as samples, under old and new field names.
///
/// Of fields that say who a device is only the labels are of use, and NVML tells them; what has no
/// number, no device or no place in ``DeviceMetric/all`` is left out.
public enum ExporterText {
    /// Fields between 0 and 1, which are told in thousandths.
    private static let shares: ClosedRange<Int32> = 1001...1005

    /// The samples of a text.
    public static func samples(_ text: [UInt8]) -> [AgentSample] {
        var samples: [AgentSample] = []
        for line in text.split(separator: 10) where line.first == UInt8(ascii: "D") {
            guard samples.count < AgentLimits.samples else { break }
            if let sample = sample(String(decoding: line, as: UTF8.self)) { samples.append(sample) }
        }
        return samples
    }

    private static func sample(_ line: String) -> AgentSample? {
        guard let brace = line.firstIndex(of: "{"), let close = line.lastIndex(of: "}"),
            brace < close, let metric = DeviceMetric.named(String(line[..<brace])),
            metric.kind != .identity
        else { return nil }
        let labels = line[line.index(after: brace)..<close]
        // A slice of a device (MIG) says nothing of the device as a whole.
        guard let gpu = label("gpu", in: labels).flatMap({ UInt8($0) }),
            label("GPU_I_ID", in: labels) == nil
        else { return nil }
        let words = line[line.index(after: close)...].split(separator: " ")
        guard let word = words.first,
            let value = DecimalNumber.scaled(word, by: shares.contains(metric.field) ? 3 : 0)
        else { return nil }
        return AgentSample(SampleKey(.device(gpu), .field(metric.field)), value)
    }

    /// The text of a label. Values with quotes in them are cut off there; none that is read here
    /// has any.
    private static func label(_ name: String, in labels: Substring) -> Substring? {
        var rest = labels
        while let equals = rest.firstIndex(of: "=") {
            let found = rest[..<equals].drop { $0 == "," || $0 == " " }
            let open = rest.index(after: equals)
            guard open < rest.endIndex, rest[open] == "\"" else { return nil }
            var end = rest.index(after: open)
            let start = end
            while end < rest.endIndex, rest[end] != "\"" {
                if rest[end] == "\\", rest.index(after: end) < rest.endIndex {
                    end = rest.index(after: end)
                }
                end = rest.index(after: end)
            }
            guard end < rest.endIndex else { return nil }
            if found == name { return rest[start..<end] }
            rest = rest[rest.index(after: end)...]
        }
        return nil
    }
}
