import AgentWire
import HealthSignals

/// Reads what dcgm-exporter answers (Prometheus text), under old and new field names.
///
/// Of fields that say who a device is only those of its seat are of use: NVML tells the others. The
/// exporter has them as values, or as labels of all other values, as its list of fields says. What
/// has no number, no device or no place in ``DeviceMetric/all`` is left out.
public enum ExporterText {
    /// What a text says.
    public struct Reading: Equatable, Sendable {
        /// Values, in the order of the text.
        public var samples: [AgentSample] = []
        /// Where devices sit, by index.
        public var seats: [UInt8: ReportedSeat] = [:]
        /// Devices whose labels were looked at: a device has the same with each of its values.
        fileprivate var labelled: Set<UInt8> = []
    }

    /// Fields between 0 and 1, which are told in thousandths.
    private static let shares: ClosedRange<Int32> = 1001...1005

    /// What a text says.
    public static func read(_ text: [UInt8]) -> Reading {
        var reading = Reading()
        for line in text.split(separator: 10) where line.first == UInt8(ascii: "D") {
            guard reading.samples.count < AgentLimits.samples else { break }
            take(String(decoding: line, as: UTF8.self), into: &reading)
        }
        return reading
    }

    private static func take(_ line: String, into reading: inout Reading) {
        guard let brace = line.firstIndex(of: "{"), let close = line.lastIndex(of: "}"),
            brace < close, let metric = DeviceMetric.named(String(line[..<brace]))
        else { return }
        let labels = line[line.index(after: brace)..<close]
        // A slice of a device (MIG) says nothing of the device as a whole.
        guard let gpu = label("gpu", in: labels).flatMap({ UInt8($0) }),
            label("GPU_I_ID", in: labels) == nil
        else { return }
        if reading.labelled.insert(gpu).inserted {
            for field in ExporterFields.seats {
                guard let name = DeviceMetric.field(field)?.name, let text = label(name, in: labels)
                else { continue }
                note(field, text, in: &reading.seats[gpu])
            }
        }
        let words = line[line.index(after: close)...].split(separator: " ")
        guard let word = words.first else { return }
        if ExporterFields.seats.contains(metric.field) {
            return note(metric.field, word, in: &reading.seats[gpu])
        }
        guard metric.kind != .identity,
            let value = DecimalNumber.scaled(word, by: shares.contains(metric.field) ? 3 : 0)
        else { return }
        reading.samples.append(
            AgentSample(SampleKey(.device(gpu), .field(metric.field)), value))
    }

    private static func note(_ field: Int32, _ text: Substring, in seat: inout ReportedSeat?) {
        var told = seat ?? ReportedSeat()
        // DCGM writes what is blank as the end of a range of numbers.
        let number = DecimalNumber.scaled(text, by: 0).flatMap { UInt8(exactly: $0) }
        switch field {
        case 571: told.guid = guid(text)
        case 572: told.chassisSerial = String(text)
        case 573: told.slot = number
        case 574: told.tray = number
        case 575: told.host = number
        case 576: told.peer = number
        default: told.module = number
        }
        if told != ReportedSeat() { seat = told }
    }

    /// The first 16 digits, as NVML's are written: DCGM has had them as a UUID, too.
    private static func guid(_ text: Substring) -> String {
        let digits = (text.hasPrefix("0x") ? text.dropFirst(2) : text).filter(\.isHexDigit)
        return digits.count < 16 ? "" : "0x" + digits.prefix(16).lowercased()
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
