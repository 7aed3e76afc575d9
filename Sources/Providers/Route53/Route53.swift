import DNS
import Foundation
import NIOHTTP1
import Secrets

/// Amazon Route 53, by its API of 2013-04-01.
///
///     name ─► hosted zone (walking up, remembered) ─► its record sets ─► one change batch ─► GetChange … INSYNC
///
/// A removal names exactly what was read: if somebody else was faster, nothing is done.
package struct Route53: Provider {
    package static let driver = "route53"
    package static let summary = "Amazon Route 53, by an access key"
    package static let parameters = [
        ProviderParameter("access-key", .secret, required: true, "The access key's id (AKIA…)."),
        ProviderParameter("secret-key", .secret, required: true, "The secret access key."),
        ProviderParameter("session-token", .secret, "The token of a temporary access."),
        ProviderParameter(
            "zone-id", .text, form: "a hosted zone's id: Z…", "The zone, for a key that may not list zones."),
        ProviderParameter("region", .text, form: "a region's name", standard: "us-east-1", "Named in signatures."),
        ProviderParameter(
            "requests-per-second", .integer(1...1000), standard: "5", "At most; an account may make 5 in all."),
        ProviderParameter("url", .url, standard: "https://route53.amazonaws.com", "Where the API is."),
        .caFile,
    ]

    package let capabilities: Capabilities = {
        var capabilities = Capabilities()
        capabilities.types = [.a, .aaaa, .cname]
        capabilities.ttls = .range(0...2_147_483_647)
        capabilities.proof = .everywhere
        capabilities.concurrency = 8
        // A change is INSYNC within a minute.
        capabilities.callTimeout = .seconds(120)
        return capabilities
    }()

    private let api: Route53API
    private let zones: ZoneMemory

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let accessKey = reader.secret("access-key")
        let secretKey = reader.secret("secret-key")
        let sessionToken = reader.secret("session-token")
        let zone = reader.text("zone-id")
        let region = reader.text("region")
        let pace = reader.integer("requests-per-second")
        let url = reader.url("url")
        let caFile = reader.path("ca-file")
        if let zone, !zone.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }) {
            reader.refuse("zone-id", "is no hosted zone's id")
        }
        api = Route53API(
            url: try reader.require(url), accessKey: try reader.require(accessKey),
            secretKey: try reader.require(secretKey), sessionToken: sessionToken,
            signature: RequestSignature(region: try reader.require(region), service: "route53"),
            requestsPerSecond: try reader.require(pace), caller: HTTPCaller(caFile: caFile))
        zones = ZoneMemory(fixed: zone)
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        try await inZone(of: owner, until: deadline) { zone throws(ProviderError) in
            let sets = try await api.sets(of: owner, zone: zone, until: deadline)
            var held: [HeldSet] = []
            for type in types {
                guard let set = sets.first(where: { $0.type == type.description }) else { continue }
                if let reason = set.isBeyondUs {
                    throw .refused(.recordInTheWay, words: "the \(type) record set of \(owner.apiText) \(reason)")
                }
                guard
                    let rrset = RRset(owner: owner, type: type, ttlSeconds: set.ttlSeconds ?? 0, texts: set.values)
                else {
                    throw .unavailable(
                        .notUnderstood, words: oneLine("\(type) of \(owner) is \(set.values.joined(separator: ", "))"))
                }
                held.append(HeldSet(rrset))
            }
            return held
        }
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        var actions = change.steps().map { step -> Route53API.Action in
            switch step {
            case .create(let set), .replace(_, let set): .upsert(set)
            case .remove(let held): .delete(held.rrset)
            }
        }
        if actions.isEmpty, change.isForced { actions = change.after.map { .upsert($0) } }
        guard !actions.isEmpty else { return Acceptance("nothing to change") }
        let batch = actions
        let accepted = try await inZone(of: change.owner, until: deadline) { zone throws(ProviderError) in
            try await api.make(batch, zone: zone, until: deadline)
        }
        try await api.waitUntilInSync(accepted, until: deadline)
        return Acceptance("change \(accepted.id) is INSYNC")
    }

    private func inZone<Value: Sendable>(
        of owner: Name, until deadline: Deadline, _ body: (String) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        try await zones.inZone(
            of: owner,
            find: { name throws(ProviderError) in try await api.zone(named: name, until: deadline) }, body)
    }
}

/// A record set as the API shows it.
struct Route53Set: Hashable, Sendable {
    var type: String
    var ttlSeconds: UInt32?
    var values: [String]
    /// Why it cannot be replaced by plain values: it is an alias, or one of several by a routing policy.
    var isBeyondUs: String?

    init?(_ element: XMLElement, of owner: Name) {
        guard let type = element["Type"]?.text, let name = element["Name"]?.text,
            Self.plain(name).lowercased() == owner.inLowerCase.description
        else { return nil }
        self.type = type
        ttlSeconds = element["TTL"].flatMap { UInt32($0.text) }
        values = element["ResourceRecords"]?.all("ResourceRecord").compactMap { $0["Value"]?.text } ?? []
        if element["AliasTarget"] != nil {
            isBeyondUs = "is an alias"
        } else if element["SetIdentifier"] != nil {
            isBeyondUs = "has a routing policy"
        } else {
            isBeyondUs = nil
        }
    }

    /// Route 53 writes all but letters, digits, `-` and `_` as `\052`.
    private static func plain(_ name: String) -> String {
        var plain = ""
        var rest = Substring(name.hasSuffix(".") ? name : name + ".")
        while let place = rest.firstIndex(of: "\\") {
            plain += rest[..<place]
            let digits = rest[rest.index(after: place)...].prefix(3)
            if let octet = UInt8(digits, radix: 8), digits.count == 3 {
                plain.unicodeScalars.append(Unicode.Scalar(octet))
            }
            rest = rest[rest.index(after: place)...].dropFirst(3)
        }
        return plain + rest
    }
}
