import Addresses
import Checks
import Failover
import Providers
import Settings

/// What a report says of the process itself.
package struct ProcessReport: Sendable {
    package var version: String
    package var startedAt: Instant
    /// Where our DNS answers.
    package var dns: [String]

    package init(version: String, startedAt: Instant, dns: [String]) {
        self.version = version
        self.startedAt = startedAt
        self.dns = dns
    }
}

/// Turns what the engine knows into what people and programs read.
struct Reporting {
    let engine: Engine
    let now: Instant
    let targets: [ProbeTarget]
    /// How far each provider has got, by its name.
    var syncs: [String: [SchemeName: SyncStatus]] = [:]

    func report(process: ProcessReport, sequence: UInt64, events: [EventReport]) -> Report {
        Report(
            sequence: sequence, at: now.seconds, version: process.version, startedAt: process.startedAt.seconds,
            dns: process.dns, schemes: engine.schemes.map(scheme),
            indicators: engine.indicators.map(indicator), events: events)
    }

    func scheme(_ status: SchemeStatus) -> SchemeReport {
        let decision = status.decision
        let held = status.held == .passed ? nil : status.held
        return SchemeReport(
            name: status.scheme.name.text, provider: status.scheme.providers.joined(separator: ", "),
            generation: decision?.generation ?? 0,
            answer: decision?.answer.kind ?? "none", addresses: decision?.answer.addressTexts ?? [],
            ttl: status.ttlSeconds, since: decision?.at.seconds,
            rule: Wording.rule(decision?.rule ?? .noVerdictYet), isAllDown: decision?.isAllDown ?? false,
            held: held.map(Wording.held), heldUntil: held?.until?.seconds,
            sync: providers(of: status).worst,
            publishMicroseconds: status.publishTook.map { Double($0.nanoseconds) / 1000 },
            members: status.candidates.map { candidate in
                member(candidate, of: status, override: engine.override(of: candidate.indicator))
            },
            failback: Wording.failback(status.scheme.failback), allDown: Wording.allDown(status.scheme.allDown),
            providers: providers(of: status),
            imposed: [status.pin, status.silence].compactMap { $0.flatMap(OverrideReport.init) })
    }

    func providers(of status: SchemeStatus) -> [ProviderReport] {
        status.scheme.providers.map { name in
            if let sync = syncs[name]?[status.scheme.name] { return ProviderReport(name: name, sync) }
            let isLocal = name == Scheme.localProvider
            return ProviderReport(name: name, isDecidedLocally: isLocal && status.decision != nil)
        }
    }

    private func member(_ candidate: Candidate, of status: SchemeStatus, override: Override?) -> MemberReport {
        let member = status.scheme.members.first { $0.indicator == candidate.indicator }
        let isPinned =
            if case .pin(_, candidate.indicator) = status.pin?.action { true } else { false }
        return MemberReport(
            indicator: candidate.indicator.text, values: (member?.values ?? []).map(\.description),
            priority: candidate.priority.level, priorityName: Wording.priorityName(candidate.priority),
            isActive: status.decision?.active.contains(candidate.indicator) ?? false, isUsable: candidate.isUsable,
            state: candidate.state.rawValue, override: isPinned ? "pinned" : override.map(\.label),
            unusableBecause: candidate.unusableBecause?.rawValue)
    }

    func indicator(_ status: IndicatorStatus) -> IndicatorReport {
        let target = targets.place(of: status.name).map { targets[$0] }
        var recent = status.recent.map(ProbeReport.init(of:))
        if let phases = target?.lastPhases.phases, !recent.isEmpty { recent[recent.count - 1].add(phases) }
        return IndicatorReport(
            name: status.name.text, method: target.map { type(of: $0.check).method } ?? "",
            target: target?.check.target ?? "", policy: status.policy.name,
            intervalSeconds: status.policy.interval.milliseconds / 1000, state: status.state.rawValue,
            effective: status.effective.rawValue, since: status.since?.seconds,
            override: status.isDisabled ? "disabled" : status.override.map(\.label), isUndecided: status.isUndecided,
            probesUntilFlip: status.probesUntilFlip, tripwire: status.tripwire, lastProbe: recent.last, recent: recent,
            imposed: status.imposed.compactMap(OverrideReport.init))
    }
}

extension Report {
    /// Says of each indicator and scheme who manages it, and which projects it belongs to.
    mutating func mark(_ managed: ManagedNames, _ projects: ProjectIndex) {
        for index in schemes.indices {
            let name = schemes[index].name
            schemes[index].projects = projects.names(ofScheme: name)
            schemes[index].managedBy = managed.contains(schemes[index].name, in: .schemes) ? "api" : "file"
        }
        for index in indicators.indices {
            let name = indicators[index].name
            indicators[index].projects = projects.names(ofIndicator: name)
            indicators[index].managedBy = managed.contains(indicators[index].name, in: .indicators) ? "api" : "file"
        }
    }
}

extension Decision.Answer {
    /// The word for it in reports.
    var kind: String {
        switch self {
        case .addresses: "addresses"
        case .nodata: "nodata"
        case .servfail: "servfail"
        }
    }

    var addressTexts: [String] {
        if case .addresses(let list) = self { list.map(\.description) } else { [] }
    }
}

extension Guard {
    var until: Instant? {
        switch self {
        case .failbackHeld(let until, _), .massFailure(_, _, let until): until
        case .paused(let override): override.until
        case .failbackManual, .vantageDoubted, .passed: nil
        }
    }
}

extension Override {
    var label: String {
        switch action {
        case .maintenance: "maintenance"
        case .force(_, let state): "forced \(state.rawValue)"
        case .pin: "pinned"
        case .drain: "drained"
        case .window: "planned maintenance"
        case .pause: "paused"
        case .silence: "silenced"
        case .failBack, .clear, .closeWindow, .unpin, .unsilence: ""
        }
    }
}

extension ProbeReport {
    init(of record: ProbeRecord) {
        at = record.at.seconds
        isSuccess = record.probe.outcome == .success
        reason = record.probe.reason
        totalMilliseconds = record.probe.took.milliseconds
    }

    /// Where the time went; only the last probe's phases are kept.
    mutating func add(_ phases: ProbePhases) {
        resolveMilliseconds = phases.resolve?.milliseconds
        connectMilliseconds = phases.connect?.milliseconds
        tlsMilliseconds = phases.tls?.milliseconds
        firstByteMilliseconds = phases.firstByte?.milliseconds
    }
}
