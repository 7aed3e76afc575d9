import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import Accounts
@testable import Web

/// What people do with their own account, over the API.
@Suite struct OwnAccountTests {
    /// Logs in; returns what proves it from then on.
    private func logIn(
        _ installation: Installation, _ password: String = Installation.password, code: String? = nil
    ) async throws -> (status: Int, headers: HTTPFields) {
        let wish = ["name": "ann", "password": password, "code": code].compactMapValues(\.self)
        let answer = try await installation.ask(
            .post, "/api/v1/session", json: String(decoding: try JSONEncoder().encode(wish), as: UTF8.self))
        guard answer.status == 200, let cookie = answer.headers[.setCookie]?.split(separator: ";").first,
            case .object(let me) = answer.json, case .string(let csrf) = me["csrf"],
            let token = HTTPField.Name("X-CSRF-Token")
        else { return (answer.status, [:]) }
        return (answer.status, [.cookie: String(cookie), token: csrf])
    }

    private func code(_ secret: String) throws -> String {
        let data = try #require(Data(base32: secret))
        return OneTimeCode.code(secret: data, counter: Int64(Date().timeIntervalSince1970) / 30)
    }

    @Test func `a second factor is made, set and wanted, and taken away by an admin; each is in the audit log`()
        async throws
    {
        let installation = try await Installation()
        try await installation.makeAdmin()
        let admin = try await installation.token(.admin)
        let path = "/api/v1/me/second-factor"
        #expect(try await installation.ask(.post, path, token: admin).status == 403, "a token is not its owner")
        let ann = try await logIn(installation).headers
        let made = try await installation.ask(.post, path, headers: ann)
        guard case .object(let told) = made.json, case .string(let secret) = told["secret"],
            case .string(let uri) = told["uri"]
        else {
            Issue.record("\(made)")
            return
        }
        #expect(uri == "otpauth://totp/Ninelives:ann?secret=\(secret)&issuer=Ninelives")
        #expect(try await logIn(installation).status == 200, "it is not in force yet")
        let wrong = try await installation.ask(
            .put, path, headers: ann, json: #"{"secret":"\#(secret)","code":"000000"}"#)
        #expect(wrong.status == 403, "\(wrong)")
        let set = try await installation.ask(
            .put, path, headers: ann, json: #"{"secret":"\#(secret)","code":"\#(try code(secret))"}"#)
        #expect(set.status == 204, "\(set)")
        #expect(try await logIn(installation).status == 401)
        #expect(try await logIn(installation, code: try code(secret)).status == 200)
        #expect(try await installation.ask(.delete, path + "?code=000000", headers: ann).status == 403)
        #expect(
            try await installation.ask(.delete, "/api/v1/users/ann/second-factor", token: admin).status == 204)
        #expect(try await logIn(installation).status == 200)
        #expect(
            try await installation.ask(.delete, "/api/v1/users/ann/second-factor", token: admin).status == 404)
        let deeds = try installation.accounts.auditEntries().map(\.action).filter { $0.hasPrefix("user.") }
        #expect(deeds == ["user.second-factor.reset", "user.second-factor.set"])
    }

    @Test func `a password is changed by its owner, who then logs in anew`() async throws {
        let installation = try await Installation()
        try await installation.makeAdmin()
        let ann = try await logIn(installation).headers
        func change(from old: String, to new: String) async throws -> Int {
            try await installation.ask(
                .put, "/api/v1/me/password", headers: ann, json: #"{"old":"\#(old)","new":"\#(new)"}"#
            ).status
        }
        #expect(try await change(from: "wrong password", to: "a better password") == 403)
        #expect(try await change(from: Installation.password, to: "short") == 422)
        #expect(try await change(from: Installation.password, to: "a better password") == 204)
        #expect(try await installation.ask(.get, "/api/v1/me", headers: ann).status == 401, "all sessions end")
        #expect(try await logIn(installation).status == 401)
        #expect(try await logIn(installation, "a better password").status == 200)
        #expect(try installation.accounts.auditEntries().contains { $0.action == "user.password" })
    }

    // MARK: On the page

    private static func secret(in body: String) -> String? {
        body.firstMatch(of: /name="secret" value="([A-Z2-7]+)"/).map { String($0.1) }
    }

    @Test(arguments: ["en", "ru"])
    func `the page shows a second factor as a picture and as text, and switches it on with a code of it`(
        language: String
    ) async throws {
        let browser = try await Browser(language: language)
        let words = try Catalogues()[language == "ru" ? .russian : .english]
        #expect(try await browser.open("/account").body.contains(words("factor.begin")))
        let shown = try await browser.post("/account/second-factor", [:])
        let secret = try #require(Self.secret(in: shown.body))
        #expect(shown.status == 200)
        #expect(shown.body.contains("<svg class=\"qr\"") && shown.body.contains(words("factor.picture")))
        #expect(shown.body.contains("otpauth://totp/Ninelives:ann?secret=\(secret)"))
        #expect(!shown.body.contains("style=") && !shown.body.contains("<script>"), "what the CSP forbids")

        let mistyped = try await browser.post("/account/second-factor", ["secret": secret, "code": "000000"])
        #expect(mistyped.status == 403 && mistyped.body.contains("role=\"alert\""))
        #expect(Self.secret(in: mistyped.body) == secret, "the app has it already")

        let set = try await browser.post("/account/second-factor", ["secret": secret, "code": try code(secret)])
        #expect(set.status == 303 && set.location == "/account")
        #expect(try await browser.open("/account").body.contains(words("factor.on-text")))
        #expect(try await browser.open("/people").body.contains(words("people.reset-factor")))
        #expect(try await logIn(browser.house).status == 401)

        let off = try await browser.post("/do/removeSecondFactor", ["code": try code(secret), "back": "/account"])
        #expect(off.status == 303)
        #expect(try await logIn(browser.house).status == 200)
    }

    @Test func `the page changes a password, and everybody logs in anew`() async throws {
        let browser = try await Browser()
        let form = try await browser.open("/account").body
        #expect(form.contains("autocomplete=\"current-password\"") && form.contains("autocomplete=\"new-password\""))
        let wish = ["old": Installation.password, "new": "a better password", "back": "/login"]
        #expect(
            try await browser.post("/do/changePassword", wish.merging(["old": "another one"]) { $1 }).status == 403)
        let changed = try await browser.post("/do/changePassword", wish)
        #expect(changed.status == 303 && changed.location == "/login")
        #expect(try await logIn(browser.house).status == 401)
        #expect(try await logIn(browser.house, "a better password").status == 200)
    }

    @Test func `a form for a second factor that another site sends does nothing`() async throws {
        let browser = try await Browser()
        #expect(try await browser.post("/account/second-factor", [:], csrf: "guessed").status == 403)
        #expect(try await browser.post("/do/changePassword", ["old": "x", "new": "y"], csrf: "guessed").status == 403)
    }
}
