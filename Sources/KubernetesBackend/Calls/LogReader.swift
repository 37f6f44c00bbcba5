import ControlPlane
import KubernetesClient
import KubernetesObjects

/// Reads the ends of the logs of pods that failed. What is not read in time is gone without: a
/// kubelet that is slow or not reached delays the end of a gang by no more than that.
struct LogReader: Sendable {
    /// What was read, and why some of it was not.
    struct Reading: Sendable {
        var evidence = AttemptEvidence()
        /// A reason for people, of the first log that was not read.
        var trouble: String?
    }

    let client: KubernetesClient
    /// How long all logs of a gang may take, waiting for their turn included.
    let patience: Duration

    /// Logs of a gang that are read at a time.
    private static let width = 4
    /// What is read of each. Kubelets count bytes from the beginning of the last lines, so that
    /// these must not be many: a line of a trace has about a hundred bytes.
    private static let tailLines: Int64 = 1_000
    private static let logBytes: Int64 = 512 << 10

    private enum Step: Sendable {
        case log(Int, Result<[UInt8], APIRefusal>?)
        case late
    }

    /// Returns when all logs were read, refused, or the time is up.
    func read(_ requests: [LogRequest], until deadline: ContinuousClock.Instant) async -> Reading {
        var reading = Reading()
        guard ContinuousClock.now < deadline else {
            reading.trouble = "others were read for too long"
            return reading
        }
        await withTaskGroup(of: Step.self) { group in
            group.addTask {
                try? await Task.sleep(until: deadline)
                return .late
            }
            var left = requests[...]
            for request in left.prefix(LogReader.width) { group.addTask { await log(request) } }
            left = left.dropFirst(LogReader.width)
            var open = min(requests.count, LogReader.width)
            while open > 0, let step = await group.next() {
                guard case .log(let rank, let answer) = step else {
                    reading.trouble = reading.trouble ?? "the kubelet did not answer in time"
                    break
                }
                switch answer {
                case .success(let bytes): reading.evidence.read(log: bytes, of: rank)
                case .failure(let refusal): reading.trouble = reading.trouble ?? refusal.message
                case nil: reading.trouble = reading.trouble ?? "the API server did not answer"
                }
                if let next = left.popFirst() {
                    group.addTask { await log(next) }
                } else {
                    open -= 1
                }
            }
            group.cancelAll()
        }
        return reading
    }

    private func log(_ request: LogRequest) async -> Step {
        .log(
            request.rank,
            try? await client.log(
                ofPod: request.pod.name, namespace: request.pod.namespace,
                container: request.container, limitBytes: LogReader.logBytes,
                tailLines: LogReader.tailLines))
    }
}
