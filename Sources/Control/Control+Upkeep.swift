import Failover
import Logging
import Settings
import Storage

/// What is done now and then so that the store stays small.
extension Control {
    /// Between two rounds of upkeep.
    private static let upkeepInterval = Duration.seconds(3600)

    /// Forgets old history, at once and once an hour, until the task is cancelled.
    package func keepUp() async {
        while !Task.isCancelled {
            do {
                let forgotten = try await forgetOldHistory()
                if forgotten > 0 { logger.info("Old history is forgotten", metadata: ["events": "\(forgotten)"]) }
            } catch {
                logger.error("Old history cannot be forgotten", metadata: ["why": "\(error)"])
            }
            try? await ContinuousClock().sleep(for: Self.upkeepInterval)
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
