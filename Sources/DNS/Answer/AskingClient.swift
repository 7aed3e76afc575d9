import Addresses

/// How a query came, which decides how long its reply may be and what else it may hold.
package enum QueryTransport: BitwiseCopyable, Sendable {
    /// UDP: 512 octets, or what the client's EDNS allows, up to 1232 (RFC 6891 §6.2.5). The only one whose client may
    /// have forged its address.
    case datagram
    /// TCP: 65,535 octets.
    case stream
    /// TLS and HTTPS: as TCP, and padded for clients that ask for it (RFC 8467).
    case encryptedStream
}

/// Who asks, how and when: all that an answer depends on besides the question and the zones.
package struct AskingClient: BitwiseCopyable, Sendable {
    package var transport: QueryTransport
    /// Seconds since 1970, modulo 2^32.
    package var nowSeconds: UInt32
    /// How long its connection may be idle, in units of 100 ms, for clients that want to know (RFC 7828); 0 says
    /// nothing.
    package var idleLimitTenths: UInt16 = 0
    /// The address, most significant octet first; an IPv4 address is the lower half of `addressLow`.
    let addressHigh: UInt64
    let addressLow: UInt64
    let isIPv6: Bool

    package init(_ address: IPAddress, over transport: QueryTransport, nowSeconds: UInt32) {
        self.transport = transport
        self.nowSeconds = nowSeconds
        switch address {
        case .v4(let address): (addressHigh, addressLow, isIPv6) = (0, UInt64(address.bits), false)
        case .v6(let address):
            addressHigh = UInt64(truncatingIfNeeded: address.bits >> 64)
            addressLow = UInt64(truncatingIfNeeded: address.bits)
            isIPv6 = true
        }
    }

    /// From an IPv4 address as it stands in memory, in network order.
    @inline(__always)
    package init(v4 octets: UnsafeRawPointer, over transport: QueryTransport, nowSeconds: UInt32) {
        self.transport = transport
        self.nowSeconds = nowSeconds
        addressHigh = 0
        addressLow = UInt64(UInt32(bigEndian: octets.loadUnaligned(as: UInt32.self)))
        isIPv6 = false
    }

    /// From an IPv6 address as it stands in memory, in network order.
    @inline(__always)
    package init(v6 octets: UnsafeRawPointer, over transport: QueryTransport, nowSeconds: UInt32) {
        self.transport = transport
        self.nowSeconds = nowSeconds
        addressHigh = UInt64(bigEndian: octets.loadUnaligned(as: UInt64.self))
        addressLow = UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        isIPv6 = true
    }
}
