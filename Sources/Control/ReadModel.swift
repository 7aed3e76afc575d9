import Failover
import Settings

/// Everything as it stood at one moment, made into reports only as far as somebody asks: a page that shows one scheme
/// of thousands pays for one.
package protocol ReadModel: Sendable {
    var sequence: UInt64 { get }
    /// Seconds since 1970.
    var at: Double { get }
    var version: String { get }
    var startedAt: Double { get }
    /// Where our DNS answers.
    var dns: [String] { get }
    /// The newest first, at most 200.
    var events: [EventReport] { get }
    /// What the operator must know, in words.
    var troubles: [String] { get }
    func scheme(_ name: String) -> SchemeReport?
    func indicator(_ name: String) -> IndicatorReport?
    /// Sorted by name.
    func schemeGlances() -> [SchemeGlance]
    /// Sorted by name.
    func indicatorGlances() -> [IndicatorGlance]
    /// The projects that something of that name belongs to, or would.
    func projects(ofScheme name: String) -> [String]
    func projects(ofIndicator name: String) -> [String]
    /// The last probes that are at hand, the oldest first.
    func latencies(of indicator: String) -> [ProbeReport]
    /// What is imposed at the moment, sorted by subject.
    func overrides() -> [OverrideReport]
}

/// What a list of thousands says of each scheme.
package struct SchemeGlance: Hashable, Sendable {
    package enum Standing: Int, Comparable, Sendable, CaseIterable {
        /// The best member answers.
        case best
        /// No verdict is in yet.
        case undecided
        /// Another than the best member answers.
        case failedOver
        /// No member is usable.
        case allDown

        package static func < (left: Standing, right: Standing) -> Bool { left.rawValue < right.rawValue }
    }

    package var name: String
    package var standing: Standing
    /// Whether something holds a better answer back.
    package var isHeld: Bool
    /// Whether an operator has imposed something on it or on one of its members.
    package var hasOverride: Bool
    package var answer: String
    package var addresses: [String]
    package var provider: String
    /// What a provider of it needs somebody for, in words.
    package var trouble: String?
    package var since: Double?
    package var members: [String]
}

/// What a list of thousands says of each indicator.
package struct IndicatorGlance: Hashable, Sendable {
    package var name: String
    package var state: String
    package var override: String?
    package var isUndecided: Bool
    package var since: Double?
}

/// What is measured of each indicator.
package struct IndicatorFigures: Hashable, Sendable {
    package var name: String
    package var state: String
    /// How long the last probe took, seconds, and whether it succeeded; nil before the first.
    package var lastTook: Double?
    package var lastSucceeded: Bool?
}

/// The engine's value at one moment, with all that is needed to make reports of it.
struct EngineReadModel: ReadModel {
    let reporting: Reporting
    let process: ProcessReport
    let sequence: UInt64
    let events: [EventReport]

    let problems: [String]
    let managed: ManagedNames?
    let projects: ProjectIndex
    let loan: Loan?

    var report: Report {
        var report = reporting.report(process: process, sequence: sequence, events: events)
        if !problems.isEmpty { report.problems = problems }
        if let managed { report.mark(managed, projects) }
        return report
    }

    var at: Double { reporting.now.seconds }
    var version: String { process.version }
    var startedAt: Double { process.startedAt.seconds }
    var dns: [String] { process.dns }

    var troubles: [String] { problems }

    func scheme(_ name: String) -> SchemeReport? {
        reporting.engine.status(of: SchemeName(name)).map { status in
            var report = reporting.scheme(status)
            report.managedBy = managed.map { $0.contains(name, in: .schemes) ? "api" : "file" }
            report.projects = projects(ofScheme: name)
            return report
        }
    }

    func indicator(_ name: String) -> IndicatorReport? {
        reporting.engine.status(of: IndicatorName(name)).map { status in
            var report = reporting.indicator(status)
            report.managedBy = managed.map { $0.contains(name, in: .indicators) ? "api" : "file" }
            report.projects = projects(ofIndicator: name)
            return report
        }
    }

    func schemeGlances() -> [SchemeGlance] {
        let imposed = Set(reporting.engine.overruled)
        return reporting.engine.schemes.map {
            SchemeGlance($0, imposed: imposed, providers: reporting.syncs.isEmpty ? [] : reporting.providers(of: $0))
        }
    }

    func indicatorGlances() -> [IndicatorGlance] { reporting.engine.outlines.map(IndicatorGlance.init) }

    func projects(ofScheme name: String) -> [String] { projects.names(ofScheme: name) }
    func projects(ofIndicator name: String) -> [String] { projects.names(ofIndicator: name) }
    func overrides() -> [OverrideReport] { reporting.engine.overrideReports }

    func latencies(of indicator: String) -> [ProbeReport] {
        reporting.targets.place(of: IndicatorName(indicator)).map { reporting.targets[$0].latencies.reports } ?? []
    }
}

extension Engine {
    var overrideReports: [OverrideReport] {
        imposed.compactMap(OverrideReport.init).sorted { $0.subject < $1.subject }
    }
}

extension SchemeGlance {
    init(_ status: SchemeStatus, imposed: Set<IndicatorName>, providers: [ProviderReport]) {
        let decision = status.decision
        name = status.scheme.name.text
        if let decision {
            let isBest = status.candidates.first.map { decision.active.contains($0.indicator) } ?? false
            standing = decision.isAllDown ? .allDown : isBest ? .best : .failedOver
        } else {
            standing = .undecided
        }
        isHeld = status.held.map { $0 != .passed } ?? false
        hasOverride =
            status.pin != nil || !imposed.isEmpty && status.candidates.contains { imposed.contains($0.indicator) }
        answer = decision?.answer.kind ?? "none"
        addresses = decision?.answer.addressTexts ?? []
        provider = status.scheme.providers.joined(separator: ", ")
        trouble = providers.trouble
        since = decision?.at.seconds
        members = status.candidates.map(\.indicator.text)
    }
}

extension IndicatorGlance {
    init(_ status: IndicatorOutline) {
        self.init(
            name: status.name.text, state: status.state.rawValue,
            override: status.isDisabled ? "disabled" : status.override.map(\.label), isUndecided: status.isUndecided,
            since: status.since?.seconds)
    }
}

/// A report is a read model as well, if a dear one.
extension Report: ReadModel {
    package var troubles: [String] { problems ?? [] }

    package func scheme(_ name: String) -> SchemeReport? { schemes.first { $0.name == name } }
    package func indicator(_ name: String) -> IndicatorReport? { indicators.first { $0.name == name } }

    package func schemeGlances() -> [SchemeGlance] {
        schemes.map { scheme in
            SchemeGlance(
                name: scheme.name,
                standing: scheme.answer == "none"
                    ? .undecided
                    : scheme.isAllDown ? .allDown : scheme.members.first?.isActive == true ? .best : .failedOver,
                isHeld: scheme.held != nil, hasOverride: scheme.members.contains { $0.override != nil },
                answer: scheme.answer, addresses: scheme.addresses, provider: scheme.provider,
                trouble: scheme.providers.trouble, since: scheme.since,
                members: scheme.members.map(\.indicator))
        }
    }

    package func indicatorGlances() -> [IndicatorGlance] {
        indicators.map {
            IndicatorGlance(
                name: $0.name, state: $0.state, override: $0.override, isUndecided: $0.isUndecided, since: $0.since)
        }
    }

    package func projects(ofScheme name: String) -> [String] { scheme(name)?.projects ?? [] }
    package func projects(ofIndicator name: String) -> [String] { indicator(name)?.projects ?? [] }

    package func latencies(of indicator: String) -> [ProbeReport] { self.indicator(indicator)?.recent ?? [] }

    package func overrides() -> [OverrideReport] {
        (indicators.flatMap(\.imposed) + schemes.flatMap(\.imposed)).sorted { $0.subject < $1.subject }
    }
}

extension [ProviderReport] {
    /// What of them needs somebody, in words; nil if nothing does.
    package var trouble: String? {
        let inNeed = filter { ["refused", "drifted"].contains($0.sync) || $0.isPaused }
        return inNeed.isEmpty ? nil : inNeed.map(\.summary).joined(separator: "; ")
    }
}
