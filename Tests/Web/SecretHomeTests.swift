import Foundation
import Testing

@testable import Accounts
@testable import Web

/// Whoever may change an account at a provider need not know its secret, and does not get it by changing the address.
@Suite struct SecretHomeTests {
    private static let account = "/api/v1/configuration/providers/hook"

    private func value(_ port: Int, secret: String = "store:hook") -> String {
        #"{"driver": "webhook", "url": "http://127.0.0.1:\#(port)/", "token": "\#(secret)", "dry-run": true}"#
    }

    @Test func `a kept secret goes elsewhere only if the one who says so has set it anew`() async throws {
        let house = try await Installation { $0 + "data: .\n" }
        try await house.makeAdmin()
        let (ann, eve) = (try await house.token(.admin, name: "ann"), try await house.token(.admin, name: "eve"))
        func put(_ port: Int, as token: String, secret: String = "store:hook") async throws -> Installation.Answer {
            try await house.ask(.put, Self.account, token: token, json: value(port, secret: secret))
        }
        func set(_ token: String) async throws {
            let answer = try await house.ask(.put, "/api/v1/secrets/hook", token: token, json: #"{"secret": "one"}"#)
            #expect(answer.status == 200)
        }
        try await set(ann)
        #expect(try await put(9, as: ann).status == 200)
        let moved = try await put(10, as: eve)
        #expect(moved.status == 422 && moved.text.contains("was given for another address"), "\(moved.text)")
        #expect(moved.text.contains(#""pointer":"/token""#) && moved.text.contains("set once more"))
        #expect(try await put(9, as: eve).status == 200, "where it is it may stay")
        // Nor by a trial, another account, another driver, or by taking the account away first.
        let tried = #"{"account": \#(value(10)), "name": "www.example.org"}"#
        #expect(try await house.ask(.post, "/api/v1/providers/try", token: eve, json: tried).status == 422)
        let other = try await house.ask(
            .put, "/api/v1/configuration/providers/other", token: eve, json: value(10))
        #expect(other.status == 422)
        let driver = #"{"driver": "digitalocean", "token": "store:hook"}"#
        #expect(try await house.ask(.put, Self.account, token: eve, json: driver).status == 422)
        #expect(try await house.ask(.delete, Self.account, token: eve).status == 200)
        #expect(try await put(10, as: eve).status == 422)
        // That somebody else has set it anew is not enough.
        try await set(ann)
        #expect(try await put(10, as: eve).status == 422)
        #expect(try await put(10, as: ann).status == 200)
        #expect(try await put(9, as: ann).status == 422, "and now it is the other's")
        #expect(try await put(9, as: ann, secret: "store:another").status == 200, "another secret may")
    }

    @Test func `the form asks for the secret again when the address changes`() async throws {
        let browser = try await Browser { $0 + "data: .\n" }
        let fields = [
            "name": "hook", "driver": "webhook", "arg-url": "http://127.0.0.1:9/", "arg-token": "a-secret",
            "dry-run": "on",
            "do": "save",
        ]
        let made = try await browser.post("/configure/providers", fields)
        #expect(made.status == 303, "\(made.body)")
        let edit = fields.merging(["edit": "yes", "arg-url": "http://127.0.0.1:10/", "arg-token": ""]) { $1 }
        let moved = try await browser.post("/configure/providers", edit)
        #expect(moved.status == 422 && moved.body.contains("was given for another address"), "\(moved.body)")
        #expect(moved.body.contains("http://127.0.0.1:10/"), "what was typed stays")
        let again = try await browser.post("/configure/providers", edit.merging(["arg-token": "a-secret"]) { $1 })
        #expect(again.status == 303, "\(again.body)")
    }
}

/// A check reaches out to wherever it is told; what of the server's secrets it takes along is not a project's to say.
@Suite struct SecretReferenceTests {
    @Test(
        "a project's admin has no file and no variable of the server sent anywhere, by configuring or by trying",
        arguments: [
            ("password", "file:data/local.token"), ("password", "env:HOME"),
            ("options", "tls password=file:/etc/hostname"),
        ])
    func references(key: String, value: String) async throws {
        let house = try await Installation()
        try await house.makeAdmin()
        let cats = try await house.token(.admin, project: "cats")
        let arguments = #""host": "127.0.0.1", "port": "9", "\#(key)": "\#(value)""#
        let put = try await house.ask(
            .put, "/api/v1/configuration/indicators/charlie:db", token: cats,
            json: #"{"check": "redis", \#(arguments)}"#)
        #expect(put.status == 403 && put.text.contains("a secret of the server"), "\(put.text)")
        let tried = try await house.ask(
            .post, "/api/v1/checks/try", token: cats, json: #"{"check": "redis", "arguments": {\#(arguments)}}"#)
        #expect(tried.status == 403, "\(tried.text)")
        #expect(await house.revisions.inForce() == 1)
    }

    @Test func `what the server's admin has put there a project's admin may leave there, and not send elsewhere`()
        async throws
    {
        let house = try await Installation()
        try await house.makeAdmin()
        let (admin, cats) = (try await house.token(.admin), try await house.token(.admin, project: "cats"))
        func put(_ port: Int, _ more: String = "", as token: String) async throws -> Int {
            let file = "\(house.folder.path)/token"
            return try await house.ask(
                .put, "/api/v1/configuration/indicators/charlie:db", token: token,
                json:
                    #"{"check": "redis", "host": "127.0.0.1", "port": "\#(port)", "password": "file:\#(file)"\#(more)}"#
            ).status
        }
        #expect(try await put(9, as: admin) == 200)
        #expect(try await put(9, #", "policy": "quick""#, as: cats) == 200)
        #expect(try await put(10, as: cats) == 403)
        #expect(try await put(10, as: admin) == 200)
    }
}
