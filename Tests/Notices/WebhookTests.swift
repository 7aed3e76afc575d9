import Crypto
import Failover
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import Notices

/// A receiver that takes nothing that is not signed, too old, or has been there before (Standard Webhooks 1.0).
private struct Receiver {
    let key: SymmetricKey
    var seen: Set<String> = []
    static let tolerance = 300.0

    enum Verdict: Equatable {
        case taken, forged, tooOld, repeated
    }

    mutating func judge(_ request: HTTPReceiver.Request, at now: Double) -> Verdict {
        guard let id = request.headers.first(name: "webhook-id"),
            let timestamp = request.headers.first(name: "webhook-timestamp"),
            let signatures = request.headers.first(name: "webhook-signature")
        else { return .forged }
        let signed = Data("\(id).\(timestamp).\(request.body)".utf8)
        let isValid = signatures.split(separator: " ").contains { signature in
            let parts = signature.split(separator: ",", maxSplits: 1)
            guard parts.count == 2, parts[0] == "v1", let code = Data(base64Encoded: String(parts[1])) else {
                return false
            }
            return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: key)
        }
        guard isValid else { return .forged }
        guard let at = Double(timestamp), abs(now - at) <= Self.tolerance else { return .tooOld }
        return seen.insert(id).inserted ? .taken : .repeated
    }
}

@Suite struct WebhookTests {
    private static let secret = "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString()
    private static let key = SymmetricKey(data: (0..<32).map { UInt8($0) })

    private func channel(_ url: String, _ secret: String = secret) throws -> WebhookChannel {
        try WebhookChannel(ChannelArguments(["url": url + "/hook?team=cats", "secret": secret]))
    }

    @Test func `a receiver can tell ours from forged, old and repeated messages`() async throws {
        let server = try await HTTPReceiver()
        let now = 1_795_000_100.0
        var sender = sender
        sender.now = { now }
        _ = try await channel(server.url).deliver(letter(["x"]), from: sender)
        let request = try #require(server.requests.last)
        #expect(request.uri == "/hook?team=cats")
        var receiver = Receiver(key: Self.key)
        #expect(receiver.judge(request, at: now) == .taken)
        #expect(receiver.judge(request, at: now) == .repeated)
        #expect(receiver.judge(request, at: now + 301) == .tooOld)
        var changed = request
        changed.body = changed.body.replacing("critical", with: "info")
        #expect(receiver.judge(changed, at: now) == .forged)
        var later = request
        later.headers.replaceOrAdd(name: "webhook-timestamp", value: "\(Int(now) + 200)")
        #expect(receiver.judge(later, at: now + 400) == .forged)
        var stranger = Receiver(key: SymmetricKey(data: (1..<33).map { UInt8($0) }))
        #expect(stranger.judge(request, at: now) == .forged)
        await server.stop()
    }

    @Test func `the next attempt has the same id and a time and signature of its own`() async throws {
        let server = try await HTTPReceiver()
        for now in [1_795_000_100.0, 1_795_000_900.0] {
            var sender = sender
            sender.now = { now }
            _ = try await channel(server.url).deliver(letter(["x"]), from: sender)
        }
        var receiver = Receiver(key: Self.key)
        #expect(receiver.judge(server.requests[0], at: 1_795_000_100) == .taken)
        #expect(receiver.judge(server.requests[1], at: 1_795_000_900) == .repeated)
        #expect(server.requests[0].body == server.requests[1].body)
        await server.stop()
    }

    @Test func `letters with the same number after a lost disk are not taken for one`() {
        var first = letter(["x"], id: 1)
        let second = letter(["x"], id: 1)
        first.at = Instant(seconds: 5)
        #expect(first.key != second.key)
    }

    @Test(arguments: ["kitten", "whsec_c2hvcnQ=", "whsec_not base64 at all, however long it may be"])
    func `a key that is too short, or none, is refused without being repeated`(secret: String) {
        let error = #expect(throws: ChannelArgumentErrors.self) { try channel("http://127.0.0.1:1", secret) }
        #expect(error?.errors.map(\.key) == ["secret"] && !"\(error as Any)".contains(secret))
    }

    @Test func `a redirect is not followed: the signature is for nobody else`() async throws {
        let (server, other) = (try await HTTPReceiver(), try await HTTPReceiver())
        server.reply(.temporaryRedirect, headers: ["Location": "\(other.url)/elsewhere"])
        await #expect(throws: DeliveryError.self) {
            try await channel(server.url).deliver(letter(["x"]), from: sender)
        }
        #expect(other.requests.isEmpty)
        await server.stop()
        await other.stop()
    }

    @Test(
        arguments: [
            ("Retry-After: 17", HTTPHeaders([("Retry-After", "17")]), Duration.seconds(17)),
            ("Retry-After: a day, which is too long", HTTPHeaders([("Retry-After", "86400")]), .seconds(3600)),
            ("nothing", HTTPHeaders(), nil),
        ] as [(String, HTTPHeaders, Duration?)])
    func `a service that asks for patience is heard`(
        what: String, headers: HTTPHeaders, expected: Duration?
    ) async throws {
        let server = try await HTTPReceiver()
        server.reply(.tooManyRequests, headers: headers)
        do {
            _ = try await channel(server.url).deliver(letter(["x"]), from: sender)
            Issue.record("delivered")
        } catch DeliveryError.unavailable(_, let retryAfter) {
            #expect(retryAfter == expected, "\(what)")
        }
        await server.stop()
    }
}
