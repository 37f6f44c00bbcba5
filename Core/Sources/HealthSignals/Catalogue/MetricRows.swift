/// What values of metrics mean (``MetricRules``): what is critical is tested before it takes more
/// work, the rest is watched.
enum MetricRows {
    static let rows: [CatalogueRow] = [
        critical(
            .gpuMemoryUnrepairable, "GPU memory beyond repair", .contactProvider, .device),
        watched(
            .gpuMemoryRepairPending, "GPU memory to be repaired by a reset", .repetition, .device),
        watched(.gpuMemoryWorn, "GPU memory worn", .contactProvider, .device),
        watched(.gpuMemoryUncorrected, "GPU memory error, counted", .repetition, .device),
        critical(.gpuRecoveryWanted, "The driver asks for a repair", .investigateHost, .device),
        watched(.gpuSlowedDown, "GPU slowed down", .investigateHost, .device),
        watched(.gpuHot, "GPU too hot", .investigateHost, .device),
        watched(.gpuHotterThanPeers, "GPU hotter than its peers", .investigateHost, .device),
        watched(.pcieReplays, "PCIe replays", .inspectLink, .device),
        watched(.nvlinkErrors, "NVLink errors, counted", .inspectLink, .link),
        watched(.gpuFabric, "GPU's place in the NVLink fabric", .inspectLink, .link),
        watched(.nicLinkLost, "Link lost, counted", .inspectLink, .network),
        critical(.nicLinkFlaps, "Link flaps", .inspectLink, .network),
        watched(.nicPortDown, "Port down", .inspectLink, .network),
        critical(.nicErrorRate, "Bit error rate", .inspectLink, .network),
        watched(.nicErrors, "Errors of a port, counted", .inspectLink, .network),
        critical(.nicSilent, "Network card gives no counters", .investigateHost, .network),
    ]

    private static func critical(
        _ event: FaultEvent, _ name: String, _ followUp: FaultFollowUp, _ scope: FaultScope
    ) -> CatalogueRow {
        CatalogueRow(.event(event), name, .critical, .inspect, followUp, scope, [], .muster)
    }

    private static func watched(
        _ event: FaultEvent, _ name: String, _ followUp: FaultFollowUp, _ scope: FaultScope
    ) -> CatalogueRow {
        CatalogueRow(.event(event), name, .warning, .watch, followUp, scope, [], .muster)
    }
}
