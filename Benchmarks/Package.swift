// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "MusterBenchmarks",
    dependencies: [
        .package(path: "../Core")
    ],
    targets: [
        .executableTarget(
            name: "muster-bench",
            dependencies: [
                .product(name: "FleetModel", package: "Core"),
                .product(name: "Scheduler", package: "Core"),
                .product(name: "HealthSignals", package: "Core"),
                .product(name: "AgentWire", package: "Core"),
            ],
            swiftSettings: settings)
    ]
)
