import Checks
import Testing

@testable import Checks

@Suite struct ArgumentTests {
    private static let url = "http://cat.example.test:8080/"

    @Test(
        arguments: [
            ("http-grep", ["url": url, "must-have": "ok"], "http://cat.example.test:8080/"),
            (
                "http-grep", ["url": url, "must-have": "ok", "options": "addr=127.0.0.11"],
                "http://cat.example.test:8080/ at 127.0.0.11"
            ),
            ("http-grep", ["url": url, "must-have": "ok", "addr": "::1"], "http://cat.example.test:8080/ at ::1"),
            ("http-status", ["url": "https://[2001:db8::1]/", "status": "200-399, 418"], "https://[2001:db8::1]/"),
            ("http-status", ["url": "HTTP://Cat.Example.Test:80"], "http://cat.example.test/"),
            (
                "http-status", ["url": "https://192.0.2.1/", "options": "insecure addr=192.0.2.2"],
                "https://192.0.2.1/ at 192.0.2.2"
            ),
            ("tcp", ["host": "127.0.0.12", "port": "8080"], "127.0.0.12:8080"),
            ("tcp", ["host": "[2001:db8::1]", "port": "25", "banner": "220 "], "[2001:db8::1]:25"),
            (
                "tcp", ["host": "db.example.test.", "port": "5432", "addr": "192.0.2.1"],
                "db.example.test:5432 at 192.0.2.1"
            ),
        ] as [(String, [String: String], String)])
    func `right arguments make a check that can say what it probes`(
        method: String, arguments: [String: String], target: String
    ) throws {
        #expect(try check(method, arguments).target == target)
    }

    @Test(
        arguments: [
            // The method itself.
            ("http-gerp", [:], ["check \"http-gerp\" is not a check method: did you mean \"http-grep\"?"]),
            (
                "smoke", [:],
                [
                    "check \"smoke\" is not a check method; right is: one of \(CheckMethod.all.map { $0.method }.joined(separator: ", "))"
                ]
            ),
            // Unknown keys, with the key that was probably meant.
            (
                "http-grep", ["url": url, "must-hav": "x", "must-have": "y"],
                ["must-hav \"x\" is not an argument of http-grep: did you mean \"must-have\"?"]
            ),
            (
                "tcp", ["host": "h.example.test", "prot": "80"],
                [
                    "prot \"80\" is not an argument of tcp: did you mean \"port\"?",
                    "port is missing; right is: a whole number from 1 to 65535",
                ]
            ),
            (
                "tcp", ["host": "h.example.test", "port": "80", "kitten": "yes"],
                [
                    "kitten \"yes\" is not an argument of tcp; right is: one of host, port, banner, send, expect, addr, address"
                ]
            ),
            // All at once, not only the first.
            (
                "tcp", ["host": "a b", "port": "70000", "banner": ""],
                [
                    "banner \"\" is empty; right is: a text that is not empty",
                    "host \"a b\" is not a host name; right is: an IPv4 address, an IPv6 address or a host name",
                    "port \"70000\" is out of range; right is: a whole number from 1 to 65535",
                ]
            ),
            // Numbers, flags, statuses, methods.
            (
                "tcp", ["host": "h.example.test", "port": "+80"],
                ["port \"+80\" is not a whole number; right is: a whole number from 1 to 65535"]
            ),
            (
                "tcp", ["host": "192.0.2.256", "port": "80"],
                [
                    "host \"192.0.2.256\" is not an IP address, and a host name cannot end in a number; right is: an IPv4 address, an IPv6 address or a host name"
                ]
            ),
            (
                "http-status", ["url": url, "redirects": "maybe"],
                ["redirects \"maybe\" is neither yes nor no; right is: true or false"]
            ),
            (
                "http-status", ["url": url, "status": "2xx"],
                [
                    "status \"2xx\" has \"2xx\", which is not an HTTP status (100 to 599); right is: 200, or 200-399, or a list such as 200,204,300-399"
                ]
            ),
            (
                "http-status", ["url": url, "status": "399-200"],
                [
                    "status \"399-200\" has \"399-200\", which ends before it begins; right is: 200, or 200-399, or a list such as 200,204,300-399"
                ]
            ),
            (
                "http-status", ["url": url, "method": "get"],
                ["method \"get\" is not a method that a check can send: did you mean \"GET\"?"]
            ),
            // What contradicts itself, or could never be ok, or means nothing.
            (
                "http-grep", ["url": url],
                ["must-have is missing, and so is must-not-have; right is: one of them, or check: http-status"]
            ),
            (
                "http-grep", ["url": url, "must-have": "status=OK", "must-not-have": "OK"],
                [
                    "must-not-have \"OK\" is part of must-have, so this can never be ok; right is: a text that is not empty"
                ]
            ),
            (
                "http-grep", ["url": url, "must-have": "x", "method": "HEAD"],
                [
                    "method \"HEAD\" gives no body in which to look for a text; right is: one of GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"
                ]
            ),
            (
                "http-status", ["url": url, "options": "insecure"],
                ["insecure \"true\" has no meaning for http://; right is: an https:// URL"]
            ),
            (
                "http-status", ["url": "https://example.test/", "options": "insecure ca=/nonexistent"],
                [
                    "ca \"/nonexistent\" contradicts insecure; right is: one of them",
                    "ca \"/nonexistent\" cannot be read, or has no certificate in PEM form; right is: the path of a PEM file with certificates",
                ]
            ),
            (
                "http-status", ["url": "https://192.0.2.1/", "addr": "192.0.2.2"],
                [
                    "addr \"192.0.2.2\" sends an https:// URL without a host name elsewhere; right is: a URL with a host name, or insecure"
                ]
            ),
            (
                "http-status", ["url": url, "addr": "192.0.2.1:8080"],
                [
                    "addr \"192.0.2.1:8080\" must not have a port; right is: an IPv4 address, an IPv6 address or a host name"
                ]
            ),
            // Options.
            (
                "http-status", ["url": url, "addr": "192.0.2.1", "options": "addr=192.0.2.2"],
                ["addr \"192.0.2.2\" is given twice, by itself and in options; right is: addr once"]
            ),
            (
                "http-status", ["options": "url=http://example.test/"],
                ["options \"url\" is an argument, not an option; right is: url on a line of its own"]
            ),
            (
                "http-status", ["url": url, "options": "adr=192.0.2.2"],
                ["adr \"192.0.2.2\" is not an argument of http-status: did you mean \"addr\"?"]
            ),
            (
                "http-status", ["url": url, "options": "addr=192.0.2.2 addr=192.0.2.3"],
                ["options \"addr=192.0.2.3\" is given twice; right is: addr once"]
            ),
        ] as [(String, [String: String], [String])])
    func `wrong arguments are all reported with what would be right`(
        method: String, arguments: [String: String], expected: [String]
    ) {
        #expect(errors(method, arguments) == expected)
    }

    @Test func `the arguments of the configuration in the manual are right`() {
        let arguments = ["url": Self.url, "must-have": "status=OK", "options": "addr=127.0.0.11"]
        #expect(errors("http-grep", arguments) == [])
    }
}

@Suite struct CheckOptionsTests {
    @Test(
        arguments: [
            ("", [:]),
            ("  ", [:]),
            ("addr=127.0.0.11 insecure", ["addr": "127.0.0.11", "insecure": "true"]),
            ("\taddr=::1\n redirects=false", ["addr": "::1", "redirects": "false"]),
            ("name='a b' other=\"c d\"", ["name": "a b", "other": "c d"]),
            ("name=a\\ b", ["name": "a b"]),
            ("name='a\\b'", ["name": "a\\b"]),  // single quotes keep a backslash
            ("name=\"a\\\"b\"", ["name": "a\"b"]),
            ("name=a=b", ["name": "a=b"]),  // only the first = divides
            ("name=''", ["name": ""]),
            ("name=it\"'\"s", ["name": "it's"]),
        ] as [(String, [String: String])])
    func `options are split as a shell would`(text: String, expected: [String: String]) throws {
        #expect(try CheckOptions.parse(text) == expected)
    }

    @Test(arguments: [
        ("name='a", "has a ' that is never closed"),
        ("name=\"a", "has a \" that is never closed"),
        ("name=a\\", "ends in a backslash"),
        ("=a", "has no name before its \"=\""),
        ("''", "has no name before its \"=\""),
        ("a a=1", "is given twice"),
    ])
    func `options that cannot be read are refused`(text: String, problem: String) {
        let error = #expect(throws: CheckArgumentErrors.self) { try CheckOptions.parse(text) }
        #expect(error?.errors.map(\.problem) == [problem])
    }
}

@Suite struct NearestTests {
    private let names = ["http-grep", "http-status", "tcp", "must-have", "must-not-have", "port"]

    @Test(
        arguments: [
            ("http-gerp", "http-grep"),  // two letters swapped
            ("htp-status", "http-status"),
            ("must_have", "must-have"),
            ("Must-Have", "must-have"),  // case does not count
            ("musthave", "must-have"),
            ("tpc", "tcp"),
            ("prt", "port"),
            ("smtp", nil),  // three letters away from everything short
            ("x", nil),
            ("", nil),
        ] as [(String, String?)])
    func `the name that was probably meant is found`(written: String, meant: String?) {
        #expect(nearest(written, among: names) == meant)
    }

    @Test func `a distance counts letters put in, left out, replaced and swapped`() {
        func distance(_ left: String, _ right: String) -> Int {
            editDistance(Array(left.unicodeScalars), Array(right.unicodeScalars))
        }
        #expect(distance("kitten", "sitting") == 3)
        #expect(distance("", "abc") == 3)
        #expect(distance("ab", "ba") == 1)
        #expect(distance("same", "same") == 0)
    }

    @Test func `a name of a megabyte is compared in no time`() {
        #expect(nearest(String(repeating: "x", count: 1_000_000), among: names) == nil)
    }
}
