import FleetModel

/// Spans of time as people write them: `90s`, `30m`, `12h`, `7d`, `1h30m`, or bare seconds.
public enum DurationText {
    /// What is expected of such a text, for diagnostics.
    public static let expected = "a duration such as 90s, 30m, 12h, 7d or 1h30m"

    /// The span; nil when the text is not one, or is beyond ``FleetLimits/seconds``.
    public static func parse(_ text: String) -> TimeSpan? {
        guard let nanoseconds = try? QuantityText.nanoseconds(text) else { return nil }
        let span = TimeSpan(nanoseconds: nanoseconds)
        return span <= .seconds(FleetLimits.seconds) ? span : nil
    }
}
