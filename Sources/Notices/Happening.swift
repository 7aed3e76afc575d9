import Failover

/// Something that happened that somebody may want to be told.
package struct Happening: Hashable, Sendable, Codable {
    package enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
        /// A scheme answers something else.
        case switched = "switch"
        /// An indicator's state has changed.
        case state
        /// So many members failed at once that nothing is changed yet.
        case massFailure = "mass-failure"
        /// A provider does not take a record, or somebody else has changed it.
        case provider
        /// A certificate is near its end.
        case certificate
        /// Most reference targets fail: it may be us.
        case vantage
        /// What an operator imposed has ended by itself.
        case override
        /// The server itself: what happens cannot be written, the file is broken, the audit log is not sound.
        case server
    }

    /// How much it matters, rising.
    package enum Severity: String, CaseIterable, Comparable, Hashable, Sendable, Codable {
        case info, warning, critical

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// Whether a trouble begins (or changes), or ends; what is neither has no opposite.
    package enum Turn: String, Hashable, Sendable, Codable {
        case worse, better, news
    }

    package var kind: Kind
    package var indicator: String?
    package var scheme: String?
    /// The provider that it happened at, if it happened at one.
    package var provider: String?
    package var turn: Turn
    package var severity: Severity
    /// How it stands now, in a word: `err`, `192.0.2.2`. Whoever was told of it is not told again.
    package var standing: String
    /// One line for people, at most 300 letters.
    package var text: String
    package var at: Instant
    /// How long it must last at the least before it is worth telling, whatever a subscription says.
    package var patience: Duration

    package init(
        _ kind: Kind, indicator: String? = nil, scheme: String? = nil, provider: String? = nil, _ turn: Turn,
        _ severity: Severity, standing: String, text: String, at: Instant, patience: Duration = .zero
    ) {
        self.kind = kind
        self.indicator = indicator
        self.scheme = scheme
        self.provider = provider
        self.turn = turn
        self.severity = severity
        self.standing = standing
        self.text = oneLine(text)
        self.at = at
        self.patience = patience
    }

    /// What it is about: two happenings with the same one are two states of the same matter.
    var matter: String {
        let subject = [kind.rawValue, indicator ?? "", scheme ?? "", provider ?? ""].joined(separator: " ")
        return turn == .news ? "\(subject) \(at.nanoseconds) \(standing)" : subject
    }
}
