extension Remote {
    /// A node as lists show it.
    struct Node: Decodable {
        struct Occupant: Decodable {
            var job: Int
            var name: String
            var tenant: String
            var devices: [Int]
            var gpus: Double
        }

        var name: String
        var pool: String
        var kind: String?
        var devices: Int
        var state: String
        var domains: [String]
        var unhealthy: [Int]
        var free: Double
        var jobs: [Occupant]
        var reason: String?
        var since: String?
        var deadline: String?
        var reservedFor: Int?
    }

    /// A page of nodes.
    struct Nodes: Decodable {
        var levels: [String]
        var nodes: [Node]
        var next: String?
    }

    /// What the page of one node has beside the list's.
    struct NodeDetail: Decodable {
        var cpuMilli: Int64
        var memoryMiB: Int64
        var diskMiB: Int64
        var nics: Int64
        var events: [Event]
    }

    /// A tenant with its numbers and their use.
    struct Tenant: Decodable {
        struct Quota: Decodable {
            var kind: String
            var guaranteed: Double
            var limit: Double?
            var lendable: Double?
            var weight: Int64
            var used: Double
            var borrowed: Double
            var waiting: Double
            var share: Double
        }

        var name: String
        var parent: String?
        var isLeaf: Bool
        var quotas: [Quota]
        var running: Int
        var waiting: Int
    }

    /// All tenants.
    struct Tenants: Decodable {
        var tenants: [Tenant]
    }

    /// What a change of the quota tree does, or would do.
    struct TenantChange: Decodable {
        var applied: Bool
        var difference: WhatIf
        var changes: [String]
    }

    /// The clock of the fleet.
    struct Clock: Decodable {
        var now: String
        var speed: Double
    }

    /// The fleet as a whole.
    struct Fleet: Decodable {
        struct Capacity: Decodable {
            var installed: Double
            var healthy: Double
            var schedulable: Double
            var allocated: Double
            var active: Double?
            var effective: Double?
        }

        struct Kind: Decodable {
            var name: String
            var installed: Double
            var healthy: Double
            var schedulable: Double
            var allocated: Double
            var free: Double
        }

        struct Pool: Decodable {
            var name: String
            var nodes: Int
            var installed: Double
            var schedulable: Double
            var allocated: Double
        }

        struct NodeCounts: Decodable {
            var ready: Int
            var cordoned: Int
            var draining: Int
            var lost: Int
        }

        struct JobCounts: Decodable {
            var running: Int
            var starting: Int
            var stopping: Int
            var queued: Int
            var blocked: Int
        }

        struct Queue: Decodable {
            struct Waiting: Decodable {
                var code: String
                var jobs: Int
                var gpus: Double
            }

            var gpusWaiting: Double
            var oldestWaitingSeconds: Double?
            var byReason: [Waiting]
        }

        struct Gang: Decodable {
            var level: String
            var gpus: Double
        }

        struct Stranded: Decodable {
            struct Part: Decodable {
                var resource: String
                var gpus: Double
            }

            var gpus: Double
            var byResource: [Part]
        }

        var clock: Clock
        var version: String
        var backend: String
        var isSimulated: Bool
        var message: String?
        var capacity: Capacity
        var kinds: [Kind]
        var pools: [Pool]
        var nodes: NodeCounts
        var jobs: JobCounts
        var queue: Queue
        var largestGang: [Gang]
        var stranded: Stranded
    }

    /// The part of ``Fleet`` that tells the time.
    struct FleetClock: Decodable {
        var clock: Clock
    }

    /// Where the scheduler in charge does otherwise.
    struct Differences: Decodable {
        struct Earlier: Decodable {
            var gangs: Int
            var medianSeconds: Double?
            var p90Seconds: Double?
        }

        struct Waits: Decodable {
            var code: String
            var gangs: Int
        }

        struct Totals: Decodable {
            var gangs: Int
            var agreed: Int
            var open: Int
            var gone: Int
            var earlier: Earlier
            var waits: [Waits]
            var refused: Int
            var preempting: Int
            var stops: Int
            var halfStarted: Int
            var idleGpuSeconds: Double
            var requiredTopologyBroken: Int
            var preferredTopologyBroken: Int
        }

        struct Gang: Decodable {
            var name: String
            var pods: Int
            var gpus: Double
            var agrees: Bool
            var text: String
        }

        var since: String
        var totals: Totals
        var gangs: [Gang]
    }

    /// Places that are kept for jobs.
    struct Reservations: Decodable {
        struct Place: Decodable {
            var job: Int
            var name: String
            var tenant: String
            var due: String?
            var missingMembers: Int
            var nodes: [String]
        }

        var reservations: [Place]
    }
}
