extension DeviceMetric {
    private static let dcgm = "DCGM 72fa3fe health watches"
    private static let azure = "azurehpc-health-checks 0e0a1ac"
    private static let gpud = "gpud 4a8de33"
    private static let nvidia = "NVIDIA Xid catalogue and memory error guide"

    /// The metrics that say something about health, by their number.
    public static let all: [DeviceMetric] = [
        .init(53, "DEV_BOARD_SERIAL", "DEV_SERIAL", .identity),
        .init(54, "DEV_GPU_UUID", "DEV_UUID", .identity),
        .init(
            112, "DEV_CLOCKS_EVENT_REASONS", "DEV_CLOCK_THROTTLE_REASONS", .clocks,
            [.init(.isNot, 0, .info, .none, "\(azure) only logs them")]),
        .init(140, "DEV_MEMORY_TEMP_CELSIUS", "DEV_MEMORY_TEMP", .temperature),
        .init(150, "DEV_GPU_TEMP_CELSIUS", "DEV_GPU_TEMP", .temperature),
        .init(
            153, "DEV_GPU_TEMP_MARGIN_CELSIUS", "DEV_GPU_TEMP_LIMIT", .temperature,
            [.init(.atMost, 0, .warning, .inspect, gpud)]),
        .init(158, "DEV_GPU_TEMP_SLOWDOWN_CELSIUS", "DEV_SLOWDOWN_TEMP", .temperature),
        .init(159, "DEV_GPU_TEMP_SHUTDOWN_CELSIUS", "DEV_SHUTDOWN_TEMP", .temperature),
        .init(170, "DEV_FABRIC_MANAGER_STATUS", .fabric),
        .init(
            171, "DEV_FABRIC_MANAGER_ERROR", "DEV_FABRIC_MANAGER_ERROR_CODE", .fabric,
            [.init(.isNot, 0, .warning, .restartFabricManager, dcgm)]),
        .init(172, "DEV_FABRIC_CLUSTER_UUID", .fabric),
        .init(173, "DEV_FABRIC_CLIQUE_ID", .fabric),
        .init(174, "DEV_FABRIC_HEALTH_MASK", .fabric),
        .init(175, "DEV_FABRIC_HEALTH_SUMMARY", .fabric),
        .init(
            202, "DEV_PCIE_REPLAY_TOTAL", "DEV_PCIE_REPLAY_COUNTER", .bus,
            [.init(.growsPerMinute, 16, .warning, .inspect, "\(dcgm), 16 lanes of Gen4")]),
        .init(203, "DEV_GPU_UTIL_RATIO", "DEV_GPU_UTIL", .utilisation),
        .init(230, "DEV_XID_ERROR", "DEV_XID_ERRORS", .error),
        .init(237, "DEV_PCIE_LINK_GEN", .bus),
        .init(238, "DEV_PCIE_LINK_WIDTH", .bus),
        .init(240, "DEV_POWER_VIOLATION", .clocks),
        .init(241, "DEV_THERMAL_VIOLATION", .clocks),
        .init(
            310, "DEV_ECC_SBE_VOL_TOTAL", .error,
            [.init(.atLeast, 20_000_000, .warning, .diagnose, azure)]),
        .init(
            311, "DEV_ECC_DBE_VOL_TOTAL", .error,
            [.init(.atLeast, 1, .critical, .resetDevice, dcgm)]),
        .init(312, "DEV_ECC_SBE_AGG_TOTAL", .error),
        .init(313, "DEV_ECC_DBE_AGG_TOTAL", .error, [.init(.grows, 1, .warning, .watch, dcgm)]),
        .init(
            346, "DEV_SRAM_EXCEEDED", "DEV_THRESHOLD_SRM", .error,
            [.init(.isNot, 0, .critical, .contactProvider, nvidia)]),
        .init(390, "DEV_PAGE_RETIRED_SBE_TOTAL", "DEV_RETIRED_SBE", .error),
        .init(
            391, "DEV_PAGE_RETIRED_DBE_TOTAL", "DEV_RETIRED_DBE", .error,
            [
                .init(.atLeast, 63, .critical, .contactProvider, dcgm),
                .init(.atLeast, 15, .warning, .watch, dcgm),
            ]),
        .init(
            392, "DEV_PAGE_RETIRED_PENDING", "DEV_RETIRED_PENDING", .error,
            [.init(.atLeast, 1, .warning, .drainAndReset, dcgm)]),
        .init(
            393, "DEV_ROW_REMAP_UNCORRECTABLE_TOTAL", "DEV_UNCORRECTABLE_REMAPPED_ROWS", .error,
            [
                .init(.atLeast, 512, .critical, .contactProvider, "\(dcgm); \(azure)"),
                .init(.atLeast, 8, .warning, .watch, "\(nvidia): 8 on one bank is the limit"),
            ]),
        .init(
            394, "DEV_ROW_REMAP_CORRECTABLE_TOTAL", "DEV_CORRECTABLE_REMAPPED_ROWS", .error),
        .init(
            395, "DEV_ROW_REMAP_FAILED", "DEV_ROW_REMAP_FAILURE", .error,
            [.init(.atLeast, 1, .critical, .contactProvider, nvidia)]),
        .init(
            396, "DEV_ROW_REMAP_PENDING", .error,
            [.init(.atLeast, 1, .warning, .drainAndReset, nvidia)]),
        .init(
            409, "DEV_NVLINK_CRC_FLIT_ERROR_TOTAL", "DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL",
            .error, [.init(.growsPerSecond, 100, .warning, .inspect, dcgm)]),
        .init(
            419, "DEV_NVLINK_CRC_DATA_ERROR_TOTAL", "DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL",
            .error, [.init(.growsPerSecond, 100, .warning, .inspect, dcgm)]),
        .init(
            429, "DEV_NVLINK_REPLAY_ERROR_TOTAL", "DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL", .error,
            [.init(.grows, 1, .warning, .watch, dcgm)]),
        .init(
            439, "DEV_NVLINK_RECOVERY_ERROR_TOTAL", "DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL",
            .error, [.init(.grows, 1, .warning, .watch, dcgm)]),
        .init(
            450, "DEV_NVLINK_ERROR", "DEV_GPU_NVLINK_ERRORS", .error,
            [.init(.atLeast, 1, .warning, .inspect, dcgm)]),
        .init(571, "DEV_PLATFORM_INFINIBAND_GUID", .identity),
        .init(572, "DEV_PLATFORM_CHASSIS_SERIAL_NUMBER", .identity),
        .init(573, "DEV_PLATFORM_CHASSIS_SLOT_NUMBER", .identity),
        .init(574, "DEV_PLATFORM_TRAY_INDEX", .identity),
        .init(575, "DEV_PLATFORM_HOST_ID", .identity),
        .init(576, "DEV_PLATFORM_PEER_TYPE", .identity),
        .init(577, "DEV_PLATFORM_MODULE_ID", .identity),
        .init(1001, "PROF_GR_ENGINE_UTIL_RATIO", "PROF_GR_ENGINE_ACTIVE", .utilisation),
        .init(1002, "PROF_SM_UTIL_RATIO", "PROF_SM_ACTIVE", .utilisation),
        .init(1003, "PROF_SM_OCCUPANCY_RATIO", "PROF_SM_OCCUPANCY", .utilisation),
        .init(1004, "PROF_TENSOR_UTIL_RATIO", "PROF_PIPE_TENSOR_ACTIVE", .utilisation),
        .init(1005, "PROF_DRAM_UTIL_RATIO", "PROF_DRAM_ACTIVE", .utilisation),
        .init(1009, "PROF_PCIE_TX_BYTES", .utilisation),
        .init(1010, "PROF_PCIE_RX_BYTES", .utilisation),
        .init(1011, "PROF_NVLINK_TX_BYTES", .utilisation),
        .init(1012, "PROF_NVLINK_RX_BYTES", .utilisation),
        .init(1420, "DEV_CLOCKS_EVENT_REASON_SW_POWER_CAP_NS", .clocks),
        .init(1421, "DEV_CLOCKS_EVENT_REASON_SYNC_BOOST_COUNT_NS", .clocks),
        .init(1422, "DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN_NS", .clocks),
        .init(1423, "DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN_NS", .clocks),
        .init(1424, "DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN_NS", .clocks),
        .init(
            1507, "DEV_MEMORY_UNREPAIRABLE", .error,
            [.init(.isNot, 0, .critical, .contactProvider, dcgm)]),
        .init(
            1523, "DEV_GPU_RECOVERY_ACTION", .error,
            [.init(.isNot, 0, .critical, .resetDevice, "NVML; the value is a RecoveryVerdict")]),
    ]
}
