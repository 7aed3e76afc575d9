// How RDATA is read, printed and checked:
//
//   zone file ─► words ─► RDataReader ─┐                  ┌─► RData.text ─► zone file
//                                      ├─► RDATA on wire ─┤
//   message ─► RData.expand ───────────┘                  └─► RData.isValid, RData.canonical
//
// All four walk the one table below: a new type is a new row.

/// The form of one field of RDATA, on the wire and in text.
package enum FieldForm: Hashable, Sendable {
    case number8, number16, number32
    /// 32 bits of seconds, with units in text if one likes.
    case seconds
    /// A moment in 32 bits of seconds since 1970, `YYYYMMDDHHmmSS` in text (RFC 4034 §3.2).
    case timestamp
    /// A DNSSEC algorithm: a number or its mnemonic (RFC 4034 §A.1).
    case algorithm
    case type
    case name
    case ipv4, ipv6
    /// One length octet and up to 255 more (RFC 1035 §3.3).
    case string
    /// One or more strings, to the end.
    case strings
    /// Text without a length octet, to the end (RFC 7553 §4.4, RFC 8659 §4.1.1).
    case text
    /// A CAA property: a string of letters and digits (RFC 8659 §4.1).
    case tag
    /// Octets to the end.
    case hex, base64
    /// A length octet and octets: hexadecimal with `-` for none (RFC 5155 §3.3), or base32hex.
    case salt, hash
    /// A bitmap of types, to the end (RFC 4034 §4.1.2).
    case typeBitmap
    /// A position, 16 octets (RFC 1876).
    case location
    /// Service parameters, to the end (RFC 9460 §2).
    case parameters
    /// 6 or 8 octets, each in two hexadecimal digits (RFC 7043 §3).
    case eui48, eui64
    /// 8 octets as four groups of hexadecimal digits (RFC 6742 §2.1).
    case locator
    /// Octets to the end, `0x` before their digits and dots anywhere among them (RFC 1706 §7).
    case dottedHex
    /// A kind of certificate: a number or its mnemonic (RFC 4398 §2.1).
    case certificateType
    /// Address prefixes, to the end (RFC 3123).
    case prefixes
    /// A key and where to send what it is for, to the end: all of IPSECKEY but its precedence (RFC 4025 §2).
    case gatewayKey
    /// All of AMTRELAY but its precedence (RFC 8777 §4.2).
    case relay
    /// All of HIP (RFC 8005 §5).
    case hostIdentity
    /// A protocol and its ports, to the end (RFC 1035 §3.4.2).
    case services
}

/// A field and what it is called in messages.
struct Field: Hashable, Sendable {
    let name: String
    let form: FieldForm

    init(_ name: String, _ form: FieldForm) {
        self.name = name
        self.form = form
    }
}

/// The fields of each type that has a text form of its own.
let recordFormats: [RRType: [Field]] = [
    .a: [Field("address", .ipv4)],
    .aaaa: [Field("address", .ipv6)],
    .ns: [Field("server", .name)],
    .cname: [Field("target", .name)],
    .dname: [Field("target", .name)],
    .ptr: [Field("target", .name)],
    .soa: [
        Field("primary", .name), Field("mailbox", .name), Field("serial", .number32), Field("refresh", .seconds),
        Field("retry", .seconds), Field("expire", .seconds), Field("minimum", .seconds),
    ],
    .mx: [Field("preference", .number16), Field("exchange", .name)],
    .txt: [Field("text", .strings)],
    .hinfo: [Field("cpu", .string), Field("os", .string)],
    .rp: [Field("mailbox", .name), Field("text-name", .name)],
    .afsdb: [Field("subtype", .number16), Field("host", .name)],
    .srv: [
        Field("priority", .number16), Field("weight", .number16), Field("port", .number16), Field("target", .name),
    ],
    .naptr: [
        Field("order", .number16), Field("preference", .number16), Field("flags", .string),
        Field("services", .string), Field("regexp", .string), Field("replacement", .name),
    ],
    .loc: [Field("position", .location)],
    .caa: [Field("flags", .number8), Field("tag", .tag), Field("value", .text)],
    .uri: [Field("priority", .number16), Field("weight", .number16), Field("target", .text)],
    .sshfp: [Field("algorithm", .number8), Field("hash-type", .number8), Field("fingerprint", .hex)],
    .tlsa: [
        Field("usage", .number8), Field("selector", .number8), Field("matching-type", .number8),
        Field("association", .hex),
    ],
    .openpgpkey: [Field("key", .base64)],
    .svcb: [Field("priority", .number16), Field("target", .name), Field("parameters", .parameters)],
    .https: [Field("priority", .number16), Field("target", .name), Field("parameters", .parameters)],
    .ds: delegationSigner,
    .cds: delegationSigner,
    .dnskey: publicKey,
    .cdnskey: publicKey,
    .rrsig: signature,
    .nsec: [Field("next", .name), Field("types", .typeBitmap)],
    .nsec3: [
        Field("hash-algorithm", .number8), Field("flags", .number8), Field("iterations", .number16),
        Field("salt", .salt), Field("next-hash", .hash), Field("types", .typeBitmap),
    ],
    .csync: [Field("serial", .number32), Field("flags", .number16), Field("types", .typeBitmap)],
    .zonemd: [
        Field("serial", .number32), Field("scheme", .number8), Field("hash-algorithm", .number8), Field("digest", .hex),
    ],
    .cert: [
        Field("certificate-type", .certificateType), Field("key-tag", .number16), Field("algorithm", .algorithm),
        Field("certificate", .base64),
    ],
    .dhcid: [Field("digest", .base64)],
    .ipseckey: [Field("precedence", .number8), Field("gateway", .gatewayKey)],
    .amtrelay: [Field("precedence", .number8), Field("relay", .relay)],
    .hip: [Field("identity", .hostIdentity)],
    .apl: [Field("prefixes", .prefixes)],
    .eui48: [Field("address", .eui48)],
    .eui64: [Field("address", .eui64)],
    .nid: [Field("preference", .number16), Field("node", .locator)],
    .l32: [Field("preference", .number16), Field("locator", .ipv4)],
    .l64: [Field("preference", .number16), Field("locator", .locator)],
    .lp: [Field("preference", .number16), Field("target", .name)],
    .kx: [Field("preference", .number16), Field("exchanger", .name)],
    .smimea: [
        Field("usage", .number8), Field("selector", .number8), Field("matching-type", .number8),
        Field("association", .hex),
    ],
    .dsync: [
        Field("type", .type), Field("scheme", .number8), Field("port", .number16), Field("target", .name),
    ],
    .hhit: [Field("identity", .base64)],
    .brid: [Field("identity", .base64)],
    .spf: [Field("text", .strings)],
    .ninfo: [Field("text", .strings)],
    .avc: [Field("text", .strings)],
    .resinfo: [Field("text", .strings)],
    .wallet: [Field("text", .strings)],
    .talink: [Field("previous", .name), Field("next", .name)],
    .rkey: publicKey,
    .key: publicKey,
    .sig: signature,
    .ta: delegationSigner,
    .dlv: delegationSigner,
    .md: [Field("agent", .name)],
    .mf: [Field("agent", .name)],
    .mb: [Field("host", .name)],
    .mg: [Field("member", .name)],
    .mr: [Field("mailbox", .name)],
    .minfo: [Field("responsible", .name), Field("errors", .name)],
    .wks: [Field("address", .ipv4), Field("services", .services)],
    .x25: [Field("address", .string)],
    .isdn: [Field("address", .strings)],
    .rt: [Field("preference", .number16), Field("host", .name)],
    .px: [Field("preference", .number16), Field("map822", .name), Field("mapx400", .name)],
    .nsap: [Field("address", .dottedHex)],
    .nsapPtr: [Field("target", .name)],
    .gpos: [Field("longitude", .string), Field("latitude", .string), Field("altitude", .string)],
    .eid: [Field("identifier", .hex)],
    .nimloc: [Field("locator", .hex)],
    .nsec3param: [
        Field("hash-algorithm", .number8), Field("flags", .number8), Field("iterations", .number16),
        Field("salt", .salt),
    ],
]

private let delegationSigner = [
    Field("key-tag", .number16), Field("algorithm", .algorithm), Field("digest-type", .number8),
    Field("digest", .hex),
]

private let publicKey = [
    Field("flags", .number16), Field("protocol", .number8), Field("algorithm", .algorithm), Field("key", .base64),
]

private let signature = [
    Field("type-covered", .type), Field("algorithm", .algorithm), Field("labels", .number8),
    Field("original-ttl", .seconds), Field("expiration", .timestamp), Field("inception", .timestamp),
    Field("key-tag", .number16), Field("signer", .name), Field("signature", .base64),
]

extension RRType {
    /// The record as it is written, for messages: `MX preference exchange`.
    var usage: String {
        guard let fields = recordFormats[self] else { return "\(self) \\# length hexadecimal" }
        return ([description] + fields.map(\.name)).joined(separator: " ")
    }
}

extension FieldForm {
    /// What stands in such a field, for messages.
    var expected: String {
        switch self {
        case .number8: "a number from 0 to 255"
        case .number16: "a number from 0 to 65535"
        case .number32: "a number from 0 to 4294967295"
        case .seconds: "seconds from 0 to 4294967295, or a time such as 1h30m"
        case .timestamp: "a time as YYYYMMDDHHmmSS, or seconds since 1970"
        case .algorithm: "a DNSSEC algorithm such as 13 or ECDSAP256SHA256"
        case .type: "a record type such as A or TYPE65280"
        case .name: "a domain name such as www.example.org."
        case .ipv4: "an IPv4 address such as 192.0.2.1"
        case .ipv6: "an IPv6 address such as 2001:db8::1"
        case .string, .strings: "text of at most 255 octets, in quotes if it has spaces"
        case .text: "text, in quotes if it has spaces"
        case .tag: "letters and digits such as issue"
        case .hex: "an even number of hexadecimal digits"
        case .base64: "base64"
        case .salt: "an even number of hexadecimal digits, at most 510, or -"
        case .hash: "base32hex without padding"
        case .typeBitmap: "record types such as A NS SOA"
        case .location: "degrees [minutes [seconds]] N or S, the same with E or W, altitude [size [precisions]] in m"
        case .parameters: "parameters such as alpn=h2,h3 port=8443"
        case .eui48: "six octets such as 00-00-5e-00-53-2a"
        case .eui64: "eight octets such as 00-00-5e-ef-10-00-00-2a"
        case .locator: "four groups of hexadecimal digits such as 2001:db8:1:2"
        case .dottedHex: "0x and an even number of hexadecimal digits"
        case .certificateType: "a kind of certificate such as PKIX or PGP, or a number from 0 to 65535"
        case .prefixes: "prefixes such as 1:192.0.2.0/24 !2:2001:db8::/32"
        case .gatewayKey: "gateway-type algorithm gateway [key], such as 1 2 192.0.2.1 AQID"
        case .relay: "discovery-optional type relay, such as 0 1 192.0.2.1"
        case .hostIdentity: "algorithm hit key [server …], such as 2 200100107B1A AQID rvs.example.org."
        case .services: "a protocol and ports such as TCP 25 80, or TCP SMTP"
        }
    }
}
