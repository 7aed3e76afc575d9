import DNS

/// A record as the API gives it, as far as it matters here.
struct DigitalOceanRecord: Decodable, Hashable, Sendable {
    var id: Int
    var type: String
    /// Below the domain: `www`, or `@`.
    var name: String
    /// A CNAME's target comes without its final dot, `@` being the domain itself.
    var data: String
    var ttl: UInt32
}

/// One step towards what a change says.
enum DigitalOceanEdit: Hashable, Sendable {
    struct Content: Encodable, Hashable, Sendable {
        var type: String
        var name: String
        var data: String
        var ttl: UInt32
    }

    case create(Content)
    case update(Int, Content)
    case delete(Int, type: String)

    /// Records that hold a wished value stay; of the others as many as are needed get the missing values; what is
    /// missing still is made, and only then what is left over is deleted. Pure.
    static func edits(from held: [DigitalOceanRecord], to change: Change, name: String) -> [DigitalOceanEdit] {
        var edits: [DigitalOceanEdit] = []
        var removals: [DigitalOceanEdit] = []
        for type in change.types {
            let own = held.filter { $0.type == type.description }
            guard let wished = change.after.first(where: { $0.type == type }) else {
                removals += own.map { .delete($0.id, type: $0.type) }
                continue
            }
            var missing = wished.valueTexts
            var spare: [DigitalOceanRecord] = []
            func content(_ value: String) -> Content {
                Content(type: type.description, name: name, data: value, ttl: wished.ttlSeconds)
            }
            for record in own {
                guard let place = missing.firstIndex(where: { isSame($0, record.data, type) }) else {
                    spare.append(record)
                    continue
                }
                let value = missing.remove(at: place)
                if change.isForced || record.ttl != wished.ttlSeconds {
                    edits.append(.update(record.id, content(value)))
                }
            }
            for (record, value) in zip(spare, missing) { edits.append(.update(record.id, content(value))) }
            edits += missing.dropFirst(spare.count).map { .create(content($0)) }
            removals += spare.dropFirst(missing.count).map { .delete($0.id, type: $0.type) }
        }
        return edits + removals
    }

    var summary: String {
        switch self {
        case .create(let content): "\(content.type) \(content.data) created"
        case .update(_, let content): "\(content.type) \(content.data) set"
        case .delete(_, let type): "\(type) deleted"
        }
    }

    private static func isSame(_ left: String, _ right: String, _ type: RRType) -> Bool {
        guard let left = RRset(owner: .root, type: type, ttlSeconds: 1, texts: [left]),
            let right = RRset(owner: .root, type: type, ttlSeconds: 1, texts: [right])
        else { return false }
        return left.hasValues(of: right)
    }
}
