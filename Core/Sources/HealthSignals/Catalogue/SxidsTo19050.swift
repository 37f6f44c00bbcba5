/// SXIDs up to 19050: hosts, ingress, egress, routes.
enum SxidsTo19050 {
    static let rows: [CatalogueRow] = [
        .init(
            .sxid(10001), "Host_priv_error", .warning, .unknown, .contactProvider, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(10002), "Host_priv_timeout", .warning, .unknown, .contactProvider, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(10003), "Host_unhandled_interrupt", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(10004), "Host_thermal_event_start", .warning, .inspect, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(10005), "Host_thermal_event_end", .info, .inspect, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11001), "ingress invalid command", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11004), "Ingress invalid ACL", .critical, .restartVirtualMachine,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11009), "ingress invalid VCSet", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11012), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11013), "ingress header DBE", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11018), "ingress RID DBE", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11019), "ingress RLAN DBE", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11020), "ingress control parity", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11021), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11022), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(11023), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12001), "egress crossbar overflow", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12002), "egress packet route", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12020), "egress sequence ID error", .fatal, .resetFabric, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12021), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12022), "egress input ECC DBE error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12023), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12024), "egress output ECC DBE error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12025), "egress credit overflow", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12026), "egress destination request ID error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12027), "egress destination response ID error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12028), "egress nonposted PRIV error", .critical, .restartVirtualMachine,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12030), "egress control parity error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12031), "egress credit parity error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(12032), "egress flit type mismatch", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(14017), "TS ATO timeout", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(15001), "route buffer over/underflow", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(15006), "route transdone over/underflow", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(15008), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(15009), "route GLT DBE", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(15010), "route parity", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(15011), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(15012), "route incoming DBE", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(15013), "route credit parity", .critical, .resetLinkedDevices, .contactProvider,
            .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19047), "NCISOC HDR ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19048), "NCISOC DAT ECC DBE Error", .critical, .resetLinkedDevices,
            .contactProvider, .fabricSwitch, [.a100, .h100], .fabricManagerGuide),
        .init(
            .sxid(19049), "Single bit ECC errors", .info, .none, .none, .fabricSwitch,
            [.a100, .h100], .fabricManagerGuide),
    ]
}
