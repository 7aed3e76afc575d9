import Accounts
import Checks
import Failover
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOPosix
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Control
@testable import Web

/// Takes everything that is logged.
private final class Journal: Sendable {
    private let lines = Mutex("")
    var text: String { lines.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Writer(journal: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Writer: LogHandler {
        let journal: Journal
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            journal.lines.withLock { $0 += "\(event.message) \(event.metadata ?? [:])\n" }
        }
    }
}

/// A server that tells everybody what it was sent is checked with secrets: nobody learns them from us.
@Suite struct SecrecyTests {
    private static let secret = "hunter2-of-the-kittens"

    @Test func `no log, page, answer or explanation has a secret in it`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write("secret", Self.secret)
        let journal = Journal()
        let clock = ShellClock(wall: Instant(seconds: Date().timeIntervalSince1970))
        let store = try Store(folder: folder.path + "/data")
        let control = try Control(
            clock: clock, publisher: Nowhere(), group: MultiThreadedEventLoopGroup.singleton,
            process: ProcessReport(version: "test", startedAt: clock.now, dns: []), store: store,
            logger: journal.logger)
        let site = try Site(
            control: control, demo: nil,
            gate: Gate(
                accounts: try Accounts(store: store, folder: folder.path + "/data") { clock.now }, isReadingOpen: true),
            moreMetrics: { "" })
        let gossip = try await Gossip(telling: Self.secret)
        let url = "http://127.0.0.1:\(gossip.port)/"
        let arguments: [(String, String, [String: String])] = [
            ("bearer", "http-status", ["url": url, "bearer": "file:\(file)"]),
            ("basic", "http-grep", ["url": url, "must-have": "x", "user": "tom", "password": "file:\(file)"]),
            ("header", "http-digest", ["url": url, "headers": "X-Api-Key: file:\(file)"]),
            ("socket", "websocket", ["url": "ws://127.0.0.1:\(gossip.port)/", "headers": "X-Api-Key: file:\(file)"]),
            ("redis", "redis", ["host": "127.0.0.1", "port": "\(gossip.port)", "password": "file:\(file)"]),
            ("beat", "heartbeat", ["period": "1h", "token": "file:\(file)"]),
        ]
        var checks: [IndicatorName: any Check] = [:]
        var scheme = Scheme(name: SchemeName("cat.example.test"))
        for (name, method, values) in arguments {
            checks[IndicatorName(name)] = try CheckMethod.make(method: method, arguments: CheckArguments(values))
            scheme.members.append(
                Member(
                    indicator: IndicatorName(name), values: [try #require(.init("192.0.2.1"))], priority: .primary))
        }
        var policy = Policy(name: "quick")
        (policy.interval, policy.recheck) = (.milliseconds(100), .milliseconds(20))
        (policy.timeout, policy.fall) = (.milliseconds(90), 1)
        await control.apply(
            Configuration(
                indicators: checks.keys.map { Indicator(name: $0, policy: policy) }, schemes: [scheme]), checks: checks)
        _ = try await control.take(IncomingReport(isOK: false), of: "beat", proof: .token(Self.secret))
        try await eventually("all are err") { await control.report().indicators.allSatisfy { $0.state == "err" } }
        var all = journal.text
        let paths =
            ["/", "/schemes/cat.example.test", "/metrics", "/api/openapi.json", "/api/v1/status"]
            + ["/api/v1/events", "/api/v1/overrides", "/api/v1/schemes/cat.example.test/explanation"]
            + arguments.flatMap { ["/indicators/\($0.0)", "/api/v1/indicators/\($0.0)"] }
        all += try await Application(router: site.router()).test(.router) { client in
            var told = ""
            for path in paths {
                let response = try await client.execute(uri: path, method: .get)
                if !path.hasSuffix("explanation") { #expect(response.status == .ok, "\(path)") }
                told += String(buffer: response.body)
            }
            return told
        }
        all += String(describing: await control.explanation(of: "cat.example.test"))
        await control.stop()
        await store.close()
        let kept = try Data(contentsOf: URL(filePath: folder.path + "/data/" + Store.fileName))
        all += String(decoding: kept, as: UTF8.self)
        #expect(all.contains("(secret)"), "the server's gossip is told, but for the secret")
        #expect(!all.contains(Self.secret))
        #expect(!all.contains(Data("tom:\(Self.secret)".utf8).base64EncodedString()))
        await gossip.stop()
    }
}

private struct Nowhere: Publisher {
    func publish(_ decision: Decision) {}
}
