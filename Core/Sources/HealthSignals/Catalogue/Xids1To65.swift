/// XIDs 1 to 65: errors of channels, memory and the driver.
enum Xids1To65 {
    static let rows: [CatalogueRow] = [
        .init(
            .xid(1), "ROBUST_CHANNEL_FIFO_ERROR_FIFO_METHOD", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(2), "ROBUST_CHANNEL_FIFO_ERROR_SW_METHOD", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(3), "ROBUST_CHANNEL_FIFO_ERROR_UNK_METHOD", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(4), "ROBUST_CHANNEL_FIFO_ERROR_CHANNEL_BUSY", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(5), "ROBUST_CHANNEL_FIFO_ERROR_RUNOUT_OVERFLOW", .unknown, .unknown,
            .contactProvider, .device, [], .nvidia),
        .init(
            .xid(6), "ROBUST_CHANNEL_FIFO_ERROR_PARSE_ERR", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(7), "ROBUST_CHANNEL_FIFO_ERROR_PTE_ERR", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(8), "GPU stopped processing", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(9), "ROBUST_CHANNEL_GR_ERROR_INSTANCE", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(10), "ROBUST_CHANNEL_GR_ERROR_SINGLE_STEP", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(11), "Invalid or corrupted push buffer stream", .warning, .restartApplication,
            .checkApplication, .process, .all, .nvidia),
        .init(
            .xid(12), "ROBUST_CHANNEL_GR_ERROR_SW_METHOD", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(13), "Graphics Engine Exception", .warning, .restartApplication, .repetition,
            .process, .all, .nvidia),
        .init(
            .xid(14), "ROBUST_CHANNEL_FAKE_ERROR", .info, .none, .contactProvider, .device, .all,
            .nvidia),
        .init(
            .xid(15), "ROBUST_CHANNEL_SCANLINE_TIMEOUT", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(16), "ROBUST_CHANNEL_VBLANK_CALLBACK_TIMEOUT", .unknown, .unknown,
            .contactProvider, .device, [], .nvidia),
        .init(
            .xid(17), "ROBUST_CHANNEL_PARAMETER_ERROR", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(18), "ROBUST_CHANNEL_BUS_MASTER_TIMEOUT_ERROR", .unknown, .unknown,
            .contactProvider, .device, [], .nvidia),
        .init(
            .xid(19), "ROBUST_CHANNEL_DISP_MISSED_NOTIFIER", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(20), "ROBUST_CHANNEL_MPEG_ERROR_SW_METHOD", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(21), "ROBUST_CHANNEL_ME_ERROR_SW_METHOD", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(22), "ROBUST_CHANNEL_VP_ERROR_SW_METHOD", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(23), "ROBUST_CHANNEL_RC_LOGGING_ENABLED", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(24), "ROBUST_CHANNEL_GR_SEMAPHORE_TIMEOUT", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(25), "Invalid or illegal push buffer stream", .warning, .restartApplication,
            .checkApplication, .process, .all, .nvidia),
        .init(
            .xid(26), "ROBUST_CHANNEL_FIFO_ERROR_FBISTATE_TIMEOUT", .unknown, .unknown,
            .contactProvider, .device, [], .nvidia),
        .init(
            .xid(27), "ROBUST_CHANNEL_VP_ERROR", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(28), "ROBUST_CHANNEL_VP2_ERROR", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(29), "ROBUST_CHANNEL_BSP_ERROR", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(30), "ROBUST_CHANNEL_BAD_ADDR_ACCESS", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(31), "GPU memory page fault", .warning, .restartApplication, .repetition, .process,
            .all, .nvidia),
        .init(
            .xid(32), "Invalid or corrupted push buffer stream", .warning, .restartApplication,
            .checkApplication, .process, .all, .nvidia),
        .init(
            .xid(33), "ROBUST_CHANNEL_SEC_ERROR", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(34), "ROBUST_CHANNEL_MSVLD_ERROR", .unknown, .unknown, .contactProvider, .device,
            [], .nvidia),
        .init(
            .xid(35), "ROBUST_CHANNEL_MSPDEC_ERROR", .unknown, .unknown, .contactProvider, .device,
            [], .nvidia),
        .init(
            .xid(36), "ROBUST_CHANNEL_MSPPP_ERROR", .unknown, .unknown, .contactProvider, .device,
            [], .nvidia),
        .init(
            .xid(37), "Driver firmware error", .info, .none, .checkApplication, .driver, .all,
            .nvidia),
        .init(
            .xid(38), "Driver firmware error", .info, .none, .contactProvider, .driver, .all,
            .nvidia),
        .init(
            .xid(39), "Copy Engine Exception", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(40), "Copy Engine Exception", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(41), "Copy Engine Exception", .warning, .restartApplication, .contactProvider,
            .process, .all, .nvidia),
        .init(
            .xid(42), "ROBUST_CHANNEL_VIC_ERROR", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(
            .xid(43), "GPU stopped processing", .info, .none, .contactProvider, .process, .all,
            .nvidia),
        .init(
            .xid(44), "Graphics Engine fault during context switch", .info, .none, .contactProvider,
            .process, .all, .nvidia),
        .init(.xid(45), "Preemptive cleanup", .info, .none, .sympathetic, .process, .all, .nvidia),
        .init(
            .xid(46), "GPU stopped processing", .critical, .resetDevice, .contactProvider, .device,
            .all, .nvidia),
        .init(
            .xid(47), "ROBUST_CHANNEL_NVENC0_ERROR", .unknown, .unknown, .contactProvider, .device,
            [], .nvidia),
        .init(
            .xid(48), "Double Bit ECC Error", .critical, .resetDevice, .contactProvider, .device,
            .all, .nvidia),
        .init(
            .xid(49), "SILENT_RUNNING_CONSTANT_LEVEL_SET_BY_REGISTRY", .unknown, .unknown,
            .contactProvider, .device, [], .nvidia),
        .init(
            .xid(50), "SILENT_RUNNING_LEVEL_TRANSITION_DUE_TO_RC_ERROR", .unknown, .unknown,
            .contactProvider, .device, [], .nvidia),
        .init(
            .xid(51), "SILENT_RUNNING_STRESS_TEST_FAILURE", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(52), "SILENT_RUNNING_LEVEL_TRANS_DUE_TO_TEMP_RISE", .unknown, .unknown,
            .contactProvider, .device, [], .nvidia),
        .init(
            .xid(53), "SILENT_RUNNING_TEMP_REDUCED_CLOCKING", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(54), "Auxiliary power is not connected to the GPU board", .critical, .inspect,
            .contactProvider, .node, [.a100, .h100, .b100], .nvidia),
        .init(
            .xid(55), "SILENT_RUNNING_TEMPERATURE_READ_ERROR", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(56), "DISPLAY_CHANNEL_EXCEPTION", .unknown, .unknown, .contactProvider, .device,
            [], .nvidia),
        .init(
            .xid(57), "FB_LINK_TRAINING_FAILURE_ERROR", .unknown, .unknown, .contactProvider,
            .device, [], .nvidia),
        .init(
            .xid(58), "FB_MEMORY_ERROR", .unknown, .unknown, .contactProvider, .device, [],
            .nvidia),
        .init(.xid(59), "PMU_ERROR", .unknown, .unknown, .contactProvider, .device, [], .nvidia),
        .init(
            .xid(60), "Video processor exception", .warning, .restartApplication,
            .investigateSoftware, .process, .all, .nvidia),
        .init(
            .xid(61), "PMU_BREAKPOINT", .unknown, .unknown, .contactProvider, .device, [], .nvidia),
        .init(
            .xid(62), "Internal micro-controller halt (newer drivers)", .critical, .resetDevice,
            .contactProvider, .device, .all, .nvidia),
        .init(
            .xid(63), "GPU memory remapping event", .warning, .none, .none, .device, .all, .nvidia),
        .init(
            .xid(64), "GPU memory remapping failure", .critical, .resetDevice, .contactProvider,
            .device, .all, .nvidia),
        .init(
            .xid(65), "ROBUST_CHANNEL_NVENC1_ERROR", .unknown, .unknown, .contactProvider, .device,
            [], .nvidia),
    ]
}
