import FleetModel

/// Which member of a gang this process is, and where its members meet.
public struct GangPlace: Hashable, Sendable {
    /// The member, from 0. The first one leads.
    public var rank: Int
    /// How many members there are.
    public var count: Int
    /// Where the first one listens.
    public var meeting: String

    /// The most members of a check.
    public static let mostMembers = 4096

    /// Gathers a place.
    init(rank: Int, count: Int, meeting: String) {
        self.rank = rank
        self.count = count
        self.meeting = meeting
    }

    /// Takes the place from flags, and what they leave out from the variables that launchers set:
    /// those of torchrun and of Muster's local backend, the index of a Job of Kubernetes, those of
    /// Slurm. Throws `M0501` with all that is missing or makes no sense.
    public init(
        rank: String?, count: String?, meeting: String?, variable: (String) -> String?
    ) throws(OperatingError) {
        func first(_ flag: String?, _ names: String...) -> String? {
            if let flag { return flag }
            for name in names {
                if let value = variable(name), !value.isEmpty { return value }
            }
            return nil
        }
        var wrong: [String] = []
        func number(_ text: String?, _ what: String, _ range: ClosedRange<Int>) -> Int {
            guard let text else {
                wrong.append("\(what) is not given")
                return range.lowerBound
            }
            guard let number = Int(text), range.contains(number) else {
                wrong.append("\(what) is '\(text.prefix(40))'")
                return range.lowerBound
            }
            return number
        }
        let of = number(
            first(count, "WORLD_SIZE", "SLURM_NTASKS"), "the number of members (--of)",
            1...GangPlace.mostMembers)
        let own = number(
            first(rank, "RANK", "JOB_COMPLETION_INDEX", "SLURM_PROCID"), "the rank (--rank)",
            0...GangPlace.mostMembers - 1)
        if own >= of, wrong.isEmpty { wrong.append("the rank is \(own), of \(of) members") }
        let place = meeting ?? GangPlace.meeting(variable)
        if place == nil { wrong.append("the place to meet (--meet) is not given") }
        if let place, (try? PeerAddress(place)) == nil {
            wrong.append("the place to meet is '\(place.prefix(100))'")
        }
        guard wrong.isEmpty, let place else {
            throw OperatingError(
                .usage, wrong.joined(separator: ", "),
                detail: "expected: --rank 0 --of 8 --meet gpu-001:7071, or RANK, WORLD_SIZE, "
                    + "MASTER_ADDR and MASTER_PORT, or a step of Slurm",
                hint: "docs/CHECK.md says what every launcher gives")
        }
        self.init(rank: own, count: of, meeting: place)
    }

    /// Where the environment says that members meet.
    private static func meeting(_ variable: (String) -> String?) -> String? {
        if let host = variable("MASTER_ADDR"), let port = variable("MASTER_PORT") {
            return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
        // Slurm names no port; all members come to the same one by the number of their job.
        if let list = variable("SLURM_JOB_NODELIST"), let host = firstHost(list),
            let job = variable("SLURM_JOB_ID").flatMap({ UInt64($0) })
        {
            return "\(host):\(20_000 + job % 20_000)"
        }
        return nil
    }

    /// The first host of a list of Slurm such as `gpu-[007-012,020],login`.
    static func firstHost(_ list: String) -> String? {
        var name = ""
        var isInside = false
        for character in list {
            switch character {
            case "[": isInside = true
            case ",", "]": return name.isEmpty ? nil : name
            case "-" where isInside: return name.isEmpty ? nil : name
            default: name.append(character)
            }
        }
        return name.isEmpty || isInside ? nil : name
    }
}
