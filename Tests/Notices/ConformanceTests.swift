import Failover
import Foundation
import NIOHTTP1
import NIOPosix
import Secrets
import TestSupport
import Testing

@testable import Notices

/// What every channel must do. A new one needs a line in `ChannelUnderTest.all`, and nothing else here.
struct ChannelUnderTest: Sendable, CustomTestStringConvertible {
    var kind: String
    /// What leads it to a service on a port of 127.0.0.1; `ca` is a file of certificates.
    var arguments: @Sendable (_ port: Int, _ ca: String) -> [String: String]
    /// None of them may ever be said.
    var secrets: [String]
    /// What people read, out of what the service got.
    var text: @Sendable (_ body: String) throws -> String
    /// The longest text that the service takes, UTF-16 units.
    var limit = Int.max

    var testDescription: String { kind }

    static let all = [
        ChannelUnderTest(
            kind: "webhook",
            arguments: { port, _ in ["url": "http://127.0.0.1:\(port)/hook", "secret": "a secret of 24 octets or more"]
            },
            secrets: ["a secret of 24 octets or more"],
            text: { body in
                let read = try JSONDecoder().decode(WebhookBody.self, from: Data(body.utf8))
                return read.items.map(\.text).joined(separator: "\n") + "\n\(read.more)"
            }),
        ChannelUnderTest(
            kind: "email",
            arguments: { port, ca in
                [
                    "server": "127.0.0.1", "port": "\(port)", "user": MailServer.user, "password": MailServer.password,
                    "from": "ninelives@example.org", "to": "ann@example.org, bob@example.org",
                ].merging(ca.isEmpty ? [:] : ["ca": ca]) { $1 }
            },
            secrets: [MailServer.password, Data(MailServer.password.utf8).base64EncodedString()], text: { $0 }),
        ChannelUnderTest(
            kind: "telegram",
            arguments: { port, _ in
                ["url": "http://127.0.0.1:\(port)", "token": "123456:AAF-secretToken", "chat": "-100200300"]
            },
            secrets: ["123456:AAF-secretToken"], text: { try field("text", $0) }, limit: 4096),
        ChannelUnderTest(
            kind: "slack",
            arguments: { port, _ in ["webhook-url": "http://127.0.0.1:\(port)/services/T000/B000/secretPath"] },
            secrets: ["/services/T000/B000/secretPath"],
            text: {
                try field("text", $0).replacing("&lt;", with: "<").replacing("&gt;", with: ">")
                    .replacing("&amp;", with: "&")
            }, limit: 2000),
        ChannelUnderTest(
            kind: "ntfy",
            arguments: { port, _ in
                ["url": "http://127.0.0.1:\(port)", "topic": "nobody-guesses-this", "token": "tk_secret1234"]
            },
            secrets: ["nobody-guesses-this", "tk_secret1234"], text: { try field("message", $0) }, limit: 4096),
    ]

    private static func field(_ name: String, _ body: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return try #require(object?[name] as? String, "\(body)")
    }

    func make(port: Int, ca: String = "") throws -> any Notices.Channel {
        try ChannelKind.make(kind, ChannelArguments(arguments(port, ca)))
    }
}

let sender = Sender(
    name: "ns1.example.org", group: MultiThreadedEventLoopGroup.singleton, timeout: .seconds(5),
    now: { Date().timeIntervalSince1970 })

func letter(_ texts: [String], id: Int64 = 7, more: Int = 0) -> Letter {
    Letter(
        id: id, channel: "x", subscription: "all", purpose: .news, at: Instant(seconds: 1_795_000_000),
        items: texts.map {
            Happening(
                .state, indicator: "charlie:cat", .worse, .critical, standing: "err", text: $0,
                at: Instant(seconds: 1_795_000_000))
        }, more: more)
}

/// A service of one kind that can be told how to behave: a web server of ours, or a real mail server.
private enum Service {
    case web(HTTPReceiver)
    case mail(MailServer)

    init(_ channel: ChannelUnderTest, in folder: TemporaryFolder) async throws {
        if channel.kind == "email" {
            try await MailServer.makeCertificates(in: folder)
            self = .mail(try await MailServer(in: folder))
        } else {
            self = .web(try await HTTPReceiver())
        }
    }

    var port: Int {
        switch self {
        case .web(let server): server.port
        case .mail(let server): server.port
        }
    }

    /// The bodies that it took, the newest last.
    var bodies: [String] {
        get throws {
            switch self {
            case .web(let server): server.requests.map(\.body)
            case .mail(let server): try server.mails.map(\.text)
            }
        }
    }

    func behave(_ status: HTTPResponseStatus, _ smtp: String) throws {
        switch self {
        case .web(let server): server.reply(status, repeatsRequest: true)
        case .mail(let server): try server.answer(smtp)
        }
    }

    func stop() async {
        switch self {
        case .web(let server): await server.stop()
        case .mail(let server): await server.stop()
        }
    }
}

@Suite(.serialized) struct ConformanceTests {
    @Test func `every kind is tested here`() {
        #expect(ChannelUnderTest.all.map(\.kind) == ChannelKind.all.map { $0.kind })
    }

    @Test(arguments: ChannelUnderTest.all)
    func `a service that takes it has every word, whatever is in it`(channel: ChannelUnderTest) async throws {
        try await withService(channel) { service, ca in
            let texts = [
                "charlie:cat ok → err: „Kätzchen“ 🐈 <b>&amp; \"quoted\" \\ %s {{x}}",
                ".", "..two dots", "From here on", "a line\r\nRCPT TO:<eve@example.org>",
                String(repeating: "🐈", count: 250),
            ]
            let made = try channel.make(port: service.port, ca: ca)
            let words = try await made.deliver(letter(texts), from: sender)
            #expect(!words.isEmpty)
            let text = try channel.text(try #require(try service.bodies.last))
            for item in texts { #expect(text.contains(oneLine(item)), "\(item) in \(text)") }
            expectNoSecrets(channel, words + made.target + "\(made)")
        }
    }

    @Test(arguments: ChannelUnderTest.all)
    func `a letter that is as long as can be is taken, and says what it leaves out`(
        channel: ChannelUnderTest
    ) async throws {
        try await withService(channel) { service, ca in
            let texts = (0..<Letter.itemLimit).map { "\($0) " + String(repeating: "&<ß🐈", count: 59) }
            _ = try await channel.make(port: service.port, ca: ca).deliver(letter(texts, more: 123), from: sender)
            let text = try channel.text(try #require(try service.bodies.last))
            #expect(text.utf16.count <= channel.limit)
            let shown = texts.filter { text.range(of: oneLine($0), options: .literal) != nil }.count
            let rest = "\(Letter.itemLimit - shown + 123)"
            #expect(text.contains(rest), "\(shown) are shown: \(text.suffix(400))")
            #expect(shown > 0)
        }
    }

    @Test(
        arguments: ChannelUnderTest.all,
        [
            (.serviceUnavailable, "451 4.3.0 later", false), (.tooManyRequests, "421 too many", false),
            (.badRequest, "554 5.6.0 not such a mail", true),
        ] as [(HTTPResponseStatus, String, Bool)])
    func `what the service says is understood: later, or not this letter`(
        channel: ChannelUnderTest, answer: (HTTPResponseStatus, String, Bool)
    ) async throws {
        try await withService(channel) { service, ca in
            try service.behave(answer.0, answer.1)
            do {
                let words = try await channel.make(port: service.port, ca: ca).deliver(letter(["x"]), from: sender)
                Issue.record("delivered: \(words)")
            } catch let error as DeliveryError {
                if case .refused = error { #expect(answer.2, "\(error)") } else { #expect(!answer.2, "\(error)") }
                expectNoSecrets(channel, "\(error)")
            }
        }
    }

    @Test(arguments: ChannelUnderTest.all, HostileService.Behaviour.allCases)
    func `a service that misbehaves costs no more than the time there is`(
        channel: ChannelUnderTest, behaviour: HostileService.Behaviour
    ) async throws {
        let server = try await HostileService(behaviour)
        var hasty = sender
        hasty.timeout = .seconds(1)
        let start = ContinuousClock.now
        do {
            _ = try await channel.make(port: server.port).deliver(letter(["x"]), from: hasty)
            Issue.record("delivered to nobody")
        } catch let error as DeliveryError {
            if case .refused = error { Issue.record("another letter would fare no better: \(error)") }
            expectNoSecrets(channel, "\(error)")
        }
        #expect(ContinuousClock.now - start < .seconds(30), "by itself it would never end")
        await server.stop()
    }

    @Test(arguments: ChannelUnderTest.all)
    func `a service that is not there is unavailable`(channel: ChannelUnderTest) async throws {
        do {
            _ = try await channel.make(port: try freePort()).deliver(letter(["x"]), from: sender)
            Issue.record("delivered to nobody")
        } catch let error as DeliveryError {
            #expect("\(error)".contains("connection refused"))
            if case .refused = error { Issue.record("\(error)") }
        }
    }

    @Test(arguments: ChannelUnderTest.all)
    func `what is wrong with its arguments is said, without secrets`(channel: ChannelUnderTest) throws {
        let right = channel.arguments(1, "ca.pem")
        let type = try #require(ChannelKind.all.first { $0.kind == channel.kind })
        for parameter in type.parameters where parameter.isRequired {
            var values = right
            values[parameter.name] = nil
            #expect(errors(channel.kind, values).map(\.key) == [parameter.name])
            values[parameter.name] = ""
            #expect(errors(channel.kind, values).map(\.key).contains(parameter.name))
        }
        for parameter in type.parameters {
            var values = right
            values[parameter.name] = "bad\nvalue"
            let found = errors(channel.kind, values)
            #expect(found.map(\.key).contains(parameter.name), "\(parameter.name)")
        }
        var misspelt = right
        misspelt["tokne"] = channel.secrets[0]
        for error in errors(channel.kind, misspelt) { expectNoSecrets(channel, "\(error)") }
        #expect(errors(channel.kind, misspelt).count == 1)
    }

    @Test(arguments: ChannelUnderTest.all)
    func `secrets may be in files, which are read anew each time`(channel: ChannelUnderTest) async throws {
        try await withService(channel) { service, ca in
            let type = try #require(ChannelKind.all.first { $0.kind == channel.kind })
            var values = channel.arguments(service.port, ca)
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let secrets = type.parameters.filter { [.secret, .secretURL].contains($0.kind) }
            #expect(!secrets.isEmpty)
            for parameter in secrets { values[parameter.name] = "file:\(parameter.name)" }
            let made = try ChannelKind.make(channel.kind, ChannelArguments(values, folder: folder.path))
            do {
                _ = try await made.deliver(letter(["x"]), from: sender)
                Issue.record("delivered without secrets")
            } catch let error as DeliveryError {
                #expect("\(error)".contains("cannot be read"))
            }
            for parameter in secrets {
                let value = channel.arguments(service.port, ca)[parameter.name] ?? "not-needed-here"
                try folder.write(parameter.name, value + "\n")
            }
            _ = try await made.deliver(letter(["x"]), from: sender)
            #expect(try service.bodies.count == 1)
        }
    }

    @Test(arguments: ChannelUnderTest.all)
    func `secrets may be in the encrypted store`(channel: ChannelUnderTest) async throws {
        try await withService(channel) { service, ca in
            let type = try #require(ChannelKind.all.first { $0.kind == channel.kind })
            var values = channel.arguments(service.port, ca)
            let kept = values
            let secrets = type.parameters.filter { [.secret, .secretURL].contains($0.kind) }
            for parameter in secrets { values[parameter.name] = "store:\(parameter.name)" }
            let opener = SecretOpener(folder: "data") { name throws(SecretFault) in kept[name] ?? "not-needed-here" }
            let made = try ChannelKind.make(channel.kind, ChannelArguments(values, opener: opener))
            _ = try await made.deliver(letter(["x"]), from: sender)
            #expect(try service.bodies.count == 1)

            let none = try ChannelKind.make(channel.kind, ChannelArguments(values))
            let error = await #expect(throws: DeliveryError.self) {
                try await none.deliver(letter(["x"]), from: sender)
            }
            #expect(error.map { "\($0)" }?.hasSuffix("there is no encrypted store here") == true)
            // What names nothing is no secret itself.
            for parameter in secrets { values[parameter.name] = "store:" }
            let wrong = errors(channel.kind, values).filter { $0.problem == "names nothing that holds a secret" }
            #expect(wrong.count == secrets.count)
        }
    }

    // MARK: -

    private func withService(
        _ channel: ChannelUnderTest, _ body: (Service, _ ca: String) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let service = try await Service(channel, in: folder)
        do {
            try await body(service, "\(folder.path)/ca.pem")
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }

    private func expectNoSecrets(_ channel: ChannelUnderTest, _ text: String) {
        for secret in channel.secrets { #expect(!text.contains(secret), "\(text)") }
    }

    private func errors(_ kind: String, _ values: [String: String]) -> [ChannelArgumentError] {
        do {
            _ = try ChannelKind.make(kind, ChannelArguments(values))
            return []
        } catch {
            return error.errors
        }
    }
}
