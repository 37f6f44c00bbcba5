// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "Muster",
    products: [.executable(name: "muster", targets: ["muster"])],
    dependencies: [
        .package(path: "Core"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "FileInput",
            dependencies: [
                "CZlib",
                .product(name: "FleetModel", package: "Core"),
            ],
            swiftSettings: settings),
        .target(
            name: "Documents",
            dependencies: [
                .product(name: "FleetModel", package: "Core"),
                .product(name: "Simulation", package: "Core"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .target(
            name: "MusterCLI",
            dependencies: [
                "FileInput", "Documents",
                .product(name: "FleetModel", package: "Core"),
                .product(name: "Scheduler", package: "Core"),
                .product(name: "Journal", package: "Core"),
                .product(name: "Simulation", package: "Core"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "muster",
            dependencies: ["MusterCLI"],
            swiftSettings: settings),
        .testTarget(
            name: "FileInputTests",
            dependencies: ["FileInput", .product(name: "FleetModel", package: "Core")],
            swiftSettings: settings),
        .testTarget(
            name: "DocumentsTests",
            dependencies: [
                "Documents",
                .product(name: "FleetModel", package: "Core"),
                .product(name: "Simulation", package: "Core"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "MusterCLITests",
            dependencies: ["muster", .product(name: "FleetModel", package: "Core")],
            exclude: ["Golden"],
            swiftSettings: settings),
    ]
)
