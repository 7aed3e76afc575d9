import Control
import Synchronization

/// What a page has read. While all of that is as it was, so is the page, and need not be made again: of the thousand
/// probes that end in a second, hardly one changes what somebody is looking at.
final class Witness: Sendable {
    /// Whether something is as it was when it was read.
    typealias Look = @Sendable (any ReadModel) async -> Bool

    private struct State {
        var looks: [Look] = []
        var known: Set<String> = []
    }

    private let state = Mutex(State())

    /// - Parameter what: names what was read, so that what is read twice is looked at once.
    func note(_ what: String, _ look: @escaping Look) {
        state.withLock { state in
            if state.known.insert(what).inserted { state.looks.append(look) }
        }
    }

    /// - Parameter model: of now, as far as this page's visitor may look.
    func isUnchanged(in model: any ReadModel) async -> Bool {
        for look in state.withLock({ $0.looks }) {
            if await !look(model) { return false }
        }
        return true
    }
}

/// Everything as it stands, with a note of what was read of it.
struct WitnessedModel: ReadModel {
    let model: any ReadModel
    let witness: Witness

    // What changes by itself, or only with the configuration, is not noted: a page is made again now and then.
    var sequence: UInt64 { model.sequence }
    var at: Double { model.at }
    var version: String { model.version }
    var startedAt: Double { model.startedAt }
    var dns: [String] { model.dns }
    func projects(ofScheme name: String) -> [String] { model.projects(ofScheme: name) }
    func projects(ofIndicator name: String) -> [String] { model.projects(ofIndicator: name) }

    var events: [EventReport] {
        let events = model.events
        let newest = events.first?.id
        witness.note("events") { $0.events.first?.id == newest }
        return events
    }

    var troubles: [String] { noted("troubles", model.troubles) { $0.troubles } }

    func scheme(_ name: String) -> SchemeReport? { noted("scheme \(name)", model.scheme(name)) { $0.scheme(name) } }

    func indicator(_ name: String) -> IndicatorReport? {
        noted("indicator \(name)", model.indicator(name)) { $0.indicator(name) }
    }

    func latencies(of indicator: String) -> [ProbeReport] {
        noted("latencies \(indicator)", model.latencies(of: indicator)) { $0.latencies(of: indicator) }
    }

    func schemeGlances() -> [SchemeGlance] { noted("schemes", model.schemeGlances()) { $0.schemeGlances() } }

    func indicatorGlances() -> [IndicatorGlance] {
        noted("indicators", model.indicatorGlances()) { $0.indicatorGlances() }
    }

    func overrides() -> [OverrideReport] { noted("overrides", model.overrides()) { $0.overrides() } }

    private func noted<Value: Equatable & Sendable>(
        _ what: String, _ value: Value, _ again: @escaping @Sendable (any ReadModel) -> Value
    ) -> Value {
        witness.note(what) { again($0) == value }
        return value
    }
}
