import Failover
import Foundation
import NIOCore
import Settings
import Storage

/// A planned maintenance as it is told.
package struct WindowReport: Codable, Hashable, Sendable {
    package var name: String
    /// Those that it concerns now.
    package var indicators: [String]
    package var reason: String
    package var isOpen: Bool
    /// Of the occurrence that is open, otherwise of the next; nil if none will come.
    package var start: Double?
    package var end: Double?
}

/// Opens and closes the windows of planned maintenance. When they are is worked out here; the engine gets an override
/// with an end, like an operator's.
extension Control {
    /// Each occurrence is opened once: what an operator has ended stays ended, also over a restart.
    private static func key(_ window: MaintenanceWindow) -> String { "window:\(window.name)" }

    private static func word(_ occurrence: MaintenanceWindow.Occurrence) -> String {
        "\(occurrence.start.nanoseconds) \(occurrence.end.nanoseconds)"
    }

    /// - Parameter old: the indicators that there were before: an open window takes in those that are new.
    func configureWindows(_ windows: [MaintenanceWindow], old: [IndicatorName]) {
        let now = clock.now
        self.windows = windows
        for status in engine.indicators {
            guard let open = status.window else { continue }
            let isPlanned = windows.contains { $0.concerns(status.name) && $0.open(at: now)?.end == open.until }
            if !isPlanned { perform(event: .overridden(Override(.closeWindow(status.name), author: open.author))) }
        }
        // At the start all are new to us; what was imposed on them before has been kept.
        let fresh = old.isEmpty ? [] : engine.indicators.map(\.name).filter { !old.contains($0) }
        for window in windows {
            guard let occurrence = window.open(at: now), isOpened(window, occurrence) else { continue }
            for name in fresh where window.concerns(name) { open(window, occurrence, name) }
        }
        openWindows()
    }

    /// Opens what is due, and asks to be woken for what comes next.
    func openWindows() {
        guard !isStopped else { return }
        let now = clock.now
        for window in windows {
            guard let occurrence = window.open(at: now), !isOpened(window, occurrence) else { continue }
            for name in engine.indicators.map(\.name) where window.concerns(name) { open(window, occurrence, name) }
            opened[window.name] = Self.word(occurrence)
            remember(.fact(key: Self.key(window), value: Self.word(occurrence)))
        }
        windowWake?.cancel()
        guard let next = windows.compactMap({ $0.next(after: now)?.start }).min() else { return }
        windowWake = group.next().scheduleTask(in: delay(until: next)) { Task { await self.windowsAreDue() } }
    }

    private func windowsAreDue() {
        openWindows()
        finishTaking()
    }

    private func isOpened(_ window: MaintenanceWindow, _ occurrence: MaintenanceWindow.Occurrence) -> Bool {
        if opened[window.name] == nil { opened[window.name] = try? keeping?.store.fact(Self.key(window)) }
        return opened[window.name] == Self.word(occurrence)
    }

    private func open(
        _ window: MaintenanceWindow, _ occurrence: MaintenanceWindow.Occurrence, _ name: IndicatorName
    ) {
        // Of two that overlap, the one that ends later counts.
        if let until = engine.status(of: name)?.window?.until, until >= occurrence.end { return }
        perform(
            event: .overridden(
                Override(
                    .window(name), author: "plan \(window.name)", reason: window.reason, until: occurrence.end)))
    }

    package func windowReports() -> [WindowReport] {
        let now = clock.now
        return windows.map { window in
            let open = window.open(at: now)
            let shown = open ?? window.next(after: now)
            return WindowReport(
                name: window.name, indicators: engine.indicators.map(\.name).filter(window.concerns).map(\.text),
                reason: window.reason, isOpen: open != nil, start: shown?.start.seconds, end: shown?.end.seconds)
        }
    }
}
