extension JSONScanner {
    /// Passes over a value.
    ///
    /// Of objects and arrays it checks that brackets match, strings end and the depth is within
    /// bounds, and no more: what nobody wants need not be proven right.
    public mutating func skipValue() throws(JSONFault) {
        switch try kind() {
        case .object, .array: try skipContainer()
        case .string:
            position = try closingQuote(from: position + 1, refusesControl: false).end + 1
        case .number: _ = try number()
        case .boolean: _ = try boolean()
        case .null: guard takeNull() else { throw missing("null") }
        }
    }

    /// The bytes of a value, which is passed over, to be read later or passed on.
    public mutating func capture() throws(JSONFault) -> [UInt8] {
        skipBlanks()
        let start = position
        try skipValue()
        return Array(bytes[start..<position])
    }

    private mutating func skipContainer() throws(JSONFault) {
        // One bit a level: 1 for an object.
        var kinds: UInt128 = 0
        var level = 0
        let room = JSONScanner.maximumDepth - depth
        var index = position
        let count = bytes.count
        while index < count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index = try closingQuote(from: index + 1, refusesControl: false).end
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard level < room else { throw JSONFault(.tooDeep, offset: index) }
                level += 1
                kinds = kinds << 1 | (byte == UInt8(ascii: "{") ? 1 : 0)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                let isObject = byte == UInt8(ascii: "}")
                guard (kinds & 1 == 1) == isObject else {
                    throw JSONFault(.expected(isObject ? "']'" : "'}'"), offset: index)
                }
                kinds >>= 1
                level -= 1
                if level == 0 {
                    position = index + 1
                    return
                }
            default: break
            }
            index += 1
        }
        throw JSONFault(.endsEarly, offset: count)
    }
}
