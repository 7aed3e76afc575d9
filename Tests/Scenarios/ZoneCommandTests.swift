import Foundation
import TestSupport
import Testing

/// `ninelives zone`, beside the tools that come with BIND, Knot and ldns.
@Suite struct ZoneCommandTests {
    private static let head = "@ 300 IN SOA ns1 host 1 2 3 4 5\n@ 300 IN NS ns1\nns1 300 IN A 192.0.2.1\n"

    @Test(
        arguments: [
            ("", true),
            ("www 60 IN A 192.0.2.300", false),  // no address
            ("www 60 IN CNAME cat\nwww 60 IN A 192.0.2.1", false),  // a CNAME is alone
            ("x 60 IN TYPE731 \\# 3 abcdef", true),  // RFC 3597
            ("x 60 IN TYPE731 \\# 4 abcdef", false),  // its length is wrong
            ("x 60 IN TYPE1 \\# 4 C0000201", true),  // a known type in unknown form
            ("x 60 IN TXT ( \"a\"\n  \"b\" ) ; over two lines", true),
            ("x 60 IN TXT ( \"a\"", false),
            ("\\097\\.b 60 IN A 192.0.2.1", true),
            (String(repeating: "x", count: 63) + " 60 IN A 192.0.2.1", true),
            (String(repeating: "x", count: 64) + " 60 IN A 192.0.2.1", false),
            ("$GENERATE 1-3 h$ A 192.0.2.$", true),
            ("$ORIGIN sub\nhost 60 A 192.0.2.1", true),
            ("x 1w2d3h4m5s A 192.0.2.1", true),
            ("x 60 IN MX mail 10", false),
            ("x 60 IN AAAA ::ffff:1.2.3.4", true),
            ("x 60 IN AAAA 1::2::3", false),
            ("x 60 CH A 192.0.2.1", false),
            ("sub 60 IN NS ns.sub\nns.sub 60 IN A 192.0.2.2", true),
            ("*.w 60 IN A 192.0.2.3", true),
        ] as [(String, Bool)])
    func `a zone file is as right for us as for BIND`(records: String, isRight: Bool) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write("z", "$TTL 60\n" + Self.head + records + "\n")
        let ours = try await ninelives("zone", "check", file, "example.test")
        #expect((ours.code == 0) == isRight, "\(ours.output)")
        if !isRight { #expect(ours.code == 1 && ours.output.contains("\(file):"), "\(ours.output)") }
        let theirs = try await run("named-checkzone", ["-i", "none", "example.test", file])
        #expect((theirs.code == 0) == isRight, "BIND: \(theirs.output)")
    }

    @Test func `every fault is told, with file, line and column`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("part", "b 60 IN A nowhere\n")
        let file = try folder.write("z", Self.head + "a 60 IN A 1.2.3\n$INCLUDE part\nc 60 IN BOGUS x\n")
        let (output, code) = try await ninelives("zone", "check", file, "example.test")
        #expect(code == 1)
        #expect(
            output.split(separator: "\n").map { $0.split(separator: " ")[0] } == [
                "\(file):4:11:", "\(folder.path)/part:1:11:", "\(file):6:9:",
            ], "\(output)")
    }

    @Test func `what is probably not meant is a warning`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write(
            "z",
            """
            @ 300 IN SOA ns1 host 1 2 3 4 5
            @ 300 IN NS ns1
            @ 300 IN MX 10 www
            www 60 IN CNAME gone
            sub 60 IN NS ns.sub
            txt.sub 60 IN TXT lost

            """)
        let (output, code) = try await ninelives("zone", "check", file, "example.test")
        #expect(code == 0)
        for words in [
            "warning: the name server ns1.example.test. of example.test. has no address",
            "warning: www.example.test., named by the MX record of example.test., is an alias",
            "warning: gone.example.test., named by the CNAME record of www.example.test., does not exist",
            "warning: the name server ns.sub.example.test. of sub.example.test. has no address",
            "warning: the TXT records of txt.sub.example.test. are below the zone cut sub.example.test.",
        ] { #expect(output.contains(words), "\(output)") }
        #expect(output.split(separator: "\n").count == 6, "\(output)")
    }

    @Test func `what cannot be read or is no name ends with 2`() async throws {
        #expect(try await ninelives("zone", "check", "/nonexistent/zone", "example.test").code == 2)
        #expect(try await ninelives("zone", "check", "/dev/null", "a..b").code == 2)
        #expect(try await ninelives("zone", "check", "/dev/null", "example.test").code == 1)
    }

    @Test func `what is printed prints the same, and BIND, Knot and ldns read the same out of it`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write("tricky", Self.head + Self.tricky)
        let first = try await ninelives("zone", "print", file, "Example.TEST")
        #expect(first.code == 0, "\(first.output)")
        let printed = try folder.write("printed", first.output)
        let second = try await ninelives("zone", "print", printed, "example.test")
        #expect(second.output == first.output)
        for line in first.output.split(separator: "\n") {
            #expect(line.contains(/^\S+\. [0-9]+ IN [A-Z0-9]+ \S/), "\(line)")
        }
        #expect(first.output.contains("upper.example.test. 60 IN A"))

        let knot = try await run("kzonecheck", ["-o", "example.test", printed])
        #expect(knot.code == 0, "Knot: \(knot.output)")
        let ldns = try await run("ldns-read-zone", ["-c", printed])
        #expect(ldns.code == 0, "ldns: \(ldns.output)")
        var compiled: [String] = []
        for (name, source) in [("a", file), ("b", printed)] {
            let out = "\(folder.path)/compiled-\(name)"
            let bind = try await run("named-compilezone", ["-i", "none", "-o", out, "example.test", source])
            #expect(bind.code == 0, "BIND: \(bind.output)")
            compiled.append(try String(contentsOfFile: out, encoding: .utf8).lowercased())
        }
        #expect(compiled[0] == compiled[1], "BIND reads the file and our print of it alike")
    }

    private static let tricky = """
        $TTL 1h
        UPPER 60 A 192.0.2.7
        dot\\.ted 60 TXT "semi;colon" "quo\\"te" "\\200"
        mail 60 MX ( 10 ; comment
           MAIL2 )
        _443._tcp.www 60 TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        unknown 60 TYPE65280 \\# 4 0A000001
        loc 60 LOC 52 14 05 N 00 08 50 E 10m
        caa 60 CAA 0 issue "ca.example.net; policy=ev"
        svc 60 HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.1
        uri 60 URI 10 1 "ftp://ftp.example.test/"
        ssh 60 SSHFP 1 1 dd465c09cfa51fb45020cc83316fff21b9ec74ac
        nap 60 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.test!" .
        $GENERATE 1-2 host$ 60 A 192.0.2.$
        *.wild 60 A 192.0.2.9
        a.b.c 60 AAAA 2001:DB8::1
        sub 60 NS ns.sub
        ns.sub 60 A 192.0.2.50
        sub 60 DS 12345 13 2 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef

        """

    @Test func `an included file lies beside the including one, and nothing outside is shown`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/zones/parts", withIntermediateDirectories: true)
        try folder.write("zones/parts/one", "$INCLUDE two\n")
        try folder.write("zones/parts/two", "two 60 A 192.0.2.2\n")
        try folder.write("secret", "hunter2\n")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/zones/link", withDestinationPath: "\(folder.path)/secret")
        let good = try folder.write("zones/good", Self.head + "$INCLUDE parts/one\n")
        let printed = try await ninelives("zone", "print", good, "example.test")
        #expect(printed.output.contains("two.example.test. 60 IN A 192.0.2.2"), "\(printed.output)")
        for path in ["../secret", "\(folder.path)/secret", "link"] {
            let bad = try folder.write("zones/bad", Self.head + "$INCLUDE \(path)\n")
            let (output, code) = try await ninelives("zone", "check", bad, "example.test")
            #expect(code == 1 && output.contains("cannot be read") && !output.contains("hunter2"), "\(output)")
        }
    }

    @Test func `twelve thousand zones of a list are served by one server`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try FileManager.default.createDirectory(atPath: "\(folder.path)/zones", withIntermediateDirectories: true)
        var list = "# customers\n\n"
        for number in 0..<12_000 {
            try folder.write("zones/\(number).zone", Self.head + "www 60 IN A 198.51.\(number / 200).\(number % 200)\n")
            list += "z\(number).example.test \(number).zone\n"
        }
        try folder.write("zones/all.list", list)
        let (dns, http) = (try freePort(), try freePort())
        let file = try folder.write(
            "n.yaml",
            """
            listen: { dns: ["127.0.0.1:\(dns)"], http: "127.0.0.1:\(http)" }
            data: ./data
            zones:
              - list: zones/all.list
            """)
        let process = try ChildProcess(binary, ["serve", "--config", file])
        do {
            for number in [0, 4711, 11_999] {
                let name = "www.z\(number).example.test"
                try await eventually("\(name) is answered", within: .seconds(300)) {
                    try await run("dig", ["@127.0.0.1", "-p", "\(dns)", "+short", "+tries=1", "+time=1", name]).output
                        == "198.51.\(number / 200).\(number % 200)\n"
                }
            }
        } catch {
            Issue.record("\(error): \(process.printed)")
        }
        await process.stop()
    }

    @Test func `a list's mistakes are told with their line and column`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("good", Self.head)
        try folder.write("broken", "@ 300 IN SOA nonsense\n")
        try folder.write(
            "all.list", "a.test good\nb.test\nc..test good\na.test good\nd.test missing\ne.test broken\nf.test good x\n"
        )
        let file = try folder.write("n.yaml", "zones:\n  - list: all.list\n")
        let (output, code) = try await ninelives("validate", file)
        #expect(code == 2)
        let list = "\(folder.path)/all.list"
        for start in [
            "\(list):2:1:", "\(list):3:1:", "\(list):4:1:", "\(list):5:8:", "\(list):7:13:", "\(folder.path)/broken:1:",
        ] {
            #expect(output.contains(start), "\(start) in \(output)")
        }
    }
}
