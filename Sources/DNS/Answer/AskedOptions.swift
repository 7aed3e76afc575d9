/// EDNS option codes that we act on (IANA, DNS EDNS0 Option Codes).
enum EDNSOption {
    static let serverIdentifier: UInt16 = 3
    static let clientSubnet: UInt16 = 8
    static let cookie: UInt16 = 10
    static let keepalive: UInt16 = 11
    static let padding: UInt16 = 12
    static let extendedError: UInt16 = 15

    /// Of code and length, before the content.
    static let headerLength = 4
}

/// The EDNS options of a query, as far as we know them. Of a code that stands there twice the first one counts
/// (RFC 7873 §5.2); unknown codes are passed over (RFC 6891 §6.1.2).
struct AskedOptions: BitwiseCopyable {
    private struct Place: BitwiseCopyable {
        var start: UInt16 = 0
        var length: UInt16 = 0
    }

    private struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        static let serverIdentifier = Flags(rawValue: 1)
        static let keepalive = Flags(rawValue: 2)
        static let padding = Flags(rawValue: 4)
        static let malformed = Flags(rawValue: 8)
        static let cookie = Flags(rawValue: 16)
        static let clientSubnet = Flags(rawValue: 32)
    }

    private var flags: Flags = []
    private var cookiePlace = Place()
    private var subnetPlace = Place()

    /// None at all, which is the most of queries.
    var isEmpty: Bool { flags.isEmpty }
    /// A known option whose content makes no sense, which is FORMERR (RFC 7873 §5.2.2, RFC 7871 §7.2.1).
    var isMalformed: Bool { flags.contains(.malformed) }
    var wantsServerIdentifier: Bool { flags.contains(.serverIdentifier) }
    var wantsKeepalive: Bool { flags.contains(.keepalive) }
    var wantsPadding: Bool { flags.contains(.padding) }
    /// Where the content stands in the query.
    var cookie: (start: Int, length: Int)? {
        flags.contains(.cookie) ? (Int(cookiePlace.start), Int(cookiePlace.length)) : nil
    }
    var clientSubnet: (start: Int, length: Int)? {
        flags.contains(.clientSubnet) ? (Int(subnetPlace.start), Int(subnetPlace.length)) : nil
    }

    /// Reads the options between two places of a message; false if they are not a row of whole options.
    mutating func read(_ query: UnsafeRawPointer, from start: Int, to end: Int) -> Bool {
        var position = start
        while position < end {
            guard position &+ EDNSOption.headerLength <= end else { return false }
            let length = Int(query.loadWire(at: position &+ 2))
            let content = position &+ EDNSOption.headerLength
            guard content &+ length <= end else { return false }
            note(query.loadWire(at: position), query, content, length)
            position = content &+ length
        }
        return true
    }

    private mutating func note(_ code: UInt16, _ query: UnsafeRawPointer, _ start: Int, _ length: Int) {
        let place = Place(start: UInt16(truncatingIfNeeded: start), length: UInt16(truncatingIfNeeded: length))
        switch code {
        case EDNSOption.serverIdentifier: flags.insert(.serverIdentifier)
        // Clients send no timeout (RFC 7828 §3.2.1); one that does is understood all the same.
        case EDNSOption.keepalive: flags.insert(.keepalive)
        case EDNSOption.padding: flags.insert(.padding)
        case EDNSOption.cookie where !flags.contains(.cookie):
            guard length == 8 || (16...40).contains(length) else { return flags.formUnion(.malformed) }
            flags.insert(.cookie)
            cookiePlace = place
        case EDNSOption.clientSubnet where !flags.contains(.clientSubnet):
            guard isClientSubnet(query + start, length: length) else { return flags.formUnion(.malformed) }
            flags.insert(.clientSubnet)
            subnetPlace = place
        default: break
        }
    }
}

/// Whether a query's CLIENT-SUBNET option is well-formed (RFC 7871 §6): a known family, no scope, as many octets of
/// address as the prefix needs, and no bit set behind it.
private func isClientSubnet(_ content: UnsafeRawPointer, length: Int) -> Bool {
    guard length >= 4 else { return false }
    let prefix = Int(content.load(fromByteOffset: 2, as: UInt8.self))
    let scope = content.load(fromByteOffset: 3, as: UInt8.self)
    let longest: Int
    switch content.loadWire(at: 0) {
    case 0: longest = 0  // what `dig +subnet=0` sends: no address of no family
    case 1: longest = 32
    case 2: longest = 128
    default: return false
    }
    guard scope == 0, prefix <= longest, length == 4 &+ (prefix &+ 7) / 8 else { return false }
    let rest = prefix & 7
    return rest == 0 || content.load(fromByteOffset: length &- 1, as: UInt8.self) & (0xFF &>> UInt8(rest)) == 0
}
