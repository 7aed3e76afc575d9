import Control
import Synchronization

/// One look at everything, shared by all pages that are open: the lists of thousands are made once for all of them, and
/// are the very ones of the look before where nothing in them has changed.
final class SharedModel: ReadModel {
    private let whole: any ReadModel
    private let schemes: LazyList<SchemeGlance>
    private let indicators: LazyList<IndicatorGlance>
    private let imposed: LazyList<OverrideReport>
    private let schemeReports = LazyReports<SchemeReport>()
    private let indicatorReports = LazyReports<IndicatorReport>()

    init(_ whole: any ReadModel, after previous: SharedModel? = nil) {
        self.whole = whole
        schemes = LazyList(after: previous?.schemes)
        indicators = LazyList(after: previous?.indicators)
        imposed = LazyList(after: previous?.imposed)
    }

    var sequence: UInt64 { whole.sequence }
    var at: Double { whole.at }
    var version: String { whole.version }
    var startedAt: Double { whole.startedAt }
    var dns: [String] { whole.dns }
    var events: [EventReport] { whole.events }
    var troubles: [String] { whole.troubles }

    func scheme(_ name: String) -> SchemeReport? { schemeReports.report(name) { whole.scheme(name) } }
    func indicator(_ name: String) -> IndicatorReport? { indicatorReports.report(name) { whole.indicator(name) } }
    func projects(ofScheme name: String) -> [String] { whole.projects(ofScheme: name) }
    func projects(ofIndicator name: String) -> [String] { whole.projects(ofIndicator: name) }
    func latencies(of indicator: String) -> [ProbeReport] { whole.latencies(of: indicator) }

    func schemeGlances() -> [SchemeGlance] { schemes.list { whole.schemeGlances() } }
    func indicatorGlances() -> [IndicatorGlance] { indicators.list { whole.indicatorGlances() } }
    func overrides() -> [OverrideReport] { imposed.list { whole.overrides() } }
}

/// Reports that are made when they are asked for, each once.
private final class LazyReports<Item: Sendable>: Sendable {
    private let made = Mutex<[String: Item?]>([:])

    /// Made beside the lock: many are asked for at the same time, and hardly ever the same.
    func report(_ name: String, _ make: () -> Item?) -> Item? {
        if let known = made.withLock({ $0[name] }) { return known }
        let report = make()
        made.withLock { $0[name] = .some(report) }
        return report
    }
}

/// A list that is made when it is asked for, once.
private final class LazyList<Item: Equatable & Sendable>: Sendable {
    private let before: [Item]?
    private let made = Mutex<[Item]?>(nil)

    init(after previous: LazyList<Item>?) { before = previous.flatMap { $0.made.withLock { $0 } ?? $0.before } }

    /// Made under the lock: whoever else wants it would only make it a second time.
    func list(_ make: () -> [Item]) -> [Item] {
        made.withLock { known in
            if let known { return known }
            var list = make()
            // The very list of before is compared at no cost later.
            if let before, before == list { list = before }
            known = list
            return list
        }
    }
}
