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
        /// Whether pods are to say it in their status.
        var isForPods: Bool
        /// Whether there is to be an event.
        var isForEvents: Bool
    }

    private struct Said {
        var code: RefusalCode?
        var message: String
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
        guard known?.code != code || known?.message != sentence else { return nil }
        let isOther = known == nil || known?.code != code
        if let known, !isOther, now - known.at < WordBook.pauseMilliseconds { return nil }
        let isForEvents =
            isOther || now - (known?.eventAt ?? 0) >= WordBook.eventPauseMilliseconds
        said[key] = Said(
            code: code, message: sentence, at: now,
            eventAt: isForEvents ? now : known?.eventAt ?? now)
        return Text(
            condition: WordBook.condition(of: code), event: "FailedScheduling",
            message: sentence, isForPods: true, isForEvents: isForEvents)
    }

    /// What to say of a job that the driver does not take.
    mutating func refused(_ key: String, _ why: String, at now: Int64) -> Text? {
        guard said[key]?.message != why else { return nil }
        said[key] = Said(code: nil, message: why, at: now, eventAt: now)
        return Text(
            condition: "Unschedulable", event: "Refused", message: why, isForPods: true,
            isForEvents: true)
    }

    /// What to say of a job that the driver has ended while its pods wait. More nodes do not help.
    mutating func ended(_ key: String, event: String, _ text: String, at now: Int64) -> Text? {
        said[key] = Said(code: nil, message: text, at: now, eventAt: now)
        return Text(
            condition: "SchedulingGated", event: event, message: text, isForPods: true,
            isForEvents: true)
    }

    /// Autoscalers buy nodes for pods that are `Unschedulable`. What waits for a quota, for its
    /// turn or for somebody's word would not run on them.
    static func condition(of code: RefusalCode) -> String {
        switch code {
        case .quota, .fairShare, .held, .dependency: "SchedulingGated"
        case .capacity, .topology, .fragmentation, .pool, .health, .reservation: "Unschedulable"
        }
    }
}
