// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
]

let package = Package(
  name: "ringside",
  products: [
    .executable(name: "ringside", targets: ["ringside"]),
    // For the package in Differential.
    .library(name: "Processor", targets: ["X86", "Simulator", "KVM"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    .systemLibrary(name: "CLibEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
    .target(name: "CLineEdit", dependencies: ["CLibEdit"]),
    .target(name: "CKVM"),
    .target(name: "Guests"),

    .target(name: "X86", swiftSettings: strict),
    .target(name: "Simulator", dependencies: ["X86"], swiftSettings: strict),
    .target(name: "KVM", dependencies: ["X86", "CKVM"], swiftSettings: strict),
    .target(name: "Devices", dependencies: ["X86"], swiftSettings: strict),
    .target(
      name: "Monitor", dependencies: ["X86", "Simulator", "KVM", "Devices", "Guests"],
      swiftSettings: strict),
    .target(
      name: "Shell",
      dependencies: ["X86", "Monitor", "CLineEdit", .product(name: "Yams", package: "Yams")],
      swiftSettings: strict),
    .executableTarget(
      name: "ringside",
      dependencies: [
        "Shell", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "Benchmarks", dependencies: ["Shell", "Monitor", "Simulator", "X86"],
      path: "Benchmarks", exclude: ["thresholds.txt"],
      swiftSettings: strict),

    .testTarget(name: "X86Tests", dependencies: ["X86"], swiftSettings: strict),
    .testTarget(name: "SimulatorTests", dependencies: ["Simulator"], swiftSettings: strict),
    .testTarget(name: "KVMTests", dependencies: ["KVM"], swiftSettings: strict),
    .testTarget(name: "DevicesTests", dependencies: ["Devices"], swiftSettings: strict),
    .testTarget(name: "MonitorTests", dependencies: ["Monitor"], swiftSettings: strict),
    .testTarget(name: "BackendTests", dependencies: ["Monitor"], swiftSettings: strict),
    .testTarget(name: "ShellTests", dependencies: ["Shell"], swiftSettings: strict),
    .testTarget(
      name: "ProcessTests", dependencies: ["CPseudoTerminal", "Shell", "LineEditDemo", "ringside"],
      swiftSettings: strict),
    .target(name: "CPseudoTerminal", path: "Tests/CPseudoTerminal"),
    // Reads lines and echoes them, so that ProcessTests can drive the line editor alone.
    .executableTarget(
      name: "LineEditDemo", dependencies: ["Shell"], path: "Tests/LineEditDemo",
      swiftSettings: strict),
  ]
)
