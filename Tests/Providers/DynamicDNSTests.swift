import Addresses
import DNS
import Emulators
import Providers
import TestSupport
import Testing

/// Hurricane Electric and dyndns2 over real HTTP against the emulator.
@Suite struct DynamicDNSTests {
    @Test(arguments: ["hurricane-electric", "own-call", "together", "myipv6"])
    func `it passes the conformance suite`(way: String) async throws {
        let name = try Name("www.example.org")
        try await withService(way, limit: 100) { emulator, provider in
            let findings = await ProviderConformance(
                provider, owner: name, outside: try Name("www.example.test"),
                observe: { owner, types in
                    let addresses = await emulator.addresses(of: owner.apiText).compactMap { IPAddress($0) }
                    return RRset.sets(owner: owner, addresses: addresses, ttlSeconds: 300)
                        .filter { types.contains($0.type) }.map { HeldSet($0, hasFixedTTL: true) }
                }
            ).run()
            #expect(findings == [])
        }
    }

    @Test(arguments: [
        ("good 192.0.2.1", "accepted"),
        ("nochg 192.0.2.1", "accepted"),
        ("nochg", "accepted"),  // without the address
        ("  NOCHG\r\n", "accepted"),  // loosely written
        ("good 192.0.2.1<br>", "accepted"),  // markup behind it
        ("good 198.51.100.9", "the provider has an error"),  // it took the address that we came from
        ("badauth", "refused (credentials)"),
        ("nohost", "refused (no such name)"),
        ("notfqdn", "refused (invalid)"),
        ("badip", "refused (invalid)"),
        ("abuse", "refused (blocked)"),
        ("badagent", "refused (blocked)"),
        ("!donator", "refused (not supported)"),
        ("badsys", "the provider has an error"),
        ("911", "the provider has an error"),
        ("dnserr", "the provider has an error"),
        ("interval", "rate limited"),
        ("<html>Welcome", "it is not known"),
        ("", "it is not known"),
    ])
    func `the word in the body decides, whatever the status`(word: String, meaning: String) async throws {
        for way in ["hurricane-electric", "own-call"] {
            try await withService(way) { emulator, provider in
                await emulator.answerAlways(word)
                #expect(await outcome(of: provider, setting: ["192.0.2.1"]).hasPrefix(meaning))
            }
        }
    }

    @Test func `one call is made for each family that differs, and none if nothing does`() async throws {
        try await withService("hurricane-electric") { emulator, provider in
            let owner = try Name("www.example.org")
            let both = RRset.sets(owner: owner, addresses: try addresses("192.0.2.1", "2001:db8::1"), ttlSeconds: 300)
            var change = Change(owner: owner, before: [], after: both, types: [.a, .aaaa])
            _ = try await provider.write(change, until: .after(.seconds(10)))
            #expect(await emulator.faults.requests == 2)
            #expect(await emulator.listing() == ["www.example.org A 192.0.2.1", "www.example.org AAAA 2001:db8::1"])
            change.before = [HeldSet(both[0])]
            _ = try await provider.write(change, until: .after(.seconds(10)))
            #expect(await emulator.faults.requests == 3, "only the IPv6 address differs from what was read")
            change.before = both.map { HeldSet($0) }
            _ = try await provider.write(change, until: .after(.seconds(10)))
            #expect(await emulator.faults.requests == 3, "nothing differs")
            change.isForced = true
            _ = try await provider.write(change, until: .after(.seconds(10)))
            #expect(await emulator.faults.requests == 5, "an operator wants it sent again")
        }
    }

    @Test func `it stays below the service's limit for each name`() async throws {
        try await withService("hurricane-electric") { emulator, provider in
            var told: String?
            for number in 1...12 {
                let said = await outcome(of: provider, setting: ["192.0.2.\(number)"], within: .seconds(2))
                if !said.hasPrefix("accepted") {
                    told = said
                    break
                }
            }
            #expect(told == "rate limited: our own limit for this provider is reached")
            #expect(await emulator.faults.requests < 10, "10 in two minutes would be one too many")
        }
    }

    @Test func `each name has its own key`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("keys", "# our names\nwww.example.org key-of-www\nmail.example.org key-of-mail\n")
        let emulator = DynamicDNSEmulator(.hurricaneElectric)
        await emulator.addHost("www.example.org", secret: "key-of-www")
        await emulator.addHost("mail.example.org", secret: "key-of-mail")
        let running = try await RunningEmulator.start(emulator)
        let provider = try HurricaneElectric(
            ProviderArguments(["keys": "file:keys", "url": running.url + "/nic/update"], folder: folder.path))
        #expect(await outcome(of: provider, setting: ["192.0.2.1"]).hasPrefix("accepted"))
        #expect(await outcome(of: provider, setting: ["192.0.2.2"], at: "MAIL.example.org").hasPrefix("accepted"))
        #expect(
            await outcome(of: provider, setting: ["192.0.2.3"], at: "ftp.example.org")
                == "refused (credentials): file:\(folder.path)/keys has no key for ftp.example.org")
        #expect(await emulator.listing() == ["mail.example.org A 192.0.2.2", "www.example.org A 192.0.2.1"])
        await running.stop()
    }

    @Test(arguments: [Fault.reset, .lost, .truncated, .badGateway, .badGatewayAfterwards, .serverError, .html])
    func `after an answer that is lost nobody claims to know`(fault: Fault) async throws {
        for way in ["hurricane-electric", "own-call"] {
            try await withService(way) { emulator, provider in
                await emulator.faults.add(fault)
                let said = await outcome(of: provider, setting: ["192.0.2.1"])
                #expect(said.hasPrefix("it is not known"), "\(said)")
                #expect(!said.contains("good-key"), "the key is never repeated")
                #expect(await outcome(of: provider, setting: ["192.0.2.1"]).hasPrefix("accepted"))
                #expect(await emulator.listing() == ["www.example.org A 192.0.2.1"])
            }
        }
    }
}

private func addresses(_ texts: String...) throws -> [IPAddress] {
    try texts.map { try #require(IPAddress($0)) }
}

/// What came of setting addresses: `accepted: …`, or the error.
func outcome(
    of provider: any Provider, setting texts: [String], at owner: String = "www.example.org",
    within limit: Duration = .seconds(10)
) async -> String {
    do {
        let name = try Name(owner)
        let set = RRset.sets(owner: name, addresses: texts.compactMap { IPAddress($0) }, ttlSeconds: 300)
        let change = Change(owner: name, before: [], after: set, types: set.map(\.type))
        return "accepted: " + (try await provider.write(change, until: .after(limit))).words
    } catch {
        return "\(error)"
    }
}

/// Runs `body` with an emulator that knows www.example.org, and a driver for it: Hurricane Electric's, or dyndns2 with
/// this way of sending IPv6 addresses.
private func withService(
    _ way: String, limit: Int = 10, _ body: (DynamicDNSEmulator, any Provider) async throws -> Void
) async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("key", "good-key\n")
    let isElectric = way == "hurricane-electric"
    let emulator = DynamicDNSEmulator(isElectric ? .hurricaneElectric : .dyndns2, limit: limit)
    await emulator.addHost("www.example.org", user: isElectric ? nil : "ann", secret: "good-key")
    let running = try await RunningEmulator.start(emulator)
    let url = running.url + "/nic/update"
    do {
        let provider: any Provider =
            isElectric
            ? try HurricaneElectric(ProviderArguments(["key": "file:key", "url": url], folder: folder.path))
            : try DynDNS2(
                ProviderArguments(
                    ["user": "ann", "password": "file:key", "url": url, "ipv6": way], folder: folder.path))
        try await body(emulator, provider)
    } catch {
        await running.stop()
        throw error
    }
    await running.stop()
}
