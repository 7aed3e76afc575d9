extension RRType {
    package static let a = RRType(rawValue: 1)
    package static let ns = RRType(rawValue: 2)
    package static let cname = RRType(rawValue: 5)
    package static let soa = RRType(rawValue: 6)
    package static let ptr = RRType(rawValue: 12)
    package static let hinfo = RRType(rawValue: 13)
    package static let mx = RRType(rawValue: 15)
    package static let txt = RRType(rawValue: 16)
    package static let rp = RRType(rawValue: 17)
    package static let afsdb = RRType(rawValue: 18)
    package static let aaaa = RRType(rawValue: 28)
    package static let srv = RRType(rawValue: 33)
    package static let naptr = RRType(rawValue: 35)
    package static let dname = RRType(rawValue: 39)
    package static let opt = RRType(rawValue: 41)
    package static let ds = RRType(rawValue: 43)
    package static let sshfp = RRType(rawValue: 44)
    package static let rrsig = RRType(rawValue: 46)
    package static let nsec = RRType(rawValue: 47)
    package static let dnskey = RRType(rawValue: 48)
    package static let nsec3 = RRType(rawValue: 50)
    package static let nsec3param = RRType(rawValue: 51)
    package static let tlsa = RRType(rawValue: 52)
    package static let cds = RRType(rawValue: 59)
    package static let cdnskey = RRType(rawValue: 60)
    package static let openpgpkey = RRType(rawValue: 61)
    package static let uri = RRType(rawValue: 256)
    package static let caa = RRType(rawValue: 257)
    package static let ixfr = RRType(rawValue: 251)
    package static let axfr = RRType(rawValue: 252)
    package static let any = RRType(rawValue: 255)

    private static let mnemonics: [(RRType, String)] = [
        (.a, "A"), (.ns, "NS"), (.cname, "CNAME"), (.soa, "SOA"), (.ptr, "PTR"), (.hinfo, "HINFO"), (.mx, "MX"),
        (.txt, "TXT"), (.rp, "RP"), (.afsdb, "AFSDB"), (.aaaa, "AAAA"), (.srv, "SRV"), (.naptr, "NAPTR"),
        (.dname, "DNAME"), (.ds, "DS"), (.sshfp, "SSHFP"), (.rrsig, "RRSIG"), (.nsec, "NSEC"), (.dnskey, "DNSKEY"),
        (.nsec3, "NSEC3"), (.nsec3param, "NSEC3PARAM"), (.tlsa, "TLSA"), (.cds, "CDS"), (.cdnskey, "CDNSKEY"),
        (.openpgpkey, "OPENPGPKEY"), (.uri, "URI"), (.caa, "CAA"), (.any, "ANY"), (.axfr, "AXFR"), (.ixfr, "IXFR"),
    ]

    private static let byMnemonic: [String: RRType] = Dictionary(
        mnemonics.map { ($0.1, $0.0) }, uniquingKeysWith: { first, _ in first })

    /// Reads `AAAA` in any case, or `TYPE28` (RFC 3597 §5).
    package init?(_ mnemonic: String) {
        let upper = mnemonic.uppercased()
        if let type = Self.byMnemonic[upper] {
            self = type
        } else if upper.hasPrefix("TYPE"), let number = UInt16(upper.dropFirst(4)) {
            self.init(rawValue: number)
        } else {
            return nil
        }
    }
}

extension RRType: CustomStringConvertible {
    package var description: String {
        Self.mnemonics.first { $0.0 == self }?.1 ?? "TYPE\(rawValue)"
    }
}
