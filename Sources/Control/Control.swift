import Checks
import Failover
import Logging
import NIOCore
import Notices
import Providers
import Settings
import Storage
import Synchronization

/// The imperative shell: owns the engine, hands it what happens and performs what it answers.
///
///     checks ─► probed ─┐                       ┌─► publish    (our DNS, first of all)
///     operator ─────────┼─► engine.handle ─► [effect] ─► append     (the log)
///     clock ─► woke ────┘                       ├─► probe, wake (timers)
///                                               └─► notify     (structured log; `Control+Notices` tells people)
///
/// Everything that reads (page, API, CLI) reads reports made here, and changes nothing.
package actor Control: ControlInterface {
    var engine = Engine()
    /// Sorted by name; the place is the key by which the probe workers know a target.
    var targets: [ProbeTarget] = []
    /// By place, of each target that is not the probe workers'.
    var ownTurns: [Int: OwnTurns] = [:]
    var workers: ProbeWorkers?
    /// What they have to tell, on its way.
    var probeNews: AsyncStream<[ProbeNews]>.Continuation?
    var epoch: UInt32 = 0
    var dice = Dice()
    /// Probes under way that are not the workers', and the turns that wait for room.
    var othersUnderWay = 0
    var othersWaiting: ArraySlice<(place: Int, version: UInt64)> = []
    /// Turns that wait for `releaseProbes`; nil while none has to.
    var heldTurns: [(name: IndicatorName, turn: ProbeTurn, patience: Duration?)]?
    private(set) var log = EventLog()
    private var sequence: UInt64 = 0
    private var listeners: [UInt64: AsyncStream<UInt64>.Continuation] = [:]
    var nextVersion: UInt64 = 0
    /// What reported indicators said last, and since when we listen to each.
    var lastReports: [IndicatorName: LastReport] = [:]
    var listeningSince: [IndicatorName: Instant] = [:]
    var reportToken: ReportToken?
    /// Where checks must not go.
    var forbidden = AddressBan()
    var logicWindows = OpenWindows()
    private var wake: Scheduled<Void>?
    var accounts = ProviderAccounts()
    /// What is told on the status page; nil until it has been read.
    var posts: [StatusPost]?
    /// What people were told of the server itself.
    var toldProblems: [String] = []
    var propagation: PropagationWatch
    var isStopped = false
    private var reloadProblems: [String] = []
    /// Planned maintenance, and which occurrence of each was opened last.
    var windows: [MaintenanceWindow] = []
    var opened: [String: String] = [:]
    var windowWake: Scheduled<Void>?
    var projects = ProjectIndex()
    /// What no file manages; nil before a revision is in force.
    private var managed: ManagedNames?
    /// What people are told, and the way it goes to them.
    var dispatch = Dispatch()
    var noticeWake: (at: Instant, timer: Scheduled<Void>)?
    let post: Post
    var hasNotices = false
    var certificateDays = NoticeSettings.standardCertificateDays

    let clock: ShellClock
    private let publisher: any Publisher
    let group: any EventLoopGroup
    let logger: Logger
    let process: ProcessReport
    let probing: Probing
    /// No provider's account is changed, whatever the configuration says.
    package nonisolated let isDryRun: Bool
    /// Nil without a store: then nothing outlives the process.
    let keeping: Keeping?
    let loans: Loans
    var unwritten: [StoredChange] = []
    private(set) var retention = HistorySettings()
    /// Lines, services and the forwarding that is wanted.
    var lineKeeping = LineKeeping()
    let areThereLines = Mutex(false)

    /// - Parameters:
    ///   - store: what outlives the process; the engine goes on from what it holds.
    ///   - isDryRun: no provider's account is changed; what would be is said.
    ///   - relieve: gives memory back that is free; called from any thread, now and then.
    package init(
        clock: ShellClock, publisher: any Publisher, group: any EventLoopGroup, process: ProcessReport,
        probing: Probing = Probing(), store: Store? = nil, isDryRun: Bool = false, logger: Logger,
        relieve: (@Sendable () -> Void)? = nil
    ) throws(StoreError) {
        loans = Loans(group: group, relieve: relieve)
        if let store {
            let keeping = Keeping(store)
            engine = Engine(remembering: try keeping.memory())
            log = try keeping.log()
            dispatch = try keeping.dispatch()
            self.keeping = keeping
        } else {
            keeping = nil
        }
        self.probing = probing
        self.isDryRun = isDryRun
        propagation = PropagationWatch(group: group, settings: PropagationSettings())
        self.clock = clock
        self.publisher = publisher
        self.group = group
        self.process = process
        self.logger = logger
        post = Post(group: group, clock: clock, store: store, logger: logger)
        store?.onTrouble { [weak self] trouble in Task { await self?.storeTroubled(trouble) } }
    }

    // MARK: What comes in

    /// Puts a revision into force: new indicators are probed at once, those that are gone no more.
    package func apply(_ settings: Settings) {
        var checks: [IndicatorName: any Check] = [:]
        for (name, check) in settings.checks { checks[name] = check }
        managed = settings.managed
        if projects.projects != settings.projects { projects = ProjectIndex(settings.projects) }
        reportToken = settings.reportToken
        forbidden = settings.forbidden
        configureNotices(settings.notices)
        configureLines(settings.appliance)
        let old = engine.indicators.map(\.name)
        retention = settings.history
        if propagation.settings != settings.propagation {
            propagation = PropagationWatch(group: group, settings: settings.propagation)
        }
        apply(settings.configuration, checks: checks, providers: settings.providers)
        configureWindows(settings.windows, old: old)
        tellProblems()
        finishTaking()
    }

    package func apply(
        _ configuration: Configuration, checks: [IndicatorName: any Check], providers: [ProviderSettings] = []
    ) {
        var providers = providers
        if isDryRun { for index in providers.indices { providers[index].policy.isDryRun = true } }
        accounts.apply(providers, group: group, clock: clock) { [weak self] in await self?.heard($1, from: $0) }
        replaceTargets(configuration, checks: checks)
        watchWindows(of: checks)
        let known = targets.map { engine.status(of: $0.name) != nil }
        perform(event: .configured(configuration))
        accounts.keep(configuration.schemes)
        // What was decided before goes to the accounts that are new.
        for status in engine.schemes {
            if let decision = status.decision { accounts.reconcile(decision, of: status.scheme) }
        }
        // What the engine did not ask for anew (it kept its state) goes on at its interval.
        for (place, wasKnown) in known.enumerated()
        where wasKnown && !targets[place].isAsked && !targets[place].isLogic {
            schedule(targets[place].name, .afterInterval(targets[place].interval), patience: nil)
        }
        forgetNotices()
        finishTaking()
    }

    /// Writes a line about the configuration into the history.
    func noteRevision(_ text: String) {
        let now = clock.now
        let report = EventReport(
            id: log.nextID, at: now.seconds, kind: "configuration", text: text, tone: "neutral")
        log.append(report)
        if keeping != nil { unwritten.append(.event(StoredEvent(report, at: now))) }
        finishTaking()
    }

    /// Writes into the history that a backup was restored.
    package func noteRestore(_ text: String, by author: String) { noteRevision("\(author): \(text)") }

    /// Notes what keeps the newest configuration from being in force, to be shown; empty when it is.
    package func setProblems(_ problems: [String]) {
        guard problems != reloadProblems else { return }
        reloadProblems = problems
        tellProblems()
        changed()
    }

    /// The disk is full, say, or has room again.
    private func storeTroubled(_ trouble: String?) {
        if let trouble {
            logger.error("Nothing can be written; answers go on", metadata: ["why": "\(trouble)"])
        } else {
            logger.notice("Everything is written again")
        }
        tellProblems()
        changed()
    }

    /// Ends all timers; probes under way end by themselves and are not heard.
    package func stop() {
        isStopped = true
        wake?.cancel()
        logicWindows.timer?.cancel()
        windowWake?.cancel()
        noticeWake?.timer.cancel()
        post.stop()
        for turns in ownTurns.values { turns.scheduled?.cancel() }
        targets = []
        ownTurns = [:]
        workers?.stop()
        probeNews?.finish()
        accounts.stop()
        for listener in listeners.values { listener.finish() }
        listeners = [:]
        stopForwarding()
    }

    func take(_ event: Event) {
        perform(event: event)
        finishTaking()
    }

    /// Hands an event in and performs what comes of it. `finishTaking` comes after the last of a batch.
    func perform(event: Event) {
        guard !isStopped else { return }
        let receivedAt = clock.now
        var published: [Event] = []
        let effects = engine.handle(event, at: receivedAt)
        let last = effects.lastIndex(byScheme: event)
        for (place, effect) in effects.enumerated() {
            // Of what is remembered and at once decided otherwise, only the latter is answered.
            if case .publish(let decision) = effect, last[decision.scheme].map({ $0 > place }) ?? false { continue }
            if let report = perform(effect, receivedAt: receivedAt) { published.append(report) }
        }
        for report in published {
            for effect in engine.handle(report, at: clock.now) { perform(effect, receivedAt: receivedAt) }
        }
    }

    func finishTaking() {
        workers?.commit()
        noteForwarding()
        changed()
        keeping?.store.note(unwritten)
        unwritten = []
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
            record(entry)
        case .reconcile(let decision):
            if let scheme = engine.status(of: decision.scheme)?.scheme { accounts.reconcile(decision, of: scheme) }
        case .notify(let notice):
            logger.notice("Notice", metadata: ["notice": "\(Wording.sentence(for: notice))"])
        case .probe(let name, let turn, let patience):
            schedule(name, turn, patience: patience)
        case .retireTripwire(let name):
            if let place = targets.place(of: name) { workers?.retireWire(UInt32(place)) }
        case .wake(let instant):
            wake?.cancel()
            wake = group.next().scheduleTask(in: delay(until: instant)) { Task { await self.take(.woke) } }
        }
        return nil
    }

    /// Puts something into the history that did not come from the engine.
    func record(_ what: LogEntry.What) {
        record(LogEntry(at: clock.now, what))
    }

    private func record(_ entry: LogEntry) {
        let report = Wording.report(entry, id: log.nextID)
        let explanation = Keeping.explanation(for: entry, engine)
        log.append(report, explanation: explanation)
        if keeping != nil { unwritten += Keeping.changes(for: entry, report, explanation) }
        for happening in happenings(of: entry, report) { tell(happening) }
        var metadata: Logger.Metadata = ["text": "\(report.text)"]
        if let scheme = report.scheme { metadata["scheme"] = "\(scheme)" }
        if let indicator = report.indicator { metadata["indicator"] = "\(indicator)" }
        if let generation = report.generation { metadata["generation"] = "\(generation)" }
        switch report.tone {
        case "bad": logger.warning("Event", metadata: metadata)
        default: logger.info("Event", metadata: metadata)
        }
    }

    func delay(until instant: Instant) -> TimeAmount {
        .nanoseconds(max(0, (instant - clock.now).nanoseconds))
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

    /// The report is made outside: the engine goes on meanwhile.
    package nonisolated func report() async -> Report { await snapshot().report }

    package nonisolated func readModel() async -> any ReadModel { await snapshot() }

    private func snapshot() -> EngineReadModel {
        EngineReadModel(
            reporting: Reporting(
                engine: engine, now: clock.now, targets: targets, syncs: accounts.statuses),
            process: process, sequence: sequence, events: Array(log.newest(200)), problems: problems(),
            managed: managed, projects: projects, loan: targets.count < Loans.large ? nil : Loan(of: loans))
    }

    package nonisolated func indicatorFigures() async -> [IndicatorFigures] {
        var all: [IndicatorFigures] = []
        while true {
            let more = await figures(after: all.last.map { IndicatorName($0.name) })
            if more.isEmpty { return all }
            all += more
        }
    }

    /// So few that no probe waits for long.
    private func figures(after name: IndicatorName?) -> [IndicatorFigures] {
        engine.outlines(after: name, limit: 500).map { outline, last in
            IndicatorFigures(
                name: outline.name.text, state: outline.state.rawValue,
                lastTook: last.map { $0.probe.took.milliseconds / 1000 },
                lastSucceeded: last.map { $0.probe.outcome == .success })
        }
    }

    /// Probes an indicator now, whatever its interval; false if there is no such indicator.
    package func recheck(_ indicator: String) -> Bool {
        guard targets.place(of: IndicatorName(indicator)) != nil else { return false }
        schedule(IndicatorName(indicator), .now, patience: nil)
        return true
    }

    package func problems() -> [String] {
        reloadProblems + (keeping?.problems ?? []) + lineKeeping.problems + lineKeeping.forwardingProblems
    }

    package func explanation(of scheme: String) -> Explanation? {
        engine.status(of: SchemeName(scheme)).map { status in
            var explanation = Explanation(of: status)
            explanation.summary += lineWords(of: status)
            explanation.steps += lineSteps(of: status)
            let reporting = Reporting(
                engine: engine, now: clock.now, targets: targets, syncs: accounts.statuses)
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

extension [Effect] {
    /// Where each scheme's last answer is, after a configuration; empty after any other event, which decides once.
    fileprivate func lastIndex(byScheme event: Event) -> [SchemeName: Int] {
        guard case .configured = event else { return [:] }
        var last: [SchemeName: Int] = [:]
        for (place, effect) in enumerated() {
            if case .publish(let decision) = effect { last[decision.scheme] = place }
        }
        return last
    }
}
