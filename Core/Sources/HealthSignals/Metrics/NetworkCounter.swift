/// A counter of a network port: InfiniBand's in sysfs (`counters`, `hw_counters`), the interface's
/// own, EFA's.
public struct NetworkCounter: Hashable, Sendable {
    /// The name of its file.
    public var name: String
    /// What is published about its limits, the gravest first.
    public var limits: [MetricLimit]

    /// The counter of a name.
    public static func named(_ name: String) -> NetworkCounter? {
        all.first { $0.name == name }
    }

    private static let source = "NVSentinel 0f60731"

    /// The counters that say something about health.
    public static let all: [NetworkCounter] =
        [
            .init(name: "link_downed", limits: [.init(.grows, 1, .critical, .inspect, source)]),
            .init(
                name: "excessive_buffer_overrun_errors",
                limits: [.init(.grows, 1, .critical, .inspect, source)]),
            .init(
                name: "local_link_integrity_errors",
                limits: [.init(.grows, 1, .critical, .inspect, source)]),
            .init(
                name: "rnr_nak_retry_err", limits: [.init(.grows, 1, .critical, .inspect, source)]),
            .init(
                name: "symbol_error",
                limits: [
                    .init(.growsPerHour, 121, .critical, .inspect, source),
                    .init(.growsPerSecond, 11, .warning, .watch, source),
                ]),
            .init(
                name: "link_error_recovery",
                limits: [.init(.growsPerMinute, 6, .warning, .watch, source)]),
            .init(
                name: "roce_slow_restart",
                limits: [.init(.growsPerSecond, 11, .warning, .watch, source)]),
            .init(name: "carrier_changes", limits: [.init(.atLeast, 3, .warning, .watch, source)]),
        ]
        + [
            "port_rcv_errors", "rx_drops", "rdma_read_wr_err", "rdma_write_wr_err",
            "unresponsive_remote_events",
            "impaired_remote_conn_events", "retrans_bytes", "retrans_pkts",
            "retrans_timeout_events",
        ].map { NetworkCounter(name: $0, limits: []) }
}
