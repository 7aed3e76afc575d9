// swift-tools-version: 6.2
import PackageDescription

// The arrows of the house go one way only (docs/ARCHITECTURE.md):
//
//   ninelives ─► Web, Demo ─► Control ─► Settings ─► Checks ─► Failover, DNS ─► Addresses
//            │                       │           ├─► Providers ─► Failover, DNSClient
//            │                       │           └─► DNSClient ─► DNS
//            ├─► Forwarding ─► Failover
//            └─► Emulators           └─► DNSServer, DNSClient ─► DNS
//
// `make` builds with `--explicit-target-dependency-import-check error`, so an arrow that is not
// declared here does not compile.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "ninelives",
    products: [.executable(name: "ninelives", targets: ["ninelives"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "Addresses", swiftSettings: strict),
        .target(name: "DNS", dependencies: ["Addresses"], swiftSettings: strict),
        .target(name: "Failover", dependencies: ["Addresses"], swiftSettings: strict),
        // JSON whose shape is not known, or that no type stands for.
        .target(name: "JSONTree", swiftSettings: strict),
        // What must not be printed, and where it is kept.
        .target(name: "Secrets", swiftSettings: strict),
        // Batches of datagrams (recvmmsg, sendmmsg) and the socket options Swift cannot spell.
        .target(name: "CSockets"),
        // What starting a program needs of the C library beyond what Swift sees.
        .target(name: "CProcess"),
        // Runs a program to its end, within a deadline, and takes what it prints.
        .target(name: "Programs", dependencies: ["CProcess", nioPosix], swiftSettings: strict),
        .target(
            name: "DNSServer",
            dependencies: [
                "Addresses", "CSockets", "DNS", "TSIG", crypto, nio, nioPosix, nioTLS, nioHTTP1, nioSSL,
                .product(name: "NIOHTTP2", package: "swift-nio-http2"), logging,
            ],
            swiftSettings: strict),
        // What signs messages and checks their signatures: DNS itself imports no cryptography.
        .target(name: "TSIG", dependencies: ["DNS", crypto], swiftSettings: strict),
        .target(name: "DNSClient", dependencies: ["Addresses", "DNS", "TSIG", nio, nioPosix], swiftSettings: strict),
        .target(
            name: "Checks",
            dependencies: [
                "Addresses", "CSockets", "DNS", "DNSClient", "Failover", "JSONTree", "Programs", "Secrets", crypto, nio,
                nioHPACK, nioPosix, nioTLS, nioSSL,
            ], swiftSettings: strict),
        .target(
            name: "Notices",
            dependencies: [
                "Failover", "Secrets", crypto, logging, nio, nioPosix, nioHTTP1, nioSSL,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ], swiftSettings: strict),
        // What keeps names at DNS providers: one folder each.
        .target(
            name: "Providers",
            dependencies: [
                "Addresses", "DNS", "DNSClient", "Failover", "Programs", "Secrets", "TSIG", nio, nioPosix, nioHTTP1,
                nioSSL, .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ], swiftSettings: strict),
        // DNS providers to try out and to test against: their APIs, their errors, and faults on demand.
        .target(
            name: "Emulators",
            dependencies: [
                "Addresses", logging, nio, nioPosix, nioHTTP1,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),
        // Our table of nftables rules: which server gets the connections to a line's port.
        .target(
            name: "Forwarding", dependencies: ["Addresses", "Failover", "JSONTree", "Programs", logging],
            swiftSettings: strict),
        .target(
            name: "Settings",
            dependencies: [
                "Accounts", "Addresses", "DNS", "DNSClient", "Failover", "Checks", "Notices", "Providers", "Secrets",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .target(
            name: "Storage", dependencies: ["Failover", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "Accounts",
            dependencies: [
                "Failover", "Storage", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ], swiftSettings: strict),
        .target(
            name: "Control",
            dependencies: [
                "Addresses", "DNS", "Failover", "Checks", "Notices", "Providers", "Settings", "Storage", "DNSServer",
                "DNSClient", logging, nio, nioPosix, crypto,
            ], swiftSettings: strict),
        .target(
            name: "Web",
            dependencies: [
                "Accounts", "Checks", "Control", "Failover", "JSONTree", "Notices", "Providers", "Settings", "Storage",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"), crypto, nioSSL,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"), logging, nio,
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
            ],
            resources: [.embedInCode("Assets")], swiftSettings: strict),
        .target(
            name: "Demo",
            dependencies: ["Addresses", "Control", nio, nioPosix, nioHTTP1],
            swiftSettings: strict),
        .executableTarget(
            name: "ninelives",
            dependencies: [
                "Accounts", "Addresses", "CSockets", "Checks", "Control", "DNS", "DNSServer", "Demo", "Emulators",
                "Failover", "Forwarding", "Notices", "Providers", "Settings",
                "Storage", "Web",
                logging, nio, nioSSL,
                nioPosix, .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"), nioHTTP1,
            ], swiftSettings: strict),

        // Drives and measures DNS servers; not part of the product.
        .executableTarget(
            name: "dnsbench",
            dependencies: [
                "Addresses", "CSockets", "DNS", "DNSServer", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Benchmarks/dnsbench", swiftSettings: strict),

        // What tests share: free ports, child processes, waiting for a condition.
        .target(
            name: "TestSupport", dependencies: ["CProcess"], path: "Tests/Support", swiftSettings: strict),
        .testTarget(name: "AddressesTests", dependencies: ["Addresses"], path: "Tests/Addresses"),
        .testTarget(name: "DNSTests", dependencies: ["Addresses", "DNS", "TestSupport"], path: "Tests/DNS"),
        .testTarget(
            name: "DNSClientTests",
            dependencies: ["Addresses", "DNS", "DNSClient", "TestSupport", nio, nioPosix], path: "Tests/DNSClient"),
        .testTarget(
            name: "DNSServerTests",
            dependencies: [
                "Addresses", "CSockets", "DNS", "DNSServer", "DNSClient", "TestSupport", crypto, nio, nioPosix, nioSSL,
                nioHTTP1, logging,
            ],
            path: "Tests/DNSServer"),
        // Our answers beside those of Knot and NSD.
        .testTarget(
            name: "DifferentialTests", dependencies: ["Addresses", "DNS", "DNSServer", "TestSupport", logging],
            path: "Tests/Differential"),
        .testTarget(name: "ProgramsTests", dependencies: ["Programs", "TestSupport"], path: "Tests/Programs"),
        .testTarget(name: "SecretsTests", dependencies: ["Secrets", "TestSupport"], path: "Tests/Secrets"),
        .testTarget(name: "FailoverTests", dependencies: ["Addresses", "Failover"], path: "Tests/Failover"),
        .testTarget(
            name: "SimulationTests", dependencies: ["Addresses", "Failover", "TestSupport"], path: "Tests/Simulation"),
        .testTarget(
            name: "ChecksTests",
            dependencies: [
                "Addresses", "Checks", "DNS", "DNSClient", "Failover", "Secrets", "TestSupport", crypto, nio, nioPosix,
                nioHTTP1, nioSSL,
            ],
            path: "Tests/Checks"),
        .testTarget(
            name: "NoticesTests",
            dependencies: [
                "Failover", "Notices", "Secrets", "Storage", "TestSupport", crypto, logging, nio, nioPosix, nioHTTP1,
            ], path: "Tests/Notices"),
        .testTarget(
            name: "ProvidersTests",
            dependencies: [
                "Addresses", "DNS", "DNSClient", "Emulators", "Failover", "Providers", "Secrets", "TestSupport", nio,
                nioPosix, nioHTTP1,
            ], path: "Tests/Providers"),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "Accounts", "Addresses", "DNS", "Failover", "Checks", "Notices", "Providers", "Settings", "TestSupport",
            ],
            path: "Tests/Settings"),
        .testTarget(
            name: "ControlTests",
            dependencies: [
                "Accounts", "Addresses", "Checks", "Control", "DNS", "Failover", "Notices", "Settings", "Storage",
                "TestSupport",
                logging,
            ],
            path: "Tests/Control"),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "Accounts", "Checks", "Control", "Emulators", "Failover", "JSONTree", "Providers", "Settings",
                "Storage", logging,
                "Demo", "TestSupport", "Web",
                nio,
                nioPosix,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ], path: "Tests/Web"),
        .testTarget(
            name: "ForwardingTests",
            dependencies: ["Addresses", "Failover", "Forwarding", "JSONTree", "TestSupport", logging],
            path: "Tests/Forwarding"),
        .testTarget(
            name: "StorageTests", dependencies: ["Failover", "Storage", "TestSupport"], path: "Tests/Storage"),
        .testTarget(
            name: "AccountsTests", dependencies: ["Accounts", "Failover", "Storage", "TestSupport"],
            path: "Tests/Accounts"),
        // What `Fuzz/run` builds with libFuzzer, compiled with the tests, so that it keeps up with what it calls.
        .target(name: "FuzzAnswers", dependencies: ["Addresses", "DNS"], path: "Fuzz", sources: ["Answers.swift"]),
        .target(name: "FuzzParsers", dependencies: ["DNS"], path: "Fuzz", sources: ["Parsers.swift"]),
        // What a user does, done to the built executable with real tools.
        .testTarget(
            name: "ScenarioTests",
            dependencies: [
                "Storage", "TestSupport", nio, nioHTTP1, nioPosix,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            path: "Tests/Scenarios"),
    ]
)
