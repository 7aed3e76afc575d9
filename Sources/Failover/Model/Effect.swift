import Addresses

/// What the shell is to do. Effects come in this order: publish, append, reconcile, notify, probe, wake.
package enum Effect: Hashable, Sendable {
    /// Answer so from now on. The same generation comes again when only its TTL has changed.
    case publish(Decision)
    case append(LogEntry)
    case reconcile(Decision)
    case notify(Notice)
    /// Probe this indicator so long after the start of its last probe (`interval`) or after its end (`recheck`);
    /// `.now` for a new one. The shell adds jitter and the staggered start. Should it have no result within
    /// `patience`, the shell says so with `.quiet`. A turn that comes while a probe is under way is let pass: the
    /// result asks for the next.
    case probe(IndicatorName, ProbeTurn, patience: Duration?)
    /// Hold no idle connection to this indicator's server any more.
    case retireTripwire(IndicatorName)
    /// Hand in `.woke` at this instant; it replaces an earlier wish.
    case wake(at: Instant)
}

/// When an indicator's next probe is due.
package enum ProbeTurn: Hashable, Sendable {
    case now
    case afterInterval(Duration)
    case recheck(Duration)
    /// Another one at once, beside the one that has gone quiet.
    case beside
}

/// What a scheme answers from now on.
package struct Decision: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        /// Sorted, without repetition; at least one.
        case addresses([IPAddress])
        case nodata
        case servfail
    }

    package var scheme: SchemeName
    /// Goes up by one with every decision of this scheme, from 1.
    package var generation: UInt64
    package var answer: Answer
    /// Seconds; as it is at publication, shrunk while a verdict of an active member is undecided.
    package var ttlSeconds: UInt32
    /// The members that answer, in their configured order; empty when an all-down rule answers.
    package var active: [IndicatorName]
    package var at: Instant
    /// First what set it off (a new revision, an operator), then each member that mattered with its probes,
    /// verdict, state and override, then the selection and the guard.
    package var causes: [Cause]

    package init(
        scheme: SchemeName, generation: UInt64, answer: Answer, ttlSeconds: UInt32, active: [IndicatorName],
        at: Instant, causes: [Cause] = []
    ) {
        self.scheme = scheme
        self.generation = generation
        self.answer = answer
        self.ttlSeconds = ttlSeconds
        self.active = active
        self.at = at
        self.causes = causes
    }
}

/// One step of the way from probes to a decision, in the order of the pipeline. Every indicator keeps a few, so the
/// large and rare ones lie apart.
package enum Cause: Hashable, Sendable {
    /// The probes that led to a verdict, oldest first, at most the last ten.
    case probes(IndicatorName, [ProbeRecord])
    /// A verdict flipped: which threshold was reached.
    case verdict(IndicatorName, Vantage, State, streak: Int, threshold: Int)
    case state(IndicatorName, State, agreeing: Int, of: Int)
    indirect case overridden(Override)
    /// An operator's word ended: it expired, was cleared, or was replaced.
    indirect case overrideEnded(Override)
    /// The answer was in force before the process began, since this instant.
    case recalled(Instant)
    /// What the selection saw of each member, by descending priority.
    case selection([Candidate], rule: Rule)
    indirect case guarded(Guard)
}

package struct ProbeRecord: Hashable, Sendable {
    package var at: Instant
    package var probe: Probe
    package init(at: Instant, probe: Probe) {
        self.at = at
        self.probe = probe
    }
}

/// A member as the selection saw it.
package struct Candidate: Hashable, Sendable {
    package var indicator: IndicatorName
    package var priority: Priority
    package var state: State
    /// The state after the operator's word.
    package var effective: State
    package var isUsable: Bool
    /// In one word why not: nil if usable.
    package var unusableBecause: Unusable?
    /// Whether it is chosen only if no other member is usable.
    package var isDrained: Bool

    package init(
        indicator: IndicatorName, priority: Priority, state: State, effective: State, unusableBecause: Unusable?,
        isDrained: Bool = false
    ) {
        self.isDrained = isDrained
        self.indicator = indicator
        self.priority = priority
        self.state = state
        self.effective = effective
        self.unusableBecause = unusableBecause
        isUsable = unusableBecause == nil
    }

    package enum Unusable: String, Hashable, Sendable {
        case err, unknown, maintenance, disabled
        /// It works, but every line to it is down or out of service.
        case line
    }
}

/// Which rule of the selection answered.
package enum Rule: Hashable, Sendable {
    /// The highest tier that has a usable member.
    case highestTier(Priority)
    case pinned(IndicatorName)
    case allDown(AllDown)
    /// No verdict is in. After a revision that left no member with a verdict: what remains of the last
    /// answer, else the highest tier, until the first verdicts are in.
    case noVerdictYet
    /// A new revision set the decision off. It stands, without candidates, before the selection that followed.
    case configured
}

/// What held a change back, or let it through.
package enum Guard: Hashable, Sendable {
    /// The better member must stay ok until then.
    case failbackHeld(until: Instant, for: Duration)
    case failbackManual
    case massFailure(failed: Int, of: Int, until: Instant)
    /// Most reference targets fail: it may be us.
    case vantageDoubted(failed: Int, of: Int)
    /// An operator froze the answer.
    case paused(Override)
    case passed
}

/// Something worth a line in the history. Pages, history and `explain` only read these.
package struct LogEntry: Hashable, Sendable {
    package enum What: Hashable, Sendable {
        case stateChanged(IndicatorName, from: State, to: State, reason: String)
        case decided(Decision, from: Decision.Answer?)
        case held(SchemeName, Guard)
        case overridden(Override)
        case overrideEnded(Override)
        case configured(indicators: Int, schemes: Int)
        /// So many of the reference targets fail: verdicts are set aside from now on.
        case vantageDoubted(failed: Int, of: Int)
        /// Verdicts count again.
        case vantageTrusted
        case tripwireRetired(IndicatorName, because: String)
        /// Something that the shell has to say, of one scheme or of the whole: never made by the engine.
        case reported(SchemeName?, text: String, isBad: Bool)
    }

    package var at: Instant
    package var what: What
    package init(at: Instant, _ what: What) {
        self.at = at
        self.what = what
    }
}

/// Something a person should be told.
package enum Notice: Hashable, Sendable {
    case switched(Decision)
    case allDown(SchemeName, AllDown)
    case massFailure(SchemeName, failed: Int, of: Int)
    case vantageDoubted(failed: Int, of: Int)
    case vantageTrusted
}
