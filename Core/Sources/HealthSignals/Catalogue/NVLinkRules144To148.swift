/// Decoding of XIDs 144 to 148: NVIDIA's workbook of 2025-09-30, sheet "Xid 144-150 Decode".
enum NVLinkRules144To148 {
    static let rules: [NVLinkRule] = [
        .init(
            145, "RLW_RXPIPE", (0x03f007ff, 0x4c2), (0x03f000ff, 0x86), [0x1], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_RXPIPE", (0x03f007ff, 0x4c2), (0x03f000ff, 0x86), [0x2], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_RXPIPE", (0x03f007ff, 0x4c2), (0x03f000ff, 0x86), [0x4], .reset,
            .contactProvider, true),
        .init(
            144, "SAW_MVB", (0x03f003ff, 0x21), (0x03f0007f, 0x1), [0x1], .ignore, .contactProvider,
            false),
        .init(
            144, "SAW_MVB", (0x03f003ff, 0x21), (0x03f0007f, 0x1), [0x2], .reset, .contactProvider,
            true),
        .init(144, "SAW_MVB", (0x03f003ff, 0x21), (0x03f0007f, 0x1), [0x4], .ignore, .none, false),
        .init(
            144, "SAW_MVB", (0x03f003ff, 0x21), (0x03f0007f, 0x1), [0x8], .ignore, .contactProvider,
            false),
        .init(
            144, "SAW_MVB", (0x03f003ff, 0x21), (0x03f0007f, 0x1), [0x10], .reset, .contactProvider,
            true),
        .init(144, "SAW_MVB", (0x03f003ff, 0x21), (0x03f0007f, 0x1), [0x20], .ignore, .none, false),
        .init(
            145, "RLW_CTRL", (0x03f003ff, 0x62), (0x03f0007f, 0x3), [0x80000000], .ignore,
            .contactProvider, false),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x1], .followVerdict,
            .contactProvider, false),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x2], .followVerdict,
            .contactProvider, false),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x4], .followVerdict,
            .inspectLink, false),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x8], .followVerdict,
            .inspectLink, false),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x10], .followVerdict,
            .inspectLink, false),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x20], .followVerdict,
            .inspectLink, false),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x40], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x80], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x100], .ignore, .none,
            false),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x200], .ignore, .none,
            false),
        .init(
            145, "RLW_REMAP", (0x03f003ff, 0x82), (0x03f0007f, 0x4), [0x80000000], .ignore,
            .contactProvider, false),
        .init(
            145, "RLW_RSPCOL", (0x03f003ff, 0xa2), (0x03f0007f, 0x5), [0x1], .ignore, .none, false),
        .init(
            145, "RLW_RSPCOL", (0x03f003ff, 0xa2), (0x03f0007f, 0x5), [0x2], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_RSPCOL", (0x03f003ff, 0xa2), (0x03f0007f, 0x5), [0x80000000], .ignore,
            .contactProvider, false),
        .init(
            145, "RLW_RXPIPE", (0x03f007ff, 0xc2), (0x03f000ff, 0x6), [0x1], .ignore,
            .contactProvider, false),
        .init(
            145, "RLW_RXPIPE", (0x03f007ff, 0xc2), (0x03f000ff, 0x6), [0x2], .ignore,
            .contactProvider, false),
        .init(
            145, "RLW_RXPIPE", (0x03f007ff, 0xc2), (0x03f000ff, 0x6), [0x4], .ignore,
            .contactProvider, false),
        .init(
            145, "RLW_RXPIPE", (0x03f003ff, 0xc2), (0x03f0007f, 0x6), [0x8], .ignore,
            .contactProvider, false),
        .init(
            145, "RLW_RXPIPE", (0x03f003ff, 0xc2), (0x03f0007f, 0x6), [0x80000000], .ignore,
            .contactProvider, false),
        .init(
            145, "RLW_SRC_TRACK", (0x03f003ff, 0xe2), (0x03f0007f, 0x7), [0x1], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_SRC_TRACK", (0x03f003ff, 0xe2), (0x03f0007f, 0x7), [0x2], .ignore, .none,
            false),
        .init(
            145, "RLW_SRC_TRACK", (0x03f003ff, 0xe2), (0x03f0007f, 0x7), [0x4], .followVerdict,
            .none, false),
        .init(
            145, "RLW_SRC_TRACK", (0x03f003ff, 0xe2), (0x03f0007f, 0x7), [0x8], .followVerdict,
            .none, false),
        .init(
            145, "RLW_SRC_TRACK", (0x03f003ff, 0xe2), (0x03f0007f, 0x7), [0x10], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_SRC_TRACK", (0x03f003ff, 0xe2), (0x03f0007f, 0x7), [0x20], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_SRC_TRACK", (0x03f003ff, 0xe2), (0x03f0007f, 0x7), [0x80000000], .ignore,
            .contactProvider, false),
        .init(
            145, "RLW_TAGSTATE", (0x03f003ff, 0x102), (0x03f0007f, 0x8), [0x1], .ignore, .none,
            false),
        .init(
            145, "RLW_TAGSTATE", (0x03f003ff, 0x102), (0x03f0007f, 0x8), [0x2], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_TAGSTATE", (0x03f003ff, 0x102), (0x03f0007f, 0x8), [0x10000], .ignore, .none,
            false),
        .init(
            145, "RLW_TAGSTATE", (0x03f003ff, 0x102), (0x03f0007f, 0x8), [0x20000], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_TAGSTATE", (0x03f003ff, 0x102), (0x03f0007f, 0x8), [0x100000], .reset,
            .contactProvider, true),
        .init(
            145, "RLW_TAGSTATE", (0x03f003ff, 0x102), (0x03f0007f, 0x8), [0x80000000], .ignore,
            .contactProvider, false),
        .init(
            146, "TLW_CTRL", (0x03f003ff, 0x123), (0x03f0007f, 0x9), [0x1], .ignore, .none, false),
        .init(
            146, "TLW_CTRL", (0x03f003ff, 0x123), (0x03f0007f, 0x9), [0x2], .ignore,
            .contactProvider, false),
        .init(
            146, "TLW_CTRL", (0x03f003ff, 0x123), (0x03f0007f, 0x9), [0x4], .reset,
            .contactProvider, true),
        .init(
            146, "TLW_CTRL", (0x03f003ff, 0x123), (0x03f0007f, 0x9), [0x80000000], .ignore,
            .contactProvider, false),
        .init(
            146, "TLW_RX/TLW_RX_PIPE0", (0x03f003ff, 0x143), (0x03f0007f, 0xa), [0x1], .ignore,
            .none, false),
        .init(
            146, "TLW_RX/TLW_RX_PIPE0", (0x03f003ff, 0x143), (0x03f0007f, 0xa), [0x2], .ignore,
            .contactProvider, false),
        .init(
            146, "TLW_RX/TLW_RX_PIPE0", (0x03f003ff, 0x143), (0x03f0007f, 0xa), [0x4], .reset,
            .contactProvider, true),
        .init(
            146, "TLW_RX/TLW_RX_PIPE0", (0x03f003ff, 0x143), (0x03f0007f, 0xa), [0x80000000],
            .ignore, .contactProvider, false),
        .init(
            146, "TLW_RX/TLW_RX_PIPE1", (0x03f003ff, 0x143), (0x03f0007f, 0xb), [0x1], .ignore,
            .none, false),
        .init(
            146, "TLW_RX/TLW_RX_PIPE1", (0x03f003ff, 0x143), (0x03f0007f, 0xb), [0x2], .ignore,
            .contactProvider, false),
        .init(
            146, "TLW_RX/TLW_RX_PIPE1", (0x03f003ff, 0x143), (0x03f0007f, 0xb), [0x4], .reset,
            .contactProvider, true),
        .init(
            146, "TLW_RX/TLW_RX_PIPE1", (0x03f003ff, 0x143), (0x03f0007f, 0xb), [0x80000000],
            .ignore, .contactProvider, false),
        .init(
            146, "TLW_TX/TLW_TX_PIPE0", (0x03f003ff, 0x163), (0x03f0007f, 0xc), [0x1], .ignore,
            .none, false),
        .init(
            146, "TLW_TX/TLW_TX_PIPE0", (0x03f003ff, 0x163), (0x03f0007f, 0xc), [0x2], .ignore,
            .contactProvider, false),
        .init(
            146, "TLW_TX/TLW_TX_PIPE0", (0x03f003ff, 0x163), (0x03f0007f, 0xc), [0x4], .reset,
            .contactProvider, true),
        .init(
            146, "TLW_TX/TLW_TX_PIPE0", (0x03f003ff, 0x163), (0x03f0007f, 0xc), [0x80000000],
            .ignore, .contactProvider, false),
        .init(
            146, "TLW_TX/TLW_TX_PIPE1", (0x03f003ff, 0x163), (0x03f0007f, 0xd), [0x1], .ignore,
            .none, false),
        .init(
            146, "TLW_TX/TLW_TX_PIPE1", (0x03f003ff, 0x163), (0x03f0007f, 0xd), [0x2], .ignore,
            .contactProvider, false),
        .init(
            146, "TLW_TX/TLW_TX_PIPE1", (0x03f003ff, 0x163), (0x03f0007f, 0xd), [0x4], .reset,
            .contactProvider, true),
        .init(
            146, "TLW_TX/TLW_TX_PIPE1", (0x03f003ff, 0x163), (0x03f0007f, 0xd), [0x80000000],
            .ignore, .contactProvider, false),
        .init(
            147, "TREX", (0x03f003ff, 0x184), (0x03f0007f, 0xe), [0x1], .ignore, .contactProvider,
            false),
        .init(
            147, "TREX", (0x03f003ff, 0x184), (0x03f0007f, 0xe), [0x80000000], .ignore,
            .contactProvider, false),
        .init(
            148, "NVLPW_CTRL/NVLPW", (0x03f003ff, 0x5), (0x03f0007f, 0xf), [0x80000000], .ignore,
            .contactProvider, false),
    ]
}
