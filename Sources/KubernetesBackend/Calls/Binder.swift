import ControlPlane
import FleetModel
import KubernetesClient
import KubernetesJSON
import KubernetesObjects

/// Binds the pods of a gang, many at once, and says what came of it.
struct Binder: Sendable {
    let client: KubernetesClient
    let options: WriteOptions
    /// The longest that it tries again what may do better in a while.
    let limit: Duration
    /// The token of an attempt, for those that report how far they are; nil for none.
    var token: (@Sendable (JobID, Attempt) -> String)?

    /// Bindings of one gang in flight.
    private static let width = 64

    private enum Verdict {
        case bound
        case failed(String)
        /// It may be bound or not.
        case unsure(String)
        case fenced
    }

    /// What the pod itself says.
    private enum Look {
        case clear(Verdict)
        case unbound
        case unknown
    }

    /// Binds pods in their order. After the first that cannot be bound no others are begun.
    func bind(_ bindings: [PodBinding]) async -> BindOutcome {
        let deadline = ContinuousClock.now + limit
        var bound: [Int] = []
        var trouble: String?
        var isFenced = false
        await withTaskGroup(of: (Int, Verdict).self) { group in
            var next = 0
            func add() {
                guard next < bindings.count, trouble == nil, !isFenced else { return }
                let binding = bindings[next]
                next += 1
                group.addTask { (binding.seat, await bind(binding, deadline)) }
            }
            for _ in 0..<Binder.width { add() }
            while let (seat, verdict) = await group.next() {
                switch verdict {
                case .bound: bound.append(seat)
                case .failed(let why): trouble = trouble ?? why
                case .unsure(let why):
                    // It is taken for bound: what may stand has to be taken back.
                    bound.append(seat)
                    trouble = trouble ?? why
                case .fenced: isFenced = true
                }
                add()
            }
        }
        if isFenced { return .fenced }
        return trouble.map { .failed($0, boundSeats: bound.sorted()) } ?? .bound
    }

    private func bind(_ binding: PodBinding, _ deadline: ContinuousClock.Instant) async -> Verdict {
        var backoff = Backoff(
            baseMilliseconds: 100, capMilliseconds: 5_000, seed: .random(in: 0 ... .max))
        let pod = binding.pod
        // Whether it may be bound without anybody's having said so.
        var isUnsure = false
        while true {
            let detail: String
            do {
                let result = try await client.bind(
                    pod: pod.name, namespace: pod.namespace, uid: pod.uid, node: binding.node,
                    annotations: annotations(binding), options: options)
                switch result {
                case .success: return .bound
                case .failure(let refusal):
                    if refusal.isFenced { return .fenced }
                    detail = "pod \(pod.name): \(refusal.message)"
                    // What is wrong with the request stays wrong; the rest is a matter of the pod.
                    if [400, 401, 403, 405, 422].contains(refusal.status) {
                        return .failed(detail)
                    }
                    if !refusal.isBusy {
                        switch await look(at: binding) {
                        case .clear(let verdict): return verdict
                        case .unbound: isUnsure = false
                        case .unknown: break
                        }
                    }
                }
            } catch let error as OperatingError {
                // Whether it was bound is not known: the pod tells.
                switch await look(at: binding) {
                case .clear(let verdict): return verdict
                case .unbound: isUnsure = false
                case .unknown: isUnsure = true
                }
                detail = "pod \(pod.name): \(error.message)"
            } catch {
                return .fenced
            }
            let pause = Duration.milliseconds(backoff.next())
            guard ContinuousClock.now + pause < deadline else {
                return isUnsure ? .unsure(detail) : .failed(detail)
            }
            do { try await Task.sleep(for: pause) } catch { return .fenced }
        }
    }

    private func annotations(_ binding: PodBinding) -> [String: String] {
        let mark = binding.mark.annotations
        guard let ticket = binding.ticket, let token else { return mark }
        let told = ticket.annotations(token: token(ticket.job, ticket.attempt))
        return mark.merging(told) { mark, _ in mark }
    }

    private func look(at binding: PodBinding) async -> Look {
        let pod = binding.pod
        let place = ObjectPlace(Pod.resources[0], namespace: pod.namespace, name: pod.name)
        guard let answer = try? await client.get(place, of: Pod.self) else { return .unknown }
        switch answer {
        case .success(let seen):
            guard seen.metadata.uid == pod.uid else {
                return .clear(.failed("pod \(pod.name) was replaced"))
            }
            guard let node = seen.nodeName else {
                return seen.metadata.isDeleting
                    ? .clear(.failed("pod \(pod.name) was deleted")) : .unbound
            }
            return .clear(
                node == binding.node
                    ? .bound : .failed("pod \(pod.name) stands on \(node) already"))
        case .failure(let refusal):
            return refusal.isNotFound ? .clear(.failed("pod \(pod.name) is gone")) : .unknown
        }
    }
}
