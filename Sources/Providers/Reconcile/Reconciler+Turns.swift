import DNS
import Failover

/// Whose turn it is.
extension Reconciler {
    /// Starts what is due and may run, says when to come again, and hands out the effects.
    mutating func settle(at now: Instant, random: Double) -> [ReconcilerEffect] {
        while running < concurrency, let index = nextDue(at: now) { startDue(index, at: now) }
        if isPaused, !tracks.contains(where: \.isHeldBack) { isPaused = false }
        releaseCounted(at: now)
        effects.append(.wake(at: nextInstant(after: now)))
        defer { effects = [] }
        return effects
    }

    /// While the provider does not answer, one call at a time is enough to notice when it does.
    private var concurrency: Int { gate.isOpen ? max(1, capabilities.concurrency) : 1 }

    /// The name that is due, of several the one that was tried longest ago.
    private func nextDue(at now: Instant) -> Int? {
        let due = tracks.indices.filter { index in
            guard tracks[index].job == nil, let dueAt = tracks[index].dueAt, dueAt <= now else { return false }
            return mayGo(index, at: now)
        }
        return due.min { (tracks[$0].triedAt ?? .epoch) < (tracks[$1].triedAt ?? .epoch) }
    }

    /// A closed gate lets nothing through before its time, but a new wish, and that not oftener than each two seconds.
    private func mayGo(_ index: Int, at now: Instant) -> Bool {
        guard !gate.isOpen, let until = gate.until, now < until else { return true }
        guard !asksServers(index) else { return true }
        guard !gate.isHard, tracks[index].failures == 0, let triedAt = gate.triedAt else { return false }
        return triedAt + Self.freshPause <= now
    }

    private static let freshPause = Duration.seconds(2)

    /// The job asks the zone's servers and not the provider.
    private func asksServers(_ index: Int) -> Bool {
        tracks[index].purpose == .verify || capabilities.reading == .dns && tracks[index].purpose != .readBack
    }

    private mutating func startDue(_ index: Int, at now: Instant) {
        guard case .success(let fitted) = tracks[index].fitted else {
            // What cannot be held here at all is not tried: only another wish changes that.
            tracks[index].dueAt = nil
            return
        }
        if tracks[index].purpose == .verify, tracks[index].held?.contains(where: \.isAnsweredOtherwise) ?? false {
            tracks[index].purpose = .drift
            tracks[index].dueAt = now + policy.driftInterval
            return
        }
        guard !asksServers(index) else { return start(index, .survey(types: fitted.types), at: now) }
        // Types that exclude what is wished are looked for too, so that one in the way is told in plain words.
        let excluding: [RRType] = fitted.types.contains(.cname) ? [.a, .aaaa] : [.cname]
        let types = fitted.types + excluding.filter { capabilities.types.contains($0) }
        start(index, .read(types: types), at: now)
    }

    mutating func start(_ index: Int, _ step: ProviderJob.Step, at now: Instant) {
        let job = ProviderJob(id: nextJob, owner: tracks[index].wish.owner, step: step)
        nextJob += 1
        running += 1
        tracks[index].job = job
        tracks[index].dueAt = nil
        tracks[index].triedAt = now
        if case .survey = step {} else { gate.tried(at: now) }
        effects.append(.run(job))
    }

    /// Changes that waited until it was known what all names hold.
    private mutating func releaseCounted(at now: Instant) {
        guard !isPaused, tracks.contains(where: \.isHeldBack),
            !tracks.contains(where: { $0.held == nil && $0.failures == 0 && $0.state == .waiting })
        else { return }
        for index in tracks.indices where tracks[index].isHeldBack {
            tracks[index].isHeldBack = false
            tracks[index].dueAt = now
        }
        while running < concurrency, let index = nextDue(at: now) { startDue(index, at: now) }
    }

    private func nextInstant(after now: Instant) -> Instant? {
        // A turn that is due and finds no room is taken when a job ends.
        tracks.indices.compactMap { index -> Instant? in
            let track = tracks[index]
            guard track.job == nil, let dueAt = track.dueAt, dueAt > now || !mayGo(index, at: now) else { return nil }
            guard !gate.isOpen, let until = gate.until, dueAt < until, !asksServers(index) else { return dueAt }
            guard !gate.isHard, track.failures == 0, let triedAt = gate.triedAt else { return until }
            return max(dueAt, min(until, triedAt + Self.freshPause))
        }.min().map { max($0, now) }
    }
}
