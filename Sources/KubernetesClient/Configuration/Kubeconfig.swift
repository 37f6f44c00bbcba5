import FleetModel
import Yams

/// One or more kubeconfig files, merged as `kubectl` does: the first that has something counts.
/// Only the context that is used is looked at closely; mistakes elsewhere are nobody's business.
///
/// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
public struct Kubeconfig {
    /// An entry of a list, and the file that it is from: paths are relative to that file's folder.
    struct Entry {
        var name: String
        var node: Node
        var file: String
    }

    private(set) var files: [String] = []
    private(set) var clusters: [String: Entry] = [:]
    private(set) var users: [String: Entry] = [:]
    private(set) var contexts: [String: Entry] = [:]
    /// The context that is used when none is named; empty for none.
    public private(set) var currentContext = ""
    /// The names of all contexts, sorted.
    public var contextNames: [String] { contexts.keys.sorted() }

    /// The files to look at, in order.
    public static func files(named: String?, environment: [String: String]) -> [String] {
        if let named { return [named] }
        let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        if !listed.isEmpty { return listed }
        guard let home = environment["HOME"], !home.isEmpty else { return [] }
        return ["\(home)/.kube/config"]
    }

    /// Reads and merges files. Those that do not exist are passed over, unless they `mustExist`;
    /// nil when none does. Throws `M0901`.
    public static func load(
        _ files: [String], mustExist: Bool = false
    ) throws(OperatingError) -> Kubeconfig? {
        var merged = Kubeconfig()
        var mistakes: [Diagnostic] = []
        for file in files {
            let outcome = SmallFile.read(file)
            switch outcome {
            case .absent where !mustExist: continue
            case .bytes(let bytes):
                merged.files.append(file)
                merged.add(bytes, from: file, &mistakes)
            case .absent, .failed:
                throw OperatingError(
                    .kubeconfig, "cannot read the kubeconfig '\(file)'",
                    detail: SmallFile.trouble(outcome))
            }
        }
        if !mistakes.isEmpty { throw OperatingError(refused: "the kubeconfig", mistakes) }
        return merged.files.isEmpty ? nil : merged
    }

    /// Reads a text as if it were in a file.
    public static func load(text: String, file: String) throws(OperatingError) -> Kubeconfig {
        var config = Kubeconfig()
        var mistakes: [Diagnostic] = []
        config.files = [file]
        config.add(Array(text.utf8), from: file, &mistakes)
        if !mistakes.isEmpty { throw OperatingError(refused: "the kubeconfig", mistakes) }
        return config
    }

    /// What a context stands for; the current one when none is named. Throws `M0901` with all
    /// mistakes of it.
    public func configuration(
        context name: String? = nil
    ) throws(OperatingError) -> ClusterConfiguration {
        let name = name ?? currentContext
        let known = contextNames.isEmpty ? "no contexts" : contextNames.joined(separator: ", ")
        guard !name.isEmpty else {
            throw OperatingError(
                .kubeconfig, "no context is named, and the kubeconfig has no current-context",
                detail: "it has: \(known)", hint: "`kubectl config use-context NAME` chooses one")
        }
        guard let context = contexts[name] else {
            throw OperatingError(
                .kubeconfig, "the kubeconfig has no context '\(name)'", detail: "it has: \(known)")
        }
        var reader = KubeconfigReader(config: self)
        let configuration = reader.read(context)
        guard reader.mistakes.isEmpty, let configuration else {
            throw OperatingError(refused: "the context '\(name)'", reader.mistakes)
        }
        return configuration
    }

    private mutating func add(
        _ bytes: [UInt8], from file: String, _ mistakes: inout [Diagnostic]
    ) {
        func report(_ message: String, line: Int?, expected: String = "") {
            mistakes.append(
                Diagnostic(
                    .kubeconfig, file: file, line: line ?? 0, message: message,
                    expected: expected))
        }
        let root: Node
        do {
            guard let node = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self)) else {
                return  // an empty file is an empty configuration
            }
            root = node
        } catch {
            return report("the kubeconfig is not YAML: \(Kubeconfig.words(of: error))", line: nil)
        }
        guard let mapping = root.mapping else {
            return report(
                "the kubeconfig is not a mapping", line: root.mark?.line,
                expected: "clusters, users and contexts")
        }
        for (key, value) in mapping {
            switch key.scalar?.string {
            case "clusters": add(value, to: \.clusters, "cluster", file, report)
            case "users": add(value, to: \.users, "user", file, report)
            case "contexts": add(value, to: \.contexts, "context", file, report)
            case "current-context":
                if currentContext.isEmpty { currentContext = value.scalar?.string ?? "" }
            default: break
            }
        }
    }

    private mutating func add(
        _ list: Node, to place: WritableKeyPath<Kubeconfig, [String: Entry]>, _ kind: String,
        _ file: String, _ report: (String, Int?, String) -> Void
    ) {
        if list.isNull { return }
        guard let sequence = list.sequence else {
            return report("'\(kind)s' is not a list", list.mark?.line, "- name: …")
        }
        for node in sequence {
            guard let name = node.mapping?["name"]?.scalar?.string, !name.isEmpty else {
                report("a \(kind) has no name", node.mark?.line, "- name: …")
                continue
            }
            let value = node.mapping?[kind] ?? Node("", Tag(.null))
            if self[keyPath: place][name] == nil {
                self[keyPath: place][name] = Entry(name: name, node: value, file: file)
            }
        }
    }

    /// The library's message begins with a place that it repeats.
    private static func words(of error: any Error) -> String {
        guard let error = error as? YamlError else { return String(describing: error) }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return "\(problem) on line \(mark.line)"
        default: return String(describing: error)
        }
    }
}

extension Node {
    /// Whether nothing stands here, or `null`.
    var isNull: Bool {
        guard let scalar else { return false }
        return tag == Tag(.null)
            || (scalar.style == .plain && ["", "~", "null"].contains(scalar.string))
    }
}
