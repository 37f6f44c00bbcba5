import FleetModel

/// What a server answers, as far as commands print it. Instants stay text, in the order of time.
enum Remote {
    /// When a waiting job is expected to start.
    struct Estimate: Decodable {
        var earliest: String
        var likely: String
        var latest: String?
        var basis: String
    }

    /// Why a job waits.
    struct Reason: Decodable {
        var code: String
        var text: String
        var since: String?
    }

    /// How far a job says it is.
    struct Progress: Decodable {
        var step: Int64
        var checkpointedStep: Int64?
        var at: String?
    }

    /// A job as lists show it.
    struct Job: Decodable {
        var id: Int
        var name: String
        var tenant: String
        var owner: String
        var state: String
        var priority: Int
        var preemptible: Bool
        var members: Int
        var gpus: Double
        var attempt: Int
        var submittedAt: String
        var startedAt: String?
        var endedAt: String?
        var nodes: [String]
        var nodeCount: Int
        var reason: Reason?
        var estimate: Estimate?
        var progress: Progress?
        var held: Bool

        /// Whether nothing more happens to it.
        var isOver: Bool { Remote.overStates.contains(state) }
        /// Whether it waits.
        var isWaiting: Bool { state == "queued" || state == "blocked" }
    }

    /// The states of jobs that are over.
    static let overStates = [
        "succeeded", "failed", "cancelled", "timedOut", "dependencyFailed", "preempted",
    ]
    /// All states of jobs, and the words for several of them.
    static let jobStates =
        ["blocked", "queued", "starting", "running", "stopping"] + overStates
        + ["waiting", "active", "over"]

    /// A page of jobs.
    struct Jobs: Decodable {
        var jobs: [Job]
        var next: String?
    }

    /// One job in full; its list's members are a ``Job`` of the same answer.
    struct JobDetail: Decodable {
        struct Role: Decodable {
            var name: String
            var minimum: Int
            var maximum: Int
            var gpus: Double
            var cpu: Double
            var memoryMiB: Int64
            var accelerators: [String]?
        }

        struct Placement: Decodable {
            var rank: Int
            var role: String
            var node: String
            var devices: [Int]
        }

        struct Exit: Decodable {
            var rank: Int
            var code: Int?
            var signal: Int?
        }

        struct Attempt: Decodable {
            var attempt: Int
            var startedAt: String
            var runningAt: String?
            var endedAt: String?
            var end: String?
            var detail: String?
            var members: Int
            var nodes: [String]
            var exits: [Exit]
            var culprit: Culprit?
        }

        struct Dependency: Decodable {
            var job: Int
            var name: String
            var mustSucceed: Bool
        }

        var roles: [Role]
        var topology: String
        var pools: [String]?
        var timeLimitSeconds: Double?
        var expectedDurationSeconds: Double?
        var placements: [Placement]
        var attempts: [Attempt]
        var dependsOn: [Dependency]
        var document: String?
        var gpuSeconds: Double
        var lostGpuSeconds: Double
    }

    /// Why a job waits, in words.
    struct Verdict: Decodable {
        struct Remedy: Decodable {
            var text: String
            var command: String?
        }

        var text: String
        var state: String
        var remedies: [Remedy]
    }

    /// When a job is expected to start.
    struct Expectation: Decodable {
        var job: Int
        var name: String?
        var state: String
        var estimate: Estimate?
    }

    /// What changes would bring, in words.
    struct WhatIf: Decodable {
        struct Link: Decodable {
            var name: String
        }

        var text: String
        var stopped: [Link]
    }

    /// Something that happened.
    struct Event: Decodable {
        var id: Int64
        var at: String
        var kind: String
        var job: Int?
        var name: String?
        var tenant: String?
        var node: String?
        var attempt: Int?
        var text: String
    }

    /// A page of events.
    struct Events: Decodable {
        var events: [Event]
        var next: Int64
    }
}
