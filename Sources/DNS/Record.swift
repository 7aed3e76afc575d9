/// One record of class IN (RFC 1035 §3.2.1).
package struct Record: Hashable, Sendable {
    package var owner: Name
    package var type: RRType
    /// Seconds, 0…2^31-1 (RFC 2181 §8).
    package var ttlSeconds: UInt32
    /// In uncompressed wire form.
    package var rdata: [UInt8]

    package init(owner: Name, type: RRType, ttlSeconds: UInt32, rdata: [UInt8]) {
        self.owner = owner
        self.type = type
        self.ttlSeconds = ttlSeconds
        self.rdata = rdata
    }
}

extension Record: CustomStringConvertible {
    /// The record as it is written in a zone file, every name absolute.
    package var description: String { "\(owner) \(ttlSeconds) IN \(type) \(RData.text(type, rdata))" }
}

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

    package var records: [Record] {
        rdata.map { Record(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: $0) }
    }
}

/// A zone's content as it was read: one SOA and at least one NS at the apex, every owner at or below it.
///
/// The records lie in the flat memory that a `ZoneSnapshot` answers from; `rrsets` shows them as a model.
package struct Zone: Sendable {
    package let apex: Name
    let content: ZoneContent

    init(apex: Name, content: ZoneContent) {
        self.apex = apex
        self.content = content
    }

    package init(apex: Name, rrsets: [RRset]) {
        var assembler = ZoneAssembler(apex: apex, expectedOctets: 32 * rrsets.count)
        for rrset in rrsets {
            for rdata in rrset.rdata {
                assembler.add(owner: rrset.owner.wire, type: rrset.type, ttlSeconds: rrset.ttlSeconds, rdata: rdata)
            }
        }
        self.init(apex: apex, content: assembler.finish().content)
    }

    /// Gathers records into RRsets: equal ones are merged, and of differing TTLs in a set the smallest is
    /// taken (RFC 2181 §5). Nothing is checked.
    package init(apex: Name, records: some Sequence<Record>) {
        var assembler = ZoneAssembler(apex: apex, expectedOctets: 0)
        for record in records {
            assembler.add(
                owner: record.owner.wire, type: record.type, ttlSeconds: record.ttlSeconds, rdata: record.rdata)
        }
        self.init(apex: apex, content: assembler.finish().content)
    }
}
