/// Which module may import which (docs/ARCHITECTURE.md): dependencies point down and inward.
enum ImportMap {
    static let rule = "import-map"

    private static let core = ["FleetModel", "Scheduler", "Journal", "Simulation"]
    private static let health = [
        "Health", "HealthControl", "HealthSignals", "Qualification", "Stacks",
    ]
    private static let edge = ["FileInput", "Documents", "MusterCLI"]
    private static let live = [
        "Store", "ControlPlane", "SimulatedBackend", "LocalBackend", "Supervisor", "API", "Server",
        "APIClient",
    ]
    /// What a backend may know; never another backend, the server or the store.
    private static let backend = [
        "ControlPlane", "Documents", "FleetModel", "Health", "HealthControl", "Logging",
        "Foundation", "Glibc", "Synchronization",
    ]
    private static let test = ["Testing", "Foundation", "Glibc"]

    /// The modules that the files of a target's folder may import. Every target has its row.
    static let allowed: [String: [String]] = [
        "Core/Sources/FleetModel": [],
        "Core/Sources/Scheduler": ["FleetModel"],
        "Core/Sources/Journal": ["FleetModel"],
        "Core/Sources/Simulation": ["FleetModel", "Scheduler", "Journal"],
        "Core/Sources/HealthSignals": ["FleetModel", "Journal"],
        "Core/Sources/AgentWire": ["FleetModel", "HealthSignals"],
        "Core/Sources/Fuzzing": ["FleetModel", "Scheduler", "HealthSignals"],
        "Core/Sources/Health": ["FleetModel", "Journal"],
        "Core/Sources/HealthControl": [
            "FleetModel", "Journal", "Health", "HealthSignals", "Qualification", "Stacks",
        ],
        "Core/Sources/Stacks": ["FleetModel", "Journal", "Health", "Qualification"],
        "Core/Sources/HealthFuzzing": ["FleetModel", "Health"],
        "Core/Sources/HealthSimulation": ["FleetModel", "Scheduler", "Simulation", "Health"],
        "Core/Sources/Qualification": ["FleetModel", "Health", "HealthSignals"],
        "Core/Sources/Culprits": ["FleetModel", "HealthSignals"],
        // A command, not a part of the core: it runs cases in child processes, so that it outlives
        // a trap, and prints what they found.
        "Core/Sources/muster-fuzz": ["FleetModel", "Scheduler", "Fuzzing", "Glibc"],
        // A command as well: it prints tables.
        "Core/Sources/muster-health-sim": ["HealthSimulation", "Glibc"],
        "Core/Tests/FleetModelTests": test + ["FleetModel"],
        "Core/Tests/SchedulerTests": test + ["FleetModel", "Scheduler", "Fuzzing"],
        "Core/Tests/JournalTests": test + ["FleetModel", "Journal"],
        "Core/Tests/SimulationTests": test + core,
        "Core/Tests/FuzzingTests": test + ["FleetModel", "Scheduler", "Fuzzing"],
        "Core/Tests/HealthSignalsTests": test + ["FleetModel", "HealthSignals", "Fuzzing"],
        "Core/Tests/HealthTests": test + ["FleetModel", "Health", "HealthFuzzing"],
        "Core/Tests/HealthSimulationTests": test + [
            "FleetModel", "HealthSimulation", "Simulation",
        ],
        "Core/Tests/HealthControlTests": test + [
            "FleetModel", "Journal", "Health", "HealthSignals", "HealthFuzzing", "HealthControl",
            "Fuzzing", "Stacks",
        ],
        "Core/Tests/StacksTests": test + [
            "FleetModel", "Health", "HealthControl", "Qualification", "Stacks",
        ],
        "Core/Tests/AgentWireTests": test + [
            "AgentWire", "FleetModel", "Fuzzing", "HealthSignals",
        ],
        "Core/Tests/QualificationTests": test + ["FleetModel", "Health", "Qualification"],
        "Core/Tests/CulpritsTests": test + ["Culprits", "FleetModel", "HealthSignals"],
        "Core/Tests/TidyTests": ["Testing", "Foundation"],
        "Sources/FileInput": ["CZlib", "Glibc", "FleetModel"],
        "Sources/Documents": [
            "Yams", "FleetModel", "Health", "HealthSignals", "Qualification", "Simulation",
            "Stacks",
        ],
        "Sources/Store": ["GRDB", "FleetModel", "Foundation", "Glibc", "Synchronization"],
        "Sources/ControlPlane": core + health + [
            "AgentWire", "Culprits", "HealthSignals", "Documents", "Store", "Logging", "Foundation",
            "Glibc",
            "Synchronization",
        ],
        "Sources/SimulatedBackend": backend + ["Qualification", "Simulation"],
        "Sources/Supervisor": ["CLinux", "Glibc"],
        "Sources/DeviceLibraries": ["Glibc"],
        // Small and alone on every node: no Foundation, no package.
        "Sources/NodeAgent": [
            "AgentWire", "CLinux", "DeviceLibraries", "FleetModel", "HealthSignals", "Glibc",
        ],
        "Sources/muster-agent": ["NodeAgent"],
        // Checks that the tests of every backend run: it stands here because two test targets
        // cannot share a file.
        "Sources/BackendConformance": [
            "ControlPlane", "Documents", "FleetModel", "Foundation", "Synchronization",
        ],
        "Sources/LocalBackend": backend + [
            "Culprits", "DeviceLibraries", "HealthSignals", "NodeChecks", "Qualification",
            "Supervisor",
        ],
        "Sources/API": core + health + ["ControlPlane", "Documents", "Store", "Foundation"],
        "Sources/Server": core + health + [
            "AgentWire", "API", "ControlPlane", "Culprits", "DashboardFiles", "Documents",
            "NodeChecks",
            "Qualification", "Store", "Crypto", "Foundation", "Glibc", "HTTPTypes", "Hummingbird",
            "HummingbirdCore", "HummingbirdTLS",
            "Logging", "NIOCore", "NIOHTTP1", "NIOHTTPTypes", "NIOSSL",
            "ServiceLifecycle", "Synchronization",
        ],
        "Sources/ClientWords": ["AsyncHTTPClient", "Glibc", "NIOCore", "NIOPosix", "NIOSSL"],
        "Sources/APIClient": [
            "ClientWords", "FleetModel", "AsyncHTTPClient", "Foundation", "NIOCore", "NIOHTTP1",
            "NIOSSL",
        ],
        "Sources/KubernetesJSON": [],
        "Sources/KubernetesObjects": ["KubernetesJSON", "FleetModel", "HealthSignals"],
        "Sources/KubernetesClient": [
            "ClientWords", "FleetModel", "KubernetesJSON", "AsyncHTTPClient", "Foundation", "Glibc",
            "Logging", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL", "Synchronization", "Yams",
        ],
        "Sources/KubernetesBackend": backend + [
            "KubernetesClient", "KubernetesJSON", "KubernetesObjects", "NodeChecks",
            "HealthSignals", "Qualification",
        ],
        "Sources/NodeChecks": [
            "CLinux", "CNodeChecks", "DeviceLibraries", "KubernetesJSON", "FleetModel", "Health",
            "Qualification",
            "Crypto", "Glibc", "Synchronization",
        ],
        "Sources/MusterCLI": core + live + health + [
            "Culprits", "NodeAgent", "NodeChecks", "Qualification",
            "FileInput", "KubernetesBackend", "KubernetesClient", "Documents", "ArgumentParser",
            "Dispatch", "Foundation", "Glibc", "Logging", "ServiceLifecycle", "Synchronization",
        ],
        "Sources/muster": ["MusterCLI", "NodeAgent", "Supervisor"],
        "Tests/FileInputTests": test + ["FileInput", "FleetModel", "CZlib"],
        "Tests/DocumentsTests": test + [
            "Documents", "FleetModel", "Health", "HealthSignals", "Qualification", "Simulation",
            "Stacks",
        ],
        "Tests/NodeChecksTests": test + [
            "CNodeChecks", "NodeChecks", "KubernetesJSON", "FleetModel", "Health", "Qualification",
            "Synchronization",
        ],
        "Tests/StoreTests": test + ["Store", "FleetModel", "GRDB"],
        "Tests/ControlPlaneTests": test + core + health + [
            "AgentWire", "Culprits", "HealthSignals", "ControlPlane", "Store", "Documents",
            "Logging",
            "Synchronization",
        ],
        "Tests/NodeAgentTests": test + [
            "AgentWire", "FleetModel", "HealthSignals", "NodeAgent", "Synchronization",
            "TestCertificates",
        ],
        "Tests/SimulatedBackendTests": test + core + health + [
            "BackendConformance", "SimulatedBackend", "ControlPlane", "Documents", "Store",
            "Logging",
        ],
        "Tests/LocalBackendTests": test + [
            "AgentWire", "BackendConformance", "LocalBackend", "NodeAgent", "Supervisor",
            "ControlPlane", "Culprits", "Documents", "FleetModel", "Health", "HealthControl",
            "HealthSignals", "Logging", "NodeChecks", "Qualification", "Store",
        ],
        // A control plane for those tests to kill.
        "Tests/LocalBackendHost": [
            "LocalBackend", "Supervisor", "ControlPlane", "Documents", "FleetModel", "Foundation",
        ],
        "Tests/ServerTests": test + core + live + health + [
            "AgentWire", "Documents", "HealthSignals", "HTTPTypes", "HummingbirdCore", "Logging",
            "NIOCore", "NodeChecks", "Qualification", "Synchronization", "TestCertificates",
        ],
        // Certificates for the tests of whoever speaks TLS.
        "Tests/TestCertificates": ["Foundation"],
        "Tests/KubernetesObjectsTests": test + [
            "KubernetesJSON", "KubernetesObjects", "FleetModel", "HealthSignals",
        ],
        "Tests/KubernetesJSONTests": test + ["KubernetesJSON", "FleetModel"],
        "Tests/KubernetesClientTests": test + [
            "KubernetesClient", "KubernetesFaults", "KubernetesJSON", "FleetModel", "NIOCore",
            "Synchronization",
        ],
        "Tests/KubernetesBackendTests": test + [
            "AgentWire", "HealthSignals", "ControlPlane", "Documents", "KubernetesBackend",
            "KubernetesClient", "KubernetesFaults", "KubernetesJSON", "KubernetesObjects", "Store",
            "FleetModel", "Health", "HealthControl", "Logging", "NodeChecks", "Qualification",
            "Scheduler", "Stacks", "Synchronization",
        ],
        // A proxy that does harm, for the tests of everything that talks to Kubernetes.
        "Tests/KubernetesFaults": [
            "KubernetesClient", "FleetModel", "AsyncHTTPClient", "Foundation", "NIOCore",
            "NIOHTTP1", "NIOPosix", "NIOSSL", "Synchronization",
        ],
        "Tests/MusterCLITests": test + core + edge + ["ArgumentParser"],
        "Benchmarks/Sources/muster-bench": core + edge + [
            "AgentWire", "HealthSignals", "Glibc", "ArgumentParser",
        ],
    ]

    /// What to use in place of a module that someone is likely to reach for.
    static let replacements: [String: String] = [
        "Foundation": "use the standard library; files and text formats belong to the edges",
        "FoundationEssentials": "use the standard library; files belong to the edges",
        "Glibc": "take bytes as an argument; system calls belong to FileInput and MusterCLI",
        "Dispatch": "return a directive; threads belong to the driver",
        "Synchronization": "use a value with one writer; locks belong to the driver",
        "Logging": "return a diagnostic or a directive; logs belong to the edges",
    ]

    /// The folder of the target that a Swift file belongs to; nil for a manifest.
    static func target(of path: String) -> String? {
        let parts = path.split(separator: "/")
        guard let kind = parts.firstIndex(where: { $0 == "Sources" || $0 == "Tests" }),
            kind + 2 < parts.count
        else { return nil }
        return parts[0...(kind + 1)].joined(separator: "/")
    }

    /// Imports that the map does not allow, and files of targets that it does not know.
    static func check(_ source: SwiftSource) -> [Violation] {
        guard let target = target(of: source.path) else { return unplaced(source) }
        guard let modules = allowed[target] else {
            return [
                Violation(
                    path: source.path, line: 1, rule: rule,
                    message: "the target \(target) is not in the import map",
                    replacement: "add its row to ImportMap.allowed")
            ]
        }
        return source.tokens.indices.compactMap { index in
            guard let module = importedModule(at: index, in: source), !modules.contains(module)
            else { return nil }
            let list = modules.isEmpty ? "no module" : modules.joined(separator: ", ")
            return source.violation(
                at: index, rule, "\(target) imports \(module)",
                replacements[module] ?? nioReplacement(module) ?? "it may import \(list)")
        }
    }

    private static func unplaced(_ source: SwiftSource) -> [Violation] {
        if source.path.hasSuffix("Package.swift") { return [] }
        return [
            Violation(
                path: source.path, line: 1, rule: rule, message: "a Swift file outside of a target",
                replacement: "move it into a folder under Sources or Tests")
        ]
    }

    private static func nioReplacement(_ module: String) -> String? {
        module.hasPrefix("NIO") ? "return a directive; the network belongs to the server" : nil
    }

    private static let declarationKinds: Set<String> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor",
    ]

    private static func importedModule(at index: Int, in source: SwiftSource) -> String? {
        guard source.text(index) == "import", source.isWord(index + 1),
            source.text(index - 1) != "."
        else { return nil }
        let isKind = declarationKinds.contains(source.text(index + 1)) && source.isWord(index + 2)
        return source.text(index + (isKind ? 2 : 1))
    }
}
