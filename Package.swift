// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

func core(_ name: String) -> Target.Dependency { .product(name: name, package: "Core") }

let package = Package(
    name: "Muster",
    products: [
        .executable(name: "muster", targets: ["muster"]),
        .executable(name: "muster-agent", targets: ["muster-agent"]),
    ],
    dependencies: [
        .package(path: "Core"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "FileInput", dependencies: ["CZlib", core("FleetModel")],
            swiftSettings: settings),
        .target(
            name: "Documents",
            dependencies: [
                core("FleetModel"), core("Health"), core("HealthSignals"), core("Qualification"),
                core("Simulation"), core("Stacks"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "Store",
            dependencies: [core("FleetModel"), .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),
        .target(
            name: "ControlPlane",
            dependencies: [
                "Documents", "Store", core("AgentWire"), core("FleetModel"), core("Scheduler"),
                core("Journal"), core("Simulation"), core("Health"), core("HealthControl"),
                core("HealthSignals"), core("Culprits"), core("Qualification"), core("Stacks"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(
            name: "SimulatedBackend",
            dependencies: [
                "ControlPlane", "Documents", core("FleetModel"), core("Simulation"),
                core("Health"), core("HealthControl"), core("Qualification"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(name: "CLinux"),
        .target(name: "DeviceLibraries", swiftSettings: settings),
        .target(name: "Supervisor", dependencies: ["CLinux"], swiftSettings: settings),
        .target(
            name: "LocalBackend",
            dependencies: [
                "CLinux", "ControlPlane", "DeviceLibraries", "Documents", "NodeChecks",
                "Supervisor", core("FleetModel"), core("Health"), core("HealthControl"),
                core("Qualification"),
                core("HealthSignals"), core("Culprits"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(
            name: "NodeAgent",
            dependencies: [
                "CLinux", "DeviceLibraries", core("AgentWire"), core("FleetModel"),
                core("HealthSignals"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "muster-agent", dependencies: ["NodeAgent"], swiftSettings: settings),
        .target(
            name: "BackendConformance",
            dependencies: ["ControlPlane", "Documents", core("FleetModel")],
            swiftSettings: settings),
        .target(name: "DashboardFiles"),
        .target(
            name: "API",
            dependencies: [
                "ControlPlane", "Documents", "Store", core("FleetModel"), core("Scheduler"),
                core("Simulation"), core("Health"), core("HealthControl"), core("HealthSignals"),
                core("Qualification"), core("Stacks"),
            ],
            swiftSettings: settings),
        .target(
            name: "Server",
            dependencies: [
                "API", "ControlPlane", "DashboardFiles", "Documents", "NodeChecks", "Store",
                core("AgentWire"), core("FleetModel"), core("Scheduler"), core("Simulation"),
                core("Health"), core("HealthControl"), core("HealthSignals"), core("Qualification"),
                core("Culprits"), core("Stacks"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "ClientWords",
            dependencies: [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .target(
            name: "APIClient",
            dependencies: [
                "ClientWords", core("FleetModel"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .target(name: "KubernetesJSON", swiftSettings: settings),
        .target(
            name: "KubernetesObjects",
            dependencies: ["KubernetesJSON", core("FleetModel"), core("HealthSignals")],
            swiftSettings: settings),
        .target(
            name: "KubernetesClient",
            dependencies: [
                "ClientWords", "KubernetesJSON", core("FleetModel"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "KubernetesBackend",
            dependencies: [
                "ControlPlane", "Documents", "KubernetesClient", "KubernetesJSON",
                "KubernetesObjects", "NodeChecks", core("FleetModel"), core("Health"),
                core("HealthControl"), core("HealthSignals"), core("Qualification"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(name: "CNodeChecks"),
        .target(
            name: "NodeChecks",
            dependencies: [
                "CLinux", "CNodeChecks", "DeviceLibraries", "KubernetesJSON",
                core("FleetModel"), core("Health"),
                core("Qualification"), .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings),
        .target(
            name: "MusterCLI",
            dependencies: [
                "APIClient", "ControlPlane", "Documents", "FileInput", "KubernetesBackend",
                "KubernetesClient", "LocalBackend", "NodeChecks", "Server", "SimulatedBackend",
                "NodeAgent", "Store", "Supervisor",
                core("FleetModel"), core("Scheduler"), core("Journal"), core("Simulation"),
                core("Health"), core("HealthControl"), core("HealthSignals"), core("Qualification"),
                core("Culprits"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "muster", dependencies: ["MusterCLI", "NodeAgent", "Supervisor"],
            swiftSettings: settings),
        .testTarget(
            name: "FileInputTests", dependencies: ["FileInput", core("FleetModel")],
            swiftSettings: settings),
        .testTarget(
            name: "DocumentsTests",
            dependencies: [
                "Documents", core("FleetModel"), core("Health"), core("HealthSignals"),
                core("Qualification"), core("Simulation"), core("Stacks"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "LocalBackendHost",
            dependencies: [
                "ControlPlane", "Documents", "LocalBackend", "Supervisor", core("FleetModel"),
            ],
            path: "Tests/LocalBackendHost", swiftSettings: settings),
        .testTarget(
            name: "NodeAgentTests",
            dependencies: [
                "NodeAgent", "TestCertificates", "muster-agent", core("AgentWire"),
                core("FleetModel"), core("HealthSignals"),
            ],
            exclude: ["Stub"], swiftSettings: settings),
        .testTarget(
            name: "SimulatedBackendTests",
            dependencies: [
                "BackendConformance", "ControlPlane", "Documents", "SimulatedBackend",
                "Store", core("FleetModel"), core("Scheduler"), core("Simulation"), core("Health"),
                core("HealthControl"), core("Qualification"), core("Stacks"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "Store", core("FleetModel"), .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "ControlPlane", "Documents", "Store", core("AgentWire"), core("FleetModel"),
                core("Scheduler"), core("Journal"), core("Simulation"), core("Health"),
                core("HealthControl"), core("HealthSignals"), core("Culprits"),
                core("Qualification"), core("Stacks"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(
            name: "TestCertificates", path: "Tests/TestCertificates", swiftSettings: settings),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "API", "ControlPlane", "DashboardFiles", "Documents", "NodeChecks", "Server",
                "Store", "TestCertificates", "muster-agent", core("AgentWire"),
                core("FleetModel"), core("Health"), core("HealthControl"),
                core("HealthSignals"), core("Qualification"), core("Scheduler"), core("Stacks"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "LocalBackendTests",
            dependencies: [
                "BackendConformance", "ControlPlane", "Documents", "LocalBackend",
                "LocalBackendHost", "NodeAgent", "NodeChecks", "Store", "Supervisor", "muster",
                core("AgentWire"), core("Culprits"), core("FleetModel"), core("Health"),
                core("HealthControl"), core("HealthSignals"), core("Qualification"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "KubernetesJSONTests", dependencies: ["KubernetesJSON", core("FleetModel")],
            swiftSettings: settings),
        .target(
            name: "KubernetesFaults",
            dependencies: [
                "KubernetesClient", core("FleetModel"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Tests/KubernetesFaults", swiftSettings: settings),
        .testTarget(
            name: "KubernetesClientTests",
            dependencies: [
                "KubernetesClient", "KubernetesFaults", "KubernetesJSON", core("FleetModel"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "KubernetesObjectsTests",
            dependencies: [
                "KubernetesJSON", "KubernetesObjects", core("FleetModel"), core("HealthSignals"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "KubernetesBackendTests",
            dependencies: [
                "ControlPlane", "Documents", "KubernetesBackend", "KubernetesClient",
                "KubernetesFaults", "KubernetesJSON", "KubernetesObjects", "Store",
                "NodeChecks", core("AgentWire"), core("FleetModel"), core("Health"),
                core("HealthControl"), core("HealthSignals"), core("Qualification"),
                core("Scheduler"), core("Stacks"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "NodeChecksTests",
            dependencies: [
                "CNodeChecks", "NodeChecks", "KubernetesJSON", "muster", core("FleetModel"),
                core("Health"), core("Qualification"),
            ],
            exclude: ["Fake"], swiftSettings: settings),
        .testTarget(
            name: "MusterCLITests", dependencies: ["muster", core("FleetModel")],
            exclude: ["Golden", "Stub"], swiftSettings: settings),
    ]
)
