/// SipHash-2-4 with a 64-bit result, over words: the keyed hash of server cookies (RFC 9018 §4.4).
///
/// Words are absorbed little-endian, as the algorithm's authors define it. Cookies hash 20 or 32 octets, so a message
/// is whole words and a last one of 0–7 octets.
struct SipHash: BitwiseCopyable {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    @inline(__always)
    init(key: CookieSecret) {
        v0 = key.low ^ 0x736F_6D65_7073_6575
        v1 = key.high ^ 0x646F_7261_6E64_6F6D
        v2 = key.low ^ 0x6C79_6765_6E65_7261
        v3 = key.high ^ 0x7465_6462_7974_6573
    }

    /// Absorbs eight octets, the first one in the lowest bits.
    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        scramble()
        scramble()
        v0 ^= word
    }

    /// Absorbs the last 0–7 octets, the first one in the lowest bits, and returns the hash of all `length` octets.
    @inline(__always)
    consuming func finish(_ rest: UInt64, length: Int) -> UInt64 {
        absorb(rest | UInt64(truncatingIfNeeded: length) &<< 56)
        v2 ^= 0xFF
        for _ in 0..<4 { scramble() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private mutating func scramble() {
        v0 &+= v1
        v2 &+= v3
        v1 = rotated(v1, by: 13) ^ v0
        v3 = rotated(v3, by: 16) ^ v2
        v0 = rotated(v0, by: 32)
        v2 &+= v1
        v0 &+= v3
        v1 = rotated(v1, by: 17) ^ v2
        v3 = rotated(v3, by: 21) ^ v0
        v2 = rotated(v2, by: 32)
    }
}

@inline(__always)
private func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 &- bits) }
