import DNS
import Failover

/// What follows from the outcome of a job.
extension Reconciler {
    private var ignoresTTL: Bool { capabilities.ttls == .fixed }

    mutating func succeeded(_ index: Int, at now: Instant) {
        let owner = tracks[index].wish.owner
        if !gate.isOpen {
            gate.reopen()
            // What waited only because the provider was down goes now; a name with a trouble of its own keeps its pace.
            for other in tracks.indices where tracks[other].job == nil {
                if tracks[other].state == .retrying, tracks[other].failures < 3 { tracks[other].dueAt = now }
            }
        }
        if tracks[index].isRefusalTold {
            tracks[index].isRefusalTold = false
            effects.append(.notice(.accepted(owner)))
        }
    }

    // MARK: Read

    mutating func wasRead(_ index: Int, _ held: [HeldSet], at now: Instant, random: Double) {
        tracks[index].held = held
        if startsAnewBecauseStale(index, at: now) { return }
        guard case .success(let fitted) = tracks[index].fitted else { return }
        if let obstacle = held.first(where: { !fitted.types.contains($0.rrset.type) }) {
            let words =
                "a \(obstacle.rrset.type) record stands there: \(obstacle.rrset.valueTexts.joined(separator: ", "))"
            return refuse(index, .refused(.recordInTheWay, words: words), at: now)
        }
        let owner = tracks[index].wish.owner
        let change = Change.from(held, to: fitted, owner: owner, ignoringTTL: ignoresTTL)
        switch tracks[index].purpose {
        case .readBack where change != nil:
            let words = "it was accepted, and what is held is still \(Self.text(held))"
            tracks[index].words = words
            retry(index, .unavailable(.faulty, words: words), at: now, random: random)
        case .drift where change != nil:
            drifted(index, held, at: now, random: random)
        case .compare where change != nil || tracks[index].mustWrite:
            write(
                index,
                change ?? Change(owner: owner, before: held, after: fitted.sets, types: fitted.types), at: now)
        case .compare, .readBack, .drift, .verify:
            isAsWished(index, at: now)
        }
    }

    /// The provider holds what is wished.
    private mutating func isAsWished(_ index: Int, at now: Instant) {
        let wasKnown = [.synced, .verified].contains(tracks[index].state)
        tracks[index].failures = 0
        tracks[index].isHeldBack = false
        if tracks[index].words.isEmpty || !wasKnown && tracks[index].purpose == .compare {
            tracks[index].words = "it is there already"
        }
        if !wasKnown { enter(index, .synced, at: now) }
        if !wasKnown || tracks[index].purpose == .readBack {
            tracks[index].verifyUntil = now + policy.verifyFor
        }
        tracks[index].purpose = .verify
        tracks[index].dueAt = now
    }

    private mutating func drifted(_ index: Int, _ held: [HeldSet], at now: Instant, random: Double) {
        let isNews = tracks[index].state != .drifted
        let corrects = policy.drift == .correct && !policy.isDryRun
        tracks[index].words = "somebody else has set \(Self.text(held))"
        enter(index, .drifted, at: now)
        if isNews {
            effects.append(
                .notice(.drifted(tracks[index].wish.owner, found: Self.text(held), corrected: corrects)))
        }
        tracks[index].purpose = corrects ? .compare : .drift
        tracks[index].dueAt = corrects ? now : now + jittered(policy.driftInterval, random)
    }

    // MARK: Write

    private mutating func write(_ index: Int, _ change: Change, at now: Instant) {
        guard !policy.isDryRun else {
            let words = Self.dryRunPrefix + Self.proposal(change, ignoringTTL: ignoresTTL)
            // What has been told is not told again every few minutes.
            if tracks[index].words != words {
                tracks[index].words = words
                effects.append(.notice(.wouldChange(tracks[index].wish.owner, words: words)))
            }
            tracks[index].dueAt = now + policy.driftInterval
            return effects.append(.changed(tracks[index].wish.owner))
        }
        guard !change.replacesValues || mayChange(index, at: now) else {
            tracks[index].isHeldBack = true
            tracks[index].dueAt = nil
            return effects.append(.changed(tracks[index].wish.owner))
        }
        var change = change
        change.isForced = tracks[index].mustWrite
        start(index, .write(change), at: now)
    }

    mutating func wasWritten(_ index: Int, _ job: ProviderJob, _ acceptance: Acceptance, at now: Instant) {
        tracks[index].words = acceptance.words
        tracks[index].mustWrite = tracks[index].mustWrite && tracks[index].isStale
        guard case .write(let change) = job.step else { return }
        if change.replacesValues {
            tracks[index].changedAt = now
            tracks[index].replacedTTLSeconds = change.before.map(\.rrset.ttlSeconds).max()
        }
        tracks[index].held = change.after.map { HeldSet($0) }
        if startsAnewBecauseStale(index, at: now) { return }
        tracks[index].purpose = .readBack
        switch capabilities.reading {
        case .provider: tracks[index].dueAt = now
        case .dns: isAsWished(index, at: now)
        }
    }

    /// Whether a change that takes something away may be made now, or an operator has to be asked first.
    private mutating func mayChange(_ index: Int, at now: Instant) -> Bool {
        guard tracks.count >= policy.guardedFrom, !tracks[index].isExempt, !tracks[index].mustWrite else { return true }
        if let allowedUntil, now < allowedUntil { return true }
        if isPaused { return false }
        // What the others hold is known before the first change: how many will change is counted and not guessed.
        let isCounting = tracks.contains { $0.held == nil && $0.failures == 0 && $0.state == .waiting }
        let changing = tracks.filter { track in
            if let changedAt = track.changedAt, now < changedAt + policy.changeWindow { return true }
            return track.pendingChange(ignoringTTL: true)?.replacesValues ?? false
        }.count
        guard Double(changing) <= policy.maxChanges * Double(tracks.count) else {
            isPaused = true
            effects.append(.notice(.paused(changing: changing, of: tracks.count)))
            return false
        }
        return !isCounting
    }

    // MARK: The zone's servers

    mutating func wasSurveyed(_ index: Int, _ answers: [ServerAnswer], at now: Instant, random: Double) {
        if startsAnewBecauseStale(index, at: now) { return }
        guard case .success(let fitted) = tracks[index].fitted else { return }
        if capabilities.reading == .dns, tracks[index].purpose != .verify {
            return wasReadFromServers(index, answers, at: now, random: random)
        }
        let dissenting = answers.filter { !$0.agrees(with: fitted) }
        let isProven = !answers.isEmpty && dissenting.isEmpty
        if isProven {
            if tracks[index].state != .verified { enter(index, .verified, at: now) }
        } else if tracks[index].state == .verified, !answers.isEmpty {
            enter(index, .synced, at: now)
            tracks[index].verifyUntil = now + policy.verifyFor
        }
        tracks[index].dissenting = dissenting.map(\.server)
        if !isProven, !answers.isEmpty, let end = tracks[index].verifyUntil, now < end {
            tracks[index].dueAt = now + policy.verifyInterval
        } else {
            tracks[index].purpose = .drift
            tracks[index].dueAt = now + jittered(policy.driftInterval, random)
        }
    }

    /// Where the provider cannot be read, its servers' answers are what it holds.
    private mutating func wasReadFromServers(_ index: Int, _ answers: [ServerAnswer], at now: Instant, random: Double) {
        let sets = answers.compactMap { answer in try? answer.result.get() }
        guard let first = sets.first else {
            // Nobody says what is there: a wish that was accepted stands, another is sent.
            guard tracks[index].purpose == .drift else {
                return wasRead(index, tracks[index].held ?? [], at: now, random: random)
            }
            tracks[index].dueAt = now + jittered(policy.driftInterval, random)
            return
        }
        guard case .success(let fitted) = tracks[index].fitted else { return }
        // One server that answers otherwise is enough to see that it is not so.
        let held = answers.first { !$0.agrees(with: fitted) }.flatMap { try? $0.result.get() } ?? first
        wasRead(index, held, at: now, random: random)
    }

    /// A wish came while the job was under way: from the beginning.
    private mutating func startsAnewBecauseStale(_ index: Int, at now: Instant) -> Bool {
        guard tracks[index].isStale else { return false }
        tracks[index].startAnew(at: now)
        return true
    }

    // MARK: Failures

    mutating func failed(_ index: Int, _ job: ProviderJob, _ error: ProviderError, at now: Instant, random: Double) {
        tracks[index].words = error.words
        if case .write = job.step { tracks[index].held = nil }
        let wasStale = startsAnewBecauseStale(index, at: now)
        switch error {
        case .refused(.credentials, _), .refused(.blocked, _):
            refuseAll(index, error, at: now)
        case .refused:
            // What was refused is no longer wished.
            if !wasStale { refuse(index, error, at: now) }
        case .conflict where tracks[index].failures == 0:
            tracks[index].failures = 1
            tracks[index].purpose = .compare
            tracks[index].dueAt = now
        case .conflict:
            retry(index, error, at: now, random: random)
        case .unavailable(let trouble, _, let wait):
            retry(index, error, at: now, random: random)
            let pause = max(wait ?? .zero, jittered(pause(after: gate.failures + 1), random))
            gate.close(until: now + pause, isHard: trouble == .rateLimited || wait != nil)
        case .outcomeUnknown:
            retry(index, error, at: now, random: random)
            gate.close(until: now + jittered(pause(after: gate.failures + 1), random), isHard: false)
        }
    }

    /// The provider wants nothing of this account: nothing more is sent until the hour is over.
    private mutating func refuseAll(_ index: Int, _ error: ProviderError, at now: Instant) {
        let isKnown = gate.isRefused
        gate.close(until: now + policy.refusalRetry, isHard: true, refusal: error)
        refuse(index, error, isTold: isKnown, at: now)
        for other in tracks.indices
        where tracks[other].job == nil && [.waiting, .retrying].contains(tracks[other].state) {
            joinRefusal(other, error, at: now)
        }
    }

    /// Shares the refusal of the account.
    mutating func joinRefusal(_ index: Int, _ error: ProviderError, at now: Instant) {
        tracks[index].words = error.words
        tracks[index].dueAt = now
        enter(index, .refused, at: now)
    }

    mutating func refuse(_ index: Int, _ error: ProviderError, isTold: Bool = false, at now: Instant) {
        tracks[index].words = error.words
        tracks[index].failures += 1
        tracks[index].purpose = .compare
        tracks[index].dueAt = now + policy.refusalRetry
        if !tracks[index].isRefusalTold, !isTold {
            tracks[index].isRefusalTold = true
            effects.append(.notice(.refused(tracks[index].wish.owner, words: error.words)))
        }
        enter(index, .refused, at: now)
    }

    private mutating func retry(_ index: Int, _ error: ProviderError, at now: Instant, random: Double) {
        tracks[index].failures += 1
        tracks[index].words = error.words
        // A look at what is known to be right that fails makes it no less right.
        if ![.synced, .verified, .drifted].contains(tracks[index].state) || tracks[index].purpose == .readBack {
            enter(index, .retrying, at: now)
        }
        if tracks[index].purpose != .drift, tracks[index].purpose != .verify { tracks[index].purpose = .compare }
        tracks[index].dueAt = now + jittered(pause(after: tracks[index].failures), random)
    }

    private func pause(after failures: Int) -> Duration {
        policy.retries[min(max(failures, 1), policy.retries.count) - 1]
    }

    func jittered(_ pause: Duration, _ random: Double) -> Duration {
        pause * (1 + policy.jitter * (2 * random - 1))
    }

    /// What a dry run's words begin with.
    package static let dryRunPrefix = "dry run: "

    /// What sending the wish over what is held would do.
    func proposal(for fitted: FittedWish, of owner: Name, over held: [HeldSet]) -> String {
        if let obstacle = held.first(where: { !fitted.types.contains($0.rrset.type) }) {
            return "it would be refused: a \(obstacle.rrset.type) record stands there"
        }
        let change = Change.from(held, to: fitted, owner: owner, ignoringTTL: ignoresTTL)
        let words = Self.proposal(
            change ?? Change(owner: owner, before: held, after: fitted.sets, types: fitted.types),
            ignoringTTL: ignoresTTL)
        return words + (policy.isDryRun ? "; nothing is sent, as this provider runs dry" : "")
    }

    /// What a change would do: `192.0.2.9 would become 192.0.2.1`.
    static func proposal(_ change: Change, ignoringTTL: Bool = false) -> String {
        let after = text(change.after)
        if !change.steps(ignoringTTL: true).isEmpty { return "\(text(change.before)) would become \(after)" }
        guard !ignoringTTL, !change.steps().isEmpty else { return "\(after) is there already and would be sent again" }
        return "\(after) would have a TTL of \(change.after.map(\.ttlSeconds).min() ?? 0) s"
    }

    static func text(_ held: [HeldSet]) -> String { text(held.map(\.rrset)) }

    static func text(_ sets: [RRset]) -> String {
        sets.isEmpty ? "nothing" : sets.flatMap(\.valueTexts).joined(separator: ", ")
    }
}
