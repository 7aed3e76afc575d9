import Failover
import Notices

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
        default:
            guard report.kind == "provider" else { return [] }
            let isBad = report.tone == "bad"
            return [
                Happening(
                    .provider, scheme: report.scheme, isBad ? .worse : .better, isBad ? .warning : .info,
                    standing: isBad ? "bad" : "good", text: report.text, at: entry.at)
            ]
        }
    }

    /// What ends by itself is told. Behind a maintenance there may be a trouble that nobody was told of.
    private func ended(_ override: Override, _ report: EventReport, at now: Instant) -> [Happening] {
        var happenings: [Happening] = []
        if let until = override.until, until <= now {
            happenings.append(
                Happening(
                    .override, indicator: report.indicator, scheme: report.scheme, .news, .warning,
                    standing: override.keptSubject ?? "", text: report.text, at: now))
        }
        if case .maintenance(let name) = override.action, let state = engine.status(of: name)?.state, state == .err {
            happenings.append(Happening(name, state, "\(name) is err; its maintenance has ended", at: now))
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
            severity = missing.contains { $0 == .err || $0 == .unknown } ? .warning : .info
        }
        self.init(
            .switched, scheme: decision.scheme.text, turn, severity, standing: decision.answer.standing, text: text,
            at: decision.at)
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
