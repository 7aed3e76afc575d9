import Addresses

/// What a dynamic name answers to A and AAAA questions, both at once.
package struct DynamicAnswer: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// The A and the AAAA records. A family without addresses is NODATA.
        case addresses(v4: [IPv4Address], v6: [IPv6Address])
        /// The name exists and has no address.
        case nodata
        /// SERVFAIL, for both families.
        case servfail
        /// No decision yet: SERVFAIL with the extended error "not ready". What every dynamic name starts with.
        case notReady
    }

    package var content: Content
    /// Of the address records; seconds, 0…2^31-1. NODATA is cached as long as the zone's SOA says.
    package var ttlSeconds: UInt32
    /// Goes into replies to EDNS queries as long as this answer stands, for instance "all members are down".
    package var extendedError: ExtendedError?

    /// At most 1,000 addresses of each family.
    package init(_ content: Content, ttlSeconds: UInt32 = 30, extendedError: ExtendedError? = nil) {
        self.content = content
        self.ttlSeconds = ttlSeconds
        self.extendedError = extendedError
    }
}

/// An extended DNS error (RFC 8914 §2): a registered code, and words for people.
package struct ExtendedError: Hashable, Sendable {
    package var code: UInt16
    /// UTF-8; cut to 120 octets in the reply.
    package var text: String

    package init(code: UInt16, text: String = "") {
        self.code = code
        self.text = text
    }

    package static let otherError: UInt16 = 0
    package static let staleAnswer: UInt16 = 3
    package static let notReady: UInt16 = 14
    package static let prohibited: UInt16 = 18
    package static let notAuthoritative: UInt16 = 20
    package static let noReachableAuthority: UInt16 = 22

    /// The option as it stands in an OPT record (RFC 6891 §6.1.2).
    var option: [UInt8] {
        var words = Array(text.utf8.prefix(121))
        if words.count > 120 {
            // Cut at a character, so that what arrives is UTF-8.
            words.removeLast()
            while let last = words.last, last & 0xC0 == 0x80 { words.removeLast() }
            if let last = words.last, last & 0xC0 == 0xC0 { words.removeLast() }
        }
        return [0, 15, 0, UInt8(2 + words.count), UInt8(code >> 8), UInt8(code & 0xFF)] + words
    }
}
