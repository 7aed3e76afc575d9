import DNS
import Testing

/// One row: a type, its data as it may be written, and as we print it (nil: the same).
struct RDataCase: CustomTestStringConvertible, Sendable {
    let type: String
    let text: String
    let printed: String?
    /// The octets in hexadecimal, where they say more than the text.
    let wire: String?

    init(_ type: String, _ text: String, _ printed: String? = nil, wire: String? = nil) {
        self.type = type
        self.text = text
        self.printed = printed
        self.wire = wire
    }

    var testDescription: String { "\(type) \(text)" }
}

private let origin = Name(validWire: [7] + "example".utf8 + [0])
private let a255 = String(repeating: "a", count: 255)

private let cases: [RDataCase] = [
    RDataCase("A", "192.0.2.1", wire: "C0000201"),
    RDataCase("AAAA", "2001:DB8::1", "2001:db8::1", wire: "20010DB8000000000000000000000001"),
    RDataCase("AAAA", "::ffff:192.0.2.1", wire: "00000000000000000000FFFFC0000201"),
    RDataCase("NS", "ns1", "ns1.example."),
    RDataCase("CNAME", "@", "example.", wire: "076578616D706C6500"),
    RDataCase("DNAME", "other.test.", wire: "056F74686572047465737400"),
    RDataCase("PTR", "."),
    RDataCase(
        "SOA", "ns1 host\\.master 4294967295 1h 15m 1w 5m",
        "ns1.example. host\\.master.example. 4294967295 3600 900 604800 300"
    ),
    RDataCase("MX", "10 mail", "10 mail.example.", wire: "000A046D61696C076578616D706C6500"),
    RDataCase("MX", "0 .", wire: "000000"),
    RDataCase("TXT", #"one "two words" """#, #""one" "two words" """#, wire: "036F6E650974776F20776F72647300"),
    RDataCase("TXT", #""\"\\ \200 \;""#, #""\"\\ \200 ;""#),
    RDataCase("TXT", a255, "\"\(a255)\""),
    RDataCase("TXT", "\"п\"", #""\208\191""#),  // UTF-8 goes through as octets
    RDataCase("HINFO", "PC-Intel-700mhz \"Redhat Linux\"", "\"PC-Intel-700mhz\" \"Redhat Linux\""),
    RDataCase("RP", "louie.trantor.umd.edu. LAM1.people", "louie.trantor.umd.edu. LAM1.people.example."),
    RDataCase("AFSDB", "1 afs.test."),
    RDataCase("SRV", "0 5 5060 sip.test.", wire: "0000000513C4037369700474657374" + "00"),
    RDataCase(
        "NAPTR", #"100 50 "s" "z3950+I2L+I2C" "" _z3950._tcp.gatech.test."#, nil),
    RDataCase("NAPTR", #"100 10 "u" "E2U+sip" "!^.*$!sip:a@b.test!" ."#),
    RDataCase(
        "LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
        "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"),
    RDataCase("LOC", "42 21 54 N 71 06 18 W -24m 30m", "42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m"),
    // One digit of a precision is kept.
    RDataCase("LOC", "0 N 0 E 0m 12m 19m 99m", "0 0 0.000 N 0 0 0.000 E 0.00m 10m 10m 90m"),
    RDataCase(
        "LOC", "0 S 0 E 0", "0 0 0.000 N 0 0 0.000 E 0.00m 1m 10000m 10m",
        wire: "00121613800000008000000000989680"),
    RDataCase(
        "LOC", "90 N 180 W 42849672.95m 90000000.00m",
        "90 0 0.000 N 180 0 0.000 W 42849672.95m 90000000m 10000m 10m"),
    RDataCase("CAA", "0 issue \"ca.test; policy=ev\"", wire: "00056973737565" + "63612E746573743B20706F6C6963793D6576"),
    RDataCase("CAA", "128 iodef \"\""),
    RDataCase("URI", "10 1 \"ftp://ftp.test/public\""),
    RDataCase("SSHFP", "2 1 123456789abcdef6 7890123456789abcdef67890", "2 1 123456789ABCDEF67890123456789ABCDEF67890"),
    RDataCase("TLSA", "3 1 1 0C72", wire: "0301010C72"),
    RDataCase("OPENPGPKEY", "AAEC AwQ=", "AAECAwQ=", wire: "0001020304"),
    RDataCase("DS", "60485 RSASHA1 1 2BB183AF", "60485 5 1 2BB183AF", wire: "EC4505012BB183AF"),
    RDataCase("CDS", "0 0 0 00"),
    RDataCase("DNSKEY", "256 3 ecdsap256sha256 AQPS", "256 3 13 AQPS"),
    RDataCase("CDNSKEY", "0 3 0 AA=="),
    RDataCase(
        "RRSIG", "A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6Wn",
        wire: "0001" + "05" + "03" + "00015180" + "3E7C9DD7" + "3E5510D7" + "0A52" + "076578616D706C6503636F6D00"
            + "A090755BA5A7"),
    RDataCase(
        "RRSIG", "TYPE65280 13 0 1h 1048354263 1045762263 1 . AA==",
        "TYPE65280 13 0 3600 20030322173103 20030220173103 1 . AA=="),
    RDataCase(
        "NSEC", "host.example.com. A MX RRSIG NSEC TYPE1234",
        wire: "04686F7374076578616D706C6503636F6D00" + "0006400100000003" + "041B" + String(repeating: "00", count: 26)
            + "20"),
    RDataCase("NSEC", "a. NSEC A A", "a. A NSEC"),
    RDataCase("NSEC", "a."),
    RDataCase(
        "NSEC3", "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX NS",
        "1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS MX"),
    RDataCase("NSEC3", "1 0 0 - 00000000", "1 0 0 - 00000000"),
    RDataCase("NSEC3PARAM", "1 0 0 -", wire: "0100000000"),
    RDataCase("NSEC3PARAM", "1 0 12 AABB", wire: "0100000C02AABB"),
    // RFC 9460 §D
    RDataCase("HTTPS", "0 foo.test.", wire: "000003666F6F047465737400"),
    RDataCase("SVCB", "1 ."),
    RDataCase("SVCB", "16 foo.test. port=53", wire: "001003666F6F047465737400" + "000300020035"),
    RDataCase(
        "SVCB", "1 foo.test. key667=hello", "1 foo.test. key667=\"hello\"",
        wire: "000103666F6F047465737400" + "029B000568656C6C6F"),
    RDataCase(
        "SVCB", #"1 foo.test. key667="hello\210qoo""#, wire: "000103666F6F047465737400" + "029B000968656C6C6FD2716F6F"),
    RDataCase(
        "SVCB", #"1 foo.test. ipv6hint="2001:db8::1,2001:db8::53:1""#, "1 foo.test. ipv6hint=2001:db8::1,2001:db8::53:1"
    ),
    RDataCase(
        "SVCB", "16 foo.test. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
        #"16 foo.test. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1"#,
        wire: "001003666F6F047465737400" + "0000000400010004" + "00010009" + "02683205" + "68332D3139"
            + "00040004C0000201"),
    RDataCase(
        "SVCB", #"16 foo.test. alpn="f\\\\oo\\,bar,h2""#,
        wire: "001003666F6F047465737400" + "0001000C" + "08665C6F6F2C626172" + "026832"),
    RDataCase("SVCB", #"16 foo.test. alpn=f\\\092oo\092,bar,h2"#, #"16 foo.test. alpn="f\\\\oo\\,bar,h2""#),
    RDataCase(
        "HTTPS", "1 . alpn=h3 no-default-alpn ech=AAEC dohpath=/q{?dns} ohttp",
        #"1 . alpn="h3" no-default-alpn ech=AAEC dohpath="/q{?dns}" key8"#),
    RDataCase("HTTPS", "1 . key3=\\000\\053", "1 . port=53"),  // a known key by its number
    RDataCase("HTTPS", "1 . key7777"),
    RDataCase("MD", "mail.test."),
    RDataCase("MF", "mail.test."),
    RDataCase("MB", "host", "host.example."),
    RDataCase("MG", "member", "member.example."),
    RDataCase("MR", "new.test.", wire: "036E6577047465737400"),
    RDataCase("MINFO", "requests errors.test.", "requests.example. errors.test."),
    // Types that have a name, but no text form here.
    RDataCase("NULL", ##"\# 3 ABCDEF"##),
    RDataCase("NXT", ##"\# 3 ABCDEF"##),
    RDataCase("ATMA", ##"\# 3 ABCDEF"##),
    RDataCase("A6", ##"\# 3 ABCDEF"##),
    RDataCase("SINK", ##"\# 3 ABCDEF"##),
    RDataCase("DOA", ##"\# 3 ABCDEF"##),
    RDataCase(
        "WKS", "192.0.2.1 TCP 25 smtp 80", "192.0.2.1 6 25 80", wire: "C0000201" + "06" + "00000040000000000000" + "80"),
    RDataCase("WKS", "192.0.2.1 17"),
    RDataCase("X25", "311061700956", "\"311061700956\""),
    RDataCase("ISDN", "150862028003217 \"004\"", "\"150862028003217\" \"004\""),
    RDataCase("RT", "10 relay", "10 relay.example."),
    RDataCase(
        "NSAP", "0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00", "0x47000580005A0000000001E133FFFFFF00016100",
        wire: "47000580005A0000000001E133FFFFFF00016100"),
    RDataCase("NSAP-PTR", "host.test."),
    RDataCase(
        "SIG", "NXT 1 3 3600 20000102030405 19961211100908 2143 test. AAAA",
        "NXT 1 3 3600 20000102030405 19961211100908 2143 test. AAAA"),
    RDataCase("KEY", "512 255 1 AQPS"),
    RDataCase("PX", "10 map822.test. mapx400.test."),
    RDataCase("GPOS", "-32.6882 116.8652 10.0", "\"-32.6882\" \"116.8652\" \"10.0\""),
    RDataCase("EID", "12 89 AB", "1289AB"),
    RDataCase("NIMLOC", "1289AB"),
    RDataCase("KX", "10 kx.test."),
    RDataCase("CERT", "PGP 0 0 AQID", "3 0 0 AQID", wire: "0003" + "0000" + "00" + "010203"),
    RDataCase("CERT", "65534 65535 254 AQID"),
    RDataCase(
        "APL", "1:192.0.2.0/24 !1:192.0.2.64/28 2:FF00::/8", "1:192.0.2.0/24 !1:192.0.2.64/28 2:ff00::/8",
        wire: "00011803C00002" + "00011C84C0000240" + "00020801FF"),
    RDataCase("APL", "1:0.0.0.0/0", wire: "00010000"),
    RDataCase("APL", "", wire: ""),
    RDataCase("IPSECKEY", "10 1 2 192.0.2.38 AQID", wire: "0A0102C0000226010203"),
    RDataCase("IPSECKEY", "10 0 0 ."),
    RDataCase("IPSECKEY", "10 2 2 2001:DB8::1 AQ ID", "10 2 2 2001:db8::1 AQID"),
    RDataCase("IPSECKEY", "10 3 2 gateway AQID", "10 3 2 gateway.example. AQID"),
    RDataCase("DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="),
    RDataCase("SMIMEA", "3 0 0 0C72"),
    RDataCase(
        "HIP", "2 200100107B1A74DF365639CC39F1D578 AQID rvs1 rvs2.test.",
        "2 200100107B1A74DF365639CC39F1D578 AQID rvs1.example. rvs2.test.",
        wire: "10020003" + "200100107B1A74DF365639CC39F1D578" + "010203" + "0472767331076578616D706C6500"
            + "0472767332047465737400"),
    RDataCase("NINFO", "\"a\" \"b\""),
    RDataCase("RKEY", "0 255 1 AQPS"),
    RDataCase("TALINK", "a.test. b.test."),
    RDataCase("CSYNC", "66 3 NS A AAAA", "66 3 A NS AAAA", wire: "00000042" + "0003" + "000460000008"),
    RDataCase("ZONEMD", "2018031500 1 1 FEBE", wire: "7848B78C" + "0101" + "FEBE"),
    RDataCase("DSYNC", "CDS 1 5359 notify", "CDS 1 5359 notify.example."),
    RDataCase("HHIT", "AQID"),
    RDataCase("BRID", "AQID"),
    RDataCase("SPF", "\"v=spf1 -all\""),
    RDataCase("NID", "10 0014:4fff:ff20:ee64", "10 14:4fff:ff20:ee64", wire: "000A00144FFFFF20EE64"),
    RDataCase("L32", "10 192.0.2.1"),
    RDataCase("L64", "10 2001:0DB8:1140:1000", "10 2001:db8:1140:1000"),
    RDataCase("LP", "10 l64-subnet.test."),
    RDataCase("EUI48", "00-00-5E-00-53-2a", "00-00-5e-00-53-2a", wire: "00005E00532A"),
    RDataCase("EUI64", "00-00-5e-ef-10-00-00-2a"),
    RDataCase("AVC", "\"app-name:WOLFGANG|app-class:OAM\""),
    RDataCase("AMTRELAY", "10 1 0 .", wire: "0A80"),
    RDataCase("AMTRELAY", "10 0 1 203.0.113.15", wire: "0A01CB00710F"),
    RDataCase("AMTRELAY", "10 0 2 2001:db8::15"),
    RDataCase("AMTRELAY", "128 1 3 amtrelays", "128 1 3 amtrelays.example."),
    RDataCase("RESINFO", "\"qnamemin\" \"exterr=15-17\""),
    RDataCase("WALLET", "\"BTC\" \"address\""),
    RDataCase("TA", "60485 5 1 2BB183AF"),
    RDataCase("DLV", "60485 5 1 2BB183AF"),
    RDataCase("TYPE65280", ##"\# 3 abCD 01"##, ##"\# 3 ABCD01"##, wire: "ABCD01"),
    RDataCase("TYPE65280", ##"\# 0"##, wire: ""),
    RDataCase("A", ##"\# 4 C0000201"##, "192.0.2.1"),
    RDataCase("TYPE1", "192.0.2.1"),
    RDataCase("MX", ##"\# 3 000A00"##, "10 ."),
    RDataCase("TXT", ##""\#" 1"##, ##""#" "1""##),  // quoted, it is text
    RDataCase("TXT", ##"\# text"##, ##""#" "text""##),  // and so it is where no number follows
    RDataCase("TXT", ##"\#"##, ##""#""##),
    RDataCase("TXT", ##"\# 2 0161"##, ##""a""##),
]

@Suite struct RDataTests {
    @Test(arguments: cases)
    func `data is read, printed, and read again as the same`(row: RDataCase) throws {
        let type = try #require(RRType(row.type))
        let wire = try RData.parse(type, row.text, origin: origin)
        if let expected = row.wire { #expect(hex(wire) == expected) }
        let printed = RData.text(type, wire)
        #expect(printed == row.printed ?? row.text)
        #expect(try RData.parse(type, printed) == wire)
        #expect(RData.isValid(type: type, wire: wire[...]))
    }

    @Test func `every type with a text form is in the table of this test`() {
        let tested = Set(cases.compactMap { RRType($0.type) })
        let known = (0...UInt16.max).map(RRType.init(rawValue:)).filter {
            !$0.isMeta && $0.description != "TYPE\($0.rawValue)"
        }
        #expect(known.count >= 70)
        for type in known { #expect(tested.contains(type), "\(type)") }
    }

    @Test(arguments: cases)
    func `data that is cut or has an octet too many is never valid as something longer`(row: RDataCase) throws {
        let type = try #require(RRType(row.type))
        let wire = try RData.parse(type, row.text, origin: origin)
        for count in 0..<wire.count {
            let cut = Array(wire.prefix(count))
            // Whatever it is taken for, it is printed as something that reads as the same octets.
            #expect(try RData.parse(.init(rawValue: 65280), generic(cut)) == cut)
            if RData.isValid(type: type, wire: cut[...]) {
                #expect(try RData.parse(type, RData.text(type, cut)) == cut)
            } else {
                #expect(RData.text(type, cut) == generic(cut))
                #expect(throws: RDataError.genericUnfit(type)) { try RData.parse(type, generic(cut)) }
            }
        }
    }

    @Test(arguments: [
        ("A", "", "the A record has no address; A address"),
        ("A", "1.2.3", "“1.2.3” is not a valid address; an IPv4 address such as 192.0.2.1"),
        ("A", "01.2.3.4", "“01.2.3.4” is not a valid address; an IPv4 address such as 192.0.2.1"),
        ("A", "1.2.3.4 5", "“5” is too much for the A record; A address"),
        ("A", "2001:db8::1", "“2001:db8::1” is not a valid address; an IPv4 address such as 192.0.2.1"),
        ("AAAA", "192.0.2.1", "“192.0.2.1” is not a valid address; an IPv6 address such as 2001:db8::1"),
        ("AAAA", "1::2::3", "“1::2::3” is not a valid address; an IPv6 address such as 2001:db8::1"),
        ("MX", "mail", "“mail” is not a valid preference; a number from 0 to 65535"),
        ("MX", "65536 mail", "“65536” is not a valid preference; a number from 0 to 65535"),
        ("MX", "10", "the MX record has no exchange; MX preference exchange"),
        ("MX", "10 a..b", "the name “a..b” has an empty label; one dot between labels, and a label before each dot"),
        ("TXT", "", "the TXT record has no text; TXT text"),
        (
            "TXT", a255 + "a",
            "“\(a255)a” is not a valid text; text of at most 255 octets, in quotes if it has spaces"
        ),
        ("TXT", #"a\999"#, #"“a\999” is not a valid text; text of at most 255 octets, in quotes if it has spaces"#),
        ("CAA", "0 is-sue x", "“is-sue” is not a valid tag; letters and digits such as issue"),
        ("CAA", "256 issue x", "“256” is not a valid flags; a number from 0 to 255"),
        ("SSHFP", "1 1 ABC", "“ABC” is not a valid fingerprint; an even number of hexadecimal digits"),
        ("OPENPGPKEY", "A===", "“A===” is not a valid key; base64"),
        ("OPENPGPKEY", "AB==", "“AB==” is not a valid key; base64"),
        ("DS", "1 RSASHA 1 00", "“RSASHA” is not a valid algorithm; a DNSSEC algorithm such as 13 or ECDSAP256SHA256"),
        (
            "RRSIG", "A 5 3 1 20031322173103 20030220173103 1 . AA==",
            "“20031322173103” is not a valid expiration; a time as YYYYMMDDHHmmSS, or seconds since 1970"
        ),
        ("NSEC", "a. A B", "“B” is not a valid types; record types such as A NS SOA"),
        ("NSEC3", "1 0 0 - 0", "“0” is not a valid next-hash; base32hex without padding"),
        ("NSEC3PARAM", "1 0 0 A", "“A” is not a valid salt; an even number of hexadecimal digits, at most 510, or -"),
        (
            "SOA", "a b 1 2 3 4",
            "the SOA record has no minimum; SOA primary mailbox serial refresh retry expire minimum"
        ),
        ("SOA", "a b 1h 2 3 4 5", "“1h” is not a valid serial; a number from 0 to 4294967295"),
        (
            "LOC", "91 N 0 E 0m",
            "“91” is not a valid position; degrees [minutes [seconds]] N or S, the same with E or W, altitude [size [precisions]] in m"
        ),
        ("TYPE65280", "abc", ##"the type TYPE65280 has no text form of its own; TYPE65280 \# length hexadecimal"##),
        ("TYPE65280", ##"\# 2 abcdef"##, ##"\# announces 2 octets, but 3 follow; 4 hexadecimal digits"##),
        ("TYPE65280", ##"\# x"##, ##"“x” is not a valid length after \#; a number of octets from 0 to 65535"##),
        ("TYPE65280", ##"\# 1 ag"##, "“ag” is not a valid data; an even number of hexadecimal digits"),
        ("A", ##"\# 3 c00002"##, "the octets are not valid data of type A; A address"),
        ("EUI48", "00-00-5e-00-53", "“00-00-5e-00-53” is not a valid address; six octets such as 00-00-5e-00-53-2a"),
        (
            "EUI48", "0-00-5e-00-53-2a",
            "“0-00-5e-00-53-2a” is not a valid address; six octets such as 00-00-5e-00-53-2a"
        ),
        (
            "L64", "1 2001:db8::",
            "“2001:db8::” is not a valid locator; four groups of hexadecimal digits such as 2001:db8:1:2"
        ),
        ("NSAP", "47.00", "“47.00” is not a valid address; 0x and an even number of hexadecimal digits"),
        (
            "APL", "1:192.0.2.0",
            "“1:192.0.2.0” is not a valid prefixes; prefixes such as 1:192.0.2.0/24 !2:2001:db8::/32"
        ),
        (
            "APL", "1:192.0.2.0/33",
            "“1:192.0.2.0/33” is not a valid prefixes; prefixes such as 1:192.0.2.0/24 !2:2001:db8::/32"
        ),
        (
            "IPSECKEY", "10 4 0 .",
            "“4 0 .” is not a valid gateway; gateway-type algorithm gateway [key], such as 1 2 192.0.2.1 AQID"
        ),
        ("AMTRELAY", "10 2 0 .", "“2 0 .” is not a valid relay; discovery-optional type relay, such as 0 1 192.0.2.1"),
        (
            "HIP", "2 ABC AQID",
            "“2 ABC AQID” is not a valid identity; algorithm hit key [server …], such as 2 200100107B1A AQID rvs.example.org."
        ),
        (
            "WKS", "192.0.2.1 TCP nothing",
            "“TCP nothing” is not a valid services; a protocol and ports such as TCP 25 80, or TCP SMTP"
        ),
        (
            "CERT", "WORD 0 0 AQID",
            "“WORD” is not a valid certificate-type; a kind of certificate such as PKIX or PGP, or a number from 0 to 65535"
        ),
        ("AXFR", "x", "there are no records of type AXFR; a type that a zone can hold, such as A"),
        (
            "SVCB", "1 . foo=1",
            "“foo” is not a service parameter; alpn, port, ipv4hint, ipv6hint, ech, mandatory, no-default-alpn, dohpath, ohttp or keyNNNNN"
        ),
        ("SVCB", "1 . port=1 port=2", "the service parameter port is there twice; each parameter at most once"),
        ("SVCB", "1 . port=65536", "“65536” is not a valid value of port; a number from 0 to 65535"),
        ("SVCB", "1 . port", "“” is not a valid value of port; a number from 0 to 65535"),
        ("SVCB", "1 . alpn=", "“” is not a valid value of alpn; protocols of 1 to 255 octets such as h2,h3"),
        ("SVCB", "1 . no-default-alpn", "no-default-alpn is there without alpn; alpn=h2 or the like beside it"),
        (
            "SVCB", "1 . mandatory=port",
            "mandatory names port, which it may not; keys of the same record, each once, mandatory itself not among them"
        ),
        (
            "SVCB", "1 . mandatory=mandatory",
            "mandatory names mandatory, which it may not; keys of the same record, each once, mandatory itself not among them"
        ),
        (
            "SVCB", "1 . ipv4hint=192.0.2.1,",
            "“192.0.2.1,” is not a valid value of ipv4hint; IPv4 addresses such as 192.0.2.1,192.0.2.2"
        ),
        (
            "SVCB", "1 . key65535=a",
            "“key65535” is not a service parameter; alpn, port, ipv4hint, ipv6hint, ech, mandatory, no-default-alpn, dohpath, ohttp or keyNNNNN"
        ),
    ])
    func `what is wrong with data is said, and what would be right`(type: String, text: String, expected: String) throws
    {
        let type = try #require(RRType(type))
        let error = #expect(throws: RDataError.self) { try RData.parse(type, text, origin: origin) }
        #expect(error.map { "\($0); \($0.expected)" } == expected)
    }

    @Test func `names are found in data and lowered for comparison`() throws {
        let soa = try RData.parse(.soa, "Ns1.test. HOST.test. 1 2 3 4 5")
        #expect(RData.names(type: .soa, wire: soa).map(\.description) == ["Ns1.test.", "HOST.test."])
        #expect(try RData.canonical(.soa, soa) == RData.parse(.soa, "ns1.test. host.test. 1 2 3 4 5"))
        // Types that came after RFC 4034's list keep the case of their names.
        let service = try RData.parse(.svcb, "1 Target.TEST.")
        #expect(RData.canonical(.svcb, service) == service)
        let text = try RData.parse(.txt, "ABC")
        #expect(RData.canonical(.txt, text) == text)
    }

    @Test func `text longer than a record is refused`() throws {
        let text = Array(repeating: "\"\(a255)\"", count: 257).joined(separator: " ")
        #expect(throws: RDataError.tooLong(octets: 65792)) { try RData.parse(.txt, text) }
        #expect(try RData.parse(.txt, Array(repeating: a255, count: 255).joined(separator: " ")).count == 65280)
    }

    @Test func `random octets of every type are printed as text that reads as the same octets`() throws {
        var random = SplitMix64(seed: 9)
        let types = Set(cases.compactMap { RRType($0.type) }).sorted { $0.rawValue < $1.rawValue }
        for type in types {
            for _ in 0..<300 {
                let wire = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    // Small numbers are commoner, so that lengths and labels often fit.
                    Bool.random(using: &random)
                        ? UInt8.random(in: 0...6, using: &random) : .random(in: 0...255, using: &random)
                }
                guard RData.isValid(type: type, wire: wire[...]) else { continue }
                let text = RData.text(type, wire)
                #expect(try RData.parse(type, text) == wire, "\(type) \(text) \(hex(wire))")
            }
        }
    }

    private func generic(_ wire: [UInt8]) -> String {
        wire.isEmpty ? "\\# 0" : "\\# \(wire.count) \(hex(wire))"
    }
}

func hex(_ octets: some Sequence<UInt8>) -> String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
}

/// A small generator whose numbers are the same in every run (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var number = state
        number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
        return number ^ number >> 31
    }
}
