import Addresses

/// How many replies one network may get over UDP, where addresses can be forged (response rate limiting).
///
/// Replies are counted per second, client network and kind: answers, denials (NXDOMAIN and wildcards), errors,
/// referrals. What is over the limit is truncated, so that an honest client comes back over TCP, or dropped. Clients
/// that show a valid cookie (RFC 7873) are who they say they are, and are not counted.
package struct RateLimit: Hashable, Sendable {
    /// Replies of one kind in one second to one network, 1…1,000,000.
    package var perSecond = 200
    /// Of the replies over the limit, each which is truncated and sent: 1 all, 2 every other one; 0 none. 0…100.
    package var slip = 1
    /// Leading bits of the addresses that are one network.
    package var v4PrefixLength = 24
    package var v6PrefixLength = 56
    /// Never limited.
    package var exempt = [
        Network(address: .v4(IPv4Address(bits: 0x7F00_0000)), length: 8),
        Network(address: .v6(IPv6Address(bits: 1)), length: 128),
    ]

    package init() {}
}

/// All addresses that begin with the same bits: `192.0.2.0/24`.
package struct Network: Hashable, Sendable {
    package let address: IPAddress
    /// How many bits: 0…32 or 0…128.
    package let length: Int

    package init(address: IPAddress, length: Int) {
        precondition((0...address.octets.count * 8).contains(length))
        self.address = address
        self.length = length
    }

    /// Reads `ADDRESS/LENGTH` or an address alone. The bits behind the prefix must be zero, so that a slip of the pen
    /// does not open a wider network than it says.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]), parts.count <= 2 else { return nil }
        let bits = address.octets.count * 8
        var length = bits
        if parts.count == 2 {
            let digits = parts[1].utf8
            guard digits.count <= 3, digits.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(parts[1]),
                number <= bits
            else { return nil }
            length = number
        }
        for (index, octet) in address.octets.enumerated() {
            let kept = min(max(length - 8 * index, 0), 8)
            if octet & UInt8(truncatingIfNeeded: 0xFF >> kept) != 0, kept < 8 { return nil }
        }
        self.init(address: address, length: length)
    }
}

extension Network: CustomStringConvertible {
    package var description: String { "\(address)/\(length)" }
}

/// Networks as the query path compares them.
struct NetworkMask: BitwiseCopyable {
    let high: UInt64
    let low: UInt64
    let highMask: UInt64
    let lowMask: UInt64
    let isIPv6: Bool

    init(_ network: Network) {
        let client = AskingClient(network.address, over: .datagram, nowSeconds: 0)
        (high, low, isIPv6) = (client.addressHigh, client.addressLow, client.isIPv6)
        (highMask, lowMask) = addressMask(prefixLength: network.length, isIPv6: client.isIPv6)
    }

    @inline(__always)
    func contains(_ client: AskingClient) -> Bool {
        client.isIPv6 == isIPv6 && client.addressHigh & highMask == high && client.addressLow & lowMask == low
    }
}

/// Ones where an `AskingClient`'s address has its first bits.
func addressMask(prefixLength: Int, isIPv6: Bool) -> (high: UInt64, low: UInt64) {
    guard isIPv6 else { return (0, 0xFFFF_FFFF & ~(0xFFFF_FFFF >> UInt64(prefixLength))) }
    return (~(UInt64.max >> UInt64(prefixLength)), ~(UInt64.max >> UInt64(max(0, prefixLength - 64))))
}
