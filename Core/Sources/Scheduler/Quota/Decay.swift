import FleetModel

/// Exponential decay in fixed point: the same bits on every machine.
enum Decay {
    /// `2^(-1/2^k)` for k from 1 to 24, as a fraction of 2^63, rounded to nearest.
    private static let roots: [UInt64] = [
        0x5A827999FCEF3242, 0x6BA27E656B4EB57A, 0x75606373EE921C97, 0x7A92BE8A92436616,
        0x7D41D96DB915019D, 0x7E9F06067A4360BA, 0x7F4F08AE3DC7C426, 0x7FA765ACA88F6453,
        0x7FD3AB290E46D769, 0x7FE9D3A8E07BF086, 0x7FF4E9597BED93AB, 0x7FFA748DFF8DC61F,
        0x7FFD3A3F50020332, 0x7FFE9D1DBC0A75AA, 0x7FFF4E8E6306ED59, 0x7FFFA74712C3CDFD,
        0x7FFFD3A381B1FA29, 0x7FFFE9D1BEED018A, 0x7FFFF4E8DEFB81D7, 0x7FFFFA746F5F012F,
        0x7FFFFD3A37A7D0A8, 0x7FFFFE9D1BD1FC58, 0x7FFFFF4E8DE8832D, 0x7FFFFFA746F422D7,
    ]

    /// `value` times `0.5^(elapsed / halfLife)`, rounded down. O(1): at most 24 multiplications.
    ///
    /// The exponent's whole part is a shift; its fraction, in 24 bits, is a product of roots of one
    /// half. The relative error is below 2^-23.
    static func apply(_ value: Int64, elapsed: TimeSpan, halfLife: TimeSpan) -> Int64 {
        precondition(value >= 0 && halfLife.nanoseconds > 0, "decay outside its domain")
        guard elapsed.nanoseconds > 0, value > 0 else { return value }
        let (whole, rest) = elapsed.nanoseconds.quotientAndRemainder(
            dividingBy: halfLife.nanoseconds)
        guard whole < 63 else { return 0 }
        let scaled = UInt64(rest).multipliedFullWidth(by: 1 << 24)
        let fraction = UInt64(halfLife.nanoseconds).dividingFullWidth(scaled).quotient
        var result = UInt64(value) >> UInt64(whole)
        for (place, root) in roots.enumerated()
        where fraction & (1 << UInt64(23 - place)) != 0 {
            let product = result.multipliedFullWidth(by: root)
            result = product.high << 1 | product.low >> 63
        }
        return Int64(result)
    }
}
