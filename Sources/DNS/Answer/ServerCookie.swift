/// What server cookies are made with: 128 bits, known to all servers of an anycast set (RFC 9018 §5).
package struct CookieSecret: BitwiseCopyable, Hashable, Sendable {
    /// The first and the last eight octets, the first of each in the lowest bits.
    let low: UInt64
    let high: UInt64

    /// From 16 octets; nil for any other number.
    package init?(octets: some Collection<UInt8>) {
        guard octets.count == 16 else { return nil }
        low = octets.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        high = octets.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// From 32 hexadecimal digits, as BIND and Knot write it; nil for anything else.
    package init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 32, text.utf8.count == 32 else { return nil }
        self.init(octets: stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }

    package static func random(using generator: inout some RandomNumberGenerator) -> CookieSecret {
        CookieSecret(low: generator.next(), high: generator.next())
    }

    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }
}

/// Both halves of a COOKIE option as they go over the wire (RFC 7873 §4), each word's first octet in its lowest bits:
///
///     client's eight octets · version 1, three zeros, timestamp · hash
struct DNSCookie: BitwiseCopyable {
    private let client: UInt64
    private let stamp: UInt64
    private let hash: UInt64

    /// Of both halves.
    static let length = 24
    /// Of the client's half alone.
    static let clientLength = 8

    /// What a client's option is worth.
    enum Worth: BitwiseCopyable {
        /// Only its own half, or one that we did not make for it, or too long ago.
        case none
        /// Ours, made within the last half hour with the secret in force: it may go on using it.
        case good
        /// Ours, but it is time for a new one.
        case aged
    }

    /// A client's option of 8 or 16–40 octets.
    @inline(__always)
    init(option: UnsafeRawPointer, count: Int) {
        client = option.loadLittle(at: 0)
        (stamp, hash) = count == DNSCookie.length ? (option.loadLittle(at: 8), option.loadLittle(at: 16)) : (0, 0)
    }

    private init(client: UInt64, stamp: UInt64, hash: UInt64) {
        (self.client, self.stamp, self.hash) = (client, stamp, hash)
    }

    /// Whether we made it, and when: from five minutes ahead, because of peers' clocks, to an hour ago
    /// (RFC 9018 §4.3).
    func worth(for sender: AskingClient, secrets: CookieSecrets) -> Worth {
        guard stamp & 0xFF == 1 else { return .none }
        let age = Int32(truncatingIfNeeded: sender.nowSeconds &- UInt32(bigEndian: UInt32(stamp &>> 32)))
        guard age <= 3600, age >= -300 else { return .none }
        if hash == cookieHash(client, stamp, sender, secrets.current) { return age <= 1800 ? .good : .aged }
        return secrets.hasOther && hash == cookieHash(client, stamp, sender, secrets.other) ? .aged : .none
    }

    /// A new one for the same client.
    func renewed(for sender: AskingClient, secrets: CookieSecrets) -> DNSCookie {
        let stamp = UInt64(sender.nowSeconds.bigEndian) &<< 32 | 1
        return DNSCookie(client: client, stamp: stamp, hash: cookieHash(client, stamp, sender, secrets.current))
    }

    func write(to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: client.littleEndian, toByteOffset: 0, as: UInt64.self)
        target.storeBytes(of: stamp.littleEndian, toByteOffset: 8, as: UInt64.self)
        target.storeBytes(of: hash.littleEndian, toByteOffset: 16, as: UInt64.self)
    }
}

/// The secret that cookies are made with, and another one that is accepted while secrets change
/// (RFC 9018 §5: the next one before, the last one after).
struct CookieSecrets: BitwiseCopyable {
    let current: CookieSecret
    let other: CookieSecret
    let hasOther: Bool
}

/// Over client half, version, reserved octets, timestamp and the client's address (RFC 9018 §4.4).
private func cookieHash(_ client: UInt64, _ stamp: UInt64, _ sender: AskingClient, _ secret: CookieSecret) -> UInt64 {
    var hash = SipHash(key: secret)
    hash.absorb(client)
    hash.absorb(stamp)
    guard sender.isIPv6 else {
        return hash.finish(UInt64(UInt32(truncatingIfNeeded: sender.addressLow).byteSwapped), length: 20)
    }
    hash.absorb(sender.addressHigh.byteSwapped)
    hash.absorb(sender.addressLow.byteSwapped)
    return hash.finish(0, length: 32)
}

extension UnsafeRawPointer {
    @inline(__always)
    fileprivate func loadLittle(at offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
