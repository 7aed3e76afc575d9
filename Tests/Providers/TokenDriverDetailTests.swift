import Addresses
import DNS
import Emulators
import Providers
import TestSupport
import Testing

/// What one driver does that the others of its kind don't.
@Suite struct TokenDriverDetailTests {
    private func driver(_ name: String) throws -> DriverCase { try DriverCase.named(name) }

    // MARK: Pages

    @Test(arguments: ["desec", "digitalocean", "hetzner", "gandi"])
    func `a zone that stands on a later page is found`(name: String) async throws {
        let emulators: [String: any EmulatedAccount] = [
            "desec": DeSECEmulator(pageSize: 2), "digitalocean": DigitalOceanEmulator(largestPage: 2),
            "hetzner": HetznerEmulator(largestPage: 2), "gandi": GandiEmulator(),
        ]
        // Gandi's pages are as large as the driver asks: a page with fewer is the last.
        let count = name == "gandi" ? 205 : 5
        try await driver(name).run(emulators[name]) { world in
            for number in 1...count { await world.emulator.addZone("a\(number).example.net") }
            let held = try await world.held()
            #expect(held == [])
            #expect(await world.emulator.faults.requests == 4, "three pages, and the name's records")
        }
    }

    @Test func `records of DigitalOcean that stand on later pages are found`() async throws {
        try await driver("digitalocean").run(DigitalOceanEmulator(largestPage: 2)) { world in
            try await world.provider.make((1...5).map { address("192.0.2.\($0)") })
            #expect(await world.emulator.listing().count == 5)
            #expect(
                try await world.held() == ["A 300 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5"])
        }
    }

    @Test func `RRsets of Hetzner that stand on later pages are found`() async throws {
        try await driver("hetzner").run(HetznerEmulator(largestPage: 1)) { world in
            try await world.provider.make([address("192.0.2.1"), address("2001:db8::1")])
            #expect(try await world.held() == ["A 300 192.0.2.1", "AAAA 300 2001:db8::1"])
        }
    }

    @Test func `a link to a page at another address is not followed: the token must not go there`() async throws {
        let elsewhere = DigitalOceanEmulator()
        let running = try await RunningEmulator.start(elsewhere)
        let emulator = DigitalOceanEmulator(largestPage: 1, linkOrigin: running.url)
        let said = try await driver("digitalocean").outcome(emulator) { world in
            await world.emulator.addZone("a.example.net")
            _ = try await world.held()
        }
        #expect(said.hasPrefix("the answer was not understood: the next page is at another address: "), "\(said)")
        #expect(await elsewhere.faults.requests == 0)
        await running.stop()
    }

    // MARK: deSEC

    @Test func `deSEC gets all that differs in one request, of which all or nothing is done`() async throws {
        try await driver("desec").run { world in
            try await world.provider.make([address("192.0.2.1")])
            let before = await world.emulator.faults.changingRequests
            try await world.provider.make([address("192.0.2.2"), address("2001:db8::2")])
            try await world.provider.make([address("2001:db8::2")])
            #expect(await world.emulator.faults.changingRequests == before + 2)
            #expect(await world.emulator.listing() == ["www.example.org 3600 AAAA 2001:db8::2"])
        }
    }

    @Test func `a TTL below the domain's is refused in deSEC's words, and one that it allows is taken`() async throws {
        try await driver("desec").run(DeSECEmulator(minimumTTL: 60)) { world in
            let provider = try world.provider(token: "good-token", ["minimum-ttl": "60"])
            try await provider.make([address("192.0.2.1")])
            #expect(await world.emulator.listing() == ["www.example.org 300 A 192.0.2.1"])
        }
        try await driver("desec").run { world in
            let provider = try world.provider(token: "good-token", ["minimum-ttl": "60"])
            let said = await outcome { try await provider.make([address("192.0.2.1")]) }
            #expect(said == "refused (invalid): ttl: Ensure this value is greater than or equal to 3600.")
        }
    }

    // MARK: DigitalOcean

    @Test func `a record of DigitalOcean that keeps its value keeps its identifier`() async throws {
        try await driver("digitalocean").run { world in
            try await world.provider.make([address("192.0.2.1"), address("192.0.2.2")])
            let before = await world.emulator.faults.changingRequests
            try await world.provider.make([address("192.0.2.2"), address("192.0.2.3")])
            #expect(await world.emulator.faults.changingRequests == before + 1, "one record is changed in its place")
            try await world.provider.make([address("192.0.2.3")])
            #expect(await world.emulator.faults.changingRequests == before + 2, "and the other deleted")
        }
    }

    @Test func `a change of several records that breaks off is mended by a repetition`() async throws {
        try await driver("digitalocean").run { world in
            try await world.provider.make([address("192.0.2.1")])
            await world.emulator.faults.add(.lost, onlyChanges: true)
            let wish = ["192.0.2.2", "192.0.2.3", "2001:db8::2"].map(address)
            let said = await outcome { try await world.provider.make(wish) }
            #expect(said.hasPrefix("it is not known"), "\(said)")
            try await world.provider.make(wish)
            #expect(
                try await world.held() == ["A 300 192.0.2.2 192.0.2.3", "AAAA 300 2001:db8::2"], "right, and once")
        }
    }

    // MARK: Hetzner

    @Test func `comments of Hetzner's records stay, and the TTL of the zone becomes one of its own`() async throws {
        let emulator = HetznerEmulator()
        try await driver("hetzner").run(emulator) { world in
            try await emulator.put(
                "www", type: "A", zone: "example.org", values: ["192.0.2.1", "192.0.2.2"], comment: "by hand")
            #expect(try await world.held() == ["A 3600 192.0.2.1 192.0.2.2"], "the TTL is the zone's")
            try await world.provider.make([address("192.0.2.2"), address("192.0.2.3")])
            #expect(
                await world.emulator.listing() == [
                    "www.example.org 300 A 192.0.2.2 # by hand", "www.example.org 300 A 192.0.2.3",
                ])
        }
    }

    @Test func `Hetzner's actions are waited for`() async throws {
        let emulator = HetznerEmulator()
        try await driver("hetzner").run(emulator) { world in
            await emulator.setActions(looks: 2)
            try await world.provider.make([address("192.0.2.1")])
            #expect(await world.emulator.faults.requests == 6, "zones, read, read again, make, and two looks")
            await emulator.setActions(looks: 0, failing: true)
            let failed = await outcome { try await world.provider.make([address("192.0.2.2")]) }
            #expect(
                failed == "the provider has an error: set_rrset_records: Action failed (action_failed)", "\(failed)")
            await emulator.setActions(looks: 1000)
            let owner = try Name("www.example.org")
            let before = try await world.provider.read(owner, types: [.a], until: .after(.seconds(10)))
            let sets = RRset.sets(owner: owner, addresses: [address("192.0.2.3")], ttlSeconds: 300)
            let late = await outcome {
                _ = try await world.provider.write(
                    Change(owner: owner, before: before, after: sets, types: [.a]), until: .after(.seconds(1)))
            }
            #expect(late.hasPrefix("it is not known whether it took effect: the action 100"), "\(late)")
        }
    }

    @Test func `somebody else's change at Hetzner is told as a conflict`() async throws {
        let emulator = HetznerEmulator()
        try await driver("hetzner").run(emulator) { world in
            try await world.provider.make([address("192.0.2.1")])
            let owner = try Name("www.example.org")
            let before = try await world.provider.read(owner, types: [.a], until: .after(.seconds(10)))
            try await emulator.put("www", type: "A", zone: "example.org", values: ["192.0.2.66"], comment: "me")
            let sets = RRset.sets(owner: owner, addresses: [address("192.0.2.3")], ttlSeconds: 300)
            let said = await outcome {
                _ = try await world.provider.write(
                    Change(owner: owner, before: before, after: sets, types: [.a]), until: .after(.seconds(10)))
            }
            #expect(said == "changed by somebody else meanwhile: A is 192.0.2.66 meanwhile")
        }
    }

    // MARK: Arguments

    @Test(arguments: DriverCase.withToken)
    func `a token in plain text, a missing one and a zone that is none are refused`(_ driver: DriverCase) throws {
        for (values, words) in [
            ([:], "token is missing; right is: env:NAME"),
            (["token": "hunter2"], "token is not where a secret is: secrets are never written themselves"),
            (["token": "env:T", "zone": "a..b"], "zone \"a..b\" is not a zone's name"),
            (["token": "env:T", "zone": "."], "zone \".\" is not a zone's name"),
        ] as [([String: String], String)] {
            do {
                _ = try ProviderDriver.make(driver: driver.driver, arguments: ProviderArguments(values))
                Issue.record("it was accepted: \(values)")
            } catch {
                #expect(error.description.hasPrefix(words), "\(error)")
                #expect(!error.description.contains("hunter2"))
            }
        }
    }
}
