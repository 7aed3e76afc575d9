import Addresses
import Failover

/// The engine's facts in the words that people read. English; one place, so that another language is one more.
package enum Wording {
    static func addresses(_ addresses: [IPAddress]) -> String {
        addresses.map(\.description).joined(separator: ", ")
    }

    static func names(_ names: [IndicatorName]) -> String {
        names.map(\.text).joined(separator: ", ")
    }

    static func answer(_ answer: Decision.Answer) -> String {
        switch answer {
        case .addresses(let list): addresses(list)
        case .nodata: "no address (NODATA)"
        case .servfail: "SERVFAIL"
        }
    }

    /// `800 ms`, `5 s`, `2 min`, `1.5 h`; whole numbers without a fraction.
    static func duration(_ duration: Duration) -> String {
        let seconds = duration.milliseconds / 1000
        return switch seconds {
        case ..<1: "\(trimmed(seconds * 1000)) ms"
        case ..<120: "\(trimmed(seconds)) s"
        case ..<7200: "\(trimmed(seconds / 60)) min"
        default: "\(trimmed(seconds / 3600)) h"
        }
    }

    private static func trimmed(_ number: Double) -> String {
        let tenths = (number * 10).rounded() / 10
        return tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)
    }

    static func priority(_ priority: Priority) -> String {
        priorityName(priority).map { "\($0) (\(priority.level))" } ?? "priority \(priority.level)"
    }

    static func priorityName(_ priority: Priority) -> String? {
        switch priority {
        case .primary: "primary"
        case .backup: "backup"
        case .secondBackup: "2nd-backup"
        case .thirdBackup: "3rd-backup"
        case .disabled: "disabled"
        default: nil
        }
    }

    static func rule(_ rule: Rule) -> String {
        switch rule {
        case .highestTier(let tier): "highest tier with a usable member: \(priority(tier))"
        case .pinned(let member): "pinned to \(member) by an operator"
        case .allDown(let rule): "no member is usable: \(allDown(rule))"
        case .noVerdictYet: "no verdict is in yet"
        case .configured: "the configuration changed"
        }
    }

    static func allDown(_ rule: AllDown) -> String {
        switch rule {
        case .hold: "hold the last answer"
        case .primary: "answer the highest tier"
        case .all: "answer every member"
        case .sorry(let values): "answer the sorry address \(addresses(values))"
        case .nodata: "answer no address"
        case .servfail: "answer SERVFAIL"
        }
    }

    static func failback(_ failback: Failback) -> String {
        switch failback {
        case .immediate: "immediate"
        case .after(let delay): "after \(duration(delay))"
        case .manual: "manual"
        }
    }

    static func held(_ held: Guard) -> String {
        switch held {
        case .failbackHeld(_, let delay): "a better member is back and must stay ok for \(duration(delay))"
        case .failbackManual: "a better member is back; failback waits for an operator"
        case .massFailure(let failed, let all, _): "\(failed) of \(all) members failed at once; held for one recheck"
        case .vantageDoubted(let failed, let all):
            "\(failed) of \(all) reference targets fail: it may be us, so nothing is changed"
        case .paused(let override): "paused: \(self.override(override))"
        case .passed: "nothing held it back"
        }
    }

    static func override(_ override: Override) -> String {
        let what =
            switch override.action {
            case .maintenance(let name): "\(name) in maintenance"
            case .force(let name, let state): "\(name) forced \(state.rawValue)"
            case .pin(let scheme, let member): "\(scheme) pinned to \(member)"
            case .failBack(let scheme): "\(scheme) sent back to its best member"
            case .drain(let name): "\(name) drained"
            case .window(let name): "\(name) in a planned maintenance"
            case .pause(let scheme): "\(scheme) paused"
            case .silence(.indicator(let name)): "\(name) silenced"
            case .silence(.scheme(let scheme)): "\(scheme) silenced"
            case .clear(let name): "overrides of \(name) cleared"
            case .closeWindow(let name): "planned maintenance of \(name) ended"
            case .unpin(let scheme): "\(scheme) unpinned"
            case .unsilence(.indicator(let name)): "\(name) not silent any more"
            case .unsilence(.scheme(let scheme)): "\(scheme) not silent any more"
            }
        return override.reason.isEmpty
            ? "\(what) by \(override.author)" : "\(what) by \(override.author): \(override.reason)"
    }

    static func sentence(for notice: Notice) -> String {
        switch notice {
        case .switched(let decision): "\(decision.scheme) now answers \(answer(decision.answer))"
        case .allDown(let scheme, let rule): "\(scheme): no member is usable: \(allDown(rule))"
        case .massFailure(let scheme, let failed, let all):
            "\(scheme): \(failed) of \(all) members failed at once; is it our own network?"
        case .vantageDoubted(let failed, let all):
            "\(failed) of \(all) reference targets fail: it may be us; verdicts are set aside"
        case .vantageTrusted: "the reference targets answer again: verdicts count"
        }
    }
}

extension Override {
    /// What it is about, for the columns of a report.
    var subject: (indicator: IndicatorName?, scheme: SchemeName?) {
        switch action {
        case .maintenance(let name), .force(let name, _), .drain(let name), .window(let name), .clear(let name),
            .closeWindow(let name), .silence(.indicator(let name)), .unsilence(.indicator(let name)):
            (name, nil)
        case .pin(let scheme, let name): (name, scheme)
        case .failBack(let scheme), .unpin(let scheme), .pause(let scheme), .silence(.scheme(let scheme)),
            .unsilence(.scheme(let scheme)):
            (nil, scheme)
        }
    }
}
