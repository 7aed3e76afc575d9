import Failover
import Foundation
import Logging
import NIOPosix
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Notices

/// A channel that does as the test says.
private final class ScriptedChannel: Notices.Channel {
    enum Behaviour: Sendable { case taking, refusing, away, hanging }

    static let kind = "scripted"
    static let summary = "for tests"
    static let parameters: [ChannelParameter] = []
    private let behaviour: Mutex<Behaviour>
    private let taken = Mutex<[Int64]>([])

    init(_ behaviour: Behaviour = .taking) { self.behaviour = Mutex(behaviour) }
    convenience init(_ arguments: ChannelArguments) throws(ChannelArgumentErrors) { self.init() }

    var target: String { "a test" }
    var ids: [Int64] { taken.withLock { $0 } }
    func behave(_ behaviour: Behaviour) { self.behaviour.withLock { $0 = behaviour } }

    func deliver(_ letter: Letter, from sender: Sender) async throws(DeliveryError) -> String {
        switch behaviour.withLock({ $0 }) {
        case .taking:
            taken.withLock { $0.append(letter.id) }
            return "taken"
        case .refusing: throw .refused("status 400")
        case .away: throw .unavailable("connection refused")
        case .hanging:
            // Longer than any test: a channel that breaks its promise must not hurt the others either.
            try? await ContinuousClock().sleep(for: .seconds(3600))
            throw .unavailable("it took an hour")
        }
    }
}

/// What has become of letters, by id.
private final class Ledger: Sendable {
    private let deliveries = Mutex<[Int64: Delivery]>([:])
    func note(_ delivery: Delivery) { deliveries.withLock { $0[delivery.letter.id] = delivery } }
    func state(_ id: Int64) -> Delivery.State? { deliveries.withLock { $0[id]?.state } }
    func words(_ id: Int64) -> String? { deliveries.withLock { $0[id]?.words } }
}

@Suite struct PostmanTests {
    private let ledger = Ledger()

    private func postman(_ channels: [(String, ScriptedChannel)]) async -> Postman {
        let ledger = ledger
        let postman = Postman(
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Instant(seconds: Date().timeIntervalSince1970) }, ledger: { ledger.note($0) })
        await postman.configure(named(channels), name: "test")
        return postman
    }

    private func named(_ channels: [(String, ScriptedChannel)], _ version: String = "1") -> [NamedChannel] {
        channels.map { NamedChannel(name: $0.0, channel: $0.1, arguments: ["version": version]) }
    }

    private func letter(_ id: Int64, _ channel: String) -> (letter: Letter, attempts: Int) {
        let now = Instant(seconds: Date().timeIntervalSince1970)
        let item = Happening.indicator("a", .worse, .warning, "err")
        return (
            Letter(id: id, channel: channel, subscription: "all", purpose: .news, at: now, items: [item]), 0
        )
    }

    @Test func `a channel that hangs and one that is away delay no other`() async throws {
        let good = ScriptedChannel()
        let postman = await postman([
            ("good", good), ("hanging", ScriptedChannel(.hanging)), ("away", ScriptedChannel(.away)),
        ])
        for id: Int64 in stride(from: 1, to: 301, by: 3) {
            await postman.post([letter(id, "hanging"), letter(id + 1, "away"), letter(id + 2, "good")])
        }
        try await eventually("all that can be delivered is") { good.ids.count == 100 }
        #expect(good.ids == good.ids.sorted(), "in order")
        let reports = await postman.reports()
        #expect(reports.map(\.waiting) == [100, 0, 100])
        #expect(reports[0].trouble == "connection refused" && reports[0].nextAttemptAt != nil)
        await postman.stop()
    }

    @Test func `a channel that is configured anew, or tried with success, gets at once what waits`() async throws {
        let (channel, other) = (ScriptedChannel(.away), ScriptedChannel(.away))
        let postman = await postman([("one", channel), ("two", other)])
        await postman.post([letter(1, "one"), letter(2, "two")])
        try await eventually("both are away") { ledger.words(1) != nil && ledger.words(2) != nil }
        channel.behave(.taking)
        await postman.configure(named([("one", channel), ("two", other)], "2"), name: "test")
        try await eventually("the first is delivered") { ledger.state(1) == .delivered }
        other.behave(.taking)
        let test = await postman.test(letter(3, "two").letter)
        #expect(test?.isDelivered == true && test?.words == "taken")
        try await eventually("the second is delivered") { ledger.state(2) == .delivered }
        #expect(await postman.test(letter(4, "three").letter) == nil)
        await postman.stop()
    }

    @Test func `a letter that is refused lets the next one pass`() async throws {
        let channel = ScriptedChannel(.refusing)
        let postman = await postman([("one", channel)])
        await postman.post([letter(1, "one")])
        try await eventually("it is refused") { ledger.words(1) == "status 400" }
        channel.behave(.taking)
        await postman.post([letter(2, "one")])
        try await eventually("the next is delivered") { ledger.state(2) == .delivered }
        #expect(ledger.state(1) == .waiting && channel.ids == [2])
        await postman.stop()
    }

    @Test func `what waits for a channel that is no more is given up, and says so`() async throws {
        let postman = await postman([("one", ScriptedChannel(.away))])
        await postman.post([letter(1, "one"), letter(2, "nobody")])
        try await eventually("it is away") { ledger.words(1) != nil }
        await postman.configure([], name: "test")
        #expect(ledger.state(1) == .givenUp && ledger.words(1) == "there is no such channel any more")
        #expect(ledger.state(2) == .givenUp && ledger.words(2) == "there is no channel \"nobody\"")
        await postman.stop()
    }

    @Test("tallies say what was handed over, taken, refused and given up, and how long the oldest waits")
    func tallies() async throws {
        let (good, away) = (ScriptedChannel(), ScriptedChannel(.away))
        let postman = await postman([("good", good), ("away", away)])
        var old = letter(3, "away")
        old.letter.at = old.letter.at + .seconds(-90)
        await postman.post([letter(1, "good"), letter(2, "away"), old])
        try await eventually("one was taken, one attempt failed") {
            let tallies = await postman.tallies()
            return tallies[1].counts.delivered == 1 && tallies[0].counts.failed == 1
        }
        let tallies = await postman.tallies()
        #expect(tallies.map(\.name) == ["away", "good"])
        #expect(tallies[0].waiting == 2 && tallies[0].counts.queued == 2 && tallies[0].counts.delivered == 0)
        #expect((90..<120).contains(tallies[0].oldestWaitingSeconds), "\(tallies[0].oldestWaitingSeconds)")
        #expect(tallies[1].counts.queued == 1 && tallies[1].oldestWaitingSeconds == 0)
        await postman.configure(named([("good", good)]), name: "test")
        #expect(await postman.tallies().map(\.name) == ["good"])
        await postman.stop()
    }
}

/// Letters in the store.
@Suite struct StoredLetterTests {
    private func stored(_ id: Int64, _ state: String, words: String = "") -> StoredChange {
        .letter(
            StoredLetter(
                id: id, at: Instant(seconds: Double(id)), channel: id.isMultiple(of: 2) ? "even" : "odd", state: state,
                attempts: 1, attemptedAt: nil, words: words, body: "{}"))
    }

    @Test func `a letter that has arrived never waits again, and numbers are not used twice`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let first = try Store(folder: folder.path)
        try await first.commit([
            stored(1, "waiting"), stored(2, "waiting"), stored(1, "delivered"), stored(1, "waiting"),
        ])
        #expect(try first.waitingLetters().map(\.id) == [2])
        await first.close()
        let second = try Store(folder: folder.path)
        #expect(try second.letters(LetterQuery()).map(\.state) == ["waiting", "delivered"])
        #expect(try second.newestLetter() == 2)
        var query = LetterQuery()
        (query.channel, query.state, query.before) = ("odd", "delivered", 2)
        #expect(try second.letters(query).map(\.id) == [1])
        await second.close()
    }

    @Test func `old letters are forgotten, but none that waits`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try Store(folder: folder.path)
        let count = Int64(StoredLetter.keptCount)
        try await store.commit([stored(1, "waiting"), stored(2, "delivered"), stored(3, "delivered")])
        try await store.commit([stored(count + 2, "delivered")])
        #expect(try store.letters(LetterQuery()).map(\.id) == [count + 2, 3, 1])
        await store.close()
    }

    @Test func `matters are kept one by one`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try Store(folder: folder.path)
        try await store.commit([
            .matter(subscription: "s", key: "b", body: "1"), .matter(subscription: "s", key: "a", body: "2"),
            .matter(subscription: "s", key: "b", body: "3"), .matter(subscription: "t", key: "a", body: "4"),
        ])
        #expect(try store.matters() == ["2", "3", "4"])
        try await store.commit([.matter(subscription: "s", key: "a", body: nil)])
        #expect(try store.matters() == ["3", "4"])
        await store.close()
    }
}
