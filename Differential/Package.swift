// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
]

// A package of its own, so that nobody who builds Ringside needs Unicorn.
let package = Package(
  name: "Differential",
  dependencies: [.package(name: "ringside", path: "..")],
  targets: [
    .systemLibrary(
      name: "CUnicorn", pkgConfig: "unicorn", providers: [.apt(["libunicorn-dev"])]),
    .target(name: "CIsolation"),
    .target(name: "CUnicornOracle", dependencies: ["CIsolation", "CUnicorn"]),
    // The stack protector reads FS, which holds the values of a case.
    .target(
      name: "CNative", dependencies: ["CIsolation"],
      cSettings: [.unsafeFlags(["-fno-stack-protector", "-fcf-protection=none"])]),
    .executableTarget(
      name: "differential",
      dependencies: [
        "CNative", "CUnicornOracle", .product(name: "Processor", package: "ringside"),
      ],
      swiftSettings: strict),
  ]
)
