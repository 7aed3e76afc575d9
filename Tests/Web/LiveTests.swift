import Hummingbird
import NIOCore
import TestSupport
import Testing

@testable import Control
@testable import Web

/// Pages that are open.
@Suite struct LiveTests {
    private func site(_ control: FakeControl) throws -> Site {
        try Site(control: control, demo: nil, gate: Gate(accounts: nil, isReadingOpen: true), moreMetrics: { "" })
    }

    private func visit(_ path: String, _ site: Site, _ language: Language = .english) -> Visit {
        Visit(path: path, query: [:], words: site.catalogues[language], theme: .auto, identity: nil)
    }

    /// With a second indicator, which nothing relies on.
    private func control() -> FakeControl {
        let control = FakeControl()
        control.change { report in
            var other = report.indicators[0]
            other.name = "dog:web"
            report.indicators.append(other)
        }
        return control
    }

    private func event(_ events: inout AsyncStream<ByteBuffer>.Iterator) async throws -> String {
        while let event = await events.next() {
            let text = String(buffer: event)
            if text.hasPrefix("event: page") { return text }
        }
        throw Ended()
    }

    private struct Ended: Error {}

    @Test func `who comes later is shown the whole page, and all are told the same from then on`() async throws {
        let control = control()
        let site = try site(control)
        var first = await site.livePages.enter(visit("/", site), site: site).makeAsyncIterator()
        #expect(try await event(&first).contains("\"page\":"))
        control.change { $0.schemes[0].addresses = ["192.0.2.77"] }
        let change = try await event(&first)
        var second = await site.livePages.enter(visit("/", site), site: site).makeAsyncIterator()
        let whole = try await event(&second)
        #expect(whole.contains("\"page\":") && whole.contains("192.0.2.77"))
        #expect(!change.contains("\"page\":") && change.contains("192.0.2.77"))
        control.change { $0.schemes[0].addresses = ["192.0.2.78"] }
        let (one, other) = (try await event(&first), try await event(&second))
        #expect(one == other && one.contains("192.0.2.78"))
    }

    @Test func `everybody is told in their own language`() async throws {
        let control = control()
        let site = try site(control)
        var english = await site.livePages.enter(visit("/", site), site: site).makeAsyncIterator()
        var russian = await site.livePages.enter(visit("/", site, .russian), site: site).makeAsyncIterator()
        #expect(try await event(&english).contains("failed over"))
        #expect(try await event(&russian).contains("переключено"))
    }

    @Test func `a page of one indicator is not sent what happens to others`() async throws {
        let control = control()
        let site = try site(control)
        var events = await site.livePages.enter(visit("/indicators/charlie:cat", site), site: site).makeAsyncIterator()
        _ = try await event(&events)
        for number in 1...5 { control.change { $0.indicators[1].state = number.isMultiple(of: 2) ? "ok" : "err" } }
        control.change { $0.indicators[0].state = "ok" }
        // The first that comes is about its own.
        let told = try await event(&events)
        #expect(told.contains("badge good") && !told.contains("dog:web"))
    }

    @Test(arguments: [
        ("/", "dog:web", false),  // two names at the most are shown whole, and none relies on it
        ("/schemes/cat.example.test", "dog:web", false), ("/schemes/cat.example.test", "charlie:cat", true),
        ("/indicators", "dog:web", true), ("/indicators/dog:web", "dog:web", true),
        ("/indicators/dog:web", "charlie:cat", false),
    ])
    func `a page is made again only if something that it has read has changed`(
        path: String, indicator: String, isRead: Bool
    ) async throws {
        let control = control()
        let site = try site(control)
        let witness = Witness()
        let content = try await Pages(
            site: site, visit: visit(path, site), seen: await control.readModel(), witness: witness
        ).content()
        #expect(content?.isWitnessed == true)
        #expect(await witness.isUnchanged(in: await control.readModel()))
        control.change { report in
            guard let place = report.indicators.firstIndex(where: { $0.name == indicator }) else { return }
            report.indicators[place].lastProbe?.reason = "timed out"
        }
        #expect(await witness.isUnchanged(in: await control.readModel()) != isRead)
    }

    @Test func `while nobody looks, nobody is shown anything`() async throws {
        let control = control()
        let site = try site(control)
        let reader = Task {
            for await _ in await site.livePages.enter(visit("/", site), site: site) {}
        }
        try await eventually("somebody looks") { control.looks > 0 }
        reader.cancel()
        await reader.value
        try await eventually("nobody listens any more") { control.listeners == 0 }
        let looks = control.looks
        control.change { $0.schemes[0].addresses = ["192.0.2.77"] }
        // Whoever comes next is shown how it is now.
        var events = await site.livePages.enter(visit("/", site), site: site).makeAsyncIterator()
        #expect(try await event(&events).contains("192.0.2.77"))
        #expect(control.looks - looks <= 3)
    }

    @Test func `the lists of a look are those of the look before where nothing has changed`() async throws {
        let control = control()
        let before = SharedModel(await control.readModel())
        _ = before.schemeGlances()
        let indicators = before.indicatorGlances()
        control.change { $0.schemes[0].addresses = ["192.0.2.77"] }
        let now = SharedModel(await control.readModel(), after: before)
        #expect(now.schemeGlances()[0].addresses == ["192.0.2.77"])
        #expect(now.indicatorGlances() == indicators)
    }
}
