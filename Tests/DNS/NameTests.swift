import DNS
import Testing

@Suite struct NameTests {
    @Test(arguments: [
        ("www.example.org.", "www.example.org."),
        ("www", "www.example.test."),  // relative to the origin
        ("@", "example.test."),
        (".", "."),
        ("a\\.b.example.org.", "a\\.b.example.org."),  // an escaped dot is part of its label
        ("\\065bc.", "Abc."),  // a decimal escape
        ("a\\032b.", "a\\032b."),
        ("*.example.org.", "*.example.org."),
    ])
    func `a name reads back as it is printed`(text: String, printed: String) throws {
        let origin = try Name("example.test.")
        let name = try Name(text, relativeTo: origin)
        #expect(name.description == printed)
        #expect(try Name(name.description) == name)
    }

    @Test(
        arguments: [
            ("", .empty), ("a..b", .emptyLabel), (".a", .emptyLabel), ("a\\", .badEscape), ("a\\25", .badEscape),
            ("a\\256", .badEscape),
            (String(repeating: "a", count: 64), .labelTooLong(String(repeating: "a", count: 64))),
            (Array(repeating: String(repeating: "a", count: 63), count: 4).joined(separator: "."), .tooLong),
        ] as [(String, NameError)])
    func `what is not a name is refused with its reason`(text: String, error: NameError) {
        #expect(throws: error) { try Name(text) }
    }

    @Test func `names of 255 octets and labels of 63 are names`() throws {
        let label = String(repeating: "a", count: 63)
        let name = try Name([label, label, label, String(repeating: "b", count: 61)].joined(separator: "."))
        #expect(name.wire.count == 255)
    }

    @Test func `names compare without case and keep theirs`() throws {
        let upper = try Name("WWW.Example.ORG")
        let lower = try Name("www.example.org")
        #expect(upper == lower)
        #expect(Set([upper, lower]).count == 1)
        #expect(upper.description == "WWW.Example.ORG.")
    }

    @Test func `a name is at or below its ancestors only`() throws {
        let name = try Name("a.b.example.org")
        #expect(name.isAtOrBelow(name))
        #expect(name.isAtOrBelow(try Name("EXAMPLE.org")))
        #expect(name.isAtOrBelow(.root))
        #expect(!name.isAtOrBelow(try Name("xample.org")))
        #expect(!name.isAtOrBelow(try Name("c.b.example.org")))
    }

    @Test func `canonical order is by labels from the right`() throws {
        // The example of RFC 4034 §6.1.
        let names = [
            "example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.",
            "\\001.z.example.", "*.z.example.", "\\200.z.example.",
        ]
        let sorted = try names.reversed().map { try Name($0) }.sorted(by: Name.canonicallyPrecedes)
        #expect(sorted.map(\.description) == names)
    }
}
