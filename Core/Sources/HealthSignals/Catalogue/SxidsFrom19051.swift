/// SXIDs from 19051 on: memories, links, Minion, buffers, source tracking.
enum SxidsFrom19051 {
    static let rows: [CatalogueRow] = [
        .init(
            .sxid(19054), "HDR RAM ECC DBE Error", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19055), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19056), "DAT0 RAM ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19057), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19058), "DAT1 RAM ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19059), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19060), "CREQ RAM HDR ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19061), "CREQ RAM DAT ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19062), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19063), "Response RAM HDR ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19064), "Response RAM DAT ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19065), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19066), "COM RAM HDR ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19067), "COM RAM DAT ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19068), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19069), "RSP1 RAM HDR ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19070), "RSP1 RAM DAT ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19071), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19084), "AN1 Heartbeat Timeout Error", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(20001), "TX Replay Error", .info, .none, .none, .fabricSwitch, [.a100, .h100],
            .fabricManagerGuide),
        .init(
            .sxid(20009), "RX Short Error Rate", .info, .none, .none, .fabricSwitch,
            [.a100, .h100],
            .fabricManagerGuide),
        .init(
            .sxid(20012), "Broken/inconsistent connection", .warning, .inspect, .none,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(20034), "LTSSM Fault Up", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(22003), "Minion Halt", .fatal, .resetFabric, .contactProvider, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(22011), "Minion exterror", .fatal, .resetFabric, .contactProvider, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(22013), "Minion Link DLREQ interrupt", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23001), "ingress SRC-VC buffer overflow", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23002), "ingress SRC-VC buffer underflow", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23003), "egress DST-VC credit overflow", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23004), "egress DST-VC credit underflow", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23005), "ingress packet burst error", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23006), "ingress packet sticky error", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23007), "possible bubbles at ingress", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23008), "ingress packet invalid dst error", .fatal, .resetFabric,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23009), "ingress packet parity error", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23010), "ingress SRC-VC buffer overflow", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23011), "ingress SRC-VC buffer underflow", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23012), "egress DST-VC credit overflow", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23013), "egress DST-VC credit underflow", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23014), "ingress packet burst error", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23015), "ingress packet sticky error", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23016), "possible bubbles at ingress", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(23017), "ingress credit parity error", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(24001), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(24002), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(24003), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(24004), "sourcetrack TCEN0 crubmstore DBE", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(24005), "sourcetrack TCEN0 TD crubmstore DBE", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(24006), "sourcetrack TCEN1 crubmstore DBE", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(24007), "sourcetrack timeout error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
    ]
}
