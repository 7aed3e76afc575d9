import DNS
import TestSupport
import Testing

/// The same zone files read by BIND's compiler and by us.
@Suite struct BINDZoneTests {
    private let apex = Name(validWire: [7] + "example".utf8 + [4] + "test".utf8 + [0])

    private let text = ##"""
        $TTL 1h
        @ SOA ns1 host 1 1h 15m 1w 5m
         NS ns1
        ns1 A 192.0.2.1
        $GENERATE 1-3 h${0,3,d} A 192.0.2.$
        $GENERATE 18-19 ${0,7,n}.r PTR x${0,0,N}.
        $GENERATE 171-171 ${0,1,N} CNAME x
        $GENERATE 254-255/1 g${0,4,x}x${0,0,X} CNAME h${-9,3,d}
        $ORIGIN types
        loc LOC 52 22 23 N 4 53 32 E -2m 0m 10000m 10m
        farther LOC 90 N 180 W 42849672.95m 90000000.00m
        s SVCB 16 foo.test. alpn="f\\\\oo\\,bar,h2" key667="hello\210qoo"
        s HTTPS 1 . alpn=h3 no-default-alpn port=53 ech=AAEC ipv4hint=192.0.2.1 ipv6hint=2001:db8::1 mandatory=alpn,port
        n NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@b.test!" .
        c CAA 0 issue "ca.test; x"
        u URI 10 1 "ftp://x"
        r RP a b
        a AFSDB 1 b
        d NS ns.test.
        d DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
        k DNSKEY 256 3 13 (
            AQPSKmynfzW4kyBv015MUG2DeIQ3Cbl+BBZH4b/0PY1kxkmvHjcZc8no
            kfzj31GajIQKY+5CptLr3buXA10hWg== ) ; two lines
        o OPENPGPKEY AAECAwQ=
        tl TLSA 3 1 1 0C72AC70B745AC19998811B131D662C9AC69DBDBE7CB23E5B514B56664C5D3D6
        ss SSHFP 2 1 123456789abcdef67890123456789abcdef67890
        y TYPE65280 \# 3 abcdef
        w\ x TXT "a;b\"\\\200" c\ d e
        hi HINFO "PC" Linux
        dn DNAME other.test.
        m 5 IN MX 10 m.test.
        sr IN 5 SRV 0 5 5060 sip.test.
        np NSEC3PARAM 1 0 12 AABB
        p TXT ( "x" v="y z"
            "y" )
        *.w AAAA 2001:DB8::2
        """##

    @Test func `BIND reads the same records out of a zone file`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = try folder.write("zone", text)
        let compiled = try await compile(file)
        let ours = try ZoneFile.parse(text, file: file, origin: apex).get()
        let theirs = try ZoneFile.parse(compiled, file: "compiled", origin: apex).get()
        #expect(ours.canonicalText == theirs.canonicalText)
        #expect(ours.rrsets.count == 35)
    }

    @Test func `BIND reads what we print as the same zone`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let ours = try ZoneFile.parse(text, file: "zone", origin: apex).get()
        let file = try folder.write("printed", ours.canonicalText)
        let compiled = try await compile(file)
        #expect(try ZoneFile.parse(compiled, file: "compiled", origin: apex).get().canonicalText == ours.canonicalText)
    }

    /// The zone as BIND prints it.
    private func compile(_ file: String) async throws -> String {
        let result = try await run(
            "named-compilezone", ["-q", "-s", "full", "-i", "none", "-k", "ignore", "-o", "-", "example.test", file])
        #expect(result.code == 0, "\(result.output)")
        return result.output
    }
}
