/// Data of every type that zones may hold, as it stands in a zone file; `{name}` becomes a name of the world.
enum RecordSamples {
    static let all: [(type: String, data: [String])] = [
        ("A", ["192.0.2.1", "192.0.2.2", "198.51.100.7", "203.0.113.255"]),
        ("AAAA", ["2001:db8::1", "2001:db8:ffff::53", "::ffff:192.0.2.1"]),
        ("PTR", ["{name}"]),
        ("MX", ["10 {name}", "0 .", "65535 {name}"]),
        (
            "TXT",
            [
                "\"v=spf1 -all\"", "\"\" \"two\" strings", "\"quote \\\" and \\226\\130\\172\"",
                "\"\(long)\" \"\(long)\"",
            ]
        ),
        ("HINFO", ["\"any\" \"thing\""]),
        ("RP", ["{name} {name}"]),
        ("AFSDB", ["1 {name}"]),
        ("SRV", ["0 5 443 {name}", "65535 0 0 ."]),
        (
            "NAPTR",
            ["100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.test!\" .", "1 1 \"s\" \"SIP+D2T\" \"\" {name}"]
        ),
        ("SSHFP", ["1 1 dd465c09cfa51fb45020cc83316fff21b9ec74ac"]),
        ("TLSA", ["3 1 1 \(digest)"]),
        (
            "DNSKEY",
            ["257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="]
        ),
        ("CDS", ["12345 13 2 \(digest)"]),
        (
            "CDNSKEY",
            ["257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="]
        ),
        ("OPENPGPKEY", ["mDMEXEcE6RYJKwYBBAHaRw8BAQdArjWwk3FAqyiFbFBKT4TzXcVBqPTB"]),
        ("CAA", ["0 issue \"ca.example.net\"", "128 iodef \"mailto:security@example.test\""]),
        ("URI", ["10 1 \"ftp://ftp.example.test/public\""]),
        ("LOC", ["52 14 05 N 00 08 50 E 10m", "1 N 2 W -5.50m 3m 4m 5m"]),
        ("SVCB", ["1 {name} alpn=h2,h3 port=8443 ipv4hint=192.0.2.1", "0 {name}"]),
        (
            "HTTPS",
            ["1 . alpn=h2 ipv6hint=2001:db8::1", "0 {name}", "16 {name} mandatory=alpn alpn=h2 key667=\"hello\""]
        ),
        ("CERT", ["PGP 0 0 AQID", "65534 65535 254 AQID"]),
        ("SMIMEA", ["3 0 0 \(digest)"]),
        ("KX", ["10 {name}"]),
        ("APL", ["1:192.0.2.0/24 !1:192.0.2.64/28 2:FF00::/8"]),
        ("IPSECKEY", ["10 1 2 192.0.2.38 AQID", "10 3 2 {name} AQID", "10 0 2 . AQID"]),
        ("DHCID", ["AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="]),
        ("CSYNC", ["66 3 A NS AAAA"]),
        ("SPF", ["\"v=spf1 -all\""]),
        ("NID", ["10 0014:4fff:ff20:ee64"]),
        ("L32", ["10 192.0.2.1"]),
        ("L64", ["10 2001:0DB8:1140:1000"]),
        ("LP", ["10 {name}"]),
        ("EUI48", ["00-00-5e-00-53-2a"]),
        ("EUI64", ["00-00-5e-ef-10-00-00-2a"]),
        ("MINFO", ["{name} {name}"]),
        ("TYPE65280", ["\\# 4 0A000001", "\\# 0"]),
        ("TYPE731", ["\\# 6 abcd (ef 01 23 45)"]),
    ]

    static let digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    private static let long = String(repeating: "long text, ", count: 20)
}
