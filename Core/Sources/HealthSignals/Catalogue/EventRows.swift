/// What to do about shapes without a number. Sources: research of 2026 (mlx5 by NVSentinel and
/// gpud; the Azure and EKS health checks for links, PCIe and memory).
enum EventRows {
    static let rows: [CatalogueRow] = [
        row(.offTheBus, "GPU has fallen off the bus", .fatal, .rebootNode, .contactProvider, .node),
        row(.notResponding, "GPU is not responding", .fatal, .rebootNode, .contactProvider, .node),
        row(.identity, "Identity of a GPU", .info, .none, .none, .device),
        row(.gspSilenced, "GSP timeouts silenced", .critical, .resetDevice, .none, .driver),
        row(
            .initialisationFailed, "GPU could not be started", .critical, .resetDevice,
            .contactProvider, .device),
        row(.peerMemory, "Peer memory error", .warning, .none, .investigateSoftware, .driver),
        row(.fabricManager, "Fabric Manager error", .warning, .none, .investigateHost, .driver),
        row(
            .nicHealthCompromised, "Network card's firmware stopped", .critical, .rebootNode,
            .contactProvider, .network),
        row(
            .nicCommandTimeout, "Network card does not answer", .critical, .rebootNode,
            .contactProvider, .network),
        row(
            .nicHardwareError, "Network card reports a hardware error", .critical, .rebootNode,
            .contactProvider, .network),
        row(.nicLinkDown, "Link down", .warning, .none, .inspectLink, .network),
        row(.nicLinkUp, "Link up", .info, .none, .none, .network),
        row(.nicTransmitTimeout, "Network card does not send", .warning, .none, .none, .network),
        row(.nicModuleError, "Port module error", .warning, .inspect, .inspectLink, .network),
        row(.nicCableUnplugged, "No cable in a port", .info, .none, .inspectLink, .network),
        row(.nicPower, "Too little power in a slot", .warning, .inspect, .none, .network),
        row(.pcieDowntrained, "PCIe link below its speed", .warning, .inspect, .none, .node),
        row(.pcieCorrected, "PCIe error, corrected", .info, .none, .none, .node),
        row(.pcieUncorrected, "PCIe error, not fatal", .warning, .watch, .inspectLink, .node),
        row(.pcieFatal, "PCIe error, fatal", .critical, .rebootNode, .contactProvider, .node),
        row(.pcieContained, "PCIe device cut off", .critical, .rebootNode, .contactProvider, .node),
        row(.machineCheckCorrected, "Machine check, corrected", .info, .none, .none, .node),
        row(
            .machineCheckRecoverable, "Machine check, recoverable", .warning, .watch,
            .contactProvider, .node),
        row(.machineCheck, "Machine check", .critical, .rebootNode, .contactProvider, .node),
        row(.memoryCorrected, "Main memory error, corrected", .info, .watch, .none, .node),
        row(
            .memoryUncorrected, "Main memory error", .critical, .rebootNode, .contactProvider,
            .node),
        row(.memoryPageLost, "Main memory page lost", .warning, .watch, .contactProvider, .node),
        row(
            .outOfMemory, "Main memory ran out", .warning, .restartApplication, .checkApplication,
            .process),
        row(.cpuThermal, "Processor too hot", .warning, .inspect, .none, .node),
        row(.kernelPanic, "Kernel panic", .fatal, .rebootNode, .investigateHost, .node),
        row(.kernelLockup, "Processor or task stuck", .warning, .watch, .investigateHost, .node),
        row(
            .segfaultInNCCL, "Crash inside of NCCL", .warning, .restartApplication,
            .investigateSoftware, .process),
        row(.diskError, "Disk error", .warning, .inspect, .none, .node),
    ]

    private static func row(
        _ event: FaultEvent, _ name: String, _ severity: FaultSeverity, _ action: FaultAction,
        _ followUp: FaultFollowUp, _ scope: FaultScope
    ) -> CatalogueRow {
        CatalogueRow(.event(event), name, severity, action, followUp, scope, [], .muster)
    }
}
