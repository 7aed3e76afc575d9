import Control

/// What the templates show, made from a report: words and numbers, no logic left to do.
struct Views {
    let report: Report

    // MARK: Overview

    func overview(demo: [DemoServerReport]?) -> [String: Any] {
        var view: [String: Any] = [
            "schemes": report.schemes.sorted { urgency($0) > urgency($1) }.map(scheme), "events": events { _ in true },
        ]
        let attention = self.attention
        if !attention.isEmpty { view["attention"] = ["items": attention] }
        if let demo { view["demo"] = ["servers": demo.map(kitten)] }
        return view
    }

    /// What is worst comes first; otherwise the order stays.
    private func urgency(_ scheme: SchemeReport) -> Int { scheme.isAllDown ? 2 : scheme.held != nil ? 1 : 0 }

    private var attention: [String] {
        (report.problems ?? [])
            + report.schemes.compactMap { scheme in
                if scheme.isAllDown { return "\(scheme.name): \(scheme.rule)" }
                let inNeed = scheme.providers.filter { ["refused", "drifted"].contains($0.sync) || $0.isPaused }
                return inNeed.isEmpty ? nil : "\(scheme.name): " + inNeed.map(\.summary).joined(separator: "; ")
            }
    }

    private func kitten(_ server: DemoServerReport) -> [String: Any] {
        let isWell = server.isAlive && server.status == "OK"
        var view: [String: Any] = [
            "name": server.name, "role": server.role, "url": server.url, "tone": isWell ? "good" : "bad",
            "word": server.isAlive ? "status=\(server.status)" : "dead", "action": server.isAlive ? "kill" : "revive",
            "button": server.isAlive ? "Kill" : "Revive",
        ]
        if server.isAlive, let at = server.nextChangeAt {
            view["change"] = ["verb": server.status == "OK" ? "fails" : "recovers", "at": at] as [String: Any]
        }
        return view
    }

    // MARK: Scheme

    func scheme(_ scheme: SchemeReport) -> [String: Any] {
        var view: [String: Any] = [
            "name": scheme.name, "tone": tone(of: scheme), "word": word(for: scheme), "addresses": scheme.addresses,
            "answer": scheme.addresses.isEmpty ? answerWord(scheme.answer) : scheme.addresses.joined(separator: " "),
            "ttl": scheme.ttl, "generation": scheme.generation, "sync": scheme.sync, "rule": scheme.rule,
            "failback": scheme.failback, "allDown": scheme.allDown, "provider": providers(of: scheme),
            "members": scheme.members.map { member($0, of: scheme) },
        ]
        view["since"] = scheme.since
        view["published"] = scheme.publishMicroseconds.map(microseconds)
        if let held = scheme.held {
            var hold: [String: Any] = ["text": held]
            hold["until"] = scheme.heldUntil
            view["held"] = hold
        }
        return view
    }

    /// `local: verified · cloudflare: refused: Invalid access token`
    private func providers(of scheme: SchemeReport) -> String {
        scheme.providers.isEmpty ? scheme.provider : scheme.providers.map(\.summary).joined(separator: " · ")
    }

    private func tone(of scheme: SchemeReport) -> String {
        if scheme.answer == "none" { return "wait" }
        if scheme.isAllDown { return "bad" }
        return scheme.members.first?.isActive == true ? "good" : "wait"
    }

    private func word(for scheme: SchemeReport) -> String {
        if scheme.answer == "none" { return "no verdict yet" }
        if scheme.isAllDown { return "all down" }
        return scheme.members.first?.isActive == true ? "at its best" : "failed over"
    }

    private func answerWord(_ answer: String) -> String {
        switch answer {
        case "none": "nothing yet"
        case "nodata": "no address"
        default: answer.uppercased()
        }
    }

    private func member(_ member: MemberReport, of scheme: SchemeReport) -> [String: Any] {
        let indicator = report.indicators.first { $0.name == member.indicator }
        let outcomes = indicator?.recent.map { $0.isSuccess ? "good" : "bad" } ?? []
        let empty = Array(repeating: "none", count: max(0, 10 - outcomes.count))
        return [
            "scheme": scheme.name, "indicator": member.indicator, "active": member.isActive,
            "priority": member.priorityName.map { "\($0) · \(member.priority)" } ?? "priority \(member.priority)",
            "values": member.values.joined(separator: " "), "tone": stateTone(member.state),
            "state": member.override.map { "\(member.state), \($0)" } ?? member.state, "strip": empty + outcomes,
            "outcomes": outcomes.map { $0 == "good" ? "ok" : "failed" }.joined(separator: ", "),
            "reason": indicator?.lastProbe.map { "\($0.reason) · \(milliseconds($0.totalMilliseconds))" }
                ?? "not probed yet",
        ]
    }

    func explanation(_ explanation: Explanation, of scheme: SchemeReport) -> [String: Any] {
        [
            "name": scheme.name, "scheme": self.scheme(scheme), "failback": scheme.failback,
            "allDown": scheme.allDown, "provider": providers(of: scheme), "summary": explanation.summary,
            "steps": explanation.steps.map { step in
                var view: [String: Any] = ["stage": step.stage, "text": step.text]
                view["at"] = step.at
                return view
            }, "events": events { $0.scheme == scheme.name },
        ]
    }

    // MARK: Indicator

    func indicator(_ indicator: IndicatorReport) -> [String: Any] {
        var view: [String: Any] = [
            "name": indicator.name, "tone": stateTone(indicator.state), "state": indicator.state,
            "method": indicator.method, "target": indicator.target, "policy": indicator.policy,
            "interval": milliseconds(indicator.intervalSeconds * 1000),
            "probes": indicator.recent.reversed().map(probe),
            "schemes": report.schemes.filter { $0.members.contains { $0.indicator == indicator.name } }.map(\.name),
            "events": events { $0.indicator == indicator.name },
        ]
        view["since"] = indicator.since
        view["override"] = indicator.override
        if indicator.isUndecided { view["undecided"] = indicator.probesUntilFlip }
        let phases = phases(indicator.lastProbe)
        if !phases.isEmpty { view["phases"] = ["list": phases] }
        return view
    }

    private func probe(_ probe: ProbeReport) -> [String: Any] {
        [
            "at": probe.at, "tone": probe.isSuccess ? "good" : "bad", "word": probe.isSuccess ? "ok" : "failed",
            "took": milliseconds(probe.totalMilliseconds), "reason": probe.reason,
        ]
    }

    private func phases(_ probe: ProbeReport?) -> [[String: Any]] {
        guard let probe else { return [] }
        let named = [
            ("resolve", probe.resolveMilliseconds), ("connect", probe.connectMilliseconds),
            ("TLS", probe.tlsMilliseconds), ("first byte", probe.firstByteMilliseconds),
        ]
        return named.compactMap { name, value in value.map { ["name": name, "value": milliseconds($0)] } }
    }

    // MARK: Shared

    private func events(_ isWanted: (EventReport) -> Bool) -> [[String: Any]] {
        report.events.filter(isWanted).prefix(60).map {
            ["id": $0.id, "at": $0.at, "kind": $0.kind, "tone": $0.tone, "text": $0.text]
        }
    }

    private func stateTone(_ state: String) -> String {
        switch state {
        case "ok": "good"
        case "err": "bad"
        default: "wait"
        }
    }

    private func milliseconds(_ value: Double) -> String {
        value < 10
            ? "\((value * 100).rounded() / 100) ms"
            : value < 10_000 ? "\(Int(value.rounded())) ms" : "\(Int(value / 1000)) s"
    }

    private func microseconds(_ value: Double) -> String {
        value < 1000 ? "\(Int(value.rounded())) µs" : milliseconds(value / 1000)
    }
}
