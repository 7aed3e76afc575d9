import DNS
import Failover

// What becomes of a wish at one provider. Nothing here talks to anybody or knows what time it is:
//
//   wish ─► read ─► differs? ─► guard ─► write ─► read back ─► synced ─► ask the zone's servers ─► verified
//             ▲                                                                                     │
//             └───────────── retries: 2, 5, 15, 30, 60, 60 … s          every 300 s: has it drifted?┘
//
// The shell (`ProviderQueue`) runs the jobs that come out of here and hands in what came of them.

/// How far a decision has got at a provider.
package enum SyncState: String, Hashable, Sendable, Codable {
    /// Not there yet: not tried, under way, or paused by the guard.
    case waiting
    /// The last try failed; there will be another.
    case retrying
    /// The provider will not do it until somebody changes something.
    case refused
    /// The provider has accepted it.
    case synced
    /// Every authoritative server of the zone answers so.
    case verified
    /// Somebody else has changed the record, and it is left so (or about to be put right).
    case drifted
}

/// How patient a provider's reconciler is, and what it may do by itself.
package struct ReconcilerPolicy: Hashable, Sendable {
    package enum Drift: String, Hashable, Sendable {
        /// Put it right, and say so.
        case correct
        /// Only say so.
        case report
    }

    /// The pauses after the first, second, … failure in a row; the last one for all that follow.
    package var retries: [Duration] = [2, 5, 15, 30, 60].map { .seconds($0) }
    /// Pauses are lengthened or shortened by up to this share.
    package var jitter = 0.1
    package var refusalRetry: Duration = .seconds(3600)
    package var driftInterval: Duration = .seconds(300)
    package var drift: Drift = .correct
    /// After a change the zone's servers are asked so often, for so long.
    package var verifyInterval: Duration = .seconds(2)
    package var verifyFor: Duration = .seconds(60)
    /// More than this share of the names (if there are `guardedFrom` or more) changing within `changeWindow` pauses.
    package var maxChanges = 0.3
    package var guardedFrom = 10
    package var changeWindow: Duration = .seconds(60)
    /// Nothing is written; what would be is said.
    package var isDryRun = false

    package init() {}
}

/// One thing for the shell to do.
package struct ProviderJob: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        case read(types: [RRType])
        case write(Change)
        /// Ask every authoritative server of the zone for these types.
        case survey(types: [RRType])
    }

    /// Never used twice by one reconciler.
    package var id: UInt64
    package var owner: Name
    package var step: Step
}

/// What came of a job.
package enum JobOutcome: Hashable, Sendable {
    case read([HeldSet])
    case wrote(Acceptance)
    /// What each server answers; empty if the servers are not known.
    case surveyed([ServerAnswer])
    case failed(ProviderError)
}

/// What the shell is to do.
package enum ReconcilerEffect: Hashable, Sendable {
    case run(ProviderJob)
    /// Hand in `woke` then; it replaces an earlier wish. nil: there is nothing to wait for.
    case wake(at: Instant?)
    /// The name's status changed.
    case changed(Name)
    /// Somebody should be told.
    case notice(ProviderNotice)
}

/// Something about a provider that a person should be told.
package enum ProviderNotice: Hashable, Sendable {
    /// The provider's own words.
    case refused(Name, words: String)
    /// The refusal is over.
    case accepted(Name)
    case drifted(Name, found: String, corrected: Bool)
    /// `changing` of `all` names would change at once: an operator is asked.
    case paused(changing: Int, of: Int)
    /// A dry run: it would be changed so.
    case wouldChange(Name, words: String)
}

/// One provider's names: what each is to have, how far that has got, and what to do next.
package struct Reconciler: Sendable {
    package let policy: ReconcilerPolicy
    package let capabilities: Capabilities
    /// Sorted by name.
    var tracks: [NameTrack] = []
    var running = 0
    var nextJob: UInt64 = 1
    var gate = ProviderGate()
    /// An operator is asked before more is changed.
    package internal(set) var isPaused = false
    /// Changes are allowed until then, however many.
    var allowedUntil: Instant?
    var effects: [ReconcilerEffect] = []

    package init(capabilities: Capabilities, policy: ReconcilerPolicy = ReconcilerPolicy()) {
        self.capabilities = capabilities
        self.policy = policy
    }

    // MARK: What comes in

    /// The name is to have this from now on; an earlier wish that is not yet there is dropped.
    ///
    /// - Parameters:
    ///   - isExempt: the guard against many changes at once does not hold it.
    ///   - random: 0..<1, for jitter, as everywhere below.
    package mutating func wish(_ wish: Wish, isExempt: Bool = false, at now: Instant, random: Double)
        -> [ReconcilerEffect]
    {
        let place = place(of: wish.owner)
        if let place {
            tracks[place].isExempt = isExempt
            guard tracks[place].wish != wish else { return settle(at: now, random: random) }
        }
        let index = place ?? insert(wish, at: now)
        tracks[index].take(wish, capabilities: capabilities, at: now)
        if case .failure(let error) = tracks[index].fitted {
            refuse(index, error, at: now)
        } else if let refusal = gate.refusal {
            joinRefusal(index, refusal, at: now)
        } else {
            enter(index, .waiting, at: now)
        }
        return settle(at: now, random: random)
    }

    /// The name is nobody's business any more; its records stay as they are.
    package mutating func forget(_ owner: Name, at now: Instant, random: Double) -> [ReconcilerEffect] {
        if let place = place(of: owner) {
            if tracks[place].job != nil { running -= 1 }
            tracks.remove(at: place)
        }
        return settle(at: now, random: random)
    }

    /// Send it again, even if nothing differs, and try again what was refused.
    package mutating func force(_ owner: Name, at now: Instant, random: Double) -> [ReconcilerEffect] {
        guard let place = place(of: owner) else { return [] }
        gate.reopen()
        tracks[place].mustWrite = true
        tracks[place].startAnew(at: now)
        enter(place, .waiting, at: now)
        return settle(at: now, random: random)
    }

    /// An operator allows the changes that were paused.
    package mutating func allowChanges(at now: Instant, random: Double) -> [ReconcilerEffect] {
        allowedUntil = now + policy.changeWindow
        isPaused = false
        for index in tracks.indices where tracks[index].isHeldBack {
            tracks[index].isHeldBack = false
            tracks[index].startAnew(at: now)
        }
        return settle(at: now, random: random)
    }

    /// The provider's configuration changed: what was refused is tried again at once.
    package mutating func reconfigured(at now: Instant, random: Double) -> [ReconcilerEffect] {
        gate.reopen()
        for index in tracks.indices where [.refused, .retrying].contains(tracks[index].state) {
            tracks[index].startAnew(at: now)
        }
        return settle(at: now, random: random)
    }

    package mutating func woke(at now: Instant, random: Double) -> [ReconcilerEffect] {
        settle(at: now, random: random)
    }

    package mutating func finished(_ job: ProviderJob, _ outcome: JobOutcome, at now: Instant, random: Double)
        -> [ReconcilerEffect]
    {
        // A job of a name that was forgotten meanwhile.
        guard let index = place(of: job.owner), tracks[index].job == job else { return settle(at: now, random: random) }
        tracks[index].job = nil
        running -= 1
        switch outcome {
        case .failed(let error): failed(index, job, error, at: now, random: random)
        case .read(let held):
            succeeded(index, at: now)
            wasRead(index, held, at: now, random: random)
        case .wrote(let acceptance):
            succeeded(index, at: now)
            wasWritten(index, job, acceptance, at: now)
        case .surveyed(let answers): wasSurveyed(index, answers, at: now, random: random)
        }
        effects.append(.changed(job.owner))
        return settle(at: now, random: random)
    }

    // MARK: What can be read

    package var statuses: [SyncStatus] { tracks.map { $0.status(isPaused: isPaused) } }

    package func status(of owner: Name) -> SyncStatus? {
        place(of: owner).map { tracks[$0].status(isPaused: isPaused) }
    }

    func place(of owner: Name) -> Int? { tracks.firstIndex { $0.wish.owner == owner } }

    private mutating func insert(_ wish: Wish, at now: Instant) -> Int {
        let index = tracks.firstIndex { wish.owner < $0.wish.owner } ?? tracks.endIndex
        tracks.insert(NameTrack(wish, at: now), at: index)
        return index
    }

    mutating func enter(_ index: Int, _ state: SyncState, at now: Instant) {
        tracks[index].enter(state, at: now)
        effects.append(.changed(tracks[index].wish.owner))
    }
}
