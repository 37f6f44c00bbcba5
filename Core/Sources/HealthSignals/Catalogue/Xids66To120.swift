/// XIDs 66 to 120: among them the bus, contained memory errors and the GSP.
enum Xids66To120 {
    static let rows: [CatalogueRow] = [
        .init(
            .xid(66), "Illegal access by driver", .info, .none, .investigateSoftware, .driver, .all,
            .nvidia),
        .init(
            .xid(67), "Illegal access by driver", .info, .none, .contactProvider, .driver, .all,
            .nvidia),
        .init(
            .xid(68), "NVDEC0 Exception", .warning, .restartApplication, .contactProvider, .process,
            .all, .nvidia),
        .init(
            .xid(69), "Graphics Engine class error", .warning, .restartApplication,
            .checkApplication, .process, .all, .nvidia),
        .init(
            .xid(70), "CE3: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(71), "CE4: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(72), "CE5: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(73), "ROBUST_CHANNEL_NVENC2_ERROR", .unknown, .unknown, .contactProvider, .device,
            [], .nvidia),
        .init(
            .xid(74), "NVLINK Error", .warning, .unknown, .contactProvider, .link, [.a100, .h100],
            .nvidia),
        .init(
            .xid(75), "CE6: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(76), "CE7: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(77), "CE8: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(78), "vGPU Start Error", .warning, .updateSoftware, .updateSoftware, .driver, .all,
            .nvidia),
        .init(
            .xid(79), "GPU has fallen off the bus", .fatal, .rebootNode, .contactProvider, .node,
            .all, .nvidia),
        .init(
            .xid(80), "Corrupted data sent to GPU", .warning, .restartApplication,
            .checkApplication, .process, [.a100, .h100], .nvidia),
        .init(
            .xid(81), "ROBUST_CHANNEL_VGA_SUBSYSTEM_ERROR", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(82), "NVJPG0 Error", .warning, .restartApplication, .contactProvider, .process,
            .all, .nvidia),
        .init(
            .xid(83), "NVDEC1 Error", .warning, .restartApplication, .contactProvider, .process,
            .all, .nvidia),
        .init(
            .xid(84), "NVDEC2 Error", .warning, .restartApplication, .contactProvider, .process,
            .all, .nvidia),
        .init(
            .xid(85), "CE9: Unknown Error", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(86), "OFA Exception", .warning, .restartApplication, .contactProvider, .process,
            .all, .nvidia),
        .init(
            .xid(87), "NVTELEMETRY_DRIVER_REPORT", .unknown, .unknown, .contactProvider, .device,
            [], .nvidia),
        .init(
            .xid(88), "NVDEC3 Error", .warning, .restartApplication, .contactProvider, .process,
            .all, .nvidia),
        .init(
            .xid(89), "NVDEC4 Error", .warning, .restartApplication, .contactProvider, .process,
            .all, .nvidia),
        .init(.xid(90), "LTC_ERROR", .unknown, .unknown, .contactProvider, .device, [], .nvidia),
        .init(.xid(91), "RESERVED_XID", .unknown, .unknown, .contactProvider, .device, [], .nvidia),
        .init(
            .xid(92), "High single-bit ECC error rate", .warning, .none, .contactProvider, .device,
            .all, .nvidia),
        .init(
            .xid(93), "Non-fatal violation of provisioned InfoROM wear limit", .warning, .none,
            .contactProvider, .device, .a100, .nvidia),
        .init(
            .xid(94), "Contained memory error", .warning, .restartApplication, .sympathetic,
            .process, .all, .nvidia),
        .init(
            .xid(95), "Uncontained memory error", .critical, .resetDevice, .sympathetic, .device,
            .all, .nvidia),
        .init(
            .xid(96), "NVDEC5 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(
            .xid(97), "NVDEC6 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(
            .xid(98), "NVDEC7 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(
            .xid(99), "NVJPG1 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(
            .xid(100), "NVJPG2 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(
            .xid(101), "NVJPG3 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(
            .xid(102), "NVJPG4 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(
            .xid(103), "NVJPG5 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(
            .xid(104), "NVJPG6 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(
            .xid(105), "NVJPG7 Error", .warning, .restartApplication, .contactProvider, .process,
            .hopper, .nvidia),
        .init(.xid(106), "SMBPBI Test Message", .info, .none, .none, .device, .all, .nvidia),
        .init(.xid(107), "SMBPBI Test Message Silent", .info, .none, .none, .device, .all, .nvidia),
        .init(
            .xid(108), "NVLINK_REMOTE_TRANSLATION_ERROR", .info, .none, .checkApplication, .link,
            .all, .nvidia),
        .init(
            .xid(109), "Context Switch Timeout Error", .critical, .resetDevice, .contactProvider,
            .device, .all, .nvidia),
        .init(
            .xid(110), "Security Fault Error", .critical, .resetDevice, .investigateSoftware,
            .device, .hopper, .nvidia),
        .init(
            .xid(111), "BUNDLE_ERROR_EVENT", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(112), "DISP_SUPERVISOR_ERROR", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(113), "DP_LT_FAILURE", .unknown, .unknown, .contactProvider, .device, [], .nvidia),
        .init(
            .xid(114), "HEAD_RG_UNDERFLOW", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(115), "CORE_CHANNEL_REGS", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(116), "WINDOW_CHANNEL_REGS", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(117), "CURSOR_CHANNEL_REGS", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(.xid(118), "HEAD_REGS", .unknown, .unknown, .contactProvider, .device, [], .nvidia),
        .init(
            .xid(119), "GSP RPC Timeout", .critical, .resetDevice, .investigateSoftware, .driver,
            .all, .nvidia),
        .init(
            .xid(120), "GSP Error", .critical, .resetDevice, .investigateSoftware, .driver, .all,
            .nvidia),
    ]
}
