/// A zone's serial number (RFC 1982). It has no `+`, since its arithmetic is not that of numbers, and no `<`,
/// since two serials may be so far apart that neither comes first.
package struct Serial: Hashable, Sendable {
    package let rawValue: UInt32
    package init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// The serial `steps` later, 0…2^31-1; after 4294967295 comes 0 (RFC 1982 §3.1).
    package func advanced(by steps: UInt32 = 1) -> Serial {
        precondition(steps <= 0x7FFF_FFFF, "RFC 1982 defines no addition of more than 2^31-1")
        return Serial(rawValue &+ steps)
    }

    /// Whether it was handed out after `other`; false both ways if they are 2^31 apart (RFC 1982 §3.2).
    package func isNewer(than other: Serial) -> Bool {
        rawValue != other.rawValue && rawValue &- other.rawValue < 0x8000_0000
    }
}

extension Serial: CustomStringConvertible {
    package var description: String { String(rawValue) }
}
