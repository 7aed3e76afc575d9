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
    let ttl: UInt32
    let emulator: @Sendable () -> any EmulatedAccount
    /// The account with its arguments, of which `token` is in a file of that folder.
    let make: @Sendable (ProviderArguments) throws -> any Provider

    var testDescription: String { driver }

    /// Those with a token that is sent with every call.
    static let withToken: [DriverCase] = [
        DriverCase(
            driver: "desec", path: "/api/v1", ttl: 3600, emulator: { DeSECEmulator() },
            make: { try DeSEC($0, callsPerMinute: 10_000) }),
        DriverCase(
            driver: "digitalocean", path: "/v2", ttl: 300, emulator: { DigitalOceanEmulator() },
            make: { try DigitalOcean($0) }),
        DriverCase(
            driver: "hetzner", path: "/v1", ttl: 300, emulator: { HetznerEmulator() }, make: { try Hetzner($0) }),
        DriverCase(
            driver: "gandi", path: "/v5/livedns", ttl: 300, emulator: { GandiEmulator() }, make: { try Gandi($0) }),
    ]

    /// What one test works with.
    struct World: Sendable {
        var emulator: any EmulatedAccount
        var provider: any Provider
        var url: String
        var folder: TemporaryFolder
        let make: @Sendable (ProviderArguments) throws -> any Provider

        /// The provider with another token, `wrong-secret` in a file of that name and so on.
        func provider(token: String, _ more: [String: String] = [:]) throws -> any Provider {
            try folder.write(token, token + "\n")
            let values = ["token": "file:\(token)", "url": url].merging(more) { $1 }
            return try make(ProviderArguments(values, folder: folder.path))
        }

        /// Reads www.example.org, or another name, as text: `A 300 192.0.2.1`.
        func held(_ owner: String = "www.example.org") async throws -> [String] {
            try await provider.read(try Name(owner), types: [.a, .aaaa, .cname], until: .after(.seconds(10))).map {
                "\($0.rrset.type) \($0.rrset.ttlSeconds) \($0.rrset.valueTexts.joined(separator: " "))"
            }
        }
    }

    /// Runs `body` with an account that has the zone example.org and the token `good-token`.
    func run(_ emulator: (any EmulatedAccount)? = nil, _ body: (World) async throws -> Void) async throws {
        let emulator = emulator ?? self.emulator()
        await emulator.addZone("example.org")
        await emulator.addToken("good-token")
        let running = try await RunningEmulator.start(emulator)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("token", "good-token\n")
        let url = running.url + path
        do {
            let provider = try make(ProviderArguments(["token": "file:token", "url": url], folder: folder.path))
            try await body(World(emulator: emulator, provider: provider, url: url, folder: folder, make: make))
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
