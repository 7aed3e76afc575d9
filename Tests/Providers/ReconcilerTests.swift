import DNS
import Failover
import Providers
import Testing

private typealias World = ReconcilerWorld

/// The decisions of the reconciler, under a virtual clock.
@Suite struct ReconcilerTests {
    private let down = ProviderError.unavailable(.unreachable, words: "connection refused")

    @Test func `a wish is read, written, read back and verified`() {
        var world = World()
        world.wish(World.wish(1, "192.0.2.1"))
        #expect(world.state(1) == .waiting)
        world.run(for: .milliseconds(350))
        #expect(world.state(1) == .synced)
        world.run(for: .seconds(1))
        #expect(world.state(1) == .verified)
        #expect(world.values(1) == ["192.0.2.1"])
        let host = "host1.example.org"
        #expect(world.calls.map(\.what) == ["read \(host)", "write \(host)", "read \(host)"])
    }

    @Test func `what is there already is not written`() {
        var world = World()
        world.edit(1, "192.0.2.1")
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(2))
        #expect(world.state(1) == .verified)
        #expect(world.writes == 0)
    }

    @Test func `retries come after 2, 5, 15, 30, 60 and again 60 seconds`() {
        var world = World()
        world.outage = down
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(240))
        let pauses = zip(world.calls.dropFirst(), world.calls).map { ($0.at - $1.at - 0.1).rounded() }
        #expect(pauses == [2, 5, 15, 30, 60, 60, 60])
        #expect(world.state(1) == .retrying)
        #expect(world.words(1) == "connection refused")
    }

    @Test func `a new wish is tried at once although the provider is down, and the old one is never sent`() {
        var world = World()
        world.outage = down
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(60))
        let before = world.calls.count
        world.outage = nil
        world.wish(World.wish(1, "192.0.2.2"))
        world.run(for: .seconds(1))
        #expect(world.calls.count > before)
        #expect(world.state(1) == .verified)
        #expect(world.values(1) == ["192.0.2.2"])
        #expect(world.writes == 1, "the first wish is dropped, not sent late")
    }

    @Test func `of wishes that come while a call is under way only the last is sent`() {
        var world = World()
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .milliseconds(150))
        for number in 2...9 { world.wish(World.wish(1, "192.0.2.\(number)")) }
        world.run(for: .seconds(3))
        #expect(world.values(1) == ["192.0.2.9"])
        #expect(world.writes == 2, "the one under way, and the last")
    }

    @Test func `when the provider recovers, all names that waited for it go at once`() {
        var world = World()
        world.outage = down
        for number in 1...5 { world.wish(World.wish(number, "192.0.2.1")) }
        world.run(for: .seconds(50))
        let during = world.calls.count
        #expect(during <= 20, "while it is down one name tries for all: \(during) calls")
        world.outage = nil
        world.run(for: .seconds(70))
        for number in 1...5 { #expect(world.state(number) == .verified, "host\(number)") }
        let first = world.calls[during].at
        #expect(world.calls.filter { $0.at > first }.allSatisfy { $0.at < first + 10 })
    }

    @Test func `a name with a trouble of its own does not keep the others from the provider`() {
        var world = World()
        world.poisoned[World.name(1)] = .unavailable(.faulty, words: "error 500")
        for number in 1...4 { world.wish(World.wish(number, "192.0.2.1")) }
        world.run(for: .seconds(600))
        for number in 2...4 { #expect(world.state(number) == .verified) }
        #expect(world.state(1) == .retrying)
        world.wish(World.wish(3, "192.0.2.7"))
        world.run(for: .seconds(5))
        #expect(world.values(3) == ["192.0.2.7"])
    }

    @Test(arguments: [true, false])
    func `an answer that is lost is followed by a reading, so that the record is right, once`(takesEffect: Bool) {
        var world = World()
        world.edit(1, "192.0.2.9")
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .milliseconds(150))
        world.faults = [(.outcomeUnknown(words: "connection closed"), takesEffect)]
        world.run(for: .milliseconds(100))
        #expect(world.state(1) == .retrying)
        world.run(for: .seconds(5))
        #expect(world.state(1) == .verified)
        #expect(world.values(1) == ["192.0.2.1"])
        #expect(world.writes == (takesEffect ? 1 : 2))
    }

    @Test func `a conflict is read again at once`() {
        var world = World()
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .milliseconds(150))
        world.faults = [(.conflict(words: "identical record"), true)]
        world.run(for: .milliseconds(500))
        #expect(world.state(1) == .verified)
        #expect(world.writes == 1)
    }

    @Test func `a refusal stops, is told once, and is tried again after an hour`() {
        var world = World()
        world.outage = .refused(.noSuchZone, words: "no zone")
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(3500))
        #expect(world.state(1) == .refused)
        #expect(world.calls.count == 1)
        #expect(world.notices == [.refused(World.name(1), words: "no zone")])
        world.run(for: .seconds(200))
        #expect(world.calls.count == 2)
        #expect(world.notices.count == 1)
        world.outage = nil
        world.run(for: .seconds(3600))
        #expect(world.state(1) == .verified)
        #expect(world.notices.last == .accepted(World.name(1)))
    }

    @Test func `refused credentials stop the whole account, until the configuration changes`() {
        var world = World()
        world.outage = .refused(.credentials, words: "Invalid access token (9109)")
        for number in 1...5 { world.wish(World.wish(number, "192.0.2.1")) }
        world.run(for: .seconds(600))
        #expect(world.calls.count == 1, "a wrong key is not tried for every name")
        for number in 1...5 {
            #expect(world.state(number) == .refused)
            #expect(world.words(number) == "Invalid access token (9109)")
        }
        world.wish(World.wish(1, "192.0.2.2"))
        world.wish(World.wish(6, "192.0.2.2"))
        world.run(for: .seconds(600))
        #expect(world.calls.count == 1, "nor for a new wish")
        #expect(world.state(6) == .refused)
        world.outage = nil
        world.reconfigured()
        world.run(for: .seconds(5))
        for number in 1...6 { #expect(world.state(number) == .verified) }
        #expect(world.notices.count == 2, "\(world.notices)")
    }

    @Test func `a provider that asks to wait is left alone, even by a new wish`() {
        var world = World()
        world.outage = .unavailable(.rateLimited, words: "slow down", retryAfter: .seconds(90))
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(1))
        world.outage = nil
        world.wish(World.wish(1, "192.0.2.2"))
        world.wish(World.wish(2, "192.0.2.2"))
        world.run(for: .seconds(88))
        #expect(world.calls.count == 1)
        world.run(for: .seconds(10))
        #expect(world.state(1) == .verified && world.state(2) == .verified)
    }

    @Test func `somebody else's edit is found within five minutes and put right`() {
        var world = World()
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(10))
        world.edit(1, "192.0.2.66")
        world.run(for: .seconds(301))
        #expect(world.values(1) == ["192.0.2.1"])
        #expect(world.state(1) == .verified)
        #expect(world.notices == [.drifted(World.name(1), found: "192.0.2.66", corrected: true)])
    }

    @Test func `an edit that is only to be reported stays, and is told once`() {
        var world = World { $0.drift = .report }
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(10))
        world.edit(1, "192.0.2.66")
        world.run(for: .seconds(1000))
        #expect(world.values(1) == ["192.0.2.66"])
        #expect(world.state(1) == .drifted)
        #expect(world.notices == [.drifted(World.name(1), found: "192.0.2.66", corrected: false)])
        world.edit(1, "192.0.2.1")
        world.run(for: .seconds(301))
        #expect(world.state(1) == .verified, "put right by hand")
        world.edit(1, "192.0.2.66")
        world.run(for: .seconds(301))
        world.wish(World.wish(1, "192.0.2.2"))
        world.run(for: .seconds(5))
        #expect(world.values(1) == ["192.0.2.2"], "a new decision is made so all the same")
    }

    @Test func `it is verified only when every server answers so, and they are asked every 2 seconds for a minute`() {
        var world = World()
        let lagging = [
            ServerAnswer(server: "ns1", result: .success(World.wish(1, "192.0.2.1").sets.map { HeldSet($0) })),
            ServerAnswer(server: "ns2", result: .success([])),
        ]
        world.answers = { _ in lagging }
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(30))
        #expect(world.state(1) == .synced)
        #expect(world.reconciler.status(of: World.name(1))?.dissenting == ["ns2"])
        world.answers = nil
        world.run(for: .seconds(3))
        #expect(world.state(1) == .verified)
    }

    @Test func `a server that is silent keeps it from being verified`() {
        var world = World()
        world.answers = { name in
            [
                ServerAnswer(server: "ns1", result: .success(World.wish(1, "192.0.2.1").sets.map { HeldSet($0) })),
                ServerAnswer(server: "ns2", result: .failure(.silent("no answer"))),
            ]
        }
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(120))
        #expect(world.state(1) == .synced)
    }

    @Test func `force sends it again although nothing differs`() {
        var world = World()
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(5))
        world.force(1)
        world.run(for: .seconds(5))
        #expect(world.writes == 2)
        #expect(world.state(1) == .verified)
    }

    @Test func `a dry run writes nothing and says what it would`() {
        var world = World { $0.isDryRun = true }
        world.edit(1, "192.0.2.9")
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(1000))
        #expect(world.writes == 0)
        #expect(world.words(1) == "dry run: 192.0.2.9 would become 192.0.2.1")
        #expect(world.state(1) == .waiting)
        let told = ProviderNotice.wouldChange(
            World.name(1), words: "dry run: 192.0.2.9 would become 192.0.2.1")
        #expect(world.notices == [told], "it is told once, not with every look")
        world.force(1)
        world.run(for: .seconds(1000))
        #expect(world.writes == 0, "nor does a push")
        world.edit(1, "192.0.2.1")
        world.force(1)
        world.run(for: .seconds(1000))
        #expect(world.writes == 0)
        #expect(world.words(1) == "dry run: 192.0.2.1 is there already and would be sent again")
    }

    @Test func `an acceptance after which something else is held is no success`() {
        var world = World()
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .milliseconds(250))
        world.edit(1, "192.0.2.66")
        world.run(for: .milliseconds(200))
        #expect(world.state(1) == .retrying)
        #expect(world.words(1).contains("192.0.2.66"))
        world.run(for: .seconds(5))
        #expect(world.state(1) == .verified)
    }

    @Test func `a CNAME in the way is refused before anything is written`() throws {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        var world = World(capabilities: capabilities)
        let alias = try Name("web.example.net")
        world.held[World.name(1)] = [
            RRset(owner: World.name(1), type: .cname, ttlSeconds: 300, rdata: [alias.wire])
        ]
        world.wish(World.wish(1, "192.0.2.1"))
        world.run(for: .seconds(5))
        #expect(world.state(1) == .refused)
        #expect(world.words(1) == "a CNAME record stands there: web.example.net.")
        #expect(world.writes == 0)
    }
}

/// The guard against many changes at once.
@Suite struct ChangeGuardTests {
    private func settled(_ count: Int, policy: (inout ReconcilerPolicy) -> Void = { _ in }) -> ReconcilerWorld {
        var world = World(policy: policy)
        for number in 1...count { world.wish(World.wish(number, "192.0.2.1")) }
        world.run(for: .seconds(200))
        return world
    }

    @Test func `more than three of ten names changing at once pauses before the first of them, and asks`() {
        var world = settled(10)
        for number in 1...4 { world.wish(World.wish(number, "192.0.2.2")) }
        world.run(for: .seconds(300))
        #expect((1...10).allSatisfy { world.values($0) == ["192.0.2.1"] })
        #expect(world.notices == [.paused(changing: 4, of: 10)])
        #expect(world.reconciler.isPaused)
        #expect(world.reconciler.status(of: World.name(1))?.isPaused == true)
        #expect(world.state(1) == .waiting)

        world.allow()
        world.run(for: .seconds(10))
        #expect((1...4).allSatisfy { world.values($0) == ["192.0.2.2"] })
        #expect(!world.reconciler.isPaused)
    }

    @Test func `three of ten, or all of nine, may change`() {
        var ten = settled(10)
        for number in 1...3 { ten.wish(World.wish(number, "192.0.2.2")) }
        ten.run(for: .seconds(10))
        #expect((1...3).allSatisfy { ten.values($0) == ["192.0.2.2"] })
        var nine = settled(9)
        for number in 1...9 { nine.wish(World.wish(number, "192.0.2.2")) }
        nine.run(for: .seconds(20))
        #expect((1...9).allSatisfy { nine.values($0) == ["192.0.2.2"] })
    }

    @Test func `names that are new at the provider are no change of others`() {
        let world = settled(20)
        #expect((1...20).allSatisfy { world.state($0) == .verified })
        #expect(world.notices == [])
    }

    @Test func `a start that finds other values everywhere changes none before it has counted`() {
        var world = World()
        for number in 1...10 { world.edit(number, "192.0.2.66") }
        for number in 1...10 { world.wish(World.wish(number, "192.0.2.1")) }
        world.run(for: .seconds(100))
        #expect(world.writes == 0)
        #expect(world.notices.count == 1)
    }

    @Test func `changes taken back end the pause, and an exempt scheme is never held`() {
        var world = settled(10)
        for number in 1...5 { world.wish(World.wish(number, "192.0.2.2")) }
        world.wish(World.wish(10, "192.0.2.2"), isExempt: true)
        world.run(for: .seconds(10))
        #expect(world.values(10) == ["192.0.2.2"])
        #expect(world.reconciler.isPaused)
        for number in 1...5 { world.wish(World.wish(number, "192.0.2.1")) }
        world.run(for: .seconds(10))
        #expect(!world.reconciler.isPaused)
        #expect((1...10).allSatisfy { world.state($0) == .verified })
    }
}
