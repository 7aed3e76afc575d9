/// Everything the page, the API and `ninelives status` show, as it stood at one moment.
///
/// The names of its keys are the API's: what is added stays, nothing is renamed.
package struct Report: Codable, Hashable, Sendable {
    /// Goes up with every change, so that a reader knows whether it has seen this one.
    package var sequence: UInt64
    /// Seconds since 1970, like every `…At` below.
    package var at: Double
    package var version: String
    package var startedAt: Double
    /// Where our DNS answers: `127.0.0.1:5300`.
    package var dns: [String]
    package var schemes: [SchemeReport]
    package var indicators: [IndicatorReport]
    /// The newest first, at most 200.
    package var events: [EventReport]
    /// What keeps the newest configuration or zone files from being in force, in words; nil if nothing does.
    package var problems: [String]?
}

package struct SchemeReport: Codable, Hashable, Sendable {
    package var name: String
    package var provider: String
    package var generation: UInt64
    /// `addresses`, `nodata`, `servfail`, or `none` before the first decision.
    package var answer: String
    package var addresses: [String]
    /// The TTL answered at the moment, seconds.
    package var ttl: UInt32
    /// When the current decision was made.
    package var since: Double?
    /// Which rule answers, in words: `highest tier with a usable member (priority 100)`.
    package var rule: String
    /// True while an all-down rule answers.
    package var isAllDown: Bool
    /// What holds a better answer back at the moment, in words; nil if nothing does.
    package var held: String?
    package var heldUntil: Double?
    /// How far the decision has got: the state of that provider which is furthest from `verified`.
    package var sync: String
    /// From the event that caused it to our DNS answering so, microseconds.
    package var publishMicroseconds: Double?
    /// By descending priority, then as configured.
    package var members: [MemberReport]
    package var failback: String
    package var allDown: String
    /// Each provider's part, in their configured order.
    package var providers: [ProviderReport] = []
    /// `file`, or `api` for what the page and the API may change; nil if nothing is known of it.
    package var managedBy: String?
    /// The projects that it belongs to.
    package var projects: [String] = []
    /// What operators have imposed on it: a pin or a pause, and a silence.
    package var imposed: [OverrideReport] = []
}

package struct MemberReport: Codable, Hashable, Sendable {
    package var indicator: String
    package var values: [String]
    package var priority: Int
    /// `primary`, `backup`, … if the priority has such a name.
    package var priorityName: String?
    package var isActive: Bool
    package var isUsable: Bool
    /// `ok`, `err`, `unknown`.
    package var state: String
    /// `maintenance`, `planned maintenance`, `forced ok`, `forced err`, `drained`, `pinned`; nil without an override.
    package var override: String?
    /// Why it is not usable, in a word; nil if it is.
    package var unusableBecause: String?
}

package struct IndicatorReport: Codable, Hashable, Sendable {
    package var name: String
    package var method: String
    package var target: String
    package var policy: String
    package var intervalSeconds: Double
    package var state: String
    /// The state after the operator's word.
    package var effective: String
    package var since: Double?
    package var override: String?
    /// True while probes contradict the state but not yet often enough.
    package var isUndecided: Bool
    package var probesUntilFlip: Int
    /// `on`, or why it was retired; nil where the policy asks for none.
    package var tripwire: String?
    package var lastProbe: ProbeReport?
    /// The last probes, oldest first, at most ten.
    package var recent: [ProbeReport]
    /// `file`, or `api` for what the page and the API may change.
    package var managedBy: String?
    /// The projects that it belongs to.
    package var projects: [String] = []
    /// What operators have imposed on it, and a maintenance window that is open.
    package var imposed: [OverrideReport] = []
}

package struct ProbeReport: Codable, Hashable, Sendable {
    package var at: Double
    package var isSuccess: Bool
    package var reason: String
    /// Milliseconds, each nil if the phase was not reached.
    package var totalMilliseconds: Double
    package var resolveMilliseconds: Double?
    package var connectMilliseconds: Double?
    package var tlsMilliseconds: Double?
    package var firstByteMilliseconds: Double?
}

package struct EventReport: Codable, Hashable, Sendable {
    package var id: UInt64
    package var at: Double
    /// `state`, `decision`, `held`, `override`, `configuration`, `mass-failure`, `provider`.
    package var kind: String
    /// What it is about: an indicator or a scheme; nil for the whole process.
    package var indicator: String?
    package var scheme: String?
    /// One line for people: `charlie:cat ok → err: status=OK not found`.
    package var text: String
    /// `good`, `bad` or `neutral`.
    package var tone: String
    /// For a decision: what is answered from now on.
    package var addresses: [String]?
    package var generation: UInt64?
}

/// Why a scheme answers what it answers: the pipeline's stages in order, each with its facts.
package struct Explanation: Codable, Hashable, Sendable {
    package struct Step: Codable, Hashable, Sendable {
        package init(at: Double?, stage: String, text: String) {
            self.at = at
            self.stage = stage
            self.text = text
        }

        package var at: Double?
        /// `probe`, `verdict`, `state`, `override`, `selection`, `guard`, `decision`, `published`,
        /// `provider`.
        package var stage: String
        package var text: String
    }

    package var scheme: String
    /// One sentence: `cat.example.test answers 127.0.0.12 (echo:cat) because charlie:cat is err.`
    package var summary: String
    package var steps: [Step]
}

/// What the web side may ask and order; `Control` is it, and tests may stand in for it.
package protocol ControlInterface: Sendable {
    /// Whether no provider's account is changed, whatever is decided.
    var isDryRun: Bool { get }
    func report() async -> Report
    /// The same, made into reports only as far as it is asked.
    func readModel() async -> any ReadModel
    /// Of all indicators, sorted by name: each as it stood at one of several moments close together.
    func indicatorFigures() async -> [IndicatorFigures]
    /// nil if there is no such scheme.
    func explanation(of scheme: String) async -> Explanation?
    /// The sequence number of each change as it comes; slow readers skip to the newest.
    func changes() async -> AsyncStream<UInt64>
    /// Sends the scheme's records again, to one provider or (nil) to all of its; false if there is no such scheme.
    func push(scheme: String, provider: String?) async -> Bool
    /// What `push` would do, at each provider: looked at now, and nothing is changed. nil if there is no such scheme.
    func preview(scheme: String, provider: String?) async -> [PushPreview]?
    /// Allows a provider's changes that were paused because they were many; false if there is no such provider.
    func allowChanges(provider: String) async -> Bool
    /// Asks an account whether it can be reached; nil if there is no such account.
    func testProvider(_ provider: String, asking name: String?) async -> ProviderTest?
    /// Tries again at once what these accounts have refused: their credentials have changed.
    func retry(providers: [String]) async
    /// How far the scheme's answer has got, asked now; nil if there is no such scheme. It takes less than two seconds.
    func propagation(of scheme: String) async -> PropagationReport?
    /// What was seen last, for a page that is open: it is asked again and again while somebody looks, and each time
    /// is a change. nil at first.
    func watchedPropagation(of scheme: String) async -> PropagationReport?
    /// Nil once everything is answered and probed; otherwise why not, in words.
    func unreadiness() async -> String?
    /// Makes a check and probes once, without configuring anything.
    func trial(method: String, arguments: [String: String]) async -> TrialReport
    /// Probes an indicator now; false if there is no such indicator.
    func recheck(_ indicator: String) async -> Bool
    /// What keeps the newest configuration or zone files from being in force, in words.
    func problems() async -> [String]
}

extension ControlInterface {
    package var isDryRun: Bool { false }
    package func problems() async -> [String] { [] }
    package func indicatorFigures() async -> [IndicatorFigures] {
        await report().indicators.map {
            IndicatorFigures(
                name: $0.name, state: $0.state, lastTook: $0.lastProbe.map { $0.totalMilliseconds / 1000 },
                lastSucceeded: $0.lastProbe?.isSuccess)
        }
    }
}

extension ControlInterface {
    package func push(scheme: String, provider: String?) async -> Bool { false }
    package func preview(scheme: String, provider: String?) async -> [PushPreview]? { nil }
    package func allowChanges(provider: String) async -> Bool { false }
    package func testProvider(_ provider: String, asking name: String?) async -> ProviderTest? { nil }
    package func retry(providers: [String]) async {}
    package func propagation(of scheme: String) async -> PropagationReport? { nil }
    package func watchedPropagation(of scheme: String) async -> PropagationReport? { nil }
}

/// The servers of a demo, which a person may break and mend.
package protocol DemoServers: Sendable {
    func servers() async -> [DemoServerReport]
    /// False if there is no such server.
    func kill(_ name: String) async -> Bool
    func revive(_ name: String) async -> Bool
    /// While it is calm no server fails by itself: only what a person breaks is broken.
    func setCalm(_ isCalm: Bool) async
}

package struct DemoServerReport: Codable, Hashable, Sendable {
    package var name: String
    package var role: String
    package var url: String
    package var isAlive: Bool
    /// `OK` or `ERR`, as its page says.
    package var status: String
    package var nextChangeAt: Double?

    package init(name: String, role: String, url: String, isAlive: Bool, status: String, nextChangeAt: Double?) {
        self.name = name
        self.role = role
        self.url = url
        self.isAlive = isAlive
        self.status = status
        self.nextChangeAt = nextChangeAt
    }
}
