import DNS
import Failover
import Providers
import Settings

/// Whether an account at a provider can be reached with its credentials.
package struct ProviderTest: Codable, Hashable, Sendable {
    package init(provider: String, isReached: Bool, words: String, milliseconds: Double) {
        self.provider = provider
        self.isReached = isReached
        self.words = words
        self.milliseconds = milliseconds
    }

    package var provider: String
    package var isReached: Bool
    /// What it holds, or why it was not reached.
    package var words: String
    package var milliseconds: Double
}

extension Control {
    /// Reads one of the account's names and changes nothing; nil if there is no such account.
    package func testProvider(_ name: String) async -> ProviderTest? {
        guard let settings = accounts.settings(of: name) else { return nil }
        let owner = engine.schemes.first { $0.scheme.providers.contains(name) }
            .flatMap { try? Name($0.scheme.name.text) }
        guard let owner else {
            return ProviderTest(
                provider: name, isReached: false, words: "no name is brought to it, so there is nothing to ask for",
                milliseconds: 0)
        }
        return await Self.test(settings, owner)
    }

    private static func test(_ settings: ProviderSettings, _ owner: Name) async -> ProviderTest {
        let provider = settings.provider
        guard case .provider = provider.capabilities.reading else {
            return ProviderTest(
                provider: settings.name, isReached: false,
                words: "it takes changes only and cannot be asked: the next change tells", milliseconds: 0)
        }
        let start = ContinuousClock.now
        let (isReached, words) = await read(owner, from: settings)
        return ProviderTest(
            provider: settings.name, isReached: isReached, words: words,
            milliseconds: (ContinuousClock.now - start).milliseconds)
    }

    private static func read(_ owner: Name, from settings: ProviderSettings) async -> (Bool, String) {
        do {
            let provider = settings.provider
            let held = try await provider.read(
                owner, types: provider.capabilities.types, until: .after(settings.timeout))
            let count = held.reduce(0) { $0 + $1.rrset.rdata.count }
            return (true, "it answers, and holds \(count) records of \(owner.apiText)")
        } catch {
            switch error {
            case .refused(_, let words), .unavailable(_, let words, _), .outcomeUnknown(let words),
                .conflict(let words):
                return (false, words)
            }
        }
    }
}
