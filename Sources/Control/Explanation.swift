import Failover

extension Explanation {
    /// Turns the causes that the engine recorded into steps, in the order of the pipeline.
    init(of status: SchemeStatus) {
        scheme = status.scheme.name.text
        guard let decision = status.decision else {
            summary = "\(scheme) has not been decided yet: no member has a verdict."
            steps = [Self.selectionStep(at: nil, status.candidates, rule: .noVerdictYet)]
            return
        }
        steps = decision.timeline.flatMap(Self.steps)
        steps.append(
            Step(
                at: decision.at.seconds, stage: "decision",
                text:
                    "generation \(decision.generation): \(Wording.answer(decision.answer)), TTL \(decision.ttlSeconds) s"
            ))
        // A name that is only at providers is none of ours; their steps say what has become of it.
        if status.scheme.isLocal, let took = status.publishTook {
            steps.append(
                Step(
                    at: (decision.at + took).seconds, stage: "published",
                    text: "our DNS answers so, \(Self.microseconds(took)) after the last probe's result came in"))
        }
        if let held = status.held, held != .passed {
            steps.append(Step(at: nil, stage: "guard", text: "at the moment: \(Wording.held(held))"))
        }
        summary = Self.summary(of: decision, candidates: status.candidates)
        if case .paused(let pause)? = status.held { summary += " It is frozen: \(Wording.override(pause))." }
    }

    private static func summary(of decision: Decision, candidates: [Candidate]) -> String {
        let who = decision.active.isEmpty ? "" : " (\(Wording.names(decision.active)))"
        let start = "\(decision.scheme) answers \(Wording.answer(decision.answer))\(who)"
        let first = decision.active.first
        let better = candidates.prefix { $0.indicator != first }.filter { !$0.isUsable || $0.isDrained }
        if decision.isAllDown || better.isEmpty || first == nil {
            return start + (decision.rule.map { ": \(Wording.rule($0))" } ?? "") + "."
        }
        let because = better.map { "\($0.indicator) is \($0.word)" }
        return "\(start) because \(because.joined(separator: " and "))."
    }

    private static func steps(for timed: TimedCause) -> [Step] {
        func step(_ stage: String, _ text: String) -> [Step] {
            [Step(at: timed.at.seconds, stage: stage, text: text)]
        }
        switch timed.cause {
        case .probes(let name, let records):
            return records.map { record in
                let outcome = record.probe.outcome == .success ? "success" : "failure"
                let reason = record.probe.reason.isEmpty ? "" : ": \(record.probe.reason)"
                return Step(
                    at: record.at.seconds, stage: "probe",
                    text: "\(name) \(outcome) after \(Wording.duration(record.probe.took))\(reason)")
            }
        case .verdict(let name, let vantage, let verdict, let streak, let threshold):
            let counted =
                verdict == .err
                ? Wording.count(streak, "failure") : Wording.count(streak, "success", plural: "successes")
            return step(
                "verdict", "\(name) seen from \(vantage): \(verdict.rawValue), \(counted) of \(threshold) needed")
        case .state(let name, let state, let agreeing, let all):
            return step(
                "state", "\(name) is \(state.rawValue): \(agreeing) of \(Wording.count(all, "vantage")) agree")
        case .recalled:
            return step("recalled", "in force since then, also before Ninelives was started the last time")
        case .overridden(let override):
            return step("override", Wording.override(override))
        case .overrideEnded(let override):
            return step("override", "ended: \(Wording.override(override))")
        case .selection(let candidates, let rule):
            return [selectionStep(at: timed.at, candidates, rule: rule)]
        case .guarded(let held):
            return step("guard", Wording.held(held))
        }
    }

    private static func selectionStep(at: Instant?, _ candidates: [Candidate], rule: Rule) -> Step {
        let seen = candidates.map { candidate in
            "\(candidate.indicator) [\(candidate.priority.level)] "
                + candidate.word
        }
        return Step(
            at: at?.seconds, stage: "selection",
            text: (seen.isEmpty ? "" : "\(seen.joined(separator: ", ")) ⇒ ") + Wording.rule(rule))
    }

    private static func microseconds(_ duration: Duration) -> String {
        let microseconds = Double(duration.nanoseconds) / 1000
        return microseconds < 1000
            ? "\(Int(microseconds.rounded())) µs" : "\((microseconds / 10).rounded() / 100) ms"
    }
}

extension Candidate {
    /// How the selection sees it, in a word.
    fileprivate var word: String { unusableBecause?.word ?? (isDrained ? "drained" : effective.rawValue) }
}

extension Candidate.Unusable {
    /// As in `web is …`.
    fileprivate var word: String {
        switch self {
        case .line: "cut off from every line"
        case .err, .unknown, .maintenance, .disabled: rawValue
        }
    }
}
