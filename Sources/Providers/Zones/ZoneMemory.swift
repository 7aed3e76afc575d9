import DNS

/// Which zone of an account a name is in, as far as it is known.
actor ZoneMemory {
    private struct Found {
        var zone: String
        var apex: Name
        var until: ContinuousClock.Instant
    }

    private let fixed: String?
    /// By the names that were asked for.
    private var known: [Name: Found] = [:]

    /// A zone that is made nearer to a name is found after so long.
    private static let lifetime = Duration.seconds(600)

    /// - Parameter fixed: the zone's identifier if it is configured; nothing is looked for then.
    init(fixed: String? = nil) { self.fixed = fixed }

    /// The zone's identifier: asks for the name itself as a zone, then for each name above it.
    ///
    /// - Parameter find: the identifier of the zone of exactly this name; nil if there is none.
    private func zone(
        of owner: Name, find: (Name) async throws(ProviderError) -> String?
    ) async throws(ProviderError) -> String {
        if let fixed { return fixed }
        if let found = known[owner], ContinuousClock.now < found.until { return found.zone }
        var candidate: Name? = owner
        while let name = candidate, name.labelCount >= 1 {
            if let zone = try await find(name) {
                if known.count >= 100_000 { known = [:] }
                known[owner] = Found(zone: zone, apex: name, until: .now + Self.lifetime)
                return zone
            }
            candidate = name.parent
        }
        throw .refused(.noSuchZone, words: "there is no zone that \(owner.apiText) is in")
    }

    /// Forgets the zone for all of its names; false if it was configured or never known.
    private func forget(zoneOf owner: Name) -> Bool {
        guard let apex = known[owner]?.apex else { return false }
        known = known.filter { $0.value.apex != apex }
        return true
    }

    /// Runs `body` in the zone that the name is in. A zone that was remembered and is no more is forgotten, and told
    /// as a conflict, so that it is looked for anew.
    nonisolated func inZone<Value: Sendable>(
        of owner: Name, find: @Sendable (Name) async throws(ProviderError) -> String?,
        _ body: (String) async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        let zone = try await zone(of: owner, find: find)
        do {
            return try await body(zone)
        } catch {
            if case .refused(.noSuchZone, let words) = error, await forget(zoneOf: owner) {
                throw .conflict(words: words)
            }
            throw error
        }
    }
}
