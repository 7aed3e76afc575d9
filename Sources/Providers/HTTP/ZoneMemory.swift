import DNS

/// Which zone of an account a name is in, as far as it is known.
actor ZoneMemory {
    private let fixed: String?
    private var known: [Name: String] = [:]

    /// - Parameter fixed: the zone's identifier if it is configured; nothing is looked for then.
    init(fixed: String? = nil) { self.fixed = fixed }

    /// The zone's identifier: asks for the name itself as a zone, then for each name above it.
    ///
    /// - Parameter find: the identifier of the zone of exactly this name; nil if there is none.
    private func zone(
        of owner: Name, find: (Name) async throws(ProviderError) -> String?
    ) async throws(ProviderError) -> String {
        if let fixed { return fixed }
        var candidate: Name? = owner
        while let name = candidate, name.labelCount >= 1 {
            if let zone = known[name] { return zone }
            if let zone = try await find(name) {
                known[name] = zone
                return zone
            }
            candidate = name.parent
        }
        throw .refused(.noSuchZone, words: "there is no zone that \(owner.apiText) is in")
    }

    /// False if it was configured or never known.
    private func forget(zoneOf owner: Name) -> Bool {
        guard let apex = known.keys.first(where: { owner.isAtOrBelow($0) }) else { return false }
        known[apex] = nil
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
