import Addresses

/// What an indicator is called: `charlie:cat`.
package struct IndicatorName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    package var description: String { text }
}

/// What a scheme is called: the DNS name it answers for, lower case, without the final dot.
package struct SchemeName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    package var description: String { text }
}

/// Where a probe was made from. One node has one vantage: `.local`.
package struct Vantage: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package static let local = Vantage("local")
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    package var description: String { text }
}

/// A named check of one target. What is checked is the checker's business; the engine sees outcomes.
package struct Indicator: Hashable, Sendable {
    package var name: IndicatorName
    package var policy: Policy
    /// How many vantages must agree (the k of k-of-n), ≥ 1: k that say err make it err, k that say ok while
    /// fewer than k say err make it ok; otherwise it stays what it was.
    package var quorum = 1
    /// What it is worked out from, if it is not probed. One verdict is enough then: `fall` and `rise` count as 1.
    package var logic: Logic? { didSet { if logic != nil { policy.isCertainAtOnce() } } }
    /// A disabled indicator is not checked, has no state and makes its members unusable.
    package var isDisabled = false
    /// How long what is worked out must be true before it turns err into ok; only where there is `logic`.
    package var recovery = Duration.zero

    package init(name: IndicatorName, policy: Policy = .default) {
        self.name = name
        self.policy = policy
    }
}

/// A number that orders the members of a scheme: the higher wins. `disabled` never does.
package struct Priority: Hashable, Comparable, Sendable {
    /// 1…1000, or 0 for `disabled`.
    package let level: Int
    package init(_ level: Int) { self.level = level }

    package static let primary = Priority(100)
    package static let backup = Priority(90)
    package static let secondBackup = Priority(80)
    package static let thirdBackup = Priority(70)
    package static let disabled = Priority(0)

    package static func < (left: Self, right: Self) -> Bool { left.level < right.level }
}

/// An indicator, the addresses it stands for, and a priority.
package struct Member: Hashable, Sendable {
    package var indicator: IndicatorName
    /// At least one. With `lines`, all that they could give.
    package var values: [IPAddress]
    package var priority: Priority
    /// The lines by which it is reached, in order; without any it is reached by itself, and its values always count.
    package var lines: [MemberLine] = []
    package var redundancy = Redundancy.all

    package init(indicator: IndicatorName, values: [IPAddress], priority: Priority) {
        self.indicator = indicator
        self.values = values
        self.priority = priority
    }
}

/// When a better member that has come back takes the name again.
package enum Failback: Hashable, Sendable {
    case immediate
    /// After the better member has been ok for so long. Doubled for each time that the scheme has already
    /// failed back within the hour before, 1 h at most: a member that keeps failing is trusted ever more slowly.
    case after(Duration)
    /// Only when an operator says so, or when what is active fails.
    case manual
}

/// What a scheme answers while none of its members is usable.
package enum AllDown: Hashable, Sendable {
    case hold
    case primary
    case all
    case sorry([IPAddress])
    case nodata
    case servfail
}

/// How many members of the winning tier answer.
package enum Answers: String, Hashable, Sendable {
    case all
    /// The tier's first usable member; it stays while it is usable.
    case one
}

/// One DNS name and the members that may answer for it.
package struct Scheme: Hashable, Sendable {
    package var name: SchemeName
    /// Where its record lives, by name: `local` is our own DNS server. At least one, none twice.
    package var providers = [Scheme.localProvider]
    /// A provider's guard against many changes at once does not hold this one.
    package var mayChangeWithMany = false
    /// Seconds, 1…86400.
    package var ttlSeconds: UInt32 = 30
    /// The floor to which the TTL shrinks while a verdict is undecided, seconds, ≤ `ttlSeconds`.
    package var minimumTTLSeconds: UInt32 = 5
    package var failback: Failback = .after(.seconds(60))
    package var allDown: AllDown = .hold
    package var answers: Answers = .all
    /// Hold for one recheck when more than half of three or more members fail within one interval.
    package var massFailureBrake = true
    /// In the order in which they are configured; no indicator twice.
    package var members: [Member] = []

    package init(name: SchemeName) { self.name = name }

    package static let localProvider = "local"

    /// Whether any of its members is reached by lines.
    package var hasLines: Bool { members.contains { !$0.lines.isEmpty } }

    /// Whether our own DNS server answers for it.
    package var isLocal: Bool { providers.contains(Self.localProvider) }
}

/// Everything the engine needs to know of one revision: already validated, sorted by name.
package struct Configuration: Hashable, Sendable {
    /// Sorted by name, names unique.
    package var indicators: [Indicator]
    /// Sorted by name, names unique; every member's indicator is in `indicators`.
    package var schemes: [Scheme]
    /// The indicators by which the vantage doubts itself, sorted; each is in `indicators`. Empty: it never does.
    package var references: [IndicatorName]

    package init(indicators: [Indicator] = [], schemes: [Scheme] = [], references: [IndicatorName] = []) {
        self.references = references.sorted()
        self.indicators = indicators.sorted { $0.name < $1.name }
        self.schemes = schemes.sorted { $0.name < $1.name }
    }
}
