/// What is published about one code.
public struct CatalogueRow: Hashable, Sendable {
    /// The code.
    public var code: FaultCode
    /// What it is called.
    public var name: String
    /// How grave it is.
    public var severity: FaultSeverity
    /// What to do at once.
    public var action: FaultAction
    /// What to do when that did not end it.
    public var followUp: FaultFollowUp
    /// What it is about.
    public var scope: FaultScope
    /// Which generations of accelerators have it.
    public var models: AcceleratorGenerations
    /// Who says so.
    public var source: CatalogueSource

    /// Gathers a row.
    init(
        _ code: FaultCode, _ name: String, _ severity: FaultSeverity, _ action: FaultAction,
        _ followUp: FaultFollowUp, _ scope: FaultScope, _ models: AcceleratorGenerations,
        _ source: CatalogueSource
    ) {
        self.code = code
        self.name = name
        self.severity = severity
        self.action = action
        self.followUp = followUp
        self.scope = scope
        self.models = models
        self.source = source
    }

    /// What a fault of this code is by its nature.
    public var nature: FaultNature {
        if FaultCatalogue.cascades.contains(code) { return .cascade }
        switch severity {
        case .unknown: return .unknown
        case .info: return .notice
        default:
            let isApplication =
                scope == .process && !action.isRepair
                && !FaultCatalogue.hardwareOfProcesses.contains(code)
            return isApplication ? .application : .hardware
        }
    }
}

/// What a fault is by its nature; the earlier one explains the later ones of a burst.
public enum FaultNature: UInt8, CaseIterable, Hashable, Comparable, Sendable {
    /// Good to know.
    case notice
    /// What follows from another fault and says nothing by itself.
    case cascade
    /// A code without a published meaning.
    case unknown
    /// Most likely the application's own mistake.
    case application
    /// Hardware, firmware or driver.
    case hardware

    /// Orders by how much it explains.
    public static func < (left: FaultNature, right: FaultNature) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Generations of accelerators, as the catalogue has them.
public struct AcceleratorGenerations: OptionSet, Hashable, Sendable {
    /// One bit each.
    public var rawValue: UInt8

    /// Wraps bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A100.
    public static let a100 = AcceleratorGenerations(rawValue: 1)
    /// H100 and H200.
    public static let h100 = AcceleratorGenerations(rawValue: 2)
    /// B100 and B200.
    public static let b100 = AcceleratorGenerations(rawValue: 4)
    /// GB200.
    public static let gb200 = AcceleratorGenerations(rawValue: 8)
    /// All that the catalogue knows.
    public static let all: AcceleratorGenerations = [.a100, .h100, .b100, .gb200]
    /// All from H100 on.
    public static let hopper: AcceleratorGenerations = [.h100, .b100, .gb200]
    /// All from B100 on.
    public static let blackwell: AcceleratorGenerations = [.b100, .gb200]
}

/// Where a row comes from.
public enum CatalogueSource: String, CaseIterable, Hashable, Sendable {
    /// NVIDIA's XID catalogue (workbook of 2025-09-30).
    case nvidia
    /// A row of that catalogue without a bucket: a reading of its note and of gpud 4a8de33.
    case reading
    /// NVIDIA's Fabric Manager guide, appendix D, by gpud 4a8de33.
    case fabricManagerGuide
    /// leptonai/gpud 4a8de33 alone.
    case gpud
    /// NVIDIA's release notes of the GPU Operational Events.
    case operationalEvents
    /// Muster's own row for a shape without a number: research of 2026.
    case muster
}
