import DNS
import Foundation

// What a user's own program or URL is asked, and what it answers: JSON, one object each way.
//
//   {"action":"write","name":"www.example.org","types":["A","AAAA"],
//    "rrsets":[{"type":"A","ttl":60,"values":["192.0.2.1"]}],"before":[…]}
//   {"words":"done"}                                       or {"error":"refused","words":"no such host"}

/// What is asked.
struct RecordRequest: Encodable, Hashable, Sendable {
    struct Set: Codable, Hashable, Sendable {
        var type: String
        var ttl: UInt32
        var values: [String]
    }

    /// `read` or `write`.
    var action: String
    /// Without the final dot.
    var name: String
    /// What it is about: a type without a set in `rrsets` is to have no record.
    var types: [String]
    /// What is to be there; absent when reading.
    var rrsets: [Set]?
    /// What was there when it was read; absent if it was not.
    var before: [Set]?

    init(reading owner: Name, types: [RRType]) {
        action = "read"
        name = owner.apiText
        self.types = types.map(\.description)
    }

    init(_ change: Change) {
        action = "write"
        name = change.owner.apiText
        types = change.types.map(\.description)
        rrsets = change.after.map(Set.init)
        before = change.before.isEmpty ? nil : change.before.map { Set($0.rrset) }
    }

    /// Keys sorted, one line.
    var json: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and numbers are always fit for JSON.
        return (try? encoder.encode(self)) ?? Data("{}".utf8)
    }
}

extension RecordRequest.Set {
    init(_ set: RRset) {
        self.init(
            type: set.type.description, ttl: set.ttlSeconds,
            values: set.valueTexts.map { set.type == .cname && $0.count > 1 ? String($0.dropLast()) : $0 })
    }
}

/// What is answered. Nothing at all is an acceptance without words.
struct RecordReply: Decodable, Hashable, Sendable {
    var words: String?
    /// `refused`, `unavailable` or `conflict`.
    var error: String?
    /// For a refusal, why: `credentials`, `noSuchZone`, `noSuchName`, `invalid` …
    var reason: String?
    /// Seconds to wait.
    var retryAfter: Double?
    /// What is there, when reading.
    var rrsets: [RecordRequest.Set]?

    /// nil if the text is neither empty nor such an object.
    init?(_ text: Data) {
        let trimmed = String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if trimmed.isEmpty { return }
        guard let reply = try? JSONDecoder().decode(Self.self, from: Data(trimmed.utf8)) else { return nil }
        self = reply
    }

    /// Throws what it reports, if it reports a failure.
    func check() throws(ProviderError) {
        guard let error else { return }
        let words = oneLine(words ?? error)
        switch error {
        case "refused": throw .refused(reason.flatMap(Refusal.init(rawValue:)) ?? .invalid, words: words)
        case "conflict": throw .conflict(words: words)
        default:
            throw .unavailable(.faulty, words: words, retryAfter: retryAfter.map { .seconds(min(max($0, 0), 3600)) })
        }
    }

    /// The sets that were read.
    func held(by owner: Name, types: [RRType]) throws(ProviderError) -> [HeldSet] {
        var held: [HeldSet] = []
        for set in rrsets ?? [] where !set.values.isEmpty {
            guard let type = RRType(set.type),
                let rrset = RRset(owner: owner, type: type, ttlSeconds: set.ttl, texts: set.values)
            else {
                throw .unavailable(
                    .notUnderstood, words: oneLine("\(set.type) \(set.values.joined(separator: " ")) is no RRset"))
            }
            if types.contains(type) { held.append(HeldSet(rrset)) }
        }
        return held
    }
}

extension Capabilities {
    /// What a user's own program is taken to be able to do.
    static func own(canBeRead: Bool) -> Capabilities {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(1...604_800)
        capabilities.reading = canBeRead ? .provider : .dns
        return capabilities
    }
}
