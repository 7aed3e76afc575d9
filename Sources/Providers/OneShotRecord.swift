import Addresses
import DNS

/// One record at one provider, as a single run reads and sets it: with a few repetitions, and with a look at what is
/// there after an answer that was lost.
package struct OneShotRecord: Sendable {
    private let provider: any Provider
    private let survey: AuthoritySurvey
    private let owner: Name
    /// The families that the run is about: the others are left alone.
    private let types: [RRType]
    private let timeout: Duration
    private let pauses: [Duration]

    /// - Parameters:
    ///   - families: the addresses that may be set; only their families are looked at.
    ///   - timeout: for one call.
    ///   - pauses: before each repetition.
    package init(
        _ provider: any Provider, survey: AuthoritySurvey, owner: Name, families: [IPAddress], timeout: Duration,
        pauses: [Duration] = [.seconds(2), .seconds(5)]
    ) {
        self.provider = provider
        self.survey = survey
        self.owner = owner
        self.timeout = timeout
        self.pauses = pauses
        types = RRset.sets(owner: owner, addresses: families, ttlSeconds: 1).map(\.type)
    }

    /// The addresses that the record holds now.
    package func addresses() async throws(ProviderError) -> [IPAddress] {
        try await held().flatMap(\.rrset.addresses)
    }

    /// Makes it hold these addresses; returns the provider's words, nil if they were there already.
    package func set(_ addresses: [IPAddress], ttlSeconds: UInt32) async throws(ProviderError) -> String? {
        let wish = Wish(owner: owner, addresses: addresses, ttlSeconds: ttlSeconds)
        var fitted = try provider.capabilities.fit(wish)
        fitted.types = fitted.types.filter(types.contains)
        var isTried = false
        var words = ""
        return try await repeating { () async throws(ProviderError) -> String? in
            let before = try await held()
            guard
                let change = Change.from(
                    before, to: fitted, owner: owner, ignoringTTL: provider.capabilities.ttls == .fixed || !isTried)
            else { return isTried ? words.isEmpty ? "it is there now" : words : nil }
            isTried = true
            words = try await provider.write(change, until: .after(timeout)).words
            guard provider.capabilities.reading == .provider else { return words }
            let after = try await held()
            if let rest = Change.from(after, to: fitted, owner: owner, ignoringTTL: true) {
                let found = rest.before.flatMap(\.rrset.valueTexts).joined(separator: ", ")
                throw .unavailable(.faulty, words: "it was accepted, and what is held is \(found)")
            }
            return words
        }
    }

    private func held() async throws(ProviderError) -> [HeldSet] {
        guard provider.capabilities.reading == .dns else {
            return try await repeating { () async throws(ProviderError) -> [HeldSet] in
                try await provider.read(owner, types: types, until: .after(timeout))
            }
        }
        let answers = await survey.ask(owner, types: types)
        for answer in answers { if case .success(let sets) = answer.result { return sets } }
        let troubles = answers.map { answer in
            if case .failure(let trouble) = answer.result { "\(answer.server): \(trouble)" } else { answer.server }
        }
        throw .unavailable(
            .unreachable,
            words: troubles.isEmpty
                ? "this provider cannot be read, and no name server of the zone is known"
                : troubles.joined(separator: "; "))
    }

    /// Once more after each pause, unless the provider refuses for good.
    private func repeating<Value>(
        _ body: () async throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        for pause in pauses {
            do {
                return try await body()
            } catch {
                let failure: ProviderError = error
                if failure.isPermanent { throw failure }
                let wished = failure.retryAfter ?? pause
                if wished > .seconds(30) { throw failure }
                try? await ContinuousClock().sleep(for: max(wished, pause))
            }
        }
        return try await body()
    }
}
