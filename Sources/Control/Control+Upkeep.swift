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
            }
            try? await ContinuousClock().sleep(for: Self.lookInterval)
        }
    }

    private func tidy() async {
        do {
            let forgotten = try await forgetOldHistory()
            if forgotten > 0 { logger.info("Old history is forgotten", metadata: ["events": "\(forgotten)"]) }
        } catch {
            logger.error("Old history cannot be forgotten", metadata: ["why": "\(error)"])
        }
    }

    /// Forgets what is older or more than the configuration says, in small pieces between which others write.
    ///
    /// - Returns: how many events were forgotten.
    @discardableResult
    package func forgetOldHistory() async throws(StoreError) -> Int {
        guard let store = keeping?.store else { return 0 }
        var forgotten = 0
        while !Task.isCancelled {
            let count = try await store.forgetEvents(
                before: clock.now + (.zero - retention.keep), keeping: retention.events)
            forgotten += count
            if count == 0 { break }
        }
        if forgotten > 0 { while try await store.compact(), !Task.isCancelled {} }
        return forgotten
    }
}
