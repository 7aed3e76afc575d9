import Addresses
import DNS
import Emulators
import Providers
import TestSupport
import Testing

/// A driver and the emulator that it is tested against.
struct DriverCase: Sendable, CustomTestStringConvertible {
    let driver: String
    /// The path of the API on the emulator.
    let path: String
    /// A TTL that it takes and that other tests do not use.
    var ttl: UInt32 = 300
    /// The argument that says where the secret is.
    var secret = "token"
    /// The zone example.org, as a user may write it.
    var zone = "Example.org"
    let emulator: @Sendable () -> any EmulatedAccount
    /// Arguments beside the address and the secret; it is given where the emulator is.
    var more: @Sendable (String) -> [String: String] = { _ in [:] }
    /// What stands in the secret's file for one of the emulator's tokens.
    var file: @Sendable (String) throws -> String = { $0 + "\n" }
    let make: @Sendable (ProviderArguments) throws -> any Provider

    var testDescription: String { driver }

    static let all = withToken + withAccessToken

    /// Those with a token that is sent with every call.
    static let withToken: [DriverCase] = [
        DriverCase(
            driver: "desec", path: "/api/v1", ttl: 3600, emulator: { DeSECEmulator() },
            make: { try DeSEC($0, callsPerMinute: 10_000) }),
        DriverCase(
            driver: "digitalocean", path: "/v2", emulator: { DigitalOceanEmulator() }, make: { try DigitalOcean($0) }),
        DriverCase(driver: "hetzner", path: "/v1", emulator: { HetznerEmulator() }, make: { try Hetzner($0) }),
        DriverCase(driver: "gandi", path: "/v5/livedns", emulator: { GandiEmulator() }, make: { try Gandi($0) }),
    ]

    /// Those that ask for an access token first.
    static let withAccessToken: [DriverCase] = [
        DriverCase(
            driver: "google-cloud-dns", path: "/dns/v1", secret: "key", zone: "example-org",
            emulator: { GoogleCloudDNSEmulator() }, more: { ["token-url": $0 + "/token"] },
            file: { try GoogleAccountKey.file(for: $0) }, make: { try GoogleCloudDNS($0) }),
        DriverCase(
            driver: "azure-dns", path: "", secret: "client-secret", emulator: { AzureDNSEmulator() },
            more: { origin in
                [
                    "tenant-id": AzureDNSEmulator.tenant, "client-id": AzureDNSEmulator.client,
                    "subscription-id": AzureDNSEmulator.subscription, "resource-group": AzureDNSEmulator.group,
                    "login-url": origin,
                ]
            }, make: { try AzureDNS($0) }),
    ]

    static func named(_ name: String) throws -> DriverCase { try #require(all.first { $0.driver == name }) }

    /// What one test works with.
    struct World: Sendable {
        var emulator: any EmulatedAccount
        var provider: any Provider
        var origin: String
        var folder: TemporaryFolder
        let driver: DriverCase

        /// The provider with another token, which is in a file of that name.
        func provider(token: String, _ more: [String: String] = [:]) throws -> any Provider {
            try folder.write(token, driver.file(token))
            return try provider(more.merging([driver.secret: "file:\(token)"]) { $1 })
        }

        func provider(_ values: [String: String]) throws -> any Provider {
            let common = driver.more(origin).merging(["url": origin + driver.path]) { $1 }
            return try driver.make(ProviderArguments(common.merging(values) { $1 }, folder: folder.path))
        }

        /// Reads www.example.org, or another name, as text: `A 300 192.0.2.1`.
        func held(_ owner: String = "www.example.org") async throws -> [String] {
            try await provider.read(try Name(owner), types: [.a, .aaaa, .cname], until: .after(.seconds(10))).map {
                "\($0.rrset.type) \($0.rrset.ttlSeconds) \($0.rrset.valueTexts.joined(separator: " "))"
            }.sorted()
        }

        /// Sets A of www.example.org as if `before` had been read.
        func write(
            _ text: String, before: [HeldSet], until deadline: Deadline = .after(.seconds(10))
        ) async throws {
            let owner = try Name("www.example.org")
            let sets = RRset.sets(owner: owner, addresses: [address(text)], ttlSeconds: driver.ttl)
            _ = try await provider.write(
                Change(owner: owner, before: before, after: sets, types: [.a]), until: deadline)
        }

        func readA() async throws -> [HeldSet] {
            try await provider.read(try Name("www.example.org"), types: [.a], until: .after(.seconds(10)))
        }
    }

    /// What `run` came to.
    func outcome(
        _ emulator: (any EmulatedAccount)? = nil, _ body: (World) async throws -> Void
    ) async throws -> String {
        var said = ""
        try await run(emulator) { world in said = await ProvidersTests.outcome { try await body(world) } }
        return said
    }

    /// Runs `body` with an account that has the zone example.org and the token `good-token`.
    func run(_ emulator: (any EmulatedAccount)? = nil, _ body: (World) async throws -> Void) async throws {
        let emulator = emulator ?? self.emulator()
        await emulator.addZone("example.org")
        await emulator.addToken("good-token")
        let running = try await RunningEmulator.start(emulator)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        do {
            try folder.write("token", file("good-token"))
            let values = more(running.url).merging([secret: "file:token", "url": running.url + path]) { $1 }
            let provider = try make(ProviderArguments(values, folder: folder.path))
            try await body(
                World(emulator: emulator, provider: provider, origin: running.url, folder: folder, driver: self))
        } catch {
            await running.stop()
            throw error
        }
        await running.stop()
    }
}

/// What a call came to: `accepted`, or the error in words.
func outcome(_ body: () async throws -> Void) async -> String {
    do {
        try await body()
        return "accepted"
    } catch {
        return "\(error)"
    }
}

func address(_ text: String) -> IPAddress {
    guard let address = IPAddress(text) else { preconditionFailure("\(text) is no address") }
    return address
}
