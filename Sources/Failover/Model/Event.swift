/// What may come in through the engine's front door. There is no other way in.
package enum Event: Hashable, Sendable {
    /// A new revision, whole. What both revisions have keeps its state.
    case configured(Configuration)
    case probed(IndicatorName, Probe)
    /// A probe has been under way for longer than the patience that was asked for; it goes on. So many probes of
    /// this indicator are under way from this vantage; `letWireGo`: an idle connection was held beside it till now.
    case quiet(IndicatorName, Vantage, underWay: Int, letWireGo: Bool)
    /// The server ended the idle connection that was held to it.
    case tripped(IndicatorName, Vantage)
    /// A time window of a `Logic` has opened or closed, or is known for the first time.
    case window(String, isOpen: Bool)
    case overridden(Override)
    /// The instant asked for by `.wake` has come (early or repeated wakes do no harm).
    case woke
    /// The shell put this generation of the scheme's answer into our DNS, so long after the event came in.
    case published(SchemeName, generation: UInt64, took: Duration)
}

/// The outcome of one probe, from one vantage.
package struct Probe: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable {
        case success
        case failure
    }

    package var outcome: Outcome
    package var vantage: Vantage
    /// In words: `connection refused`, `status 503, expected 200`.
    package var reason: String
    /// How long the probe took.
    package var took: Duration

    package init(_ outcome: Outcome, vantage: Vantage = .local, reason: String = "", took: Duration = .zero) {
        self.outcome = outcome
        self.vantage = vantage
        self.reason = reason
        self.took = took
    }
}

/// What an operator imposes. It is kept beside the real state, never mixed into it.
package struct Override: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        /// Not usable, whatever the probes say. Replaces a forced state.
        case maintenance(IndicatorName)
        /// Counts as this state, whatever the probes say. Replaces a maintenance.
        case force(IndicatorName, State)
        /// This member answers, whatever its state: maintenance, `disabled` and the guard do not stop a pin.
        case pin(SchemeName, IndicatorName)
        /// Not chosen while another member is usable, and kept while none is. Replaces a maintenance or forced state.
        case drain(IndicatorName)
        /// A maintenance that was planned: it counts while no operator has said anything else.
        case window(IndicatorName)
        /// The answer stays as it is, whatever happens. Replaces a pin.
        case pause(SchemeName)
        /// Nobody is told of it. Changes no answer.
        case silence(Silenced)
        /// Go to the best usable member now, whatever failback says. Not kept: it happens once.
        case failBack(SchemeName)
        case clear(IndicatorName)
        case closeWindow(IndicatorName)
        /// Ends a pin or a pause.
        case unpin(SchemeName)
        case unsilence(Silenced)
    }

    /// What nobody is told of.
    package enum Silenced: Hashable, Sendable {
        case indicator(IndicatorName)
        case scheme(SchemeName)
    }

    package var action: Action
    package var author: String
    package var reason: String
    /// nil: until cleared.
    package var until: Instant?
    /// When it took effect. The engine sets it; what the shell hands in here is overwritten.
    package var since: Instant?

    package init(_ action: Action, author: String, reason: String = "", until: Instant? = nil) {
        self.action = action
        self.author = author
        self.reason = reason
        self.until = until
    }
}

/// What an indicator is: never anything else.
package enum State: String, Hashable, Sendable, Codable {
    case ok
    case err
    case unknown
}
