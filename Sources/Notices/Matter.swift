import Failover

/// How something stands with one subscription: what they were told of it, and what they are about to be told.
package struct Matter: Hashable, Sendable, Codable {
    package struct Pending: Hashable, Sendable, Codable {
        package var happening: Happening
        /// From when on it is to be told.
        package var due: Instant
    }

    package var subscription: String
    /// What it is about; unique within a subscription.
    package var key: String
    /// The trouble that they know of; nil if they know of none.
    package var told: Happening?
    package var pending: Pending?
    /// When they are told again.
    package var remindAt: Instant?

    init(subscription: String, key: String) {
        self.subscription = subscription
        self.key = key
    }

    var isOver: Bool { told == nil && pending == nil }
}
