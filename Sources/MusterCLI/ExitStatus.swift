import FleetModel

/// The exit statuses of `muster`, after BSD's `sysexits.h`; listed in `docs/errors/README.md`.
enum ExitStatus: Int32 {
    /// All went well.
    case success = 0
    /// A comparison was made and differs, or a job that was waited for did not succeed.
    case differs = 1
    /// The command line does not make sense.
    case usage = 64
    /// Input data are not what they should be.
    case badData = 65
    /// An input file cannot be read.
    case noInput = 66
    /// What is needed does not answer or start: a server, a backend, an address.
    case unavailable = 69
    /// An output file cannot be made.
    case cannotCreate = 73
    /// Reading or writing failed midway.
    case inputOutput = 74
    /// Not now; the same command may succeed later.
    case tryLater = 75
    /// The other side's answer is not understood.
    case strangeAnswer = 76
    /// The token or its role does not allow it.
    case notAllowed = 77
    /// The configuration does not make sense.
    case configuration = 78
    /// Stopped by Ctrl-C, after clearing up.
    case interrupted = 130

    /// The status for what failed in the world.
    static func operating(_ code: DiagnosticCode) -> ExitStatus {
        switch code {
        case .notAuthenticated, .notAllowed, .foreignHost, .kubernetesCredentials: .notAllowed
        case .noServer, .backendFailed, .addressInUse, .noKubernetes: .unavailable
        case .tooManyRequests, .notReady, .dataFolderInUse, .checkBroke, .driverFails, .checkPeer,
            .toolOutput, .checkGang:
            .tryLater
        case .strangeAnswer, .strangeKubernetes: .strangeAnswer
        case .storageFailed: .inputOutput
        case .unknownContext, .tlsFiles, .exposedWithoutTokens, .newerDatabase, .differentFleet,
            .kubeconfig:
            .configuration
        case .usage: .usage
        case .fileAccess: .noInput
        default: .badData
        }
    }

    /// The status for mistakes in what was read.
    static func reading(_ list: DiagnosticList) -> ExitStatus {
        let codes = list.diagnostics.map(\.code)
        if codes.contains(.usage) || codes.contains(.fleetShorthand) { return .usage }
        return codes.contains(.fileAccess) ? .noInput : .badData
    }
}
