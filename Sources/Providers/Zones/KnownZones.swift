import DNS

/// A zone of an account.
struct HostedZone: Hashable, Sendable {
    var name: Name
    /// What the API calls it: an identifier, or its name again.
    var id: String
    /// The TTL of RRsets that have none of their own, seconds.
    var ttlSeconds: UInt32?

    init(name: Name, id: String, ttlSeconds: UInt32? = nil) {
        self.name = name
        self.id = id
        self.ttlSeconds = ttlSeconds
    }

    /// The owner's name below the zone: `www`, or `apex` for the zone's own name.
    func relativeName(of owner: Name, apex: String = "@") -> String {
        let (whole, zone) = (owner.apiText, name.apiText)
        return whole == zone ? apex : String(whole.dropLast(zone.count + 1))
    }
}

/// The zones of an account, so that they need not be listed for every call.
actor KnownZones {
    /// A list is asked for again after this long: a zone below a known one may have been made.
    static let lifetime: Duration = .seconds(600)

    private let fixed: HostedZone?
    private var zones: [HostedZone] = []
    private var listedAt: ContinuousClock.Instant?

    /// - Parameter fixed: the only one, if it was configured: then none is ever asked for.
    init(fixed: HostedZone? = nil) { self.fixed = fixed }

    /// The zone that the owner is in: the longest one that fits. Throws `noSuchZone` if there is none.
    func zone(
        of owner: Name, listing: @Sendable () async throws(ProviderError) -> [HostedZone]
    ) async throws(ProviderError) -> HostedZone {
        if let fixed {
            guard fixed.name.isRoot || owner.isAtOrBelow(fixed.name) else {
                throw .refused(.noSuchZone, words: "\(owner.apiText) is not in the configured zone \(fixed.id)")
            }
            return fixed
        }
        if let listedAt, .now - listedAt < Self.lifetime, let zone = longest(for: owner) { return zone }
        zones = try await listing()
        listedAt = .now
        guard let zone = longest(for: owner) else {
            throw .refused(.noSuchZone, words: "the account has no zone that \(owner.apiText) is in")
        }
        return zone
    }

    /// The API says that there is no such zone: what is known is not true any more. False if it was configured.
    func forget() -> Bool {
        guard fixed == nil, listedAt != nil else { return false }
        listedAt = nil
        return true
    }

    private func longest(for owner: Name) -> HostedZone? {
        zones.filter { owner.isAtOrBelow($0.name) }.max { $0.name.labelCount < $1.name.labelCount }
    }
}

extension KnownZones {
    /// Runs `body` in the owner's zone. A zone that was remembered and is no more is forgotten and told as a conflict,
    /// so that it is looked for again.
    nonisolated func inZone<Value: Sendable>(
        of owner: Name, listing: @Sendable () async throws(ProviderError) -> [HostedZone],
        _ body: (HostedZone) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        let zone = try await zone(of: owner, listing: listing)
        do {
            return try await body(zone)
        } catch {
            if case .refused(.noSuchZone, let words) = error, await forget() { throw .conflict(words: words) }
            throw error
        }
    }
}

extension ProviderArgumentReader {
    /// A zone's name that was written, or nil.
    mutating func zone(_ key: String) -> HostedZone? {
        guard let text = text(key) else { return nil }
        guard let name = try? Name(text), !name.isRoot else {
            refuse(key, "is not a zone's name")
            return nil
        }
        return HostedZone(name: name, id: name.apiText)
    }
}
