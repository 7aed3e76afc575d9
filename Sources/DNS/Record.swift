/// All records of one owner name and one type (RFC 9499 §5), class IN.
package struct RRset: Hashable, Sendable {
    package var owner: Name
    package var type: RRType
    /// Seconds, 0…2^31-1 (RFC 2181 §8).
    package var ttlSeconds: UInt32
    /// Each RDATA in uncompressed wire form; at least one, no two equal.
    package var rdata: [[UInt8]]

    package init(owner: Name, type: RRType, ttlSeconds: UInt32, rdata: [[UInt8]]) {
        self.owner = owner
        self.type = type
        self.ttlSeconds = ttlSeconds
        self.rdata = rdata
    }
}

/// A zone's content as it was read: one SOA and at least one NS at the apex, every owner at or below it.
package struct Zone: Sendable {
    package var apex: Name
    /// In the order in which their first record was read.
    package var rrsets: [RRset]

    package init(apex: Name, rrsets: [RRset]) {
        self.apex = apex
        self.rrsets = rrsets
    }
}
