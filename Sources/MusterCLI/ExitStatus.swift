import FleetModel

/// The exit statuses of `muster`, after BSD's `sysexits.h`; listed in `docs/errors/README.md`.
enum ExitStatus: Int32 {
    /// All went well.
    case success = 0
    /// A comparison was made and differs.
    case differs = 1
    /// The command line does not make sense.
    case usage = 64
    /// Input data are not what they should be.
    case badData = 65
    /// An input file cannot be read.
    case noInput = 66
    /// An output file cannot be made.
    case cannotCreate = 73
    /// Reading or writing failed midway.
    case inputOutput = 74

    /// The status for mistakes in what was read.
    static func reading(_ list: DiagnosticList) -> ExitStatus {
        let codes = list.diagnostics.map(\.code)
        if codes.contains(.usage) || codes.contains(.fleetShorthand) { return .usage }
        return codes.contains(.fileAccess) ? .noInput : .badData
    }
}
