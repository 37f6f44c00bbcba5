import FleetModel
import KubernetesJSON
import Logging
import NIOCore

/// Talks to one API server.
///
/// What the server refuses is a value, ``APIRefusal``. What is thrown is `OperatingError`: `M0902`
/// for credentials, `M0903` when there is no answer, `M0904` for one that is not understood; and
/// `CancellationError`.
///
/// A class, because it owns connections, which have to be closed once.
public final class KubernetesClient: Sendable {
    let transport: Transport
    let logger: Logger
    let discovery = DiscoveryCache()

    /// How to reach the server, and as whom.
    public var configuration: ClusterConfiguration { transport.configuration }
    /// What all requests but urgent ones pass through.
    public var throttle: ClientThrottle { transport.throttle }

    /// Prepares to talk; nothing is sent yet.
    public init(
        configuration: ClusterConfiguration, settings: ClientSettings = ClientSettings(),
        throttle: ClientThrottle = ClientThrottle(),
        logger: Logger = Logger(label: "kubernetes")
    ) {
        transport = Transport(
            configuration: configuration, settings: settings, throttle: throttle)
        self.logger = logger
    }

    /// Closes all connections. It does not wait for the other side.
    public func close() { transport.close() }

    /// Sends a request and reads its answer.
    func ask<T: Decoded>(
        _ call: APICall, for type: T.Type = T.self
    ) async throws
        -> Result<T, APIRefusal>
    {
        switch try await transport.send(call) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let buffer):
            switch KubernetesClient.decode(T.self, buffer) {
            case .success(let value): return .success(value)
            case .failure(let fault): throw transport.strange(call, fault.description)
            }
        }
    }

    /// Reads one value of a buffer without copying it.
    static func decode<T: Decoded>(_ type: T.Type, _ buffer: ByteBuffer) -> Result<T, JSONFault> {
        buffer.withUnsafeReadableBytes { bytes in
            do throws(JSONFault) {
                let value = try JSONScanner.read(bytes) { scanner throws(JSONFault) in
                    try T(reading: &scanner)
                }
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
    }
}
