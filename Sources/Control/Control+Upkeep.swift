import Failover
import Foundation
import Logging
import NIOPosix
import Settings
import Storage

/// What is done now and then so that the store stays small.
extension Control {
    /// Between two rounds of upkeep.
    private static let upkeepInterval = Duration.seconds(3600)
    /// Between two looks at the store's file, and between two at the whole of it after it was written to.
    private static let lookInterval = Duration.seconds(3)
    private static let thoroughInterval = Duration.seconds(300)

    /// Forgets old history and reads the store whole, at once and once an hour, and looks at its file more often, until
    /// the task is cancelled.
    package func keepUp() async {
        var (upkeepAt, thoroughAt) = (clock.now, clock.now)
        var seen: Date?
        while !Task.isCancelled {
            let now = clock.now
            if now >= upkeepAt {
                await tidy()
                upkeepAt = now + Self.upkeepInterval
            }
            if let store = keeping?.store {
                let changed = store.changedAt
                let isThorough = now >= thoroughAt && (changed != seen || now >= thoroughAt + Self.upkeepInterval)
                if isThorough { (seen, thoroughAt) = (changed, now + Self.thoroughInterval) }
                _ = try? await NIOThreadPool.singleton.runIfActive { store.look(isThorough: isThorough) }
                await markAudit(in: store)
            }
            try? await ContinuousClock().sleep(for: Self.lookInterval)
        }
    }

    private func tidy() async {
        do {
            let forgotten = try await forgetOldHistory()
            guard forgotten.events + forgotten.auditEntries > 0 else { return }
            logger.info(
                "Old history is forgotten",
                metadata: ["events": "\(forgotten.events)", "audit-entries": "\(forgotten.auditEntries)"])
        } catch {
            logger.error("Old history cannot be forgotten", metadata: ["why": "\(error)"])
        }
    }

    /// Looks whether the audit log still holds what was noted outside of the store, and notes what has come since.
    private func markAudit(in store: Store) async {
        let known = store.auditProblem
        switch try? await store.markAudit(at: clock.now) {
        case .begun(let entry)?:
            logger.notice(
                "The audit log's newest entry is noted outside of the store from now on",
                metadata: ["entry": "\(entry)"])
        case .problem(let words)? where words != known:
            logger.critical("The audit log is not sound", metadata: ["why": "\(words)"])
        // What cannot be written is told by the store itself.
        default: break
        }
        if store.auditProblem != known {
            tellProblems()
            changed()
        }
    }

    /// Forgets what is older or more than the configuration says, in small pieces between which others write.
    ///
    /// - Returns: how much was forgotten.
    @discardableResult
    package func forgetOldHistory() async throws(StoreError) -> (events: Int, auditEntries: Int) {
        guard let store = keeping?.store else { return (0, 0) }
        let now = clock.now
        let retention = retention
        let events = try await Self.repeated { () async throws(StoreError) in
            try await store.forgetEvents(before: now + (.zero - retention.keep), keeping: retention.events)
        }
        let entries = try await Self.repeated { () async throws(StoreError) in
            try await store.forgetAudit(before: now + (.zero - retention.audit), keeping: retention.auditEntries)
        }
        if events + entries > 0 { while try await store.compact(), !Task.isCancelled {} }
        return (events, entries)
    }

    /// The sum of what it returns, until it returns 0.
    private static func repeated(_ forget: () async throws(StoreError) -> Int) async throws(StoreError) -> Int {
        var sum = 0
        while !Task.isCancelled {
            let count = try await forget()
            if count == 0 { break }
            sum += count
        }
        return sum
    }
}
