import Notices

/// A notice for one channel, and what has become of it. Times are seconds since 1970.
package struct NoticeReport: Codable, Hashable, Sendable {
    package var id: UInt64
    package var at: Double
    package var channel: String
    /// Empty for a test.
    package var subscription: String
    /// `news`, `reminder` or `test`.
    package var purpose: String
    /// `info`, `warning` or `critical`.
    package var severity: String
    package var title: String
    /// What it tells, one by one, the most severe first.
    package var lines: [String]
    /// How many there were beside the lines.
    package var more: Int
    /// `waiting`, `delivered` or `given-up`.
    package var state: String
    package var attempts: Int
    package var attemptedAt: Double?
    /// What the service said last, or why it was not reached.
    package var words: String
}

/// Which notices are wanted.
package struct NoticeQuery: Hashable, Sendable {
    package var channel: String?
    package var state: String?
    package var before: UInt64?
    /// 1…1000.
    package var limit = 100

    package init() {}
}

/// What can be asked of notices. `Control` is it, and tests may stand in for it.
package protocol NoticeInterface: Sendable {
    /// Sorted by name.
    func channels() async -> [ChannelReport]
    /// Sends a notice there at once, and waits; nil if there is no such channel.
    func testChannel(_ name: String, by author: String) async -> ChannelTest?
    /// The newest first.
    func notices(_ query: NoticeQuery) async throws(OrderError) -> [NoticeReport]
}
