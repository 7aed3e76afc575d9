import Addresses
import DNS
import Emulators
import Providers
import TestSupport
import Testing

/// Drivers of APIs with an account, over real HTTP against their emulators: what all of them keep.
@Suite struct AccountDriverTests {
    @Test(arguments: DriverCase.all)
    func `it passes the conformance suite`(_ driver: DriverCase) async throws {
        try await driver.run { world in
            let findings = await ProviderConformance(
                world.provider, owner: try Name("www.example.org"), outside: try Name("www.example.test")
            ).run()
            #expect(findings == [])
            #expect(await world.emulator.listing() == [])
        }
    }

    @Test(arguments: DriverCase.all)
    func `it passes the conformance suite at the zone's own name`(_ driver: DriverCase) async throws {
        try await driver.run { world in
            let findings = await ProviderConformance(world.provider, owner: try Name("example.org")).run()
            #expect(findings == [])
        }
    }

    @Test(arguments: DriverCase.all)
    func `a name is in the longest zone that it fits in`(_ driver: DriverCase) async throws {
        try await driver.run { world in
            await world.emulator.addZone("eu.example.org")
            try await world.provider.make([address("192.0.2.1")], owner: "www.eu.example.org")
            await world.emulator.removeZone("eu.example.org")
            #expect(await world.emulator.listing() == [])
        }
    }

    @Test(arguments: DriverCase.all)
    func `a wildcard is a name like others`(_ driver: DriverCase) async throws {
        try await driver.run { world in
            try await world.provider.make([address("192.0.2.1")], owner: "*.example.org")
            try await world.provider.make([address("192.0.2.2")], owner: "*.example.org")
            #expect(await world.emulator.listing() == ["*.example.org \(driver.ttl) A 192.0.2.2"])
            #expect(try await world.held("*.example.org") == ["A \(driver.ttl) 192.0.2.2"])
            #expect(try await world.held() == [], "and no other name")
        }
    }

    @Test(arguments: DriverCase.all)
    func `a CNAME is set and read, and one in the way of addresses is refused`(_ driver: DriverCase) async throws {
        try await driver.run { world in
            let owner = try Name("www.example.org")
            let alias = RRset(
                owner: owner, type: .cname, ttlSeconds: driver.ttl, rdata: [try Name("web.example.net").wire])
            _ = try await world.provider.write(
                Change(owner: owner, before: [], after: [alias], types: [.cname]), until: .after(.seconds(10)))
            #expect(try await world.held() == ["CNAME \(driver.ttl) web.example.net."])
            let said = await outcome { try await world.provider.make([address("192.0.2.1")]) }
            #expect(said.hasPrefix("refused (another record is in the way): "), "\(said)")
        }
    }

    @Test(arguments: DriverCase.all)
    func `sending again what is there changes nothing, and is done only if it is forced`(
        _ driver: DriverCase
    ) async throws {
        try await driver.run { world in
            let owner = try Name("www.example.org")
            let sets = RRset.sets(owner: owner, addresses: [address("192.0.2.1")], ttlSeconds: driver.ttl)
            var change = Change(owner: owner, before: [], after: sets, types: [.a, .aaaa])
            _ = try await world.provider.write(change, until: .after(.seconds(10)))
            let before = await world.emulator.faults.changingRequests
            change.before = try await world.provider.read(owner, types: [.a, .aaaa], until: .after(.seconds(10)))
            let acceptance = try await world.provider.write(change, until: .after(.seconds(10)))
            #expect(acceptance.words == "nothing to change")
            #expect(await world.emulator.faults.changingRequests == before)
            change.isForced = true
            _ = try await world.provider.write(change, until: .after(.seconds(10)))
            // Google takes no change that changes nothing.
            let isSent = driver.driver != "google-cloud-dns"
            #expect(await world.emulator.faults.changingRequests == before + (isSent ? 1 : 0))
            #expect(await world.emulator.listing() == ["www.example.org \(driver.ttl) A 192.0.2.1"])
        }
    }

    @Test(arguments: DriverCase.all)
    func `wrong, expired and insufficient tokens are refused for good, and never repeated`(
        _ driver: DriverCase
    ) async throws {
        try await driver.run { world in
            await world.emulator.addToken("reader-secret", zones: nil, mayEdit: false)
            await world.emulator.addToken("old-secret")
            await world.emulator.expireToken("old-secret")
            for token in ["wrong-secret", "old-secret", "reader-secret"] {
                let provider = try world.provider(token: token)
                let said = await outcome { try await provider.make([address("192.0.2.1")]) }
                #expect(said.hasPrefix("refused (credentials): "), "\(token): \(said)")
                #expect(!said.contains(token) && said.count > 25, "the provider's words and no secret: \(said)")
            }
            let missing = try world.provider([driver.secret: "env:NINELIVES_NO_SUCH"])
            let said = await outcome { try await missing.make([address("192.0.2.1")]) }
            #expect(said == "refused (credentials): the environment variable NINELIVES_NO_SUCH is not set")
        }
    }

    @Test(arguments: DriverCase.all)
    func `a token that was changed in its file is used at once`(_ driver: DriverCase) async throws {
        try await driver.run { world in
            await world.emulator.expireToken("good-token")
            #expect(await outcome { _ = try await world.held() }.hasPrefix("refused (credentials)"))
            await world.emulator.addToken("next-token")
            try world.folder.write("token", driver.file("next-token"))
            #expect(try await world.held() == [])
        }
    }

    @Test(arguments: DriverCase.all)
    func `the provider's limit is told, with the time to wait if it says one`(_ driver: DriverCase) async throws {
        try await driver.run { world in
            _ = try await world.held()
            await world.emulator.allow(0)
            do {
                _ = try await world.held()
                Issue.record("it was answered")
            } catch let error as ProviderError {
                guard case .unavailable(.rateLimited, let words, let wait) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(!words.isEmpty)
                let expected: [String: ClosedRange<Duration>] = [
                    "desec": .seconds(7)...(.seconds(7)), "gandi": .seconds(11)...(.seconds(11)),
                    "azure-dns": .seconds(17)...(.seconds(17)),
                    "digitalocean": .seconds(58)...(.seconds(60)),  // from the moment in ratelimit-reset
                ]
                if let range = expected[driver.driver] {
                    #expect(wait.map(range.contains) == true, "\(String(describing: wait))")
                } else {
                    #expect(wait == nil, "Hetzner says only when all of the limit is back, and Google nothing")
                }
            }
        }
    }

    @Test(arguments: DriverCase.all)
    func `a zone that is gone is told as such, and one that was made anew is found again`(
        _ driver: DriverCase
    ) async throws {
        try await driver.run { world in
            try await world.provider.make([address("192.0.2.1")])
            await world.emulator.removeZone("example.org")
            let said = await outcome { _ = try await world.held() }
            #expect(said.hasPrefix("changed by somebody else meanwhile: "), "\(said)")
            let again = await outcome { _ = try await world.held() }
            #expect(again == "refused (no such zone): the account has no zone that www.example.org is in")
            await world.emulator.addZone("example.org")
            #expect(try await world.held() == [])
        }
    }

    @Test(
        arguments: DriverCase.all,
        [
            (Fault.reset, "unknown"), (.lost, "unknown"), (.truncated, "unknown"), (.badGateway, "unknown"),
            (.badGatewayAfterwards, "unknown"), (.serverError, "unknown"), (.html, "unknown"),
            (.rateLimited, "limit"),
        ])
    func `after a change whose answer is lost nobody claims to know`(
        _ driver: DriverCase, fault: (Fault, String)
    ) async throws {
        try await driver.run { world in
            // Asking for an access token is no change, and is over.
            _ = try await world.held()
            await world.emulator.faults.add(fault.0, onlyChanges: true)
            let said = await outcome { try await world.provider.make([address("192.0.2.1")]) }
            let expected = ["unknown": "it is not known whether it took effect: ", "limit": "rate limited: "][fault.1]
            #expect(said.hasPrefix(expected ?? "?"), "\(said)")
            try await world.provider.make([address("192.0.2.1")])
            #expect(
                await world.emulator.listing() == ["www.example.org \(driver.ttl) A 192.0.2.1"], "right, and once")
        }
    }

    @Test(arguments: DriverCase.all, [Fault.lost, .badGatewayAfterwards, .html, .serverError])
    func `a removal whose answer is lost is not taken for done`(_ driver: DriverCase, fault: Fault) async throws {
        try await driver.run { world in
            try await world.provider.make([address("192.0.2.1"), address("2001:db8::1")])
            await world.emulator.faults.add(fault, onlyChanges: true)
            let said = await outcome { try await world.provider.make([address("192.0.2.1")]) }
            #expect(said.hasPrefix("it is not known whether it took effect: "), "\(said)")
            try await world.provider.make([address("192.0.2.1")])
            #expect(await world.emulator.listing() == ["www.example.org \(driver.ttl) A 192.0.2.1"])
        }
    }

    @Test(
        arguments: DriverCase.all,
        [Fault.reset, .lost, .truncated, .badGateway, .serverError, .html, .rateLimited])
    func `a reading that fails can be tried again`(_ driver: DriverCase, fault: Fault) async throws {
        try await driver.run { world in
            await world.emulator.faults.add(fault)
            do {
                _ = try await world.held()
                Issue.record("it was answered")
            } catch let error as ProviderError {
                guard case .unavailable = error else {
                    Issue.record("\(error)")
                    return
                }
            }
            #expect(try await world.held() == [])
        }
    }

    @Test(arguments: DriverCase.all)
    func `a slow answer ends with the deadline`(_ driver: DriverCase) async throws {
        try await driver.run { world in
            _ = try await world.held()
            await world.emulator.faults.add(.slow)
            await world.emulator.faults.setDelay(.seconds(20))
            let start = ContinuousClock.now
            let said = await outcome {
                _ = try await world.provider.read(
                    try Name("www.example.org"), types: [.a], until: .after(.seconds(1)))
            }
            #expect(said == "timed out: 127.0.0.1: no answer within the time")
            #expect(ContinuousClock.now - start < .seconds(15))
        }
    }

    @Test(arguments: DriverCase.all)
    func `a configured zone spares the search, and a name outside of it is refused`(
        _ driver: DriverCase
    ) async throws {
        try await driver.run { world in
            let provider = try world.provider(token: "good-token", ["zone": driver.zone])
            let owner = try Name("www.example.org")
            // The first may ask for an access token.
            _ = try await provider.read(owner, types: [.a], until: .after(.seconds(10)))
            let before = await world.emulator.faults.requests
            #expect(before <= 2)
            _ = try await provider.read(owner, types: [.a], until: .after(.seconds(10)))
            #expect(await world.emulator.faults.requests == before + 1)
            let said = await outcome { try await provider.make([address("192.0.2.1")], owner: "www.example.test") }
            // Only Google knows what a managed zone of that name is for.
            let words =
                driver.driver == "google-cloud-dns"
                ? "refused (invalid): Invalid value for 'entity.change.additions[0].name': 'www.example.test.' (invalid)"
                : "refused (no such zone): www.example.test is not in the configured zone example.org"
            #expect(said == words)
        }
    }
}
