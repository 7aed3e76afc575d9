/// One field of a record's data: how it is written in text and in wire form.
///
/// A record type is one row of fields in `RDataFields.of`; parsing and printing follow from it.
enum RDataField: Sendable {
    case u8
    case u16
    case u32
    /// A 32-bit number of seconds, which may have units in text.
    case seconds
    case name
    case ipv4
    case ipv6
    /// A character-string: a length octet and at most 255 octets (RFC 1035 §3.3).
    case string
    /// One or more character-strings, to the end.
    case strings
    /// A quoted text without a length octet, to the end.
    case rest
    /// Hexadecimal to the end; white space may stand in it.
    case hex
    /// Base64 to the end; white space may stand in it.
    case base64
    /// A length octet and so many octets, in hexadecimal, `-` for none (RFC 5155 §3.3).
    case salt
    /// A length octet and so many octets in base32hex without padding (RFC 5155 §3.3).
    case base32
    /// A record type's mnemonic.
    case type
    /// Types as windows of bits, to the end (RFC 4034 §4.1.2).
    case types
    /// `YYYYMMDDHHmmSS` or seconds since 1970 (RFC 4034 §3.2).
    case time

    /// The fields of a type; nil for one that is only known in its generic form (RFC 3597 §5).
    static func of(_ type: RRType) -> [RDataField]? { table[type] }

    private static let table: [RRType: [RDataField]] = [
        .a: [.ipv4],
        .aaaa: [.ipv6],
        .ns: [.name],
        .cname: [.name],
        .dname: [.name],
        .ptr: [.name],
        .soa: [.name, .name, .u32, .seconds, .seconds, .seconds, .seconds],
        .mx: [.u16, .name],
        .afsdb: [.u16, .name],
        .txt: [.strings],
        .hinfo: [.string, .string],
        .rp: [.name, .name],
        .srv: [.u16, .u16, .u16, .name],
        .naptr: [.u16, .u16, .string, .string, .string, .name],
        .caa: [.u8, .string, .rest],
        .uri: [.u16, .u16, .rest],
        .sshfp: [.u8, .u8, .hex],
        .tlsa: [.u8, .u8, .u8, .hex],
        .ds: [.u16, .u8, .u8, .hex],
        .cds: [.u16, .u8, .u8, .hex],
        .dnskey: [.u16, .u8, .u8, .base64],
        .cdnskey: [.u16, .u8, .u8, .base64],
        .openpgpkey: [.base64],
        .rrsig: [.type, .u8, .u8, .u32, .time, .time, .u16, .name, .base64],
        .nsec: [.name, .types],
        .nsec3: [.u8, .u8, .u16, .salt, .base32, .types],
        .nsec3param: [.u8, .u8, .u16, .salt],
    ]
}
