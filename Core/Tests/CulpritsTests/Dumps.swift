import FleetModel

@testable import Culprits

/// Flight records as PyTorch writes them as JSON, made by hand.
struct Dump {
    /// One operation that had been asked for.
    struct Operation {
        var group: String
        var sequence: Int
        var name = "nccl:all_reduce"
        var state = "started"
        var size = "1024, 1024"
        var isMeeting = false
        var seconds = 1_000
    }

    var rank: Int
    var groups: [(name: String, ranks: [Int])]
    var operations: [Operation]

    var json: String {
        let configuration = groups.map { group in
            """
            "\(group.name)": {"name": "\(group.name)", "desc": "undefined", \
            "ranks": "\(group.ranks)"}
            """
        }
        let entries = operations.enumerated().map { number, operation in
            """
            {"record_id": \(number), "pg_id": \(operation.group.count), \
            "process_group": ["\(operation.group)", "undefined"], \
            "collective_seq_id": \(operation.sequence), "p2p_seq_id": 0, "op_id": \(number), \
            "profiling_name": "\(operation.name)", \
            "time_created_ns": \(operation.seconds)000000000, "duration_ms": 0.25, \
            "input_sizes": [[\(operation.size)]], "input_dtypes": ["BFloat16"], \
            "output_sizes": [[\(operation.size)]], "output_dtypes": ["BFloat16"], \
            "state": "\(operation.state)", "retired": false, "timeout_ms": 600000, \
            "is_p2p": \(operation.isMeeting)}
            """
        }
        return """
            {"version": "2.10", "comm_lib_version": "2.26.2", "pg_status": {}, \
            "pg_config": {\(configuration.joined(separator: ", "))}, \
            "entries": [\(entries.joined(separator: ",\n"))]}
            """
    }

    var file: (name: String, bytes: [UInt8]) { ("nccl_trace_rank_\(rank)", Array(json.utf8)) }
}

extension Evidence {
    /// What the dumps hold together.
    init(_ dumps: [Dump]) throws {
        self.init()
        for dump in dumps { try add(dump.file.bytes, name: dump.file.name) }
    }
}

extension Dump {
    /// Ranks 0 to `size` less one in one group; those of `late` are one operation behind.
    static func job(of size: Int, late: Set<Int>, absent: Set<Int> = []) -> [Dump] {
        (0..<size).filter { !absent.contains($0) }.map { rank in
            var operations = [
                Operation(group: "0", sequence: 41, state: "completed", seconds: 900)
            ]
            if !late.contains(rank) {
                operations.append(Operation(group: "0", sequence: 42, seconds: 1_000 + rank))
            }
            return Dump(
                rank: rank, groups: [("0", Array(0..<size))], operations: operations)
        }
    }
}
