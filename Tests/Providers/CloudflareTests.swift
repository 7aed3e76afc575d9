import Addresses
import DNS
import Emulators
import Foundation
import Providers
import TestSupport
import Testing

/// The driver over real HTTP against the emulator.
@Suite struct CloudflareTests {
    private let owner = try? Name("www.example.org")

    @Test func `it passes the conformance suite`() async throws {
        try await withCloudflare { emulator, provider in
            let findings = await ProviderConformance(
                provider, owner: try Name("www.example.org"), outside: try Name("www.example.test")
            ).run()
            #expect(findings == [])
            #expect(await emulator.listing() == [])
        }
    }

    @Test func `records that stand on later pages are found`() async throws {
        try await withCloudflare(CloudflareEmulator(largestPage: 2)) { emulator, provider in
            let addresses = (1...5).map { IPAddress.v4(IPv4Address(bits: 0xC000_0200 + UInt32($0))) }
            try await provider.make(addresses)
            #expect(await emulator.listing().count == 5)
            let held = try await provider.read(try Name("www.example.org"), types: [.a], until: .after(.seconds(10)))
            #expect(held.first?.rrset.rdata.count == 5)
        }
    }

    @Test func `proxied, comment and tags of a record stay, and its TTL is no difference`() async throws {
        try await withCloudflare { emulator, provider in
            let zone = try await emulator.firstZone()
            try await post(
                "\(zone)/dns_records",
                """
                {"name":"www.example.org","type":"A","content":"192.0.2.1","ttl":1,"proxied":true,
                 "comment":"by hand","tags":["team:web"]}
                """)
            try await provider.make([.v4(IPv4Address(bits: 0xC000_0202))])
            #expect(
                await emulator.listing() == ["www.example.org 1 A 192.0.2.2 proxied # by hand [team:web]"])
            let held = try await provider.read(try Name("www.example.org"), types: [.a], until: .after(.seconds(10)))
            #expect(held.first?.hasFixedTTL == true)
            // A second one is proxied too: a name is either or.
            try await provider.make([.v4(IPv4Address(bits: 0xC000_0202)), .v4(IPv4Address(bits: 0xC000_0203))])
            #expect(await emulator.listing().allSatisfy { $0.contains(" proxied") })
        }
    }

    @Test func `several changes go in one batch, and one by itself`() async throws {
        try await withCloudflare { emulator, provider in
            try await provider.make([.v4(IPv4Address(bits: 0xC000_0201))])
            let before = await emulator.faults.changingRequests
            #expect(before == 1)
            try await provider.make(
                ["192.0.2.5", "192.0.2.6", "2001:db8::5"].compactMap { IPAddress($0) })
            #expect(await emulator.faults.changingRequests == before + 1)
            #expect(await emulator.listing().count == 3)
        }
    }

    @Test(arguments: [
        ("token=env:NINELIVES_TEST_NO_SUCH", "NINELIVES_TEST_NO_SUCH is not set"),
        ("token=file:wrong", "Invalid access token (9109)"),
        ("email=ann@example.org key=file:wrong", "Unknown X-Auth-Key or X-Auth-Email (9103)"),
        ("token=file:reader", "Authentication error (10000)"),
        ("token=file:other", "no zone that www.example.org is in"),
    ])
    func `wrong credentials are refused in Cloudflare's words`(arguments: String, words: String) async throws {
        try await withCloudflare { emulator, _ in
            await emulator.addToken("reader-token", mayEdit: false)
            await emulator.addToken("other-token", zones: ["example.net"])
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            for (file, text) in [("wrong", "wrong-secret"), ("reader", "reader-token"), ("other", "other-token")] {
                try folder.write(file, text + "\n")
            }
            var values = ["url": emulatorURL]
            for word in arguments.split(separator: " ") {
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                values[parts[0]] = parts[1]
            }
            let provider = try Cloudflare(ProviderArguments(values, folder: folder.path))
            do {
                try await provider.make([.v4(IPv4Address(bits: 0xC000_0201))])
                Issue.record("it was accepted")
            } catch let error as ProviderError {
                #expect(error.isPermanent, "\(error)")
                #expect(error.words.contains(words), "\(error)")
                #expect(!error.description.contains("secret"), "the secret itself is never said: \(error)")
            }
        }
    }

    @Test func `the old way with key and e-mail works`() async throws {
        try await withCloudflare { emulator, _ in
            await emulator.addKey("0123456789abcdef", email: "ann@example.org")
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            try folder.write("key", "0123456789abcdef")
            let provider = try Cloudflare(
                ProviderArguments(
                    ["email": "ann@example.org", "key": "file:key", "url": emulatorURL], folder: folder.path))
            try await provider.make([.v4(IPv4Address(bits: 0xC000_0201))])
            #expect(await emulator.listing() == ["www.example.org 300 A 192.0.2.1"])
        }
    }

    @Test(arguments: [
        (Fault.reset, "unknown"), (.lost, "unknown"), (.truncated, "unknown"),
        (.badGateway, "unknown"), (.badGatewayAfterwards, "unknown"), (.serverError, "unknown"), (.html, "unknown"),
        (.rateLimited, "rateLimited"),
    ])
    func `after a change whose answer is lost nobody claims to know`(fault: Fault, expected: String) async throws {
        try await withCloudflare { emulator, provider in
            await emulator.faults.add(fault, onlyChanges: true)
            do {
                try await provider.make([.v4(IPv4Address(bits: 0xC000_0201))])
                Issue.record("it was accepted")
            } catch let error as ProviderError {
                switch error {
                case .outcomeUnknown: #expect(expected == "unknown", "\(error)")
                case .unavailable(.rateLimited, _, let wait):
                    #expect(expected == "rateLimited" && wait == .seconds(1), "\(error)")
                default: Issue.record("\(error)")
                }
            }
            try await provider.make([.v4(IPv4Address(bits: 0xC000_0201))])
            #expect(await emulator.listing() == ["www.example.org 300 A 192.0.2.1"], "right, and once")
        }
    }

    @Test(arguments: [Fault.reset, .lost, .truncated, .badGateway, .serverError, .html, .rateLimited])
    func `a reading that fails can be tried again`(fault: Fault) async throws {
        try await withCloudflare { emulator, provider in
            await emulator.faults.add(fault)
            do {
                _ = try await provider.read(try Name("www.example.org"), types: [.a], until: .after(.seconds(10)))
                Issue.record("it was answered")
            } catch let error as ProviderError {
                guard case .unavailable = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }

    @Test func `a slow answer ends with the deadline`() async throws {
        try await withCloudflare { emulator, provider in
            _ = try await provider.read(try Name("www.example.org"), types: [.a], until: .after(.seconds(10)))
            await emulator.faults.add(.slow)
            await emulator.faults.setDelay(.seconds(20))
            let start = ContinuousClock.now
            do {
                _ = try await provider.read(
                    try Name("www.example.org"), types: [.a], until: .after(.seconds(1)))
                Issue.record("it was answered")
            } catch let error as ProviderError {
                #expect(error == .unavailable(.timedOut, words: "127.0.0.1: no answer within the time"))
            }
            #expect(ContinuousClock.now - start < .seconds(15))
        }
    }

    @Test func `Cloudflare's own limit is told with the time to wait`() async throws {
        try await withCloudflare { emulator, provider in
            await emulator.allow(0)
            do {
                try await provider.make([.v4(IPv4Address(bits: 0xC000_0201))])
                Issue.record("it was accepted")
            } catch let error as ProviderError {
                #expect(error.retryAfter == .seconds(2), "\(error)")
            }
        }
    }

    @Test func `a zone that was made anew is found again`() async throws {
        try await withCloudflare { emulator, provider in
            try await provider.make([.v4(IPv4Address(bits: 0xC000_0201))])
            await emulator.removeZone("example.org")
            await emulator.addZone("example.org")
            await #expect(throws: ProviderError.self) {
                try await provider.make([.v4(IPv4Address(bits: 0xC000_0202))])
            }
            try await provider.make([.v4(IPv4Address(bits: 0xC000_0202))])
            #expect(await emulator.listing() == ["www.example.org 300 A 192.0.2.2"])
        }
    }

    @Test func `a CNAME in the way is refused`() async throws {
        try await withCloudflare { emulator, provider in
            let zone = try await emulator.firstZone()
            try await post(
                "\(zone)/dns_records",
                #"{"name":"www.example.org","type":"CNAME","content":"web.example.net","ttl":300}"#)
            do {
                try await provider.make([.v4(IPv4Address(bits: 0xC000_0201))])
                Issue.record("it was accepted")
            } catch let error as ProviderError {
                guard case .refused(.recordInTheWay, _) = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }
}

/// Where the emulator of the test that runs is.
@TaskLocal private var emulatorURL = ""

/// Runs `body` with an emulator that has the zone example.org and a token for it.
private func withCloudflare(
    _ emulator: CloudflareEmulator = CloudflareEmulator(),
    _ body: (CloudflareEmulator, Cloudflare) async throws -> Void
) async throws {
    await emulator.addZone("example.org")
    await emulator.addToken("good-token")
    let running = try await RunningEmulator.start(emulator)
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("token", "good-token\n")
    let url = running.url + "/client/v4"
    do {
        let provider = try Cloudflare(
            ProviderArguments(["token": "file:token", "url": url], folder: folder.path))
        try await $emulatorURL.withValue(url) { try await body(emulator, provider) }
    } catch {
        await running.stop()
        throw error
    }
    await running.stop()
}

/// Orders something with curl, as a person would.
private func post(_ path: String, _ json: String) async throws {
    let (output, code) = try await run(
        "curl",
        [
            "-sS", "--fail-with-body", "-m", "30", "-H", "Authorization: Bearer good-token", "-H",
            "Content-Type: application/json", "-d", json, path,
        ])
    #expect(code == 0, "\(output)")
}

extension CloudflareEmulator {
    /// The address of the first zone.
    fileprivate func firstZone() async throws -> String {
        struct Answer: Decodable {
            struct Zone: Decodable { var id: String }
            var result: [Zone]
        }
        let (output, _) = try await run(
            "curl", ["-sS", "-m", "30", "-H", "Authorization: Bearer good-token", emulatorURL + "/zones"])
        let zones = try JSONDecoder().decode(Answer.self, from: Data(output.utf8)).result
        return "\(emulatorURL)/zones/\(try #require(zones.first).id)"
    }
}
