/// Amounts of GPUs for people.
public enum GPUText {
    /// `12.5` for 12,500 thousandths.
    public static func gpus(milli: Int64) -> String {
        let rest = milli.magnitude % 1000
        let whole = "\(milli < 0 ? "-" : "")\(milli.magnitude / 1000)"
        if rest == 0 { return whole }
        var digits = String(rest)
        digits = String(repeating: "0", count: 3 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return whole + "." + digits
    }
}
