import Addresses

/// A line by which a member is reached, and the addresses that it is reached at by this line.
package struct MemberLine: Hashable, Sendable {
    /// The line's own indicator.
    package var indicator: IndicatorName
    /// At least one.
    package var values: [IPAddress]

    package init(indicator: IndicatorName, values: [IPAddress]) {
        self.indicator = indicator
        self.values = values
    }
}

/// Which of a member's usable lines answer.
package enum Redundancy: String, Hashable, Sendable, CaseIterable {
    case all
    /// The first usable one in order.
    case only
}
