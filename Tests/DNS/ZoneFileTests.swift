import DNS
import Testing

@Suite struct ZoneFileTests {
    @Test func `a plain zone is read`() throws {
        let zone = try ZoneFile.parse(
            """
            $TTL 1h
            @   IN SOA ns1 hostmaster.example.org. (
                    2024010101 ; serial
                    3600 900 1w 5m )
                900 NS ns1
                900 IN NS ns2.example.net.
            ns1 A 192.0.2.53
                AAAA 2001:db8::53
            www CNAME cat ; follows the cat
            cat 30 A 192.0.2.1
            cat 30 A 192.0.2.2
            @ MX 10 mail
            txt TXT "two words" one\\ word "a;b(c)\\"" ""
            """, file: "example.org.zone", origin: Name("example.org.")
        ).get()
        #expect(
            zone.canonicalText == #"""
                example.org. 3600 IN SOA ns1.example.org. hostmaster.example.org. 2024010101 3600 900 604800 300
                example.org. 900 IN NS ns1.example.org.
                example.org. 900 IN NS ns2.example.net.
                example.org. 3600 IN MX 10 mail.example.org.
                cat.example.org. 30 IN A 192.0.2.1
                cat.example.org. 30 IN A 192.0.2.2
                ns1.example.org. 3600 IN A 192.0.2.53
                ns1.example.org. 3600 IN AAAA 2001:db8::53
                txt.example.org. 3600 IN TXT "two words" "one word" "a;b(c)\"" ""
                www.example.org. 3600 IN CNAME cat.example.org.

                """#)
    }
}
