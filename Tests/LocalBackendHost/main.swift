import ControlPlane
import Documents
import FleetModel
import Foundation
import LocalBackend
import Supervisor

// A control plane to be killed: starts gangs of one device a member and waits for its end. Like
// `muster`, it is the supervisor of its own members.
// Arguments: folder, a line of shell, gangs, members of each.
let arguments = CommandLine.arguments
Supervisor.takeOver(arguments)
let settings = LocalSettings(folder: arguments[1], devices: 8)
let members = Int32(arguments[4]) ?? 1

let gangs = (0..<(Int32(arguments[3]) ?? 1)).compactMap { job -> GangLaunch? in
    let quoted = arguments[2].replacingOccurrences(of: "'", with: "''")
    let text = "name: j\ngpus: 1\nmembers: \(members)\ncommand: '\(quoted)'\n"
    let document = JobsDocument.parse(SourceText(text, file: "job.yaml"))
    return document.jobs.first.map { entry in
        GangLaunch(
            job: JobID(rawValue: job), attempt: Attempt(1), document: entry, tenant: "lab",
            members: (0..<members).map { rank in
                MemberLaunch(
                    rank: Int(rank), role: 0, node: NodeID(0), devices: 1 << UInt64(rank))
            })
    }
}
let backend = LocalBackend(settings)
try await backend.start(
    expecting: gangs.map { ExpectedGang(launch: $0, phase: .starting, startedAt: .zero) }
) { _ in }
for gang in gangs { backend.execute(.start(gang)) }
// Longer than whoever is to kill it can be late.
try await Task.sleep(nanoseconds: 600_000_000_000)
