import Foundation
import Secrets
import TestSupport
import Testing

/// Where secrets are, and that they stay there.
@Suite struct SecretTests {
    private static let opener = SecretOpener(folder: "data") { name throws(SecretFault) in
        guard name == "token" else { throw .notKept(name) }
        return "purr-s3cret\n"
    }

    @Test(arguments: [
        "", "token", "env:", "file:", "store:", "env:A=B",  // nothing is named, or what no variable can be called
        "ENV:A", "vault:a",  // another word
    ])
    func `what says nowhere that a secret is, is no place`(text: String) { #expect(SecretPlace(text) == nil) }

    @Test(arguments: [
        ("env:A", "env:A"), ("file:/a:b", "file:/a:b"), ("file:a", "file:conf/a"), ("store:a", "store:a"),
    ])
    func `a place says where the secret is`(text: String, description: String) {
        #expect(SecretPlace(text, folder: "conf")?.description == description)
    }

    @Test func `a secret is read from its file anew, its variable, or the store`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("token", " purr-s3cret \r\n")
        let file = try #require(SecretPlace("file:token", folder: folder.path))
        #expect(try file.line().reveal() == "purr-s3cret")
        #expect(try file.line(keepingBlanks: true).reveal() == " purr-s3cret ")
        try folder.write("token", "other")
        #expect(try file.line().reveal() == "other")
        setenv("NINELIVES_TEST_SECRET", "purr-s3cret", 1)
        #expect(try SecretPlace("env:NINELIVES_TEST_SECRET")?.line().reveal() == "purr-s3cret")
        #expect(try SecretPlace("store:token", opener: Self.opener)?.line().reveal() == "purr-s3cret")
    }

    @Test(
        arguments: [
            ([], "is empty"), (Array(" \n".utf8), "is empty"),
            (Array("one\ntwo".utf8), "is more than one line"), (Array("one\u{0}".utf8), "is more than one line"),
            ([0x61, 0xFF], "is not UTF-8"),
            ([UInt8](repeating: 0x61, count: SecretPlace.longest + 1), "is longer than 65536 octets"),
        ] as [([UInt8], String)])
    func `what is no secret of one line is told without it`(octets: [UInt8], problem: String) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = "\(folder.path)/token"
        try Data(octets).write(to: URL(fileURLWithPath: path))
        let fault = #expect(throws: SecretFault.self) { try SecretPlace("file:\(path)")?.line() }
        #expect(fault.map { "\($0)" } == "file:\(path) \(problem)")
    }

    @Test(arguments: [
        ("env:NINELIVES_NO_SUCH", "the environment variable NINELIVES_NO_SUCH is not set"),
        ("file:/nonexistent", "the file /nonexistent cannot be read"),
        ("store:other", "store:other is not kept: `ninelives secret set other` keeps it"),
    ])
    func `a place without a secret is told`(text: String, problem: String) {
        let fault = #expect(throws: SecretFault.self) { try SecretPlace(text, opener: Self.opener)?.line() }
        #expect(fault.map { "\($0)" } == problem)
    }

    @Test func `without a store that is told`() {
        #expect(throws: SecretFault.noStore("token")) { try SecretPlace("store:token")?.line() }
    }

    @Test func `a secret of several lines keeps them`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write("key", "one\ntwo\n")
        #expect(try SecretPlace("file:\(file)")?.document().reveal() == "one\ntwo\n")
    }

    @Test func `a secret cannot be printed by accident`() {
        let secret = Secret("purr-s3cret")
        let place = SecretPlace.written(secret)
        var dumped = ""
        dump(secret, to: &dumped)
        dump(place, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(place) \(dumped)".contains("purr"))
    }

    @Test(arguments: [
        ("a 0123456789 b", "a (secret) b"), ("a 01234567…", "a (secret)…"),
        ("a 012…", "a 012…"),  // as short may be anything
        ("nothing", "nothing"),
    ])
    func `who repeats a secret is not repeated, even where it was cut off`(text: String, redacted: String) {
        #expect(Secret("0123456789").redacted(from: text) == redacted)
        #expect(Secret("noth").redacted(from: "noth") == "(secret)")
        #expect(Secret("not").redacted(from: "nothing") == "nothing", "it would be found everywhere")
    }
}
