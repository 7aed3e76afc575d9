import Addresses
import DNS
import Failover
import NIOCore
import Providers
import Settings

/// Asks all servers what they answer for a name, remembers what they said, and goes on asking while somebody looks.
actor PropagationWatch {
    nonisolated let settings: PropagationSettings
    private let survey: PropagationSurvey
    private var seen: [SchemeName: Propagation] = [:]
    /// Those being asked just now: whoever comes meanwhile gets the same answer.
    private var asking: [SchemeName: Task<Propagation, Never>] = [:]
    private var lookedAt: [SchemeName: ContinuousClock.Instant] = [:]

    /// What was seen so long ago is shown again without asking.
    static let freshness = Duration.seconds(1)
    /// How often it is asked while somebody looks at the page.
    static let interval = Duration.seconds(5)
    /// Somebody looks as long as the page was made this long ago at the most.
    private static let attention = Duration.seconds(15)

    init(group: any EventLoopGroup, settings: PropagationSettings) {
        self.settings = settings
        survey = PropagationSurvey(group: group, servers: settings.servers, resolvers: settings.resolvers)
    }

    /// What is asked, and what is expected.
    struct Question: Sendable {
        var scheme: SchemeName
        var owner: Name
        var types: [RRType]
        /// Servers that are known beside those in the DNS.
        var own: [NameServer]
        var aim: PropagationAim
    }

    /// Asks now, unless it was asked within the last second.
    func ask(_ question: Question, clock: ShellClock) async -> Propagation {
        if let last = seen[question.scheme], clock.now < last.askedAt + Self.freshness { return last }
        if let task = asking[question.scheme] { return await task.value }
        let task = Task { [survey] in
            let observations = await survey.ask(question.owner, types: question.types, own: question.own)
            return Propagation(observations, aim: question.aim, at: clock.now, before: self.last(of: question.scheme))
        }
        asking[question.scheme] = task
        let propagation = await task.value
        asking[question.scheme] = nil
        seen[question.scheme] = propagation
        return propagation
    }

    /// What was seen last.
    func last(of scheme: SchemeName) -> Propagation? { seen[scheme] }

    /// Notes that somebody looks; true if nobody did before, so that the asking has to begin.
    func look(at scheme: SchemeName) -> Bool {
        let isWatched = lookedAt[scheme] != nil
        lookedAt[scheme] = .now
        return !isWatched
    }

    /// Whether somebody still looks; if not, the next look begins anew.
    func isLookedAt(_ scheme: SchemeName) -> Bool {
        if let at = lookedAt[scheme], ContinuousClock.now < at + Self.attention { return true }
        lookedAt[scheme] = nil
        return false
    }
}
