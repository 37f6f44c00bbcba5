/// Bounds of answers and of the searches behind them, so that no question costs more than a cycle
/// of the scheduler may.
enum AnswerLimits {
    /// Holders that one reason names.
    static let holders = 8
    /// Domains that an explanation describes.
    static let domains = 4
    /// Nodes that a list of nodes names; beyond that they are only counted.
    static let nodes = 4
    /// Gangs that a domain names as next to end.
    static let nextToEnd = 4
    /// Jobs ahead that are named; beyond that they are only counted.
    static let jobsAhead = 8
    /// Kinds whose quotas are told.
    static let kinds = 4
    /// Gangs of one scope that are looked at closely, those with most members first.
    static let examinedHolders = 64
    /// Domains in which victims and nodes to bring back are looked for.
    static let searchedDomains = 4
    /// Gangs whose stop is tried in a search for a remedy.
    static let victimProbes = 48
    /// Gangs whose stop is run on a copy.
    static let stopsRun = 3
    /// Nodes that a remedy brings back at most.
    static let broughtBackNodes = 16
    /// Remedies that are run on a copy, and so that are returned at most.
    static let rehearsals = 10
    /// Waiting jobs whose estimates a what-if compares.
    static let comparedJobs = 64
    /// Comparisons that a what-if returns.
    static let comparisons = 16
    /// Inputs that a rehearsal answers directives with before it gives up.
    static let rehearsalInputs = 200_000
}
