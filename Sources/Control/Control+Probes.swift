import Checks
import DNSClient
import Failover
import NIOCore
import NIOPosix
import Settings

/// How many probes may be under way, and on how many threads the plain ones run.
package struct Probing: Sendable {
    /// 1–64.
    package var threads = min(4, max(1, NIOCore.System.coreCount))
    package var limits = ProbeWorkers.Limits()
    package init() {}
}

/// When probes run: plain ones on the probe workers, all others as tasks.
extension Control {
    /// The probe workers' tallies since the start.
    package func probeCounts() -> ProbeCounts { workers?.counts ?? ProbeCounts() }

    func replaceTargets(_ configuration: Configuration, checks: [IndicatorName: any Check]) {
        for turns in ownTurns.values { turns.scheduled?.cancel() }
        let (old, oldTurns) = (targets, ownTurns)
        targets = []
        ownTurns = [:]
        othersWaiting = []
        var workers = self.workers ?? startWorkers()
        epoch = workers.startAnew()
        targets.reserveCapacity(configuration.indicators.count { !$0.isDisabled })
        for indicator in configuration.indicators where !indicator.isDisabled {
            guard let check = checks[indicator.name] else { continue }
            let key = UInt32(targets.count)
            let egress = lineKeeping.appliance.egresses[indicator.name]
            // The workers' sockets leave as the routes say.
            let plain = egress == nil ? check.plain : nil
            let before = old.place(of: indicator.name)
            targets.append(
                ProbeTarget(
                    name: indicator.name, check: check, policy: indicator.policy, isPlain: plain != nil,
                    isReported: check is any ReportedCheck, isLogic: indicator.logic != nil,
                    latencies: before.map { old[$0].latencies } ?? Latencies()))
            if plain == nil {
                nextVersion += 1
                let startedAt = before.flatMap { oldTurns[$0]?.startedAt }
                ownTurns[Int(key)] = OwnTurns(version: nextVersion, egress: egress, startedAt: startedAt)
            }
            if check is any ReportedCheck { listen(for: indicator.name) }
            guard let plain else { continue }
            let isRetired = (engine.status(of: indicator.name)?.tripwire ?? "on") != "on"
            workers.add(
                key, check, at: plain, every: indicator.policy.interval, timeout: indicator.policy.timeout,
                holdsWire: indicator.policy.tripwire && !isRetired)
        }
        self.workers = workers
    }

    private func startWorkers() -> ProbeWorkers {
        let (stream, untold) = AsyncStream.makeStream(of: [ProbeNews].self)
        probeNews = untold
        // One task hears all batches: none may overtake an earlier one.
        Task { [weak self] in for await news in stream { await self?.hear(news) } }
        return ProbeWorkers(threads: probing.threads, limits: probing.limits) { untold.yield($0) }
    }

    /// What the probe workers have to tell, in batches.
    private func hear(_ batch: [ProbeNews]) {
        for news in batch where news.epoch == epoch && !isStopped {
            let place = Int(news.key)
            let name = targets[place].name
            switch news.kind {
            case .ended(let result): perform(event: ended(place, result))
            case .quiet(let letWireGo):
                perform(event: .quiet(name, .local, underWay: news.underWay, letWireGo: letWireGo))
            case .tripped: perform(event: .tripped(name, .local))
            }
        }
        finishTaking()
    }

    private func ended(_ place: Int, _ result: ProbeResult) -> Event {
        targets[place].hasStarted = true
        targets[place].lastPhases = LastPhases(result.phases)
        noteCertificate(place, end: result.phases.certificateEnd)
        targets[place].latencies.record(result, at: clock.now)
        return .probed(
            targets[place].name,
            Probe(result.isSuccess ? .success : .failure, reason: result.reason, took: result.phases.total))
    }

    // MARK: Turns

    /// Lets no probe begin until `releaseProbes`: what was decided before is answered before anything new is found out,
    /// however long it takes until our DNS answers.
    package func holdProbes() { heldTurns = heldTurns ?? [] }

    package func releaseProbes() {
        let turns = heldTurns ?? []
        heldTurns = nil
        for held in turns { schedule(held.name, held.turn, patience: held.patience) }
        finishTaking()
    }

    func schedule(_ name: IndicatorName, _ turn: ProbeTurn, patience: Duration?) {
        guard let place = targets.place(of: name) else { return }
        targets[place].isAsked = true
        if heldTurns != nil {
            heldTurns?.append((name, turn, patience))
            return
        }
        if targets[place].isReported {
            scheduleReported(place, turn)
        } else if targets[place].isPlain {
            schedulePlain(place, turn, patience: patience)
        } else {
            scheduleOther(place, turn, patience: patience)
        }
        if case .afterInterval = turn { targets[place].isFirstTurn = false }
    }

    private func schedulePlain(_ place: Int, _ turn: ProbeTurn, patience: Duration?) {
        // Not copied as a whole: this is done for every probe.
        let (isFirst, hasStarted) = (targets[place].isFirstTurn, targets[place].hasStarted)
        let key = UInt32(place)
        switch turn {
        case .now: workers?.turn(key, in: .zero, afterStart: false, patience: patience)
        case .beside: workers?.beside(key)
        case .recheck(let pause): workers?.turn(key, in: pause, afterStart: false, patience: patience)
        case .afterInterval(let interval):
            let delay = ProbeTiming.spread(
                interval, isFirstTurn: isFirst || !hasStarted,
                random: .random(in: 0..<1, using: &dice))
            workers?.turn(key, in: delay, afterStart: hasStarted, patience: patience)
        }
    }

    private func scheduleOther(_ place: Int, _ turn: ProbeTurn, patience: Duration?) {
        guard let turns = ownTurns[place] else { return }
        let version = turns.version
        if case .beside = turn {
            begin(place, version: version, patience: patience)
            return
        }
        turns.scheduled?.cancel()
        let due = ProbeTiming.due(
            turn, startedAt: turns.startedAt, isFirstTurn: targets[place].isFirstTurn, now: clock.now,
            random: .random(in: 0..<1, using: &dice))
        ownTurns[place]?.scheduled = group.next().scheduleTask(in: delay(until: due)) {
            Task { await self.turnCame(place, version: version, patience: patience) }
        }
    }

    // MARK: Probes that are not the workers'

    private func turnCame(_ place: Int, version: UInt64, patience: Duration?) {
        // Whoever is under way asks for the next turn when it ends.
        guard isCurrent(place, version), ownTurns[place]?.underWay == 0 else { return }
        begin(place, version: version, patience: patience)
    }

    func isCurrent(_ place: Int, _ version: UInt64) -> Bool { ownTurns[place]?.version == version }

    private func begin(_ place: Int, version: UInt64, patience: Duration?) {
        guard othersUnderWay < probing.limits.inAll else { return othersWaiting.append((place, version)) }
        othersUnderWay += 1
        ownTurns[place]?.startedAt = clock.now
        ownTurns[place]?.underWay += 1
        let (check, timeout, egress) = (targets[place].check, targets[place].timeout, ownTurns[place]?.egress)
        let alarm = patience.map { patience in
            group.next().scheduleTask(in: .nanoseconds(patience.nanoseconds)) {
                Task { await self.grewQuiet(place, version: version) }
            }
        }
        Task {
            let result = await Egress.$current.withValue(egress) {
                await check.probe(timeout: timeout, on: group)
            }
            alarm?.cancel()
            self.othersEnded(place, version: version, result)
        }
    }

    private func othersEnded(_ place: Int, version: UInt64, _ result: ProbeResult) {
        othersUnderWay -= 1
        if isCurrent(place, version) {
            ownTurns[place]?.underWay -= 1
            take(ended(place, result))
        }
        while othersUnderWay < probing.limits.inAll, let next = othersWaiting.popFirst() {
            turnCame(next.place, version: next.version, patience: nil)
        }
    }

    private func grewQuiet(_ place: Int, version: UInt64) {
        guard isCurrent(place, version), let turns = ownTurns[place], turns.underWay > 0 else { return }
        take(.quiet(targets[place].name, .local, underWay: turns.underWay, letWireGo: false))
    }
}
