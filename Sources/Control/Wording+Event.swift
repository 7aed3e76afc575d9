import Addresses
import Failover

extension Wording {
    /// One line of the history.
    static func report(_ entry: LogEntry, id: UInt64) -> EventReport {
        var report = EventReport(id: id, at: entry.at.seconds, kind: "", text: "", tone: "neutral")
        switch entry.what {
        case .stateChanged(let name, let old, let new, let reason):
            report.kind = "state"
            report.indicator = name.text
            report.text = "\(name) \(old.rawValue) → \(new.rawValue)" + (reason.isEmpty ? "" : ": \(reason)")
            report.tone = tone(of: new)
        case .decided(let decision, let previous):
            describe(decision, previous: previous, in: &report)
        case .held(let scheme, let held):
            report.kind = "held"
            report.scheme = scheme.text
            report.text = "\(scheme): \(self.held(held))"
            if case .massFailure = held {
                report.kind = "mass-failure"
                report.tone = "bad"
            }
        case .overridden(let override), .overrideEnded(let override):
            let hasEnded = if case .overrideEnded = entry.what { true } else { false }
            report.kind = "override"
            report.indicator = override.subject.indicator?.text
            report.scheme = override.subject.scheme?.text
            report.text = hasEnded ? "ended: \(self.override(override))" : self.override(override)
        case .reported(let scheme, let text, let isBad):
            report.kind = "provider"
            report.scheme = scheme?.text
            report.text = text
            report.tone = isBad ? "bad" : "good"
        case .vantageDoubted(let failed, let all):
            report.kind = "vantage"
            report.text = sentence(for: .vantageDoubted(failed: failed, of: all))
            report.tone = "bad"
        case .vantageTrusted:
            report.kind = "vantage"
            report.text = sentence(for: .vantageTrusted)
            report.tone = "good"
        case .tripwireRetired(let name, let because):
            report.kind = "tripwire"
            report.indicator = name.text
            report.text = "\(name): tripwire \(because)"
        case .configured(let indicators, let schemes):
            report.kind = "configuration"
            report.text = "configuration in force: \(count(schemes, "scheme")), \(count(indicators, "indicator"))"
        }
        return report
    }

    private static func describe(_ decision: Decision, previous: Decision.Answer?, in report: inout EventReport) {
        report.kind = "decision"
        report.scheme = decision.scheme.text
        report.generation = decision.generation
        if case .addresses(let list) = decision.answer { report.addresses = list.map(\.description) }
        let from = previous.map { "\(answer($0)) → " } ?? ""
        report.text = "\(decision.scheme) answers \(from)\(answer(decision.answer))"
        if !decision.active.isEmpty { report.text += " (\(names(decision.active)))" }
        report.tone = decision.isAllDown ? "bad" : "good"
    }

    static func tone(of state: State) -> String {
        switch state {
        case .ok: "good"
        case .err: "bad"
        case .unknown: "neutral"
        }
    }

    /// `1 scheme`, `2 schemes`
    package static func count(_ number: Int, _ noun: String, plural: String? = nil) -> String {
        "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
    }
}

extension EventReport {
    init(id: UInt64, at: Double, kind: String, text: String, tone: String) {
        self.init(
            id: id, at: at, kind: kind, indicator: nil, scheme: nil, text: text, tone: tone, addresses: nil,
            generation: nil)
    }
}

extension Decision {
    /// The rule that selected, if the decision has come out of a selection.
    package var rule: Rule? {
        for case .selection(_, let rule) in causes.reversed() { return rule }
        return nil
    }

    package var isAllDown: Bool {
        if case .allDown = rule { true } else { false }
    }
}
