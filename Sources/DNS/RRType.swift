/// A record type (RFC 1035 §3.2.2 and the IANA registry).
package struct RRType: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
}

extension RRType {
    package static let a = RRType(rawValue: 1)
    package static let ns = RRType(rawValue: 2)
    package static let md = RRType(rawValue: 3)
    package static let mf = RRType(rawValue: 4)
    package static let cname = RRType(rawValue: 5)
    package static let soa = RRType(rawValue: 6)
    package static let mb = RRType(rawValue: 7)
    package static let mg = RRType(rawValue: 8)
    package static let mr = RRType(rawValue: 9)
    package static let null = RRType(rawValue: 10)
    package static let wks = RRType(rawValue: 11)
    package static let ptr = RRType(rawValue: 12)
    package static let hinfo = RRType(rawValue: 13)
    package static let minfo = RRType(rawValue: 14)
    package static let mx = RRType(rawValue: 15)
    package static let txt = RRType(rawValue: 16)
    package static let rp = RRType(rawValue: 17)
    package static let afsdb = RRType(rawValue: 18)
    package static let x25 = RRType(rawValue: 19)
    package static let isdn = RRType(rawValue: 20)
    package static let rt = RRType(rawValue: 21)
    package static let nsap = RRType(rawValue: 22)
    package static let nsapPtr = RRType(rawValue: 23)
    package static let sig = RRType(rawValue: 24)
    package static let key = RRType(rawValue: 25)
    package static let px = RRType(rawValue: 26)
    package static let gpos = RRType(rawValue: 27)
    package static let aaaa = RRType(rawValue: 28)
    package static let loc = RRType(rawValue: 29)
    package static let nxt = RRType(rawValue: 30)
    package static let eid = RRType(rawValue: 31)
    package static let nimloc = RRType(rawValue: 32)
    package static let srv = RRType(rawValue: 33)
    package static let atma = RRType(rawValue: 34)
    package static let naptr = RRType(rawValue: 35)
    package static let kx = RRType(rawValue: 36)
    package static let cert = RRType(rawValue: 37)
    package static let a6 = RRType(rawValue: 38)
    package static let dname = RRType(rawValue: 39)
    package static let sink = RRType(rawValue: 40)
    package static let opt = RRType(rawValue: 41)
    package static let apl = RRType(rawValue: 42)
    package static let ds = RRType(rawValue: 43)
    package static let sshfp = RRType(rawValue: 44)
    package static let ipseckey = RRType(rawValue: 45)
    package static let rrsig = RRType(rawValue: 46)
    package static let nsec = RRType(rawValue: 47)
    package static let dnskey = RRType(rawValue: 48)
    package static let dhcid = RRType(rawValue: 49)
    package static let nsec3 = RRType(rawValue: 50)
    package static let nsec3param = RRType(rawValue: 51)
    package static let tlsa = RRType(rawValue: 52)
    package static let smimea = RRType(rawValue: 53)
    package static let hip = RRType(rawValue: 55)
    package static let ninfo = RRType(rawValue: 56)
    package static let rkey = RRType(rawValue: 57)
    package static let talink = RRType(rawValue: 58)
    package static let cds = RRType(rawValue: 59)
    package static let cdnskey = RRType(rawValue: 60)
    package static let openpgpkey = RRType(rawValue: 61)
    package static let csync = RRType(rawValue: 62)
    package static let zonemd = RRType(rawValue: 63)
    package static let svcb = RRType(rawValue: 64)
    package static let https = RRType(rawValue: 65)
    package static let dsync = RRType(rawValue: 66)
    package static let hhit = RRType(rawValue: 67)
    package static let brid = RRType(rawValue: 68)
    package static let spf = RRType(rawValue: 99)
    package static let nid = RRType(rawValue: 104)
    package static let l32 = RRType(rawValue: 105)
    package static let l64 = RRType(rawValue: 106)
    package static let lp = RRType(rawValue: 107)
    package static let eui48 = RRType(rawValue: 108)
    package static let eui64 = RRType(rawValue: 109)
    package static let tkey = RRType(rawValue: 249)
    package static let tsig = RRType(rawValue: 250)
    package static let ixfr = RRType(rawValue: 251)
    package static let axfr = RRType(rawValue: 252)
    package static let any = RRType(rawValue: 255)
    package static let uri = RRType(rawValue: 256)
    package static let caa = RRType(rawValue: 257)
    package static let avc = RRType(rawValue: 258)
    package static let doa = RRType(rawValue: 259)
    package static let amtrelay = RRType(rawValue: 260)
    package static let resinfo = RRType(rawValue: 261)
    package static let wallet = RRType(rawValue: 262)
    package static let ta = RRType(rawValue: 32768)
    package static let dlv = RRType(rawValue: 32769)
}

extension RRType {
    /// Whether it names no record that a zone may hold: OPT and the query and meta types 128–255 (RFC 6895 §3.1).
    package var isMeta: Bool { self == .opt || (128...255).contains(rawValue) || rawValue == 0 }

    /// Reads a mnemonic in any case, or `TYPEnnn` (RFC 3597 §5).
    package init?(_ mnemonic: some StringProtocol) {
        let bytes = Array(mnemonic.utf8)
        self.init(mnemonic: bytes.span)
    }

    init?(mnemonic text: Span<UInt8>) {
        guard let packed = packMnemonic(text) else { return nil }
        // The types that zones have by the million take a short way.
        switch packed {
        case 0x41: self = .a
        case 0x4141_4141: self = .aaaa
        case 0x4E53: self = .ns
        default: self.init(packed: packed, text)
        }
    }

    private init?(packed: UInt128, _ text: Span<UInt8>) {
        if let type = typesByMnemonic[packed] {
            self = type
        } else if text.count > 4, packed >> (8 * (text.count - 4)) == packMnemonic("TYPE"),
            let number = decimal(text.extracting(4...), limit: UInt64(UInt16.max))
        {
            self.init(rawValue: UInt16(number))
        } else {
            return nil
        }
    }
}

extension RRType: CustomStringConvertible {
    /// Its mnemonic, or `TYPEnnn` for a type without one here.
    package var description: String {
        mnemonics.first { $0.type == self }?.mnemonic ?? "TYPE\(rawValue)"
    }
}

/// Every mnemonic that is understood.
private let mnemonics: [(mnemonic: String, type: RRType)] = [
    ("A", .a), ("NS", .ns), ("MD", .md), ("MF", .mf), ("CNAME", .cname), ("SOA", .soa), ("MB", .mb), ("MG", .mg),
    ("MR", .mr), ("NULL", .null), ("WKS", .wks), ("PTR", .ptr), ("HINFO", .hinfo), ("MINFO", .minfo), ("MX", .mx),
    ("TXT", .txt), ("RP", .rp), ("AFSDB", .afsdb), ("X25", .x25), ("ISDN", .isdn), ("RT", .rt), ("NSAP", .nsap),
    ("NSAP-PTR", .nsapPtr), ("SIG", .sig), ("KEY", .key), ("PX", .px), ("GPOS", .gpos), ("AAAA", .aaaa), ("LOC", .loc),
    ("NXT", .nxt),
    ("EID", .eid), ("NIMLOC", .nimloc), ("SRV", .srv), ("ATMA", .atma), ("NAPTR", .naptr), ("KX", .kx), ("CERT", .cert),
    ("A6", .a6),
    ("DNAME", .dname), ("SINK", .sink), ("OPT", .opt), ("APL", .apl), ("DS", .ds), ("SSHFP", .sshfp),
    ("IPSECKEY", .ipseckey),
    ("RRSIG", .rrsig), ("NSEC", .nsec), ("DNSKEY", .dnskey), ("DHCID", .dhcid), ("NSEC3", .nsec3),
    ("NSEC3PARAM", .nsec3param), ("TLSA", .tlsa), ("SMIMEA", .smimea), ("HIP", .hip), ("NINFO", .ninfo),
    ("RKEY", .rkey), ("TALINK", .talink), ("CDS", .cds), ("CDNSKEY", .cdnskey), ("OPENPGPKEY", .openpgpkey),
    ("CSYNC", .csync), ("ZONEMD", .zonemd), ("SVCB", .svcb), ("HTTPS", .https), ("DSYNC", .dsync), ("HHIT", .hhit),
    ("BRID", .brid), ("SPF", .spf), ("NID", .nid),
    ("L32", .l32), ("L64", .l64), ("LP", .lp), ("EUI48", .eui48), ("EUI64", .eui64), ("TKEY", .tkey), ("TSIG", .tsig),
    ("IXFR", .ixfr), ("AXFR", .axfr), ("ANY", .any), ("URI", .uri), ("CAA", .caa), ("AVC", .avc), ("DOA", .doa),
    ("AMTRELAY", .amtrelay), ("RESINFO", .resinfo), ("WALLET", .wallet), ("TA", .ta), ("DLV", .dlv),
]

private let typesByMnemonic: [UInt128: RRType] = Dictionary(
    uniqueKeysWithValues: mnemonics.compactMap { entry in packMnemonic(entry.mnemonic).map { ($0, entry.type) } })

/// A word of up to 16 octets as one number, in upper case, so that words compare in one step.
@inline(__always)
func packMnemonic(_ text: Span<UInt8>) -> UInt128? {
    guard text.count - 1 < 16, !text.isEmpty else { return nil }
    var packed: UInt128 = 0
    for index in text.indices {
        let byte = text[index]
        packed = packed << 8 | UInt128(byte &- 0x61 < 26 ? byte & 0xDF : byte)
    }
    return packed
}

func packMnemonic(_ text: String) -> UInt128? { packMnemonic(Array(text.utf8).span) }

/// An unsigned decimal number of digits only; nil if there is none or it is above `limit` (at most 2^60).
func decimal(_ text: Span<UInt8>, limit: UInt64) -> UInt64? {
    guard !text.isEmpty else { return nil }
    var value: UInt64 = 0
    for index in text.indices {
        guard isDigit(text[index]) else { return nil }
        value = value * 10 + UInt64(text[index] & 0x0F)
        guard value <= limit else { return nil }
    }
    return value
}
