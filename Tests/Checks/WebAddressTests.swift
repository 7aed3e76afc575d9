import Testing

@testable import Checks

@Suite struct WebAddressTests {
    @Test(arguments: [
        ("http://example.org", "http://example.org/", "example.org"),
        ("http://example.org:80/", "http://example.org/", "example.org"),
        ("https://example.org:443/a?b", "https://example.org/a?b", "example.org"),
        ("https://example.org:80/", "https://example.org:80/", "example.org:80"),
        ("HTTPS://EXAMPLE.ORG/A", "https://example.org/A", "example.org"),  // the path keeps its case
        ("http://example.org?q=1", "http://example.org/?q=1", "example.org"),
        ("http://example.org/#top", "http://example.org/", "example.org"),  // a fragment is never sent
        ("http://[::1]:80/", "http://[::1]/", "[::1]"),
        ("http://[2001:DB8:0::1]:8080/x", "http://[2001:db8::1]:8080/x", "[2001:db8::1]:8080"),
        ("http://192.0.2.1:8080/", "http://192.0.2.1:8080/", "192.0.2.1:8080"),
        ("http://a_b.example.org./%7Ecat", "http://a_b.example.org/%7Ecat", "a_b.example.org"),
    ])
    func `a URL is read`(text: String, canonical: String, hostHeader: String) throws {
        let url = try WebAddress(text)
        #expect(url.description == canonical)
        #expect(url.authority == hostHeader)
    }

    @Test(arguments: [
        ("", "does not begin with http:// or https://"),
        ("example.org/", "does not begin with http:// or https://"),
        ("ftp://example.org/", "begins with ftp://, which is not HTTP"),
        ("http://", "has no host"),
        ("http:///path", "has no host"),
        ("http://:80/", "has no host"),
        ("http://user:secret@example.org/", "has a user or password in it"),
        ("http://example.org:0/", "has a port that is not a number from 1 to 65535"),
        ("http://example.org:65536/", "has a port that is not a number from 1 to 65535"),
        ("http://example.org:/", "has a port that is not a number from 1 to 65535"),
        ("http://example.org:+80/", "has a port that is not a number from 1 to 65535"),
        ("http://[::1/", "has a host that is neither a host name nor an address"),
        ("http://[::1]x/", "has a host that is neither a host name nor an address"),
        ("http://[fe80::1%25eth0]/", "has a host that is neither a host name nor an address"),
        ("http://192.0.2.999/", "has a host that is neither a host name nor an address"),
        ("http://-a.example.org/", "has a host that is neither a host name nor an address"),
        ("http://a..example.org/", "has a host that is neither a host name nor an address"),
        ("http://example.org/a b", "has a blank in it (write it as %20)"),
        ("http://example.org/\r\nX: y", "has a character that a URL cannot have (byte 13)"),
        ("http://example.org/%zz", "has a % without two hexadecimal digits after it"),
        ("http://example.org/%4", "has a % without two hexadecimal digits after it"),
        (
            "http://kätzchen.example.org/",
            "is not ASCII (write other letters as %XX, an international name in its xn-- form)"
        ),
    ])
    func `what is not a URL is refused with its fault`(text: String, problem: String) {
        let error = #expect(throws: WebAddress.Fault.self) { try WebAddress(text) }
        #expect(error?.problem == problem)
    }

    @Test(
        arguments: [
            ("http://example.test/", "http://example.test/"),
            ("//other.example.test/x", "https://other.example.test/x"),
            ("/x?y", "https://example.org/x?y"),
            ("x", "https://example.org/a/x"),
            ("../x", "https://example.org/x"),
            ("../../../x", "https://example.org/x"),  // there is nothing above the root
            ("./x/./y/..", "https://example.org/a/x/"),
            ("?z", "https://example.org/a/b?z"),
            ("#top", "https://example.org/a/b?q=/"),
            ("", "https://example.org/a/b?q=/"),
            ("x:y/..", nil),  // a scheme that we do not speak
            ("mailto:cat@example.org", nil),
            ("/a b", nil),
        ] as [(String, String?)])
    func `a reference is resolved against the page it stood on`(reference: String, expected: String?) throws {
        let base = try WebAddress("https://example.org/a/b?q=/")
        #expect((try? base.resolving(reference))?.description == expected)
    }
}
