import Failover
import Foundation
import TestSupport
import Testing

@testable import Notices

/// Mail against a real mail server, which reads it with Python's own library.
@Suite(.serialized) struct MailTests {
    private func withServer(
        _ tls: MailServer.TLS, mechanisms: String = "PLAIN LOGIN", certificate: String = "good",
        _ body: (MailServer, [String: String]) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await MailServer.makeCertificates(in: folder)
        let server = try await MailServer(in: folder, tls: tls, mechanisms: mechanisms, certificate: certificate)
        var values = [
            "server": "127.0.0.1", "port": "\(server.port)", "tls": tls.rawValue, "ca": "\(folder.path)/ca.pem",
            "from": "ninelives@example.org", "to": "ann@example.org",
        ]
        if tls != .none { (values["user"], values["password"]) = (MailServer.user, MailServer.password) }
        do {
            try await body(server, values)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func deliver(_ values: [String: String], _ letter: Letter) async throws -> String {
        try await EmailChannel(ChannelArguments(values)).deliver(letter, from: sender)
    }

    @Test(
        arguments: [
            (.starttls, "PLAIN LOGIN", "TLS"), (.starttls, "LOGIN", "TLS"), (.implicit, "PLAIN", "TLS"),
            (.none, "PLAIN", "plain"),
        ] as [(MailServer.TLS, String, String)])
    func `a mail goes by every way there is, and says who it is from and what for`(
        way: (tls: MailServer.TLS, mechanisms: String, protection: String)
    ) async throws {
        try await withServer(way.tls, mechanisms: way.mechanisms) { server, values in
            let words = try await deliver(values, letter(["charlie:cat ok → err: „Kätzchen“ 🐈"], id: 42))
            #expect(words == "250 2.0.0 taken over")
            let mail = try #require(try server.mails.last)
            #expect(mail.protection == way.protection && mail.user == (way.tls == .none ? nil : MailServer.user))
            #expect(mail.from == "ninelives@example.org" && mail.to == ["ann@example.org"])
            #expect(mail.subject == "[ns1.example.org] charlie:cat ok → err: „Kätzchen“ 🐈")
            #expect(mail.text.contains("UTC  [critical]  charlie:cat ok → err: „Kätzchen“ 🐈"))
            #expect(mail.headers["Auto-Submitted"] == "auto-generated")
            #expect(mail.headers["Date"]?.hasSuffix("+0000") == true, "\(mail.headers)")
        }
    }

    @Test func `a mail that is sent twice has the same Message-ID, and another mail has another one`() async throws {
        try await withServer(.starttls) { server, values in
            for id: Int64 in [1, 1, 2] { _ = try await deliver(values, letter(["x"], id: id)) }
            let ids = try server.mails.compactMap { $0.headers["Message-ID"] }
            #expect(ids.count == 3 && ids[0] == ids[1] && ids[1] != ids[2])
        }
    }

    @Test func `whoever can be reached gets it, and who cannot is told of`() async throws {
        try await withServer(.starttls) { server, values in
            var both = values
            both["to"] = "nobody@example.org, ann@example.org"
            let words = try await deliver(both, letter(["x"]))
            #expect(words.contains("not taken for one: 550 5.1.1 no such person"))
            #expect(try server.mails.last?.to == ["ann@example.org"])
            var none = values
            none["to"] = "nobody@example.org"
            await #expect(throws: DeliveryError.refused("RCPT TO: 550 5.1.1 no such person")) {
                try await deliver(none, letter(["x"]))
            }
        }
    }

    @Test func `a wrong password rests the channel, and is not repeated`() async throws {
        try await withServer(.implicit) { server, values in
            var wrong = values
            wrong["password"] = "not the password"
            do {
                _ = try await deliver(wrong, letter(["x"]))
                Issue.record("delivered")
            } catch let error as DeliveryError {
                #expect("\(error)".hasPrefix("login as ninelives: 535"), "\(error)")
                if case .refused = error { Issue.record("another letter would fare no better") }
            }
            let mails = try server.mails
            #expect(mails.isEmpty)
        }
    }

    @Test(arguments: [MailServer.TLS.starttls, .implicit])
    func `nothing is said to a server that cannot prove who it is`(tls: MailServer.TLS) async throws {
        try await withServer(tls, certificate: "other") { server, values in
            await #expect(throws: DeliveryError.self) { try await deliver(values, letter(["x"])) }
            let mails = try server.mails
            #expect(mails.isEmpty)
        }
        try await withServer(tls) { server, values in
            var system = values
            system["ca"] = nil  // the system knows nothing of our authority
            await #expect(throws: DeliveryError.self) { try await deliver(system, letter(["x"])) }
            let mails = try server.mails
            #expect(mails.isEmpty)
        }
    }

    @Test func `a server without STARTTLS gets no password`() async throws {
        try await withServer(.none) { server, values in
            var wishful = values
            (wishful["tls"], wishful["user"], wishful["password"]) = ("starttls", "ninelives", MailServer.password)
            await #expect(throws: DeliveryError.unavailable("127.0.0.1:\(server.port) offers no STARTTLS")) {
                try await deliver(wishful, letter(["x"]))
            }
            let mails = try server.mails
            #expect(mails.isEmpty)
        }
    }

    @Test func `a password without TLS is a mistake in the configuration`() {
        let values = [
            "server": "127.0.0.1", "tls": "none", "user": "ninelives", "password": "x", "from": "a@example.org",
            "to": "b@example.org",
        ]
        let error = #expect(throws: ChannelArgumentErrors.self) { try EmailChannel(ChannelArguments(values)) }
        #expect(error?.errors.map(\.problem) == ["would send the password for everybody to read"])
    }

    @Test(arguments: [
        "a@b@c", "a b@example.org", "<a@example.org>", "a@example.org\u{D}\u{A}DATA", "ä@example.org", "@",
    ])
    func `what could be more than an address is not taken`(address: String) {
        let values = ["server": "127.0.0.1", "from": "a@example.org", "to": address]
        let error = #expect(throws: ChannelArgumentErrors.self) { try EmailChannel(ChannelArguments(values)) }
        #expect(error?.errors.contains { $0.key == "to" } == true)
    }

    @Test func `a subject is torn between characters only, in words of at most 75`() {
        let text = String(repeating: "Kätzchen 🐈‍⬛ ", count: 20)
        let words = Mail.encodedWords(text).components(separatedBy: "\r\n ")
        #expect(words.count > 5 && words.allSatisfy { $0.utf8.count <= 75 })
        let decoded = words.map { word in
            Data(base64Encoded: String(word.dropFirst(10).dropLast(2))).flatMap { String(data: $0, encoding: .utf8) }
        }
        #expect(decoded.compactMap(\.self).joined() == text)
    }
}
