import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import Web

/// A browser that somebody has logged in with: it keeps the cookie, and fills forms in.
struct Browser {
    let house: Installation
    let session: String
    let csrf: String

    /// An admin's, of an installation of its own.
    init(language: String = "en", document: (String) -> String = { $0 }) async throws {
        let house = try await Installation(document: document)
        try await house.makeAdmin()
        try await self.init(house, as: "ann", language: language)
    }

    init(_ house: Installation, as name: String, language: String = "en") async throws {
        self.house = house
        let login = try await Self.send(
            house.site, "/login", .post, "", form: "name=\(name)&password=\(Installation.password.urlEncoded)")
        let cookie = try #require(login.headers[.setCookie]?.split(separator: ";").first.map(String.init))
        session = "\(cookie); ninelives-language=\(language)"
        let me = try await Self.send(house.site, "/api/v1/me", .get, session)
        csrf = try #require(
            String(buffer: me.body).firstMatch(of: /"csrf":"([^"]+)"/).map { String($0.1) })
    }

    private static func send(
        _ site: Site, _ path: String, _ method: HTTPRequest.Method, _ cookie: String, form: String? = nil
    ) async throws -> TestResponse {
        try await Application(router: site.router()).test(.router) { client in
            var headers: HTTPFields = [.cookie: cookie, .accept: "text/html"]
            if path.hasPrefix("/api/") { headers[.accept] = nil }
            if form != nil { headers[.contentType] = "application/x-www-form-urlencoded" }
            return try await client.execute(
                uri: path, method: method, headers: headers, body: form.map { ByteBuffer(string: $0) })
        }
    }

    func open(_ path: String) async throws -> (status: Int, body: String) {
        let answer = try await Self.send(house.site, path, .get, session)
        return (answer.status.code, String(buffer: answer.body))
    }

    func post(
        _ path: String, _ fields: [String: String], csrf: String? = nil
    ) async throws -> (status: Int, location: String?, body: String) {
        let all = fields.merging(["csrf": csrf ?? self.csrf]) { first, _ in first }
        let form = all.map { "\($0.key.urlEncoded)=\($0.value.urlEncoded)" }.joined(separator: "&")
        let answer = try await Self.send(house.site, path, .post, session, form: form)
        return (answer.status.code, answer.headers[.location], String(buffer: answer.body))
    }
}
