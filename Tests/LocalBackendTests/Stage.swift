import BackendConformance
import ControlPlane
import Documents
import FleetModel
import Foundation
import Glibc
import LocalBackend
import Logging
import Testing

/// A folder for a local backend, and jobs for it. What still runs is ended with the stage.
final class Stage: ConformanceStage {
    let folder: String
    private let settings: LocalSettings

    init(_ change: (inout LocalSettings) -> Void = { _ in }) {
        var settings = LocalSettings(
            folder: NSTemporaryDirectory() + "muster-local-\(UUID().uuidString)", devices: 8)
        settings.supervisor = Stage.supervisor
        settings.nodeName = "here"
        settings.logger.logLevel = .error
        change(&settings)
        self.settings = settings
        folder = settings.folder
    }

    /// Ends what runs and deletes the folder.
    func leave() async {
        let last = LocalBackend(settings)
        try? await last.start(expecting: []) { _ in }
        await last.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func makeBackend() async throws -> any Backend { LocalBackend(settings) }

    func document(_ behaviour: ConformanceBehaviour, members: Int) throws -> JobDocument {
        let command =
            switch behaviour {
            case .succeeds: "sleep 0.2"
            case .fails: "sleep 0.2; exit 3"
            case .runsOn: "exec sleep 600"
            }
        return try Stage.job(command, "members: \(members)")
    }

    /// A job that runs a line of shell, with more lines of its file.
    static func job(_ shell: String, _ more: String...) throws -> JobDocument {
        let quoted = shell.replacingOccurrences(of: "'", with: "''")
        return try parse(
            "name: j\ngpus: 1\ncommand: '\(quoted)'\n" + more.joined(separator: "\n") + "\n")
    }

    /// A job from the text of its file.
    static func parse(_ text: String) throws -> JobDocument {
        let document = JobsDocument.parse(SourceText(text, file: "job.yaml"))
        #expect(document.diagnostics.isEmpty, "\(document.diagnostics)")
        return try #require(document.jobs.first)
    }

    /// A gang of a document's members, each with one device of the node.
    static func gang(
        _ document: JobDocument, job: Int = 1, attempt: Int32 = 1
    ) -> GangLaunch {
        var members: [MemberLaunch] = []
        for (role, entry) in document.roles.enumerated() {
            for _ in 0..<entry.minimum {
                let rank = members.count
                members.append(
                    MemberLaunch(
                        rank: rank, role: role, node: NodeID(0), devices: 1 << UInt64(rank)))
            }
        }
        return GangLaunch(
            job: JobID(job), attempt: Attempt(attempt), document: document, tenant: "lab/vision",
            members: members)
    }

    /// The folder of a member.
    func member(_ rank: Int, job: Int = 1, attempt: Int = 1) -> String {
        "\(folder)/jobs/\(job)/\(attempt)/\(rank)"
    }

    /// The program that members get their supervisors from.
    static let supervisor = beside("muster")

    /// A program that was built with the tests: it stands beside them.
    static func beside(_ name: String) -> String {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = URL(fileURLWithPath: own ?? "").deletingLastPathComponent().path
        if FileManager.default.isExecutableFile(atPath: folder + "/" + name) {
            return folder + "/" + name
        }
        return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path + "/.build/debug/" + name
    }
}

/// A backend at work, with what it has reported.
struct Session {
    let stage: Stage
    let backend: any Backend
    let book = ReportBook()

    init(_ stage: Stage, expecting: [ExpectedGang] = []) async throws {
        self.stage = stage
        backend = try await stage.makeBackend()
        try await backend.start(expecting: expecting) { [book] in book.note($0) }
    }

    /// Starts a gang and waits for its end; returns all that a member wrote.
    func output(of gang: GangLaunch, rank: Int = 0) async throws -> String {
        backend.execute(.start(gang))
        for _ in 0..<48_000 {
            let kinds = book.kinds(of: gang.job, gang.attempt)
            if kinds.contains(.finished) || kinds.contains(.failed) { break }
            try await Task.sleep(nanoseconds: 5_000_000)
        }
        return try text(gang, rank: rank)
    }

    /// What a member wrote, as far as it is kept.
    func text(_ gang: GangLaunch, rank: Int = 0) throws -> String {
        let key = MemberKey(job: gang.job, attempt: gang.attempt, rank: rank)
        let log = try #require(backend.log(of: key))
        return String(decoding: try log.read(from: 0, limit: 1 << 24), as: UTF8.self)
    }

    /// Starts a gang and waits until it runs.
    func run(_ gang: GangLaunch) async throws {
        backend.execute(.start(gang))
        try await book.wait(for: .started, of: gang.job, gang.attempt)
    }
}

/// Runs a test on a stage that is cleared afterwards.
func onStage(
    _ change: (inout LocalSettings) -> Void = { _ in },
    _ body: (Stage) async throws -> Void
) async throws {
    let stage = Stage(change)
    do {
        try await body(stage)
    } catch {
        await stage.leave()
        throw error
    }
    await stage.leave()
}

/// Waits for something to become true.
func eventually(
    _ what: String, seconds: Int = 240, _ holds: () throws -> Bool,
    _ location: SourceLocation = #_sourceLocation
) async throws {
    for _ in 0..<(seconds * 100) {
        if try holds() { return }
        try await Task.sleep(nanoseconds: 10_000_000)
    }
    Issue.record("not within \(seconds) s: \(what)", sourceLocation: location)
}

/// The processes whose command line has a text.
func processes(with text: String) -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { name in
        guard let id = pid_t(name), id != getpid(),
            let bytes = FileManager.default.contents(atPath: "/proc/\(name)/cmdline"),
            String(decoding: bytes, as: UTF8.self).contains(text)
        else { return nil }
        return id
    }
}

/// A file's text; empty when there is none.
func contents(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
}
