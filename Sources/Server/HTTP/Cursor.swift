import FleetModel

/// Where a list goes on: a number that came from a page of the same list, with a check so that a
/// made-up one is noticed.
enum Cursor {
    /// Lists that have pages.
    enum List: UInt64 { case jobs, nodes, ledger, audit, hardware }

    /// The text of a cursor.
    static func text(_ number: Int64, _ list: List) -> String {
        String(number, radix: 36) + "-" + String(check(number, list), radix: 36)
    }

    /// The number of the parameter `cursor`; nil without one. Throws `M0601` for one that no page
    /// had.
    static func number(_ query: Query, _ list: List) throws(OperatingError) -> Int64? {
        guard let text = query.text("cursor") else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count < 40, parts.count == 2, let number = Int64(parts[0], radix: 36),
            number >= 0, let sum = UInt64(parts[1], radix: 36), sum == check(number, list)
        else {
            throw OperatingError(
                .malformedRequest, "the parameter 'cursor' is from no page of this list",
                hint: "take it from 'next' of the page before")
        }
        return number
    }

    private static func check(_ number: Int64, _ list: List) -> UInt64 {
        SplitMix.mix(UInt64(bitPattern: number) ^ list.rawValue << 56) & 0xFFFF
    }
}
