import Failover

/// One notice on its way to one channel.
package struct Letter: Hashable, Sendable, Codable {
    /// What a notice is for.
    package enum Purpose: String, Hashable, Sendable, Codable {
        case news
        /// What was told before still stands.
        case reminder
        /// Somebody tries the channel.
        case test
    }

    /// How many happenings are told one by one; the others are counted.
    package static let itemLimit = 50

    /// Goes up.
    package var id: Int64
    package var channel: String
    package var subscription: String
    package var purpose: Purpose
    package var at: Instant
    /// The most severe first, at least one, at most `itemLimit`.
    package var items: [Happening]
    /// How many more there were.
    package var more: Int

    package init(
        id: Int64, channel: String, subscription: String, purpose: Purpose, at: Instant, items: [Happening],
        more: Int = 0
    ) {
        self.id = id
        self.channel = channel
        self.subscription = subscription
        self.purpose = purpose
        self.at = at
        self.items = items
        self.more = more
    }

    /// The same for every attempt to deliver it, and for no other letter: numbers may begin again after a power cut.
    package var key: String { "\(id)-\(at.nanoseconds)" }

    /// Of what it tells that is amiss; what is over counts as info.
    package var severity: Happening.Severity {
        items.filter { $0.turn != .better }.map(\.severity).max() ?? .info
    }

    /// True if nothing in it is amiss.
    package var isGood: Bool { items.allSatisfy { $0.turn == .better } }

    /// One line: the first happening, and how many more there are.
    package var title: String {
        let first = items.first?.text ?? ""
        let rest = items.count - 1 + more
        let text = rest > 0 ? "\(first) (and \(rest) more)" : first
        return purpose == .reminder ? "Still: \(text)" : text
    }

    /// All happenings, a line each, as far as they fit.
    ///
    /// - Parameter limit: the longest text, in UTF-16 units, which no service counts more narrowly.
    package func text(limit: Int = .max) -> String {
        var lines: [String] = []
        var length = 0
        for (place, item) in items.enumerated() {
            let line = "\(Self.mark(item)) \(item.text)"
            let last = Self.rest(items.count - place + more)
            guard length + line.utf16.count + last.utf16.count + 2 <= limit else {
                return (lines + [last]).joined(separator: "\n")
            }
            lines.append(line)
            length += line.utf16.count + 1
        }
        if more > 0 { lines.append(Self.rest(more)) }
        return lines.joined(separator: "\n")
    }

    private static func rest(_ count: Int) -> String { "… and \(count) more" }

    private static func mark(_ item: Happening) -> String {
        switch (item.turn, item.severity) {
        case (.better, _): "[over]"
        case (_, let severity): "[\(severity.rawValue)]"
        }
    }
}
