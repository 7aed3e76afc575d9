import Checks
import Failover
import Logging
import NIOCore
import Settings

/// The imperative shell: owns the engine, hands it what happens and performs what it answers.
///
///     checks ─► probed ─┐                       ┌─► publish    (our DNS, first of all)
///     operator ─────────┼─► engine.handle ─► [effect] ─► append     (the log)
///     clock ─► woke ────┘                       ├─► probe, wake (timers)
///                                               └─► notify     (structured log)
///
/// Everything that reads (page, API, CLI) reads reports made here, and changes nothing.
package actor Control: ControlInterface {
    private(set) var engine = Engine()
    private var targets: [IndicatorName: ProbeTarget] = [:]
    private var log = EventLog()
    private var sequence: UInt64 = 0
    private var listeners: [UInt64: AsyncStream<UInt64>.Continuation] = [:]
    private var nextVersion: UInt64 = 0
    private var wake: Scheduled<Void>?
    var accounts = ProviderAccounts()
    private var isStopped = false

    private let clock: ShellClock
    private let publisher: any Publisher
    private let group: any EventLoopGroup
    let logger: Logger
    private let process: ProcessReport

    package init(
        clock: ShellClock, publisher: any Publisher, group: any EventLoopGroup, process: ProcessReport, logger: Logger
    ) {
        self.clock = clock
        self.publisher = publisher
        self.group = group
        self.process = process
        self.logger = logger
    }

    // MARK: What comes in

    /// Puts a revision into force: new indicators are probed at once, those that are gone no more.
    package func apply(_ settings: Settings) {
        var checks: [IndicatorName: any Check] = [:]
        for (name, check) in settings.checks { checks[name] = check }
        apply(settings.configuration, checks: checks, providers: settings.providers)
    }

    package func apply(
        _ configuration: Configuration, checks: [IndicatorName: any Check], providers: [ProviderSettings] = []
    ) {
        accounts.apply(providers, group: group, clock: clock) { [weak self] in await self?.heard($1, from: $0) }
        for target in targets.values { target.scheduled?.cancel() }
        var kept: [IndicatorName: ProbeTarget] = [:]
        for indicator in configuration.indicators where !indicator.isDisabled {
            guard let check = checks[indicator.name] else { continue }
            nextVersion += 1
            kept[indicator.name] = ProbeTarget(
                check: check, policy: indicator.policy, version: nextVersion,
                startedAt: targets[indicator.name]?.startedAt)
        }
        targets = kept
        take(.configured(configuration))
        accounts.keep(configuration.schemes)
        // What was decided before goes to the accounts that are new.
        for status in engine.schemes {
            if let decision = status.decision { accounts.reconcile(decision, of: status.scheme) }
        }
        // What the engine did not ask for anew (it kept its state) goes on at its interval.
        for indicator in configuration.indicators where targets[indicator.name]?.scheduled == nil {
            perform(.probe(indicator.name, .afterInterval(indicator.policy.interval)), receivedAt: clock.now)
        }
    }

    package func impose(_ override: Override) { take(.overridden(override)) }

    /// Ends all timers; probes under way end by themselves and are not heard.
    package func stop() {
        isStopped = true
        wake?.cancel()
        for target in targets.values { target.scheduled?.cancel() }
        targets = [:]
        accounts.stop()
        for listener in listeners.values { listener.finish() }
        listeners = [:]
    }

    private func take(_ event: Event) {
        guard !isStopped else { return }
        let receivedAt = clock.now
        var published: [Event] = []
        for effect in engine.handle(event, at: receivedAt) {
            if let report = perform(effect, receivedAt: receivedAt) { published.append(report) }
        }
        for report in published {
            for effect in engine.handle(report, at: clock.now) { perform(effect, receivedAt: receivedAt) }
        }
        changed()
    }

    // MARK: What is done

    /// Performs one effect; what comes of it goes back through the engine's front door.
    @discardableResult
    private func perform(_ effect: Effect, receivedAt: Instant) -> Event? {
        switch effect {
        case .publish(let decision):
            if engine.status(of: decision.scheme)?.scheme.isLocal ?? true { publisher.publish(decision) }
            return .published(decision.scheme, generation: decision.generation, took: clock.now - receivedAt)
        case .append(let entry):
            log.append(entry)
            record(entry)
        case .reconcile(let decision):
            if let scheme = engine.status(of: decision.scheme)?.scheme { accounts.reconcile(decision, of: scheme) }
        case .notify(let notice):
            logger.notice("Notice", metadata: ["notice": "\(Wording.sentence(for: notice))"])
        case .probe(let name, let turn):
            schedule(name, turn)
        case .wake(let instant):
            wake?.cancel()
            wake = group.next().scheduleTask(in: delay(until: instant)) { Task { await self.take(.woke) } }
        }
        return nil
    }

    /// Puts something into the history that did not come from the engine.
    func record(_ what: LogEntry.What) {
        let entry = LogEntry(at: clock.now, what)
        log.append(entry)
        record(entry)
    }

    private func record(_ entry: LogEntry) {
        let report = Wording.report(entry, id: 0)
        var metadata: Logger.Metadata = ["text": "\(report.text)"]
        if let scheme = report.scheme { metadata["scheme"] = "\(scheme)" }
        if let indicator = report.indicator { metadata["indicator"] = "\(indicator)" }
        if let generation = report.generation { metadata["generation"] = "\(generation)" }
        switch report.tone {
        case "bad": logger.warning("Event", metadata: metadata)
        default: logger.info("Event", metadata: metadata)
        }
    }

    private func schedule(_ name: IndicatorName, _ turn: ProbeTurn) {
        guard let target = targets[name] else { return }
        target.scheduled?.cancel()
        let due = ProbeTiming.due(
            turn, startedAt: target.startedAt, isFirstTurn: target.isFirstTurn, now: clock.now,
            random: .random(in: 0..<1))
        let version = target.version
        targets[name]?.scheduled = group.next().scheduleTask(in: delay(until: due)) {
            Task { await self.probe(name, version: version) }
        }
        if case .afterInterval = turn { targets[name]?.isFirstTurn = false }
    }

    private func delay(until instant: Instant) -> TimeAmount {
        .nanoseconds(max(0, (instant - clock.now).nanoseconds))
    }

    private func probe(_ name: IndicatorName, version: UInt64) async {
        guard let target = targets[name], target.version == version, !target.isRunning else { return }
        targets[name]?.startedAt = clock.now
        targets[name]?.isRunning = true
        let result = await target.check.probe(timeout: target.policy.timeout, on: group)
        guard targets[name]?.version == version else { return }
        targets[name]?.isRunning = false
        targets[name]?.lastPhases = result.phases
        let outcome: Probe.Outcome = result.isSuccess ? .success : .failure
        take(.probed(name, Probe(outcome, reason: result.reason, took: result.phases.total)))
    }

    // MARK: What can be read

    func changed() {
        sequence += 1
        for listener in listeners.values { listener.yield(sequence) }
    }

    package func changes() -> AsyncStream<UInt64> {
        let (stream, continuation) = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
        nextVersion += 1
        let key = nextVersion
        listeners[key] = continuation
        continuation.onTermination = { _ in Task { await self.forget(listener: key) } }
        return stream
    }

    private func forget(listener key: UInt64) { listeners[key] = nil }

    package func report() -> Report {
        Reporting(engine: engine, now: clock.now, targets: targets, syncs: accounts.statuses)
            .report(
                process: process, sequence: sequence,
                events: log.newest(200).map { Wording.report($0.entry, id: $0.id) })
    }

    package func explanation(of scheme: String) -> Explanation? {
        engine.status(of: SchemeName(scheme)).map { status in
            var explanation = Explanation(of: status)
            let reporting = Reporting(engine: engine, now: clock.now, targets: targets, syncs: accounts.statuses)
            explanation.steps += reporting.providers(of: status).filter { $0.name != Scheme.localProvider }.map {
                Explanation.Step(
                    at: $0.since, stage: "provider", text: ([$0.summary] + $0.remarks).joined(separator: "; "))
            }
            return explanation
        }
    }

    package func unreadiness() -> String? {
        let undecided = engine.schemes.filter { $0.decision == nil }.map(\.scheme.name.text)
        return undecided.isEmpty ? nil : "no verdict yet for \(undecided.joined(separator: ", "))"
    }
}
