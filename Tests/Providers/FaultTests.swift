import Addresses
import DNS
import Emulators
import Failover
import NIOPosix
import Providers
import TestSupport
import Testing

/// A queue, its driver and an emulator over real HTTP, with a fault in each place.
@Suite struct FaultTests {
    @Test(arguments: Fault.allCases, [true, false])
    func `after a fault the record is right, once, and no storm of requests followed`(
        fault: Fault, onlyChanges: Bool
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("token", "good-token\n")
        let emulator = CloudflareEmulator()
        await emulator.addZone("example.org")
        await emulator.addToken("good-token")
        await emulator.faults.setDelay(.seconds(8))
        let running = try await RunningEmulator.start(emulator)
        let provider = try Cloudflare(
            ProviderArguments(["token": "file:token", "url": running.url + "/client/v4"], folder: folder.path))
        var policy = ReconcilerPolicy()
        policy.retries = [.milliseconds(50), .milliseconds(100), .milliseconds(200)]
        // Nobody answers there: the provider's word is all that is known.
        let nobody = try #require(NameServer("127.0.0.1:\(try freePort())"))
        let queue = ProviderQueue(
            name: "cloudflare", provider: provider,
            survey: AuthoritySurvey(group: MultiThreadedEventLoopGroup.singleton, servers: [nobody]), policy: policy,
            callTimeout: .seconds(2), clock: { Self.now }, tell: { _ in })
        let owner = try Name("www.example.org")
        func wish(_ address: String) throws -> Wish {
            Wish(owner: owner, addresses: [try #require(IPAddress(address))], ttlSeconds: 60)
        }
        func isSynced(_ address: String) async -> Bool {
            guard let status = await queue.statuses.first else { return false }
            return status.state == .synced && status.wished.flatMap(\.valueTexts) == [address]
        }
        await queue.wish(try wish("192.0.2.1"))
        try await eventually("the first address is there") { await isSynced("192.0.2.1") }
        let before = await (emulator.faults.requests, emulator.faults.changingRequests)
        await emulator.faults.add(fault, times: 2, onlyChanges: onlyChanges)
        await queue.wish(try wish("192.0.2.2"))
        try await eventually("the second address is there") { await isSynced("192.0.2.2") }
        #expect(await emulator.listing() == ["www.example.org 60 A 192.0.2.2"])
        // Two faults, each before or after its effect: at most three changes, and a reading around each.
        #expect(await emulator.faults.changingRequests - before.1 <= 3)
        #expect(await emulator.faults.requests - before.0 <= 12)
        await queue.stop()
        await running.stop()
    }

    private static let start = ContinuousClock.now

    private static var now: Instant {
        let passed = ContinuousClock.now - start
        return Instant(seconds: 1_000_000) + passed
    }
}
