// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "MusterCore",
    products: [
        .library(name: "FleetModel", targets: ["FleetModel"]),
        .library(name: "Scheduler", targets: ["Scheduler"]),
        .library(name: "Journal", targets: ["Journal"]),
        .library(name: "Simulation", targets: ["Simulation"]),
        .library(name: "HealthSignals", targets: ["HealthSignals"]),
        .library(name: "Health", targets: ["Health"]),
        .library(name: "HealthControl", targets: ["HealthControl"]),
        .library(name: "AgentWire", targets: ["AgentWire"]),
        .library(name: "Culprits", targets: ["Culprits"]),
        .library(name: "Qualification", targets: ["Qualification"]),
        .library(name: "Stacks", targets: ["Stacks"]),
    ],
    targets: [
        .target(name: "FleetModel", swiftSettings: settings),
        .target(name: "Scheduler", dependencies: ["FleetModel"], swiftSettings: settings),
        .target(name: "Journal", dependencies: ["FleetModel"], swiftSettings: settings),
        .target(
            name: "Simulation", dependencies: ["FleetModel", "Scheduler", "Journal"],
            swiftSettings: settings),
        .target(
            name: "Health", dependencies: ["FleetModel", "Journal"], swiftSettings: settings),
        .target(
            name: "HealthFuzzing", dependencies: ["FleetModel", "Health"], swiftSettings: settings),
        .target(
            name: "HealthSimulation",
            dependencies: ["FleetModel", "Scheduler", "Simulation", "Health"],
            swiftSettings: settings),
        .executableTarget(
            name: "muster-health-sim", dependencies: ["HealthSimulation"], swiftSettings: settings),
        .target(
            name: "HealthSignals", dependencies: ["FleetModel", "Journal"],
            swiftSettings: settings),
        .target(
            name: "HealthControl",
            dependencies: [
                "FleetModel", "Journal", "Health", "HealthSignals", "Qualification", "Stacks",
            ],
            swiftSettings: settings),
        .target(
            name: "Stacks", dependencies: ["FleetModel", "Journal", "Health", "Qualification"],
            swiftSettings: settings),
        .target(
            name: "AgentWire", dependencies: ["FleetModel", "HealthSignals"],
            swiftSettings: settings),
        .target(
            name: "Culprits", dependencies: ["FleetModel", "HealthSignals"],
            swiftSettings: settings),
        .target(
            name: "Qualification", dependencies: ["FleetModel", "Health", "HealthSignals"],
            swiftSettings: settings),
        .target(
            name: "Fuzzing", dependencies: ["FleetModel", "Scheduler", "HealthSignals"],
            swiftSettings: settings),
        .executableTarget(
            name: "muster-fuzz", dependencies: ["FleetModel", "Scheduler", "Fuzzing"],
            swiftSettings: settings),
        .testTarget(name: "FleetModelTests", dependencies: ["FleetModel"], swiftSettings: settings),
        .testTarget(
            name: "SchedulerTests", dependencies: ["FleetModel", "Scheduler", "Fuzzing"],
            swiftSettings: settings),
        .testTarget(
            name: "JournalTests", dependencies: ["FleetModel", "Journal"],
            swiftSettings: settings),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["FleetModel", "Scheduler", "Journal", "Simulation"],
            swiftSettings: settings),
        .testTarget(
            name: "FuzzingTests", dependencies: ["FleetModel", "Scheduler", "Fuzzing"],
            swiftSettings: settings),
        .testTarget(
            name: "HealthSignalsTests", dependencies: ["FleetModel", "HealthSignals", "Fuzzing"],
            swiftSettings: settings),
        .testTarget(
            name: "HealthTests", dependencies: ["FleetModel", "Health", "HealthFuzzing"],
            swiftSettings: settings),
        .testTarget(
            name: "HealthSimulationTests",
            dependencies: ["FleetModel", "HealthSimulation", "Simulation"],
            swiftSettings: settings),
        .testTarget(
            name: "HealthControlTests",
            dependencies: [
                "FleetModel", "Journal", "Health", "HealthSignals", "HealthFuzzing",
                "HealthControl", "Fuzzing", "Stacks",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StacksTests",
            dependencies: ["FleetModel", "Health", "HealthControl", "Qualification", "Stacks"],
            swiftSettings: settings),
        .testTarget(
            name: "AgentWireTests",
            dependencies: ["AgentWire", "FleetModel", "Fuzzing", "HealthSignals"],
            swiftSettings: settings),
        .testTarget(
            name: "QualificationTests", dependencies: ["FleetModel", "Health", "Qualification"],
            swiftSettings: settings),
        .testTarget(
            name: "CulpritsTests", dependencies: ["Culprits", "FleetModel", "HealthSignals"],
            swiftSettings: settings),
        .testTarget(name: "TidyTests", swiftSettings: settings),
    ]
)
