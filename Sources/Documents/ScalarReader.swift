import FleetModel

/// Reads single values; whatever is wrong goes into the findings under `label`.
struct ScalarReader {
    let findings: Findings
    /// What the value is called in messages, quotes included.
    let label: String

    private func report(_ value: YAMLValue, expected: String, hint: String = "") {
        guard !value.isBroken else { return }
        findings.report(
            .invalidValue, line: value.line, "\(label) is \(value.described)", expected: expected,
            hint: hint)
    }

    /// A whole number within `range`, without quotes and in plain decimal.
    func integer(_ value: YAMLValue, _ range: ClosedRange<Int64>) -> Located<Int64>? {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard case .scalar(let text, let isPlain) = value.content else {
            report(value, expected: expected)
            return nil
        }
        do {
            let number = try FixedPoint(text).scaled(by: 1)
            if isPlain, range.contains(number) { return Located(number, line: value.line) }
            report(value, expected: expected, hint: isPlain ? "" : "remove the quotes")
        } catch {
            report(value, expected: expected, hint: numberHint(error, text))
        }
        return nil
    }

    private func numberHint(_ failure: FixedPoint.Failure, _ text: String) -> String {
        switch failure {
        case .leadingZero: return "some YAML readers take a leading zero for octal; remove it"
        case .tooFine, .tooLarge: return ""
        case .malformed:
            let isHexOrOctal = text.hasPrefix("0x") || text.hasPrefix("0o")
            if isHexOrOctal || text.contains("_") { return "write it in plain decimal digits" }
            return ""
        }
    }

    /// An amount with an optional unit, within `range` of the unit that `parse` returns.
    func quantity(
        _ value: YAMLValue, _ range: ClosedRange<Int64>, _ expected: String,
        _ parse: (String) throws(FixedPoint.Failure) -> Int64
    ) -> Int64? {
        guard let text = value.text else {
            report(value, expected: expected)
            return nil
        }
        do {
            let amount = try parse(text)
            if range.contains(amount) { return amount }
            let hint = amount < 0 ? "it cannot be below zero" : "it is beyond what Muster can count"
            report(value, expected: expected, hint: amount == 0 ? "it must be above zero" : hint)
        } catch .tooLarge {
            report(value, expected: expected, hint: "it is beyond what Muster can count")
        } catch .tooFine {
            report(value, expected: expected, hint: "it is finer than the smallest unit")
        } catch .leadingZero {
            report(value, expected: expected, hint: numberHint(.leadingZero, text))
        } catch {
            report(value, expected: expected, hint: unitHint(text))
        }
        return nil
    }

    private func unitHint(_ text: String) -> String {
        for (decimal, binary) in [("MB", "MiB"), ("GB", "GiB"), ("TB", "TiB"), ("PB", "PiB")]
        where text.uppercased().hasSuffix(decimal) {
            return "units are powers of two: write \(binary)"
        }
        return ""
    }

    /// A time span of zero or more and at most a hundred years.
    func duration(_ value: YAMLValue) -> TimeSpan? {
        quantity(
            value, 0...FleetLimits.seconds * 1_000_000_000,
            "a time span such as 90s, 30m, 12h, 7d or 1h30m, or a bare number of seconds",
            QuantityText.nanoseconds
        ).map { TimeSpan(nanoseconds: $0) }
    }

    /// A name of letters, digits, dots, dashes and underscores, that begins with a letter or digit.
    func name(_ value: YAMLValue, also characters: String = "") -> Located<String>? {
        let more = characters.isEmpty ? "" : " or of \(characters)"
        let expected = "a name of letters, digits, '.', '-' and '_'" + more
        guard let text = value.text else {
            report(value, expected: expected)
            return nil
        }
        let extra = Array(characters.utf8)
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= DocumentLimits.nameBytes,
            bytes.allSatisfy({ ScalarReader.isNameByte($0) || extra.contains($0) }),
            ScalarReader.isAlphanumeric(first) || extra.contains(first)
        else {
            report(
                value, expected: expected,
                hint: bytes.count > DocumentLimits.nameBytes
                    ? "it has \(bytes.count) bytes; \(DocumentLimits.nameBytes) are the most" : "")
            return nil
        }
        return Located(text, line: value.line)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}
