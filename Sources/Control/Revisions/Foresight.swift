import Addresses
import DNS
import Failover
import Settings

/// Says what a new configuration would do, by trying it on a copy of the engine.
extension Control {
    /// What schemes would answer: at once, and once what is new has been checked and found well.
    package func foresee(_ configuration: Configuration) -> [RevisionEffect] {
        var trial = engine
        let now = clock.now
        var ended: [RevisionEffect] = []
        for effect in trial.handle(.configured(configuration), at: now) {
            guard case .append(let entry) = effect, case .overrideEnded(let override) = entry.what else { continue }
            ended.append(
                RevisionEffect("override", override.keptSubject ?? "", "ends: \(Wording.override(override))"))
        }
        settle(&trial, at: now)
        let atOnce = moves(from: engine, to: trial, later: nil)
        let untried = trial.indicators.filter { $0.state == .unknown && $0.override == nil && !$0.isDisabled }
        let fresh = untried.map(\.name).filter { engine.status(of: $0) == nil }
        guard !fresh.isEmpty else { return atOnce + ended }
        var later = trial
        for name in fresh {
            _ = later.handle(.overridden(Override(.force(name, .ok), author: "what-if")), at: now)
        }
        settle(&later, at: now)
        return atOnce + ended + moves(from: trial, to: later, later: fresh)
    }

    /// What only waits (a failback, the brake) has its way.
    private func settle(_ trial: inout Engine, at now: Instant) {
        for scheme in trial.schemes {
            _ = trial.handle(.overridden(Override(.failBack(scheme.scheme.name), author: "what-if")), at: now)
        }
    }

    /// - Parameter later: the indicators that must have been found well before; nil for what happens at once.
    private func moves(from old: Engine, to new: Engine, later: [IndicatorName]?) -> [RevisionEffect] {
        new.schemes.compactMap { scheme in
            let name = scheme.scheme.name
            let condition = (later ?? []).filter { wanted in scheme.scheme.members.contains { $0.indicator == wanted } }
            let prefix = later == nil ? "" : "once \(Wording.names(condition)) is ok, "
            let kind = later == nil ? "answer" : "later"
            guard let then = scheme.decision else {
                guard later == nil, old.status(of: name) == nil else { return nil }
                return RevisionEffect("later", name.text, "\(name) answers once its members have been checked")
            }
            guard let now = old.status(of: name)?.decision else {
                return RevisionEffect(kind, name.text, "\(prefix)\(name) answers \(said(then))")
            }
            if now.answer == then.answer, now.active == then.active { return nil }
            if now.active == then.active {
                return RevisionEffect(
                    kind, name.text,
                    "\(prefix)\(name) answers \(Wording.answer(then.answer)) instead of \(Wording.answer(now.answer))")
            }
            return RevisionEffect(kind, name.text, "\(prefix)\(name) moves from \(moved(now)) to \(moved(then))")
        }
    }

    private func said(_ decision: Decision) -> String {
        let who = decision.active.isEmpty ? "" : " (\(Wording.names(decision.active)))"
        return Wording.answer(decision.answer) + who
    }

    private func moved(_ decision: Decision) -> String {
        decision.active.isEmpty
            ? Wording.answer(decision.answer)
            : "\(Wording.names(decision.active)) (\(Wording.answer(decision.answer)))"
    }
}

/// What differs between two configurations beside what schemes answer.
struct SettingsDifference {
    let old: Settings
    let new: Settings
    /// The texts of both, as one each.
    let oldText: RevisionText
    let newText: RevisionText

    var effects: [RevisionEffect] {
        entries(.schemes) + entries(.indicators) + entries(.policies) + entries(.subscriptions) + entries(.providers)
            + entries(.projects) + zones + sections
    }

    private func entries(_ section: ManagedPart.Section) -> [RevisionEffect] {
        let noun = section.noun
        let kind = section == .schemes ? "scheme" : section == .indicators ? "indicator" : "server"
        let before = oldText.entries(of: section)
        let after = newText.entries(of: section)
        let known = Dictionary(before.map { ($0.key, $0.value) }) { first, _ in first }
        let names = Set(after.map(\.key))
        let gone = before.filter { !names.contains($0.key) }.map {
            RevisionEffect(kind, $0.key, "the \(noun) \($0.key) is removed")
        }
        return gone
            + after.compactMap { pair in
                guard let value = known[pair.key] else {
                    return RevisionEffect(kind, pair.key, "the \(noun) \(pair.key) is added")
                }
                guard value != pair.value else { return nil }
                return RevisionEffect(
                    kind, pair.key, "the \(noun) \(pair.key) changes\(Self.changes(from: value, to: pair.value))")
            }
    }

    /// Which of its keys differ, in words.
    private static func changes(from old: ConfiguredValue, to new: ConfiguredValue) -> String {
        guard case .section(let before) = old, case .section(let after) = new else { return "" }
        var keys: [String] = []
        for key in (before + after).map(\.key) where old[key] != new[key] && !keys.contains(key) { keys.append(key) }
        let words = keys.prefix(6).map { key in
            if case .text(let then)? = new[key], !SecretText.keys.contains(key), then.count <= 60 {
                if case .text(let now)? = old[key], now.count <= 60 { return "\(key) from \(now) to \(then)" }
                return "\(key) to \(then)"
            }
            return key
        }
        return words.isEmpty ? "" : ": \(words.joined(separator: ", "))"
    }

    private var zones: [RevisionEffect] {
        func name(_ zone: Zone) -> String { zone.apex.description }
        let before = Set(old.zones.map(name))
        let after = Set(new.zones.map(name))
        return before.subtracting(after).sorted().map { RevisionEffect("zone", $0, "the zone \($0) is removed") }
            + after.subtracting(before).sorted().map { RevisionEffect("zone", $0, "the zone \($0) is added") }
    }

    private var sections: [RevisionEffect] {
        var effects: [RevisionEffect] = []
        if old.dns != new.dns { effects.append(RevisionEffect("server", "dns", "the options under dns change")) }
        if old.transfers != new.transfers {
            effects.append(RevisionEffect("server", "transfer", "who may transfer zones, or is told of them, changes"))
        }
        if old.isReadingOpen != new.isReadingOpen {
            let who = new.isReadingOpen ? "anyone may look" : "looking needs an account"
            effects.append(RevisionEffect("server", "access", "from now on \(who)"))
        }
        if !new.listensLike(old) {
            effects.append(RevisionEffect("restart", "listen", "listeners change: that takes effect at the next start"))
        }
        if old.dataFolder != new.dataFolder {
            effects.append(
                RevisionEffect("restart", "data", "the data folder changes: that takes effect at the next start"))
        }
        return effects
    }
}

extension Settings {
    /// Whether both listen at the same addresses with the same certificates.
    package func listensLike(_ other: Settings) -> Bool {
        func encrypted(_ settings: Settings) -> [String] {
            settings.encryptedListeners.map { listener in
                "\(listener.service) \(listener.listeners.map(\.description)) \(listener.certificate.path) "
                    + listener.key.path
            }
        }
        return dnsListeners.map(\.description) == other.dnsListeners.map(\.description)
            && http.description == other.http.description
            && httpCertificate?.certificate.path == other.httpCertificate?.certificate.path
            && httpCertificate?.key.path == other.httpCertificate?.key.path && encrypted(self) == encrypted(other)
    }
}

/// Both parts of a configuration, with their secrets.
package struct RevisionText: Hashable, Sendable {
    /// The file's.
    package var document: String
    /// What the page and the API have added.
    package var managed: ManagedPart

    package init(document: String, managed: ManagedPart = ManagedPart()) {
        self.document = document
        self.managed = managed
    }

    func entries(of section: ManagedPart.Section) -> [ConfiguredValue.Pair] {
        ConfiguredValue.entries(of: section, of: document) + ConfiguredValue.entries(of: section, of: managed.text)
    }
}
