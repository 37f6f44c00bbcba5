import FleetModel
import Qualification

/// Who told the versions of a node.
public enum VersionSource: UInt8, CaseIterable, Hashable, Sendable {
    /// Who watches the node and tells what changes: its agent, or the backend.
    case watcher
    /// A run of checks, which says what was so at that time.
    case run
}

/// Versions as they were told at one time.
public struct ToldVersions: Hashable, Sendable {
    /// When, by the health engine's clock.
    public var at: Instant
    /// In the order of parts, each version of a part once.
    public var versions: [FoundVersion]

    /// Versions that are kept of one report.
    public static let most = 64

    /// Keeps what was told: in order, without repetitions, and no more than ``most``.
    public init(at: Instant, _ told: [FoundVersion]) {
        self.at = at
        var kept: [FoundVersion] = []
        for part in StackPart.allCases {
            for version in told where version.part == part && !version.version.text.isEmpty {
                let isKnown = kept.contains {
                    $0.part == part && $0.version.text == version.version.text
                }
                if !isKnown, kept.count < ToldVersions.most { kept.append(version.shortened) }
            }
        }
        versions = kept
    }
}

extension FoundVersion {
    /// Bytes of a version, and of a place, that are kept.
    static let mostBytes = 100

    fileprivate var shortened: FoundVersion {
        func cut(_ text: String) -> String {
            guard text.utf8.count > FoundVersion.mostBytes else { return text }
            return String(decoding: text.utf8.prefix(FoundVersion.mostBytes - 4), as: UTF8.self)
        }
        return FoundVersion(part, cut(version.text), at: cut(place))
    }
}

/// What is known of one node's versions.
public struct NodeVersions: Hashable, Sendable {
    /// The pool of the node.
    public var pool: String
    /// Whether it is in the fleet.
    public var isHere = true
    /// What its watcher told last.
    public var watcher: ToldVersions?
    /// What the last run of checks told.
    public var run: ToldVersions?

    /// A node of which nothing is known.
    public init(pool: String) { self.pool = pool }

    /// What it has: of each part what was told last.
    public var found: [FoundVersion] {
        guard let watcher, let run else { return (watcher ?? run)?.versions ?? [] }
        let (newer, older) = run.at > watcher.at ? (run, watcher) : (watcher, run)
        return StackPart.allCases.flatMap { part in
            let own = newer.versions.filter { $0.part == part }
            return own.isEmpty ? older.versions.filter { $0.part == part } : own
        }
    }
}
