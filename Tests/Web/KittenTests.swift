import Control
import NIOPosix
import TestSupport
import Testing

@testable import Demo

@Suite struct KittenTests {
    @Test(
        arguments: [
            ("charlie", 0.0, false), ("charlie", 1199, false), ("charlie", 1200, true), ("charlie", 3599, true),
            ("echo", 1200, false), ("echo", 2399, false), ("echo", 2400, true), ("bravo", 3599, false),
        ] as [(String, Double, Bool)])
    func `a kitten fails from its minute until the hour ends`(name: String, second: Double, isFailing: Bool) throws {
        let kitten = try #require(Kitten.all.first { $0.name == name })
        #expect(kitten.schedule.isFailing(at: second) == isFailing)
    }

    @Test func `a fast hour begins with the demo and the real one with the clock`() {
        let fast = KittenHour(speed: 60, startedAt: 1000)
        #expect(fast.clockFace(at: 1000) == "HH:00:00")
        #expect(fast.clockFace(at: 1020.5) == "HH:20:30")
        #expect(fast.clockFace(at: 1060) == "HH:00:00")
        #expect(KittenHour(speed: 1, startedAt: 1000).clockFace(at: 7200 + 61) == "HH:01:01")
    }

    @Test func `a killed kitten's port refuses, and a revived one answers again`() async throws {
        let port = try freePort(on: "127.0.0.11")
        let site = KittenSite(
            port: port, hour: KittenHour(speed: 1, startedAt: 0), now: { 0 },
            group: MultiThreadedEventLoopGroup.singleton)
        try await site.start()
        let url = "http://127.0.0.11:\(port)/"
        let alive = try await run("curl", ["-s", url])
        #expect(alive.output.contains("status=OK") && alive.output.contains("charlie") && alive.output.contains("<svg"))

        #expect(await site.kill("charlie"))
        #expect(try await run("curl", ["-s", url]).code == 7, "connection refused")
        #expect(await site.servers().map(\.isAlive) == [false, true, true])
        #expect(await site.revive("charlie"))
        #expect(try await run("curl", ["-s", url]).code == 0)
        #expect(await site.kill("garfield") == false)
        await site.stop()
    }

    @Test func `a failing kitten says so`() async throws {
        let kitten = try #require(Kitten.all.first)
        let well = KittenPage(kitten: kitten, address: "a", isFailing: false, clockFace: "c", nextChange: nil)
        let sick = KittenPage(kitten: kitten, address: "a", isFailing: true, clockFace: "c", nextChange: nil)
        #expect(well.html.contains("status=OK") && !well.html.contains("status=ERR"))
        #expect(sick.html.contains("status=ERR") && !sick.html.contains("status=OK"))
        #expect(well.svg != sick.svg)
    }
}
