import DNS
import Failover
import Providers
import Settings

/// Whether an account at a provider can be reached with its credentials.
package struct ProviderTest: Codable, Hashable, Sendable {
    package var provider: String
    package var isReached: Bool
    /// What it holds, or why it was not reached.
    package var words: String
    package var milliseconds: Double
    /// Why it was not reached, in one word for programs: a `Refusal` or a `Trouble` (`credentials`, `noSuchZone`,
    /// `timedOut` …); `notAsked` where nobody was asked.
    package var why: String?
    /// The name that it was asked for.
    package var name: String?
    /// What it holds of that name: `A 192.0.2.1`.
    package var records: [String] = []

    package init(
        provider: String, isReached: Bool, words: String, milliseconds: Double, why: String? = nil,
        name: String? = nil, records: [String] = []
    ) {
        self.provider = provider
        self.isReached = isReached
        self.words = words
        self.milliseconds = milliseconds
        self.why = why
        self.name = name
        self.records = records
    }

    /// Of an account that was not asked at all.
    static func notAsked(_ provider: String, _ words: String, name: String? = nil) -> ProviderTest {
        ProviderTest(
            provider: provider, isReached: false, words: words, milliseconds: 0, why: "notAsked", name: name)
    }
}

extension Control {
    /// Reads a name at an account and changes nothing; nil if there is no such account.
    ///
    /// - Parameter name: without one it is the first that is brought to the account.
    package func testProvider(_ provider: String, asking name: String?) async -> ProviderTest? {
        guard let settings = accounts.settings(of: provider) else { return nil }
        let brought = engine.schemes.first { $0.scheme.providers.contains(provider) }?.scheme.name.text
        guard let asked = name ?? brought else {
            return .notAsked(provider, "no name is brought to it, so there is nothing to ask for")
        }
        return await Self.test(settings, asking: asked)
    }

    /// The same with an account that need not be in force.
    static func test(_ settings: ProviderSettings, asking name: String) async -> ProviderTest {
        guard let owner = try? Name(name) else {
            return .notAsked(settings.name, "\"\(name)\" is no name to ask for: use one such as www.example.org")
        }
        let provider = settings.provider
        guard case .provider = provider.capabilities.reading else {
            return .notAsked(
                settings.name, "it takes changes only and cannot be asked: the next change tells", name: owner.apiText)
        }
        let start = ContinuousClock.now
        var test = ProviderTest(
            provider: settings.name, isReached: true, words: "", milliseconds: 0, name: owner.apiText)
        do {
            let held = try await provider.read(
                owner, types: provider.capabilities.types, until: .after(settings.timeout))
            test.records = held.flatMap { set in set.rrset.valueTexts.map { "\(set.rrset.type) \($0)" } }
            test.words = "it answers, and holds \(test.records.count) records of \(owner.apiText)"
        } catch {
            test.isReached = false
            test.words = error.words
            test.why =
                switch error {
                case .refused(let why, _): why.rawValue
                case .unavailable(let trouble, _, _): trouble.rawValue
                case .outcomeUnknown: Trouble.timedOut.rawValue
                case .conflict: Trouble.faulty.rawValue
                }
        }
        test.milliseconds = (ContinuousClock.now - start).milliseconds
        return test
    }
}
