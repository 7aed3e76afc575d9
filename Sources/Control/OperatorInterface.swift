import Storage

/// What an operator wants done: to every indicator or scheme whose name fits.
package struct Order: Hashable, Sendable {
    package enum Action: String, CaseIterable, Sendable {
        case maintenance
        case forceOK = "force-ok"
        case forceErr = "force-err"
        /// A scheme's member is to answer, whatever its state.
        case pin
        /// Servers are chosen only if nothing else is usable.
        case drain
        /// A scheme's answer stays as it is.
        case pause
        /// Nobody is told of these indicators and schemes.
        case silence
        /// Go to the best usable member now, whatever failback says.
        case failBack = "fail-back"
    }

    package var action: Action
    /// A name, or a pattern with `*` and `?`: of indicators; for `pin`, `pause` and `fail-back` of schemes; for `silence`
    /// of both.
    package var target: String
    /// For `pin`: the indicator of the member.
    package var member: String?
    package var reason: String
    /// How long, seconds; nil until it is ended by hand.
    package var seconds: Double?

    package init(
        _ action: Action, target: String, member: String? = nil, reason: String = "", seconds: Double? = 3600
    ) {
        self.action = action
        self.target = target
        self.member = member
        self.reason = reason
        self.seconds = seconds
    }
}

/// An operator's word that is in force.
package struct OverrideReport: Codable, Hashable, Sendable {
    /// `indicator:charlie:cat` or `scheme:cat.example.org`, with `silence:` before it for a silence, and
    /// `window:charlie:cat`; there is one for each.
    package var subject: String
    /// `maintenance`, `force-ok`, `force-err`, `drain`, `pin`, `pause`, `silence` or `window`.
    package var action: String
    package var member: String?
    package var author: String
    package var reason: String
    package var since: Double
    /// Nil until it is ended by hand.
    package var until: Double?
}

/// What a scheme would answer.
package struct WhatIfReport: Codable, Hashable, Sendable {
    package var scheme: String
    package var now: [String]
    package var then: [String]
    /// The rule that would answer, in words.
    package var rule: String
    package var changes: Bool
}

/// Which lines of the history are wanted; times are seconds since 1970.
package struct HistoryQuery: Hashable, Sendable {
    package var scheme: String?
    package var indicator: String?
    package var kind: String?
    package var before: UInt64?
    package var after: UInt64?
    package var from: Double?
    package var until: Double?
    /// 1…1000.
    package var limit = 100

    package init() {}
}

/// Why an order was not carried out.
package enum OrderError: Error, Hashable, Sendable {
    /// No indicator (or scheme) has such a name.
    case nothingFits(String, kind: String)
    case noSuchMember(String, scheme: String, members: [String])
    case memberWanted
    case notInForce(String)
    /// It could not be written, and is not in force.
    case notKept(String)
    /// History is kept in the store, and there is none, or it cannot be read.
    case noHistory(String)
}

extension OrderError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nothingFits(let target, let kind): "no \(kind) is called \"\(target)\" or fits it"
        case .noSuchMember(let member, let scheme, let members):
            "\(member) is no member of \(scheme); its members are \(members.joined(separator: ", "))"
        case .memberWanted: "say which member is to be pinned"
        case .notInForce(let subject): "no override is in force for \(subject)"
        case .notKept(let why): "it could not be written, and is not in force: \(why)"
        case .noHistory(let why): "the history cannot be read: \(why)"
        }
    }
}

/// What operators may order and ask, beside reading reports. `Control` is it, and tests may stand in for it.
package protocol OperatorInterface: Sendable {
    /// Carries an order out, on all that it reaches or on nothing; returns once it would survive a power cut.
    ///
    /// - Parameter entry: goes into the audit log with it, or neither does.
    func carryOut(
        _ order: Order, by author: String, noting entry: AuditEntry?
    ) async throws(OrderError) -> [OverrideReport]
    /// The names of all that an order reaches, sorted.
    func reach(of order: Order) async throws(OrderError) -> (indicators: [String], schemes: [String])
    /// Sorted by subject.
    func overrides() async -> [OverrideReport]
    /// Planned maintenance, in the order in which it is configured.
    func windowReports() async -> [WindowReport]
    /// Ends what is in force for one subject.
    func end(_ subject: String, by author: String, noting entry: AuditEntry?) async throws(OrderError)
    /// What every scheme would answer with these indicators (names or patterns) down and up.
    func whatIf(down: [String], up: [String]) async throws(OrderError) -> [WhatIfReport]
    func history(_ query: HistoryQuery) async throws(OrderError) -> [EventReport]
    /// The id of the newest event; 0 before the first.
    func newestEvent() async -> UInt64
    /// The next events after `id`, the oldest first, at most `limit` (1…1000).
    func events(after id: UInt64, limit: Int) async throws(OrderError) -> [EventReport]
    /// Why a scheme answered what it answered at that time; nil if nothing had been decided yet.
    func explanation(of scheme: String, at: Double) async throws(OrderError) -> Explanation?
}
