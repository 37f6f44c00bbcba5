/// XIDs from 121 on: links of Blackwell, the driver's own verdict, retired resources.
enum XidsFrom121 {
    static let rows: [CatalogueRow] = [
        .init(.xid(121), "C2C Error", .warning, .none, .contactProvider, .link, .gb200, .nvidia),
        .init(
            .xid(122), "SPI_PMU_RPC_READ_FAIL", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(123), "SPI_PMU_RPC_WRITE_FAIL", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(124), "SPI_PMU_RPC_ERASE_FAIL", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(125), "INFOROM_FS_ERROR", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(126), "CE10: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(127), "CE11: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(128), "CE12: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(129), "CE13: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(130), "CE14: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(131), "CE15: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(132), "CE16: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(133), "CE17: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(134), "CE18: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(135), "CE19: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .blackwell, .nvidia),
        .init(
            .xid(136), "Link Training Failed", .critical, .resetDevice, .inspectLink, .link, .h100,
            .nvidia),
        .init(
            .xid(137), "NVLink Privilege Error", .info, .none, .checkApplication, .link, .all,
            .nvidia),
        .init(
            .xid(138), "ROBUST_CHANNEL_DLA_ERROR", .unknown, .unknown, .contactProvider, .device,
            [], .nvidia),
        .init(
            .xid(139), "OFA1 Error", .warning, .restartApplication, .contactProvider, .process,
            .blackwell, .nvidia),
        .init(
            .xid(140), "ECC Unrecovered Error", .critical, .resetDevice, .contactProvider, .device,
            .all, .nvidia),
        .init(
            .xid(141), "CUDA Fast Path Error", .info, .none, .contactProvider, .process, .hopper,
            .nvidia),
        .init(
            .xid(142), "NVENC3 Error", .critical, .contactProvider, .none, .device, .gb200,
            .nvidia),
        .init(
            .xid(143), "GPU Initialization Error", .critical, .resetDevice, .contactProvider,
            .device, .hopper, .nvidia),
        .init(
            .xid(144), "NVLINK: SAW Error", .warning, .unknown, .inspectLink, .link, .blackwell,
            .nvidia),
        .init(
            .xid(145), "NVLINK: RLW Error", .warning, .unknown, .inspectLink, .link, .blackwell,
            .nvidia),
        .init(
            .xid(146), "NVLINK: TLW Error", .warning, .unknown, .inspectLink, .link, .blackwell,
            .nvidia),
        .init(
            .xid(147), "NVLINK: TREX Error", .warning, .unknown, .inspectLink, .link, .blackwell,
            .nvidia),
        .init(
            .xid(148), "NVLINK: NVLPW_CTRL Error", .warning, .unknown, .inspectLink, .link,
            .blackwell, .nvidia),
        .init(
            .xid(149), "NVLINK: NETIR Error", .warning, .unknown, .inspectLink, .link, .blackwell,
            .nvidia),
        .init(
            .xid(150), "NVLINK: MSE Error", .warning, .unknown, .inspectLink, .link, .blackwell,
            .nvidia),
        .init(
            .xid(151), "Key rotation Error", .critical, .restartVirtualMachine, .contactProvider,
            .driver, .hopper, .nvidia),
        .init(.xid(152), "DLA SMMU Error", .info, .none, .contactProvider, .device, [], .nvidia),
        .init(.xid(153), "DLA timeout Error", .info, .none, .contactProvider, .device, [], .nvidia),
        .init(
            .xid(154), "GPU Recovery Action Changed", .info, .none, .sympathetic, .device, .all,
            .nvidia),
        .init(
            .xid(155), "NVLINK: SW Defined Error", .warning, .resetDevice, .investigateSoftware,
            .link, .blackwell, .nvidia),
        .init(
            .xid(156), "Resource Retirement Event", .critical, .resetDevice, .none, .device,
            .hopper, .nvidia),
        .init(
            .xid(157), "Resource Retirement Failure", .warning, .none, .contactProvider, .device,
            .hopper, .nvidia),
        .init(
            .xid(158), "GPU Fatal Timeout", .critical, .resetDevice, .contactProvider, .device,
            .all, .nvidia),
        .init(
            .xid(159), "CHI Non-Data Error", .warning, .none, .sympathetic, .link, .blackwell,
            .nvidia),
        .init(
            .xid(160), "Channel Retirement Event", .info, .none, .investigateSoftware, .device,
            .blackwell, .nvidia),
        .init(
            .xid(161), "Channel Retirement Failure", .info, .none, .investigateSoftware, .device,
            .blackwell, .nvidia),
        .init(
            .xid(162), "Power Smoothing HW Circuitry capability reengaged", .info, .none, .none,
            .device, .blackwell, .reading),
        .init(
            .xid(163), "Power Smoothing HW Circuitry capability disengaged", .warning, .none, .none,
            .device, .blackwell, .reading),
        .init(
            .xid(164), "Power Smoothing HW Circuitry low lifetime reached", .warning, .watch, .none,
            .device, .blackwell, .reading),
        .init(
            .xid(165), "Power Smoothing HW Circuitry lifetime exhausted", .warning, .watch, .none,
            .device, .blackwell, .reading),
        .init(
            .xid(166), "CC traffic seen prior to link properly being configured for encrypted",
            .warning, .resetDevice, .none, .link, .blackwell, .reading),
        .init(
            .xid(167), "PCIE_FATAL_TIMEOUT", .fatal, .rebootNode, .none, .node, .hopper, .reading),
        .init(
            .xid(168), "Errors found in WPR (write protected region)", .warning, .rebootNode, .none,
            .driver, .all, .reading),
        .init(
            .xid(169), "Internal micro-controller halt", .critical, .resetDevice, .none, .driver,
            .hopper, .reading),
        .init(
            .xid(170), "Interrupt seen in CC mode", .warning, .restartApplication, .none, .link,
            .blackwell, .reading),
        .init(
            .xid(171), "Additional to Xid 48 providing more details on particulars of fault",
            .critical, .resetDevice, .contactProvider, .device, .all, .reading),
        .init(
            .xid(172), "Additional to Xid 48 providing more details on particulars of fault",
            .critical, .resetDevice, .contactProvider, .device, .all, .reading),
        .init(
            .xid(173), "C2C fatal link failure", .critical, .rebootNode, .none, .link, .blackwell,
            .gpud),
        .init(
            .xid(185), "Sparing event (GPU-RAS operational event 0x003D)", .warning, .watch, .none,
            .device, .blackwell, .operationalEvents),
    ]
}
