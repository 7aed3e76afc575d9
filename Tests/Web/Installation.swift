import Accounts
import Checks
import Failover
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONTree
import Logging
import NIOCore
import NIOPosix
import Settings
import Storage
import TestSupport
import Testing

@testable import Control
@testable import Web

/// A whole server but for its sockets: a real shell with a store, accounts and revisions, asked over its routes. What
/// it checks is one port that takes connections.
final class Installation: Sendable {
    let folder: TemporaryFolder
    let control: Control
    let accounts: Accounts
    let revisions: Revisions
    let site: Site
    private let target: any Channel

    /// - Parameter document: makes the file that it starts with of the usual one.
    init(isReadingOpen: Bool = true, document: (String) -> String = { $0 }) async throws {
        folder = try TemporaryFolder()
        target = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let store = try Store(folder: folder.path)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let clock = ShellClock(wall: Instant(seconds: Date().timeIntervalSince1970))
        control = try Control(
            clock: clock, publisher: Nowhere(), group: MultiThreadedEventLoopGroup.singleton,
            process: ProcessReport(version: "test", startedAt: clock.now, dns: ["127.0.0.1:53"]), store: store,
            logger: logger)
        accounts = try Accounts(store: store, folder: folder.path, cost: .none) { clock.now }
        let box = try SecretBox.open(folder: folder.path)
        let seal = RevisionSeal(
            fingerprint: { box.fingerprint($0) }, seal: { box.seal($0, as: "revision") },
            open: { box.open($0, as: "revision") })
        let token = try folder.write("token", Self.reportToken)
        let file = try folder.write(
            "n.yaml", document(Self.document(port: target.localAddress?.port ?? 0, token: token)))
        let start = try StartingPoint.find(file: file, store: store, seal: seal).get()
        revisions = Revisions(from: start, store: store, seal: seal, control: control, logger: logger) { _, _, _ in [] }
        site = try Site(
            control: control, demo: nil, gate: Gate(accounts: accounts, isReadingOpen: isReadingOpen),
            moreMetrics: { "" }, revisions: revisions)
        await control.apply(start.settings)
        await revisions.begin()
        let control = control
        try await eventually("charlie answers") {
            let report = await control.report()
            return report.schemes[0].addresses == ["192.0.2.1"]
                && report.indicators.allSatisfy { $0.state == "ok" || !$0.name.hasSuffix(":cat") }
        }
    }

    deinit {
        target.close(promise: nil)
        folder.remove()
    }

    private static func document(port: Int, token: String) -> String {
        """
        keys:
          k.example.test: { secret: "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=" }
        zones:
          - name: example.test
            records: |
              @ 300 IN SOA ns1 host 1 2 3 4 5
              @ 300 IN NS ns1
              ns1 300 IN A 127.0.0.1
        policies:
          quick: { interval: 500ms, timeout: 400ms, recheck: 50ms, rise: 1 }
        indicators:
          charlie:cat: { check: tcp, host: 127.0.0.1, port: \(port), policy: quick }
          echo:cat: { check: tcp, host: 127.0.0.1, port: \(port), policy: quick }
          job: { check: heartbeat, period: 1h, token: "file:\(token)" }
        projects:
          cats: { indicators: "charlie:*", schemes: [cat.example.test, "*.cats.example.test"], channels: "cats-*" }
          dogs: { indicators: "dog:*", schemes: "*.dogs.example.test" }
        schemes:
          cat.example.test:
            failback: immediate
            members:
              - { indicator: charlie:cat, value: 192.0.2.1, priority: 100 }
              - { indicator: echo:cat, value: 192.0.2.2, priority: 99 }

        """
    }

    /// Two lines that answer nobody, and a service behind them.
    static let lines = """
        lines:
          wan1: { addresses: 198.51.100.10, source: 127.0.0.31, test-points: ["tcp 127.0.0.1:9"] }
          wan2: { addresses: 203.0.113.10, interface: absent0, test-points: ["tcp 127.0.0.1:9"] }
        services:
          shop.example.test:
            port: 443
            servers:
              web1: { onsite: "127.0.0.1:9" }
              dc: { offsite: 192.0.2.9, level: backup, indicator: echo:cat }
        hosts:
          www.example.test: { addresses: { wan1: 198.51.100.20 }, other: 192.0.2.20 }

        """

    var targetPort: Int? { target.localAddress?.port }

    /// What the file says, with one text in the place of another.
    func document(replacing old: String, with new: String) throws -> String {
        try String(contentsOfFile: folder.path + "/n.yaml", encoding: .utf8).replacing(old, with: new)
    }

    /// Two channels, one of them of the project `cats`, and a subscription with each.
    static let notices = """
        notices:
          channels:
            cats-hook: { kind: webhook, url: "http://127.0.0.1:9/", secret: whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI= }
            ours: { kind: webhook, url: "http://127.0.0.1:9/", secret: whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI= }
          subscriptions:
            everything: { to: ours }
            all-cats: { to: cats-hook, project: cats }

        """

    static let reportToken = "what-only-the-job-knows"
    static let password = "correct horse battery"

    func makeAdmin() async throws {
        let invitation = try #require(try accounts.invite())
        try await accounts.acceptInvitation(invitation, name: "ann", password: Self.password)
    }

    func token(_ role: Role, name: String? = nil, project: String = "*") async throws -> String {
        try await accounts.makeToken(
            name: name ?? role.rawValue, for: "ann", role: role, project: project, expires: nil
        ).secret
    }

    struct Answer {
        var status: Int
        var headers: HTTPFields
        var json: JSONValue
        var text: String
    }

    func ask(
        _ method: HTTPRequest.Method, _ path: String, token: String? = nil, headers: HTTPFields = [:],
        json: String? = nil
    ) async throws -> Answer {
        try await Application(router: site.router()).test(.router) { client in
            var headers = headers
            if let token { headers[.authorization] = "Bearer \(token)" }
            if json != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
            let response = try await client.execute(
                uri: path, method: method, headers: headers, body: json.map { ByteBuffer(string: $0) })
            let text = String(buffer: response.body)
            let value = (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .null
            return Answer(status: response.status.code, headers: response.headers, json: value, text: text)
        }
    }
}

private struct Nowhere: Publisher {
    func publish(_ decision: Decision) {}
}
