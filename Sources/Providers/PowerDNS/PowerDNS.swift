import DNS
import Foundation
import NIOHTTP1
import Secrets

/// A PowerDNS Authoritative Server of the user's own, by its HTTP API (doc.powerdns.com/authoritative/http-api).
///
///     name ─► zone (walking up, remembered) ─► its RRsets ─► one PATCH, which the server makes as one transaction
package struct PowerDNS: Provider {
    package static let driver = "powerdns"
    package static let summary = "A PowerDNS Authoritative Server, by its HTTP API"
    package static let parameters = [
        ProviderParameter("url", .url, required: true, "Where its web server is: http://HOST:8081."),
        ProviderParameter("key", .secret, required: true, "The API key."),
        ProviderParameter("server", .text, form: "the server's id", standard: "localhost", "Its id in the API."),
        ProviderParameter(
            "zone", .text, form: "a zone's name", "The zone, for a name that another zone of the server contains too."),
        .caFile,
    ]

    package let capabilities: Capabilities = {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(0...2_147_483_647)
        capabilities.concurrency = 4
        return capabilities
    }()

    private let api: PowerDNSAPI
    private let zones: ZoneMemory

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let url = reader.url("url")
        let key = reader.secret("key")
        let server = reader.text("server")
        let zone = reader.text("zone")
        let caFile = reader.path("ca-file")
        let apex = zone.flatMap { try? Name($0) }
        if zone != nil, apex == nil { reader.refuse("zone", "is not a name") }
        api = PowerDNSAPI(
            url: try reader.require(url), server: try reader.require(server), key: try reader.require(key),
            caller: HTTPCaller(caFile: caFile))
        zones = ZoneMemory(fixed: apex.map { $0.inLowerCase.description })
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        let sets = try await inZone(of: owner, until: deadline) { zone throws(ProviderError) in
            try await api.sets(of: owner, zone: zone, until: deadline)
        }
        var held: [HeldSet] = []
        for type in types {
            guard let set = sets.first(where: { $0.type == type.description }) else { continue }
            // A disabled record is kept and not answered.
            let texts = (set.records ?? []).filter { !$0.disabled }.map(\.content)
            guard !texts.isEmpty else { continue }
            guard let rrset = RRset(owner: owner, type: type, ttlSeconds: set.ttl ?? 0, texts: texts) else {
                throw .unavailable(
                    .notUnderstood, words: oneLine("\(type) of \(owner) is \(texts.joined(separator: ", "))"))
            }
            held.append(HeldSet(rrset))
        }
        return held
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        let steps = change.isForced ? change.types : change.steps().map(\.type)
        let patches = steps.map { PowerDNSSet(making: $0, of: change) }
        guard !patches.isEmpty else { return Acceptance("nothing to change") }
        return try await inZone(of: change.owner, until: deadline) { zone throws(ProviderError) in
            try await api.patch(patches, zone: zone, until: deadline)
            return Acceptance("\(patches.count == 1 ? "1 RRset" : "\(patches.count) RRsets") accepted")
        }
    }

    private func inZone<Value: Sendable>(
        of owner: Name, until deadline: Deadline, _ body: (String) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        try await zones.inZone(
            of: owner,
            find: { name throws(ProviderError) in try await api.zone(named: name, until: deadline) }, body)
    }
}

/// An RRset as the API gives and takes it.
struct PowerDNSSet: Codable, Hashable, Sendable {
    struct Record: Codable, Hashable, Sendable {
        var content: String
        var disabled: Bool
    }

    /// With the final dot, in lower case.
    var name: String
    var type: String
    var ttl: UInt32?
    /// `REPLACE` or `DELETE`, in what is sent.
    var changetype: String?
    var records: [Record]?

    /// What makes the RRset what the change says, whatever is there. Comments stay, as nothing is said of them.
    init(making type: RRType, of change: Change) {
        name = change.owner.inLowerCase.description
        self.type = type.description
        guard let wished = change.after.first(where: { $0.type == type }) else {
            changetype = "DELETE"
            return
        }
        changetype = "REPLACE"
        ttl = wished.ttlSeconds
        records = wished.valueTexts.map { Record(content: $0, disabled: false) }
    }
}
