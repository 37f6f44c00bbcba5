import FleetModel

/// Why a field is not the number that its column holds.
enum FieldFault: Error, Equatable {
    case notANumber
    case negative
    case tooLarge
}

extension TraceRow {
    /// Nanoseconds in a second.
    static let second: Int64 = 1_000_000_000

    /// The whole number in field `index`, from 0 to `maximum`. A fraction of zeros is allowed.
    func integer(_ index: Int, maximum: Int64) throws(FieldFault) -> Int64 {
        let (whole, nanos) = try decimal(index, maximum: maximum)
        guard nanos == 0 else { throw .notANumber }
        return whole
    }

    /// The seconds in field `index` as nanoseconds; digits after the ninth decimal are dropped.
    func nanoseconds(_ index: Int) throws(FieldFault) -> Int64 {
        let (whole, nanos) = try decimal(index, maximum: FleetLimits.seconds)
        return whole * Self.second + nanos
    }

    /// The whole number in field `index`, which may have a sign.
    func signedInteger(_ index: Int) throws(FieldFault) -> Int32 {
        var range = range(index)
        let isNegative = !range.isEmpty && bytes[range.lowerBound] == Byte.minus
        if isNegative { range = (range.lowerBound + 1)..<range.upperBound }
        let magnitude = try digits(range, maximum: Int64(Int32.max))
        return Int32(isNegative ? -magnitude : magnitude)
    }

    /// The date and time of day in field `index`, `YYYY-MM-DD HH:MM:SS[.fraction]` with a space or
    /// a `T` between them, as nanoseconds since 1970-01-01 00:00:00 in the same, unstated zone.
    func wallClock(_ index: Int) throws(FieldFault) -> Int64 {
        let field = range(index)
        guard field.count >= 19 else { throw .notANumber }
        let start = field.lowerBound
        func part(_ from: Int, _ to: Int) throws(FieldFault) -> Int64 {
            try digits((start + from)..<(start + to), maximum: 9_999)
        }
        guard bytes[start + 4] == Byte.minus, bytes[start + 7] == Byte.minus,
            bytes[start + 13] == Byte.colon, bytes[start + 16] == Byte.colon
        else { throw .notANumber }
        let middle = bytes[start + 10]
        guard middle == Byte.space || middle == Byte.letterT else { throw .notANumber }
        let year = try part(0, 4)
        let month = try part(5, 7)
        let day = try part(8, 10)
        let hour = try part(11, 13)
        let minute = try part(14, 16)
        let second = try part(17, 19)
        guard (1...12).contains(month), day >= 1, day <= CivilDate.days(inMonth: month, of: year),
            hour < 24, minute < 60, second < 60
        else { throw .notANumber }
        guard year >= 1970 else { throw .negative }
        // Within a hundred years nothing that is added to it can overflow.
        guard year < 2070 else { throw .tooLarge }
        let days = CivilDate.daysSince1970(year: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
        var nanos: Int64 = 0
        if field.count > 19 {
            guard bytes[start + 19] == Byte.point else { throw .notANumber }
            nanos = try fraction((start + 20)..<field.upperBound)
        }
        return seconds * Self.second + nanos
    }

    /// Whole part and billionths of the number in field `index`.
    private func decimal(
        _ index: Int, maximum: Int64
    ) throws(FieldFault) -> (whole: Int64, nanos: Int64) {
        let field = range(index)
        guard !field.isEmpty else { throw .notANumber }
        var start = field.lowerBound
        let sign = bytes[start]
        if sign == Byte.minus || sign == Byte.plus { start += 1 }
        var point = start
        while point < field.upperBound, bytes[point] != Byte.point { point += 1 }
        var whole: Int64 = 0
        do throws(FieldFault) {
            whole = try digits(start..<point, maximum: maximum)
        } catch {
            // "-99999999999" is wrong because of its sign before it is wrong because of its size.
            if error == .tooLarge, sign == Byte.minus { throw .negative }
            throw error
        }
        let nanos = point < field.upperBound ? try fraction((point + 1)..<field.upperBound) : 0
        if sign == Byte.minus { throw .negative }
        if whole == maximum, nanos > 0 { throw .tooLarge }
        return (whole, nanos)
    }

    private func digits(_ range: Range<Int>, maximum: Int64) throws(FieldFault) -> Int64 {
        guard !range.isEmpty else { throw .notANumber }
        var value: Int64 = 0
        var isTooLarge = false
        for position in range {
            let byte = bytes[position]
            guard byte >= Byte.zero, byte <= Byte.nine else { throw .notANumber }
            if isTooLarge { continue }
            value = value * 10 + Int64(byte - Byte.zero)
            isTooLarge = value > maximum
        }
        if isTooLarge { throw .tooLarge }
        return value
    }

    /// Billionths from the digits after a decimal point; there may be none.
    private func fraction(_ range: Range<Int>) throws(FieldFault) -> Int64 {
        var value: Int64 = 0
        var unit: Int64 = Self.second / 10
        for position in range {
            let byte = bytes[position]
            guard byte >= Byte.zero, byte <= Byte.nine else { throw .notANumber }
            value += Int64(byte - Byte.zero) * unit
            unit /= 10
        }
        return value
    }
}
