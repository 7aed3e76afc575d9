import Checks
import Failover
import Foundation
import NIOCore

/// The time windows of the logic in force, and whether each is open.
struct OpenWindows: Sendable {
    var all: [TimeWindow] = []
    var areOpen: [Bool] = []
    var timer: Scheduled<Void>?
}

/// The engine has no calendar: it is told when windows open and close.
extension Control {
    /// Tells of every window before the logic that has it comes into force.
    func watchWindows(of checks: [IndicatorName: any Check]) {
        var all: [TimeWindow] = []
        for case let logic as LogicCheck in checks.values {
            for window in logic.windows where !all.contains(window) { all.append(window) }
        }
        logicWindows.timer?.cancel()
        logicWindows.all = all.sorted { $0.name < $1.name }
        let seconds = Date().timeIntervalSince1970
        logicWindows.areOpen = logicWindows.all.map { $0.isOpen(at: seconds) }
        for (window, isOpen) in zip(logicWindows.all, logicWindows.areOpen) {
            perform(event: .window(window.name, isOpen: isOpen))
        }
        waitForMinute()
    }

    /// Windows turn at full minutes of the wall clock, which may be set meanwhile.
    private func waitForMinute() {
        guard !logicWindows.all.isEmpty, !isStopped else { return }
        let pause = 60 - Date().timeIntervalSince1970.truncatingRemainder(dividingBy: 60)
        logicWindows.timer = group.next().scheduleTask(in: .milliseconds(Int64(pause * 1000) + 1)) {
            Task { await self.minuteCame() }
        }
    }

    private func minuteCame() {
        let seconds = Date().timeIntervalSince1970
        var hasTurned = false
        for index in logicWindows.all.indices {
            let isOpen = logicWindows.all[index].isOpen(at: seconds)
            guard isOpen != logicWindows.areOpen[index] else { continue }
            logicWindows.areOpen[index] = isOpen
            hasTurned = true
            perform(event: .window(logicWindows.all[index].name, isOpen: isOpen))
        }
        if hasTurned { finishTaking() }
        waitForMinute()
    }
}
