import DNS

/// An RRset as the API gives it.
struct HetznerSet: Decodable, Sendable {
    struct Record: Codable, Hashable, Sendable {
        var value: String
        var comment: String?
    }

    /// Below the zone: `www`, or `@`.
    var name: String
    var type: String
    /// nil: the zone's.
    var ttl: UInt32?
    var records: [Record]
}

/// One call that changes an RRset.
enum HetznerEdit: Sendable {
    case create(name: String, type: RRType, ttl: UInt32, records: [HetznerSet.Record])
    case setRecords(name: String, type: RRType, records: [HetznerSet.Record])
    case setTTL(name: String, type: RRType, ttl: UInt32)
    case delete(name: String, type: RRType)

    /// The records come before the TTL: an address that works matters more. Comments of values that stay are kept.
    static func edits(
        for step: Change.Step, from sets: [HetznerSet], name: String, isForced: Bool
    ) -> [HetznerEdit] {
        switch step {
        case .create(let set):
            return [
                .create(
                    name: name, type: set.type, ttl: set.ttlSeconds,
                    records: set.valueTexts.map { HetznerSet.Record(value: $0) })
            ]
        case .replace(let held, let set):
            let old = sets.first { $0.type == set.type.description }
            let records = set.valueTexts.map { value in
                HetznerSet.Record(value: value, comment: old?.records.first { $0.value == value }?.comment)
            }
            var edits: [HetznerEdit] = []
            if isForced || !held.rrset.hasValues(of: set) {
                edits.append(.setRecords(name: name, type: set.type, records: records))
            }
            if held.rrset.ttlSeconds != set.ttlSeconds {
                edits.append(.setTTL(name: name, type: set.type, ttl: set.ttlSeconds))
            }
            return edits
        case .remove(let held): return [.delete(name: name, type: held.rrset.type)]
        }
    }
}
