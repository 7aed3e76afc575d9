import Checks
import Failover
import Foundation
import NIOCore
import NIOPosix
import Notices
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Control

/// A channel that keeps what it is given.
private final class RecordingChannel: Notices.Channel {
    static let kind = "recording"
    static let summary = "for tests"
    static let parameters: [ChannelParameter] = []
    private let letters = Mutex<[Letter]>([])

    init() {}
    convenience init(_ arguments: ChannelArguments) throws(ChannelArgumentErrors) { self.init() }

    var target: String { "this test" }
    func deliver(_ letter: Letter, from sender: Sender) async throws(DeliveryError) -> String {
        letters.withLock { $0.append(letter) }
        return "kept"
    }

    var items: [Happening] { letters.withLock { $0.flatMap(\.items) } }
    func items(_ kind: Happening.Kind) -> [Happening] { items.filter { $0.kind == kind } }
}

/// A check that finds a certificate.
private struct CertificateCheck: Check {
    static let method = "certificate"
    static let summary = "for tests"
    static let parameters: [CheckParameter] = []
    var end = 0
    init(_ arguments: CheckArguments) throws(CheckArgumentErrors) {}
    init(end: Int) { self.end = end }
    var target: String { "nothing" }
    func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        var phases = ProbePhases()
        phases.certificateEnd = end
        return ProbeResult(isSuccess: true, reason: "fine", phases: phases)
    }
}

/// What of what happens becomes a notice.
@Suite struct NoticeTests {
    private let configuration = Stage.configuration(["main", "backup"])
    private let channel = RecordingChannel()
    private let main = ScriptedCheck()
    private let backup = ScriptedCheck()

    private func stage(_ store: Store? = nil, severity: Happening.Severity = .warning) async throws -> Stage {
        let stage = try Stage(store: store)
        var subscription = Subscription(name: "all", channels: ["kept"], severity: severity, group: .zero)
        subscription.hold = .zero
        let named = NamedChannel(name: "kept", channel: channel, arguments: [:])
        await stage.control.configureNotices(NoticeSettings(channels: [named], subscriptions: [subscription]))
        // Whoever is known first answers first, and that would be news.
        backup.hold(true)
        await stage.control.apply(
            configuration, checks: [IndicatorName("main"): main, IndicatorName("backup"): backup])
        try await eventually("main answers") { stage.publisher.lastAddresses == ["192.0.2.1"] }
        backup.hold(false)
        try await eventually("backup is known") {
            await stage.control.report().indicators.allSatisfy { $0.state == "ok" }
        }
        return stage
    }

    @Test func `a failover is told, and the way back`() async throws {
        let stage = try await stage()
        #expect(channel.items.isEmpty, "that all is well is no news")
        main.fail("connection refused")
        try await eventually("told") { channel.items(.switched).count == 1 && channel.items(.state).count == 1 }
        let switched = try #require(channel.items(.switched).last)
        #expect(switched.scheme == "cat.example.test" && switched.turn == .worse && switched.severity == .warning)
        #expect(switched.text == "cat.example.test answers 192.0.2.1 → 192.0.2.2 (backup)")
        #expect(channel.items(.state).last?.text == "main ok → err: connection refused")
        main.recover()
        try await eventually("told") { channel.items(.switched).count == 2 && channel.items(.state).count == 2 }
        #expect(channel.items.suffix(2).allSatisfy { $0.turn == .better })
        await stage.control.stop()
    }

    @Test func `that nothing is left is critical`() async throws {
        let stage = try await stage()
        main.fail("x")
        backup.fail("x")
        try await eventually("told") { channel.items(.switched).last?.severity == .critical }
        #expect(channel.items(.switched).last?.text.hasSuffix(": no member is usable") == true)
        await stage.control.stop()
    }

    @Test func `nobody is woken during a maintenance; its end is told, and what is wrong behind it`() async throws {
        let stage = try await stage()
        let until = stage.clock.now + .seconds(2)
        try await stage.control.impose(
            Override(.maintenance(IndicatorName("main")), author: "ann", reason: "kernel", until: until))
        main.fail("connection refused")
        try await eventually("the end is told") { channel.items(.override).count == 1 }
        #expect(channel.items(.override).first?.text == "ended: main in maintenance by ann: kernel")
        try await eventually("and what is behind it") { channel.items(.state).map(\.text) == ["main is err"] }
        // A switch to the backup is what ann wanted: only when main is missed for its own sake it is told.
        #expect(channel.items(.switched).allSatisfy { $0.at >= until })
        await stage.control.stop()
    }

    @Test func `what is silent is told when the silence ends, if it still stands`() async throws {
        let stage = try await stage()
        let (name, scheme) = (IndicatorName("main"), SchemeName("cat.example.test"))
        for subject in [Override.Silenced.indicator(name), .scheme(scheme)] {
            try await stage.control.impose(Override(.silence(subject), author: "ann"))
        }
        main.fail("x")
        try await eventually("backup answers") { stage.publisher.lastAddresses == ["192.0.2.2"] }
        // Whatever was to be told has been weighed once this is: it comes later and is not silent.
        try await stage.control.impose(
            Override(.maintenance(IndicatorName("backup")), author: "ann", until: stage.clock.now + .milliseconds(500)))
        try await eventually("the maintenance's end is told") { channel.items(.override).count == 1 }
        #expect(channel.items(.state).isEmpty && channel.items(.switched).isEmpty)
        for subject in [Override.Silenced.indicator(name), .scheme(scheme)] {
            try await stage.control.impose(Override(.unsilence(subject), author: "ann"))
        }
        try await eventually("told") { channel.items(.state).count == 1 && channel.items(.switched).count == 1 }
        await stage.control.stop()
    }

    @Test func `a certificate near its end is told once for each number of days`() async throws {
        let stage = try await stage()
        let now = Int(stage.clock.now.seconds)
        for (daysLeft, told) in [(30.5, 0), (20.5, 1), (19.5, 1), (6.5, 2), (1.5, 3), (1.2, 3), (90.5, 4)] {
            let end = now + Int(daysLeft * 86_400)
            await stage.control.apply(
                configuration,
                checks: [IndicatorName("main"): CertificateCheck(end: end), IndicatorName("backup"): backup])
            try await eventually("it is looked at") {
                await stage.control.ownTurns.values.contains { $0.certificateDays != nil }
            }
            try await eventually("\(daysLeft) days") { channel.items(.certificate).count == told }
        }
        let items = channel.items(.certificate)
        #expect(items.map(\.severity) == [.warning, .warning, .critical, .info])
        #expect(items[1].text.hasPrefix("main: its certificate ends in 6 days, at "), "\(items[1].text)")
        #expect(items[3].turn == .better)
        await stage.control.stop()
    }

    @Test func `a store that cannot be written to is told, by the way that is left, and so is its end`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try Store(folder: folder.path)
        let stage = try await stage(store)
        try FileManager.default.moveItem(atPath: store.path, toPath: store.path + ".gone")
        store.note([.fact(key: "test", value: "1")])
        try await eventually("it is told") { channel.items(.server).count == 1 }
        let told = try #require(channel.items(.server).first)
        #expect(told.turn == .worse && told.severity == .critical)
        #expect(told.text.contains("what happens now would be forgotten") && told.text.contains("moved or deleted"))
        let problems = await (stage.control as any ControlInterface).problems()
        #expect(problems.map { "this server: \($0)" } == [told.text], "as the page tells it")
        try FileManager.default.moveItem(atPath: store.path + ".gone", toPath: store.path)
        try await eventually("its end is told") { channel.items(.server).last?.turn == .better }
        #expect(channel.items(.server).count == 2)
        await stage.control.stop()
        await store.close()
    }

    @Test func `letters and what was told are in the store, and a new process goes on with them`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let first = try Store(folder: folder.path)
        let before = try await stage(first)
        main.fail("connection refused")
        try await eventually("told") { channel.items(.state).count == 1 && channel.items(.switched).count == 1 }
        try await eventually("and known to be") {
            let letters = try first.letters(LetterQuery())
            return letters.contains { $0.body.contains("main ok → err") }
                && letters.allSatisfy { $0.state == "delivered" && $0.words == "kept" }
        }
        let reports = try await before.control.notices(NoticeQuery())
        #expect(reports.contains { $0.lines.contains { $0.contains("main ok → err") } && $0.attempts == 1 })
        await before.control.stop()
        await first.close()

        let second = try Store(folder: folder.path)
        let after = try Stage(store: second)
        let named = NamedChannel(name: "kept", channel: channel, arguments: [:])
        let subscription = Subscription(name: "all", channels: ["kept"], group: .zero)
        await after.control.configureNotices(NoticeSettings(channels: [named], subscriptions: [subscription]))
        main.recover()
        await after.control.apply(
            configuration, checks: [IndicatorName("main"): main, IndicatorName("backup"): backup])
        try await eventually("the end is told by the new process") {
            channel.items(.state).last?.turn == .better && channel.items(.switched).last?.turn == .better
        }
        #expect(channel.items(.state).count == 2, "and nothing is told twice")
        let ids = try second.letters(LetterQuery()).map(\.id)
        #expect(Set(ids).count == ids.count)
        await after.control.stop()
        await second.close()
    }
}
