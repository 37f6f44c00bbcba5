import Journal

// Where rules about metrics are met.

private enum PlaceTag: UInt8, CaseIterable {
    case host, device, named
}

extension MetricPlace: RecordValue {
    package static var blank: MetricPlace { .host }
    package mutating func pass(through coder: inout RecordCoder) {
        var (tag, index, name) = (PlaceTag.host, UInt8?.none, String?.none)
        switch self {
        case .host: break
        case .device(let number): (tag, index) = (.device, number)
        case .named(let text): (tag, name) = (.named, text)
        }
        switch coder.tag(tag) {
        case .host: self = .host
        case .device: self = .device(coder.part(index))
        case .named: self = .named(coder.part(name))
        }
    }
}

extension MetricSign: RecordValue {
    package static var blank: MetricSign { MetricSign(.host, rule: "") }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&place)
        coder.field(&rule)
    }
}
