import Addresses
import DNS
import Failover
import NIOPosix
import Providers
import Synchronization
import TestSupport
import Testing

/// What a queue tells of, and in which order.
@Suite struct ProviderQueueTests {
    @Test func `who is slow to listen hears everything in its order, the last status last`() async throws {
        let nobody = try #require(NameServer("127.0.0.1:\(try freePort())"))
        let start = ContinuousClock.now
        let told = Mutex<[SyncStatus]>([])
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let queue = ProviderQueue(
            name: "shelf", provider: Shelf(),
            survey: AuthoritySurvey(group: MultiThreadedEventLoopGroup.singleton, servers: [nobody]),
            clock: { Instant(seconds: 1_000_000) + (ContinuousClock.now - start) },
            tell: { news in
                guard case .changed(let status) = news else { return }
                // The first is held up until the name has got where it is to be.
                if status.state == .waiting { for await _ in gate { break } }
                told.withLock { $0.append(status) }
            })
        let owner = try Name("www.example.org")
        let address = try #require(IPAddress("192.0.2.1"))
        let wishing = Task { await queue.wish(Wish(owner: owner, addresses: [address], ttlSeconds: 60)) }
        try await eventually("it is there") { await queue.statuses.first?.state == .synced }
        open.finish()
        try await eventually("that is told") { told.withLock { $0.last?.state } == .synced }
        let since = told.withLock { $0.map(\.since) }
        #expect(told.withLock { $0.first?.state } == .waiting)
        #expect(since == since.sorted(), "no status overtakes a later one")
        await wishing.value
        await queue.stop()
    }
}

/// A provider in memory.
private final class Shelf: Provider {
    static let driver = "shelf"
    static let summary = "for tests"
    static let parameters: [ProviderParameter] = []

    private let held = Mutex<[RRset]>([])

    init() {}
    convenience init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) { self.init() }

    var capabilities: Capabilities { Capabilities() }

    func read(_ owner: Name, types: [RRType], until deadline: Deadline) async throws(ProviderError) -> [HeldSet] {
        held.withLock { $0.filter { types.contains($0.type) }.map { HeldSet($0) } }
    }

    func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        held.withLock { $0 = change.after }
        return Acceptance("put there")
    }
}
