import Failover
import Logging
import Notices
import Providers

extension Control {
    /// Hears what an account says: notes it, and puts into the history what a person would want to know.
    func heard(_ news: ProviderQueue.News, from provider: String) {
        switch news {
        case .changed(let status):
            let before = accounts.note(status, from: provider)
            if before != status.state, let happening = Happening(status, at: provider, clock.now) { tell(happening) }
            if before != status.state, let text = Wording.sync(status, at: provider) {
                let isBad = [.refused, .retrying, .drifted].contains(status.state)
                record(.reported(SchemeName(status.owner.apiText), text: text, isBad: isBad))
            }
        case .notice(let notice):
            let text = Wording.sentence(for: notice, at: provider)
            logger.notice("Notice", metadata: ["notice": "\(text)", "provider": "\(provider)"])
            if let happening = Happening(notice, text, at: provider, clock.now) { tell(happening) }
            switch notice {
            case .paused: record(.reported(nil, text: text, isBad: true))
            case .wouldChange(let owner, _): record(.reported(SchemeName(owner.apiText), text: text, isBad: false))
            case .refused, .accepted, .drifted: break
            }
        }
        finishTaking()
    }

    /// Sends the scheme's records again, to one provider or to all of its; false if there is no such scheme there.
    package func push(scheme: String, provider: String?) -> Bool {
        guard let status = engine.status(of: SchemeName(scheme)) else { return false }
        return accounts.force(status.scheme, at: provider)
    }

    /// What `push` would do; nil if there is no such scheme there.
    package func preview(scheme: String, provider: String?) async -> [PushPreview]? {
        guard let status = engine.status(of: SchemeName(scheme)) else { return nil }
        return await accounts.preview(status.scheme, at: provider)
    }

    /// Allows a provider's changes that were paused because they were many; false if there is no such provider.
    package func allowChanges(provider: String) -> Bool { accounts.allowChanges(at: provider) }

    package func retry(providers: [String]) { for provider in providers { accounts.retry(provider) } }
}

extension Wording {
    /// A line of the history; nil for a state that comes and goes by itself.
    static func sync(_ status: SyncStatus, at provider: String) -> String? {
        let subject = "\(status.owner.apiText) at \(provider)"
        switch status.state {
        case .waiting, .synced: return nil
        case .verified: return "\(subject): every name server answers so"
        case .retrying: return "\(subject): not done, tried again: \(status.words)"
        case .refused: return "\(subject): refused: \(status.words)"
        case .drifted: return "\(subject): \(status.words)"
        }
    }

    static func sentence(for notice: ProviderNotice, at provider: String) -> String {
        switch notice {
        case .refused(let owner, let words): "\(provider) refuses \(owner.apiText): \(words)"
        case .accepted(let owner): "\(provider) accepts \(owner.apiText) again"
        case .drifted(let owner, let found, let isCorrected):
            "\(owner.apiText) at \(provider): somebody else has set \(found)"
                + (isCorrected ? "; it is put right" : "; it is left so, as configured")
        case .wouldChange(let owner, let words): "\(owner.apiText) at \(provider): \(words)"
        case .paused(let changing, let all):
            "\(provider): \(changing) of \(all) names would change at once; "
                + "nothing is changed until `ninelives push --allow \(provider)`"
        }
    }
}

/// What a push would do at one provider, in words.
package struct PushPreview: Codable, Hashable, Sendable {
    package var provider: String
    package var words: String
}

/// One provider's part in a scheme, as it is reported.
package struct ProviderReport: Codable, Hashable, Sendable {
    package var name: String
    /// `waiting`, `retrying`, `refused`, `synced`, `verified` or `drifted`.
    package var sync: String
    package var since: Double?
    /// Its last reply, or what is amiss.
    package var words: String
    /// What it holds, as far as is known.
    package var held: [String]?
    /// What of the decision it cannot hold: `TTL 30 s is raised to 60 s`.
    package var remarks: [String]
    /// Name servers that did not answer so when they were last asked.
    package var dissenting: [String]
    package var nextAt: Double?
    /// Its change waits for an operator.
    package var isPaused: Bool
}

extension ProviderReport {
    init(name: String, _ status: SyncStatus) {
        self.init(
            name: name, sync: status.state.rawValue, since: status.since.seconds, words: status.words,
            held: status.held?.flatMap(\.valueTexts), remarks: status.remarks, dissenting: status.dissenting,
            nextAt: status.nextAt?.seconds, isPaused: status.isPaused)
    }

    /// A provider that has said nothing yet, or `local`, which answers so as soon as it is decided.
    init(name: String, isDecidedLocally: Bool) {
        self.init(
            name: name, sync: isDecidedLocally ? "verified" : "waiting", since: nil, words: "", held: nil,
            remarks: [], dissenting: [], nextAt: nil, isPaused: false)
    }

    /// For the line of a person: `cloudflare: verified`, `cloudflare: refused: Invalid access token`.
    package var summary: String {
        if sync == "waiting", !isPaused, words.hasPrefix(Reconciler.dryRunPrefix) { return "\(name): \(words)" }
        let isInNeed = ["retrying", "refused", "drifted"].contains(sync) || isPaused
        let state = isPaused ? "paused: too many names would change at once" : sync
        return "\(name): \(state)" + (isInNeed && !isPaused && !words.isEmpty ? ": \(words)" : "")
    }
}

extension [ProviderReport] {
    /// The state that is furthest from verified.
    var worst: String {
        let order = ["refused", "retrying", "drifted", "waiting", "synced", "verified"]
        return order.first { state in contains { $0.sync == state } } ?? "waiting"
    }
}
