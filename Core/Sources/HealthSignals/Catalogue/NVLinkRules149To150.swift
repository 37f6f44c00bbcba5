/// Decoding of XIDs 149 and 150, from the same sheet.
enum NVLinkRules149To150 {
    static let rules: [NVLinkRule] = [
        .init(
            149, "NETIR/NETIR_INT", (0x03f003ff, 0x6), (0x03f0007f, 0x18), [], .reset, .sympathetic,
            true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x1c6), (0x03f0007f, 0x11), [],
            .reset, .sympathetic, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x1001c6), (0x03f0007f, 0x100011),
            [], .reset, .contactProvider, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x2001c6), (0x03f0007f, 0x200011),
            [], .reset, .inspectLink, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x4001c6), (0x03f0007f, 0x400011),
            [], .reset, .contactProvider, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0xa001c6), (0x03f0007f, 0xa00011),
            [], .reset, .contactProvider, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0xf001c6), (0x03f0007f, 0xf00011),
            [], .reset, .investigateSoftware, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x10001c6), (0x03f0007f, 0x1000011),
            [], .reset, .investigateSoftware, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x11001c6), (0x03f0007f, 0x1100011),
            [], .reset, .investigateSoftware, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x12001c6), (0x03f0007f, 0x1200011),
            [], .reset, .investigateSoftware, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x15001c6), (0x03f0007f, 0x1500011),
            [], .reset, .investigatePeer, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x16001c6), (0x03f0007f, 0x1600011),
            [], .reset, .investigateSoftware, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x20001c6), (0x03f0007f, 0x2000011),
            [], .reset, .investigatePeer, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x21001c6), (0x03f0007f, 0x2100011),
            [], .reset, .investigatePeer, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x22001c6), (0x03f0007f, 0x2200011),
            [], .reset, .investigatePeer, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x23001c6), (0x03f0007f, 0x2300011),
            [], .reset, .investigatePeer, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x24001c6), (0x03f0007f, 0x2400011),
            [], .reset, .investigatePeer, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x25001c6), (0x03f0007f, 0x2500011),
            [], .reset, .investigatePeer, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x26001c6), (0x03f0007f, 0x2600011),
            [], .ignore, .investigateSoftware, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x28001c6), (0x03f0007f, 0x2800011),
            [], .ignore, .investigateHost, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x2a001c6), (0x03f0007f, 0x2a00011),
            [], .reset, .inspectLink, true),
        .init(
            149, "NETIR_LINK_EVT/NETIR_LINK_DOWN", (0x03f003ff, 0x2b001c6), (0x03f0007f, 0x2b00011),
            [], .reset, .inspectLink, true),
        .init(
            149, "NETIR_BER_EVENT", (0x03f003ff, 0x226), (0x03f0007f, 0x13), [0x0], .ignore,
            .inspectLink, false),
        .init(
            149, "NETIR_BER_EVENT", (0x03f003ff, 0x226), (0x03f0007f, 0x13), [0x1], .ignore,
            .inspectLink, false),
        .init(
            149, "NETIR_BER_EVENT", (0x03f003ff, 0x226), (0x03f0007f, 0x13), [0x2], .ignore,
            .inspectLink, false),
        .init(
            149, "NETIR_BER_EVENT", (0x03f003ff, 0x226), (0x03f0007f, 0x13), [0x3], .ignore,
            .inspectLink, false),
        .init(
            149, "NETIR_MFDE_EVENT", (0x03f003ff, 0x246), (0x03f0007f, 0x14), [0x1], .reset,
            .contactProvider, true),
        .init(
            149, "NETIR_MFDE_EVENT", (0x03f003ff, 0x246), (0x03f0007f, 0x14), [0x3], .ignore, .none,
            false),
        .init(
            149, "NETIR_MFDE_EVENT", (0x03f003ff, 0x246), (0x03f0007f, 0x14), [0x4], .reset,
            .contactProvider, true),
        .init(
            149, "NETIR_MFDE_EVENT", (0x03f003ff, 0x246), (0x03f0007f, 0x14), [0x5], .reset,
            .contactProvider, true),
        .init(
            149, "NETIR_MFDE_EVENT", (0x03f003ff, 0x246), (0x03f0007f, 0x14), [0x7], .reset,
            .contactProvider, true),
        .init(
            150, "MSE Degraded", (0x03f003ff, 0x0), (0x03f0007f, 0x0), [0x0, 0xffffffff], .reset,
            .contactProvider, true),
        .init(
            150, "MSE_WATCHDOG", (0x03f003ff, 0x0), (0x03f0007f, 0x0), [0x0], .reset,
            .contactProvider, true),
    ]
}
