import FleetModel

/// What was said to whom, so that the same is not said again and again.
struct WordBook {
    /// Something to be said.
    struct Text: Hashable {
        /// The reason of the condition `PodScheduled`.
        var condition: String
        /// The reason of the event.
        var event: String
        var message: String
        /// Whether there is to be an event.
        var isForEvents: Bool
    }

    private struct Said {
        var code: RefusalCode?
        var text: Text
        var at: Int64
        var eventAt: Int64
    }

    /// How long the same reason with other numbers waits, in milliseconds: status writes are what
    /// API servers suffer from most.
    private static let pauseMilliseconds: Int64 = 30_000
    /// The same for events.
    private static let eventPauseMilliseconds: Int64 = 300_000

    private var said: [String: Said] = [:]

    mutating func forget(_ key: String) { said[key] = nil }

    /// What to say of a job that waits; nil for nothing new.
    mutating func waits(
        _ key: String, _ code: RefusalCode, _ sentence: String, at now: Int64
    ) -> Text? {
        let known = said[key]
        guard known?.code != code || known?.text.message != sentence else { return nil }
        let isOther = known == nil || known?.code != code
        if let known, !isOther, now - known.at < WordBook.pauseMilliseconds { return nil }
        let isForEvents =
            isOther || now - (known?.eventAt ?? 0) >= WordBook.eventPauseMilliseconds
        let text = Text(
            condition: WordBook.condition(of: code), event: "FailedScheduling",
            message: sentence, isForEvents: isForEvents)
        said[key] = Said(
            code: code, text: text, at: now, eventAt: isForEvents ? now : known?.eventAt ?? now)
        return text
    }

    /// What to say of a job that the driver does not take.
    mutating func refused(_ key: String, _ why: String, at now: Int64) -> Text? {
        guard said[key]?.text.message != why else { return nil }
        return say(key, "Unschedulable", event: "Refused", why, at: now)
    }

    /// What to say of a job that the driver has ended while its pods wait. More nodes do not help.
    mutating func ended(_ key: String, event: String, _ text: String, at now: Int64) -> Text {
        say(key, "SchedulingGated", event: event, text, at: now)
    }

    private mutating func say(
        _ key: String, _ condition: String, event: String, _ message: String, at now: Int64
    ) -> Text {
        let text = Text(
            condition: condition, event: event, message: message, isForEvents: true)
        said[key] = Said(code: nil, text: text, at: now, eventAt: now)
        return text
    }

    /// What was said of a job last, for pods that have come to it since.
    func last(_ key: String) -> Text? { said[key]?.text }

    /// Autoscalers buy nodes for pods that are `Unschedulable`. What waits for a quota, for its
    /// turn or for somebody's word would not run on them.
    static func condition(of code: RefusalCode) -> String {
        switch code {
        case .quota, .fairShare, .held, .dependency: "SchedulingGated"
        case .capacity, .topology, .fragmentation, .pool, .health, .reservation, .spares:
            "Unschedulable"
        }
    }
}
