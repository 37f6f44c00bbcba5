import FleetModel

extension WorldBook {
    mutating func wait(_ id: JobID, _ refusal: Refusal) {
        if jobs[id]?.phase != .waiting { complain("job \(id): told to wait while not waiting") }
        switch refusal.code {
        case .quota: counts.note(.waitQuota)
        case .capacity: counts.note(.waitCapacity)
        case .topology: counts.note(.waitTopology)
        case .fragmentation: counts.note(.waitFragmentation)
        case .pool: counts.note(.waitPool)
        case .health: counts.note(.waitHealth)
        case .reservation: counts.note(.waitReservation)
        case .dependency: counts.note(.waitDependency)
        case .held: counts.note(.waitHeld)
        case .spares: counts.note(.waitSpares)
        case .fairShare: break
        }
    }

    mutating func requeue(_ id: JobID, _ attempt: Attempt, _ cause: FailureCause) {
        guard let job = jobs[id], job.phase == .waiting, job.attempt == attempt.rawValue else {
            return complain("job \(id): queued again while not stopped")
        }
        jobs[id]?.lastCause = cause
        switch cause {
        case .application: counts.note(.requeuedApplication)
        case .node: counts.note(.requeuedNode)
        case .device: counts.note(.requeuedDevice)
        case .start: counts.note(.requeuedStart)
        case .preemption: counts.note(.requeuedPreemption)
        case .maintenance: counts.note(.requeuedMaintenance)
        }
    }

    mutating func end(_ id: JobID, _ outcome: JobOutcome) {
        guard let job = jobs[id], job.phase == .waiting else {
            return complain("job \(id): ended while it runs, twice, or unknown")
        }
        jobs[id]?.phase = .ended
        jobs[id]?.outcome = outcome
        jobs[id]?.previous = []
        if let place = open.firstIndex(of: id) { open.remove(at: place) }
        evictions.ended(job)
        switch outcome {
        case .succeeded: counts.note(.succeeded)
        case .failed: counts.note(.failed)
        case .cancelled: counts.note(.cancelled)
        case .timedOut: counts.note(.timedOut)
        case .dependencyFailed: counts.note(.dependencyFailed)
        }
    }

    mutating func noteStart(of job: BookJob, _ members: [MemberPlacement]) {
        let spec = job.spec
        counts.note(.started)
        if spec.roles.count > 1 { counts.note(.startedSeveralRoles) }
        if spec.topology.slice != nil { counts.note(.startedSlices) }
        if spec.roles.contains(where: { $0.request.isFractional }) {
            counts.note(.startedFraction)
        }
        let devices = members.reduce(0) { $0 + $1.devices.nonzeroBitCount }
        if devices == 0 { counts.note(.startedHostOnly) }
        let all = nodes.reduce(0) { $0 + ($1.map { $0.isPresent ? $0.used.count : 0 } ?? 0) }
        if devices > 1, devices == all { counts.note(.startedWholeFleet) }
        if let first = open.first, jobs[first]?.phase == .waiting, first != spec.id {
            counts.note(.startedOlderWaits)
        }
        if job.attempt > 0, job.lastCause == .node || job.lastCause == .device,
            members.contains(where: { member in
                job.previous.contains {
                    $0.node == member.node && $0.devices & member.devices != 0
                }
            })
        {
            counts.note(.survivorsKept)
        }
        if let suspect = job.suspects.last, job.attempt > 0, isPresent(suspect) {
            if !members.contains(where: { $0.node == suspect }) {
                counts.note(.restartedOffSuspect)
            }
        }
    }
}
