import DNS

/// A record as the API gives it, as far as it matters here.
struct CloudflareRecord: Codable, Hashable, Sendable {
    var id: String
    var type: String
    var name: String
    var content: String
    /// Seconds; 1 is "automatic".
    var ttl: UInt32
    var proxied: Bool?
}

/// What has to be done to a name's records so that they are what a change says. Pure.
struct CloudflareEdits: Encodable, Hashable, Sendable {
    /// Name, type and TTL go with every edit: the published types require them even of a patch.
    struct Content: Encodable, Hashable, Sendable {
        var id: String?
        var name: String
        var type: String
        var content: String
        var ttl: UInt32
        var proxied: Bool?
    }

    struct Removal: Encodable, Hashable, Sendable {
        var id: String
    }

    var deletes: [Removal] = []
    var patches: [Content] = []
    var posts: [Content] = []

    var count: Int { deletes.count + patches.count + posts.count }

    /// Records that hold a wished value stay; of the others as many as are needed are patched to the values that are
    /// missing; what is left over is deleted, what is still missing is made.
    init(from held: [CloudflareRecord], to change: Change) {
        for type in change.types {
            let wished = change.after.first { $0.type == type }
            var missing = wished?.valueTexts.map { type == .cname && $0.count > 1 ? String($0.dropLast()) : $0 } ?? []
            var spare: [CloudflareRecord] = []
            for record in held where record.type == type.description {
                if let place = missing.firstIndex(where: { Self.isSame($0, record.content, type) }) {
                    let value = missing.remove(at: place)
                    let hasOwnTTL = record.proxied != true
                    if let wished, change.isForced || (hasOwnTTL && record.ttl != wished.ttlSeconds) {
                        patches.append(record.patched(content: value, ttl: hasOwnTTL ? wished.ttlSeconds : 1))
                    }
                } else {
                    spare.append(record)
                }
            }
            guard let wished else {
                deletes += spare.map { Removal(id: $0.id) }
                continue
            }
            while let record = spare.first, let value = missing.first {
                spare.removeFirst()
                missing.removeFirst()
                patches.append(record.patched(content: value, ttl: record.proxied == true ? 1 : wished.ttlSeconds))
            }
            deletes += spare.map { Removal(id: $0.id) }
            // A new record is proxied if the name's others are: a name is either or.
            let isProxied = held.contains { $0.proxied == true }
            posts += missing.map {
                Content(
                    name: change.owner.apiText, type: type.description, content: $0,
                    ttl: isProxied ? 1 : wished.ttlSeconds, proxied: isProxied)
            }
        }
    }

    private static func isSame(_ left: String, _ right: String, _ type: RRType) -> Bool {
        let root = Name.root
        guard let left = RRset(owner: root, type: type, ttlSeconds: 1, texts: [left]),
            let right = RRset(owner: root, type: type, ttlSeconds: 1, texts: [right])
        else { return false }
        return left.hasValues(of: right)
    }
}

extension CloudflareRecord {
    fileprivate func patched(content: String, ttl: UInt32) -> CloudflareEdits.Content {
        CloudflareEdits.Content(id: id, name: name, type: type, content: content, ttl: ttl)
    }
}
