import Control

/// Everything as it stands, as far as somebody may look: for people who have a role in some projects only.
struct LimitedModel: ReadModel {
    let whole: any ReadModel
    let scope: Scope

    var sequence: UInt64 { whole.sequence }
    var at: Double { whole.at }
    var version: String { whole.version }
    var startedAt: Double { whole.startedAt }
    var dns: [String] { whole.dns }
    var events: [EventReport] { whole.events.filter { scope.sees($0, of: whole) } }
    /// What the server itself is troubled by is for those who look after it.
    var troubles: [String] { [] }

    func scheme(_ name: String) -> SchemeReport? {
        scope.sees(whole.projects(ofScheme: name)) ? whole.scheme(name) : nil
    }

    func indicator(_ name: String) -> IndicatorReport? {
        scope.sees(whole.projects(ofIndicator: name)) ? whole.indicator(name) : nil
    }

    func schemeGlances() -> [SchemeGlance] {
        whole.schemeGlances().filter { scope.sees(whole.projects(ofScheme: $0.name)) }
    }

    func indicatorGlances() -> [IndicatorGlance] {
        whole.indicatorGlances().filter { scope.sees(whole.projects(ofIndicator: $0.name)) }
    }

    func projects(ofScheme name: String) -> [String] { whole.projects(ofScheme: name) }
    func projects(ofIndicator name: String) -> [String] { whole.projects(ofIndicator: name) }

    func overrides() -> [OverrideReport] { whole.overrides().filter { scope.sees(subject: $0.subject, of: whole) } }

    func latencies(of indicator: String) -> [ProbeReport] {
        scope.sees(whole.projects(ofIndicator: indicator)) ? whole.latencies(of: indicator) : []
    }
}

extension Scope {
    /// Whether a line of the history is about something that may be looked at.
    func sees(_ event: EventReport, of model: any ReadModel) -> Bool {
        if seesAll { return true }
        if let scheme = event.scheme { return sees(model.projects(ofScheme: scheme)) }
        return event.indicator.map { sees(model.projects(ofIndicator: $0)) } ?? false
    }

    /// The same for what is imposed on a subject: `silence:scheme:cat.example.org`.
    func sees(subject: String, of model: any ReadModel) -> Bool {
        seesAll || sees(model.projects(ofSubject: subject))
    }
}
