import Failover
import Foundation
import Notices
import Providers

/// What of the log people may want to be told.
extension Control {
    func happenings(of entry: LogEntry, _ report: EventReport) -> [Happening] {
        switch entry.what {
        case .stateChanged(let name, _, let state, _): return [Happening(name, state, report.text, at: entry.at)]
        case .decided(let decision, let previous): return [Happening(decision, previous, report.text)].compactMap { $0 }
        case .held(let scheme, .massFailure(let failed, let all, _)):
            return [
                Happening(
                    .massFailure, scheme: scheme.text, .news, .critical, standing: "\(failed) of \(all)",
                    text: report.text, at: entry.at)
            ]
        case .overrideEnded(let override): return ended(override, report, at: entry.at)
        case .vantageDoubted:
            return [Happening(.vantage, .worse, .critical, standing: "doubted", text: report.text, at: entry.at)]
        case .vantageTrusted:
            return [Happening(.vantage, .better, .info, standing: "trusted", text: report.text, at: entry.at)]
        // Of what providers do, `heard` tells.
        case .held, .overridden, .configured, .reported, .tripwireRetired: return []
        }
    }

    /// Tells once of each number of days that a certificate comes near its end, and of its renewal.
    func noteCertificate(_ place: Int, end: Int?) {
        guard let end else { return }
        let left = Int(((Double(end) - clock.now.seconds) / 86_400).rounded(.down))
        let days = certificateDays.filter { left < $0 }.min() ?? .max
        guard days != ownTurns[place]?.certificateDays else { return }
        ownTurns[place]?.certificateDays = days
        tell(Happening(targets[place].name, certificateEnd: end, daysLeft: left, within: days, at: clock.now))
    }

    /// Tells what of the server itself needs somebody, whenever that changes.
    func tellProblems() {
        let problems = problems()
        guard problems != toldProblems else { return }
        toldProblems = problems
        let isFine = problems.isEmpty
        let severity: Happening.Severity = isFine ? .info : keeping?.problems.isEmpty == false ? .critical : .warning
        let text = isFine ? "this server has no problem any more" : "this server: \(problems.joined(separator: "; "))"
        tell(
            Happening(
                .server, isFine ? .better : .worse, severity, standing: isFine ? "ok" : oneLine(text), text: text,
                at: clock.now))
    }

    /// What ends by itself is told. Behind a maintenance or a silence there may be a trouble that nobody was told of.
    private func ended(_ override: Override, _ report: EventReport, at now: Instant) -> [Happening] {
        var happenings: [Happening] = []
        if let until = override.until, until <= now {
            // That a window closes was planned.
            let severity: Happening.Severity = if case .window = override.action { .info } else { .warning }
            happenings.append(
                Happening(
                    .override, indicator: report.indicator, scheme: report.scheme, .news, severity,
                    standing: override.keptSubject ?? "", text: report.text, at: now))
        }
        switch override.action {
        case .maintenance(let name), .window(let name), .silence(.indicator(let name)):
            if engine.status(of: name)?.state == .err {
                happenings.append(Happening(name, .err, "\(name) is err", at: now))
            }
        case .silence(.scheme(let name)):
            guard let decision = engine.status(of: name)?.decision else { break }
            let text = "\(name) answers \(Wording.answer(decision.answer))"
            if var happening = Happening(decision, decision.answer, text), happening.turn == .worse {
                happening.at = now
                happenings.append(happening)
            }
        default: break
        }
        return happenings
    }
}

extension Happening {
    init(_ name: IndicatorName, _ state: State, _ text: String, at now: Instant) {
        let (turn, severity): (Turn, Severity) =
            switch state {
            case .ok: (.better, .info)
            case .err: (.worse, .warning)
            case .unknown: (.worse, .info)
            }
        self.init(
            .state, indicator: name.text, turn, severity, standing: state.rawValue, text: text, at: now)
    }

    /// - Parameter days: the least of the configured numbers that it has come within; `.max` if none.
    init(_ name: IndicatorName, certificateEnd: Int, daysLeft: Int, within days: Int, at now: Instant) {
        let date = Date(timeIntervalSince1970: Double(certificateEnd)).formatted(.iso8601)
        let when = daysLeft < 0 ? "has ended" : "ends in \(Wording.count(daysLeft, "day"))"
        self.init(
            .certificate, indicator: name.text, days == .max ? .better : .worse,
            days == .max ? .info : daysLeft <= 2 ? .critical : .warning,
            standing: days == .max ? "far" : "\(days) days",
            text: "\(name): its certificate \(when), at \(date)", at: now)
    }

    /// Nil for a state that comes and goes by itself.
    init?(_ status: SyncStatus, at provider: String, _ now: Instant) {
        let (turn, severity, patience): (Turn, Severity, Duration)
        switch status.state {
        case .waiting: return nil
        case .synced, .verified: (turn, severity, patience) = (.better, .info, .zero)
        // Most of what fails once is done soon after.
        case .retrying: (turn, severity, patience) = (.worse, .warning, .seconds(300))
        case .refused: (turn, severity, patience) = (.worse, .critical, .zero)
        case .drifted: (turn, severity, patience) = (.worse, .warning, .zero)
        }
        let text = Wording.sync(status, at: provider) ?? "\(status.owner.apiText) at \(provider): accepted"
        self.init(
            .provider, scheme: status.owner.apiText, provider: provider, turn, severity,
            standing: status.state.rawValue, text: text, at: now, patience: patience)
    }

    /// Nil for what the states tell as well.
    init?(_ notice: ProviderNotice, _ text: String, at provider: String, _ now: Instant) {
        guard case .paused(let changing, let all) = notice else { return nil }
        self.init(
            .provider, provider: provider, .news, .critical, standing: "paused \(changing) of \(all)", text: text,
            at: now)
    }

    /// Nil for a decision that only says how things begin.
    init?(_ decision: Decision, _ previous: Decision.Answer?, _ text: String) {
        let (turn, severity): (Turn, Severity)
        switch decision.rule {
        case nil, .noVerdictYet: return nil
        case .allDown: (turn, severity) = (.worse, .critical)
        case .pinned: (turn, severity) = (.better, .info)
        case .configured:
            if previous == nil { return nil }
            (turn, severity) = (.news, .info)
        case .highestTier(let tier):
            let missing = decision.missing(in: tier)
            turn = missing.isEmpty ? .better : .worse
            // Of what an operator took out of service nobody needs to be woken.
            severity = missing.contains { [.err, .unknown, .line].contains($0) } ? .warning : .info
        }
        // What is held when nobody is usable may be the same address: it stands otherwise all the same.
        let standing = decision.answer.standing + (decision.isAllDown ? ", all down" : "")
        self.init(
            .switched, scheme: decision.scheme.text, turn, severity, standing: standing,
            text: decision.isAllDown ? "\(text): no member is usable" : text, at: decision.at)
    }
}

extension Decision {
    /// Why members are missing that would answer if all were well.
    fileprivate func missing(in tier: Priority) -> [Candidate.Unusable] {
        for case .selection(let candidates, _) in causes.reversed() {
            return candidates.filter { $0.priority >= tier }.compactMap(\.unusableBecause).filter { $0 != .disabled }
        }
        return []
    }
}

extension Decision.Answer {
    fileprivate var standing: String { addressTexts.isEmpty ? kind : addressTexts.joined(separator: " ") }
}
