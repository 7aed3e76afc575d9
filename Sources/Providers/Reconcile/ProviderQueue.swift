import DNS
import Failover

/// One provider's shell: runs the jobs that its reconciler asks for, each with a deadline, and tells what changed.
/// Another provider has another queue, so that one that hangs delays nobody else.
package actor ProviderQueue {
    /// What a queue tells of.
    package enum News: Hashable, Sendable {
        /// A name's status changed.
        case changed(SyncStatus)
        case notice(ProviderNotice)
    }

    package nonisolated let name: String
    private let provider: any Provider
    private let survey: AuthoritySurvey
    private let callTimeout: Duration
    private let clock: @Sendable () -> Instant
    /// What is still to be told. One task tells it, so that no status overtakes a later one.
    private let untold: AsyncStream<News>.Continuation
    private var reconciler: Reconciler
    private var timer: Task<Void, Never>?
    private var isStopped = false

    /// - Parameters:
    ///   - callTimeout: the deadline of each call.
    ///   - tell: called for each change, in order, one after the other; nothing here waits for it.
    package init(
        name: String, provider: any Provider, survey: AuthoritySurvey, policy: ReconcilerPolicy = ReconcilerPolicy(),
        callTimeout: Duration = .seconds(20), clock: @escaping @Sendable () -> Instant,
        tell: @escaping @Sendable (News) async -> Void
    ) {
        self.name = name
        self.provider = provider
        self.survey = survey
        self.callTimeout = callTimeout
        self.clock = clock
        reconciler = Reconciler(capabilities: provider.capabilities, policy: policy)
        let (stream, untold) = AsyncStream.makeStream(of: News.self)
        self.untold = untold
        Task { for await news in stream { await tell(news) } }
    }

    deinit { untold.finish() }

    // MARK: What comes in

    package func wish(_ wish: Wish, isExempt: Bool = false) {
        perform(reconciler.wish(wish, isExempt: isExempt, at: clock(), random: .random(in: 0..<1)))
    }

    package func forget(_ owner: Name) {
        perform(reconciler.forget(owner, at: clock(), random: .random(in: 0..<1)))
    }

    /// Forgets every name but these.
    package func keep(only owners: Set<Name>) {
        for owner in reconciler.statuses.map(\.owner) where !owners.contains(owner) { forget(owner) }
    }

    package func force(_ owner: Name) {
        perform(reconciler.force(owner, at: clock(), random: .random(in: 0..<1)))
    }

    package func allowChanges() {
        perform(reconciler.allowChanges(at: clock(), random: .random(in: 0..<1)))
    }

    package func reconfigured() {
        perform(reconciler.reconfigured(at: clock(), random: .random(in: 0..<1)))
    }

    /// What a push of the name would do, by what is there now: in words. Nothing is changed and nothing remembered. nil
    /// if the name is not kept here.
    package func preview(_ owner: Name) async -> String? {
        guard let place = reconciler.place(of: owner) else { return nil }
        let fitted: FittedWish
        switch reconciler.tracks[place].fitted {
        case .success(let wish): fitted = wish
        case .failure(let error): return "it would be refused: \(error.words)"
        }
        let isRead = reconciler.capabilities.reading == .provider
        let job = ProviderJob(
            id: 0, owner: owner, step: isRead ? .read(types: fitted.types) : .survey(types: fitted.types))
        let (provider, survey, timeout) = (provider, survey, callTimeout)
        let outcome = await firstOutcome(
            within: timeout + .seconds(2), else: .failed(.unavailable(.timedOut, words: "no answer within \(timeout)")),
            of: { await Self.outcome(of: job, provider, survey, timeout) })
        let held: [HeldSet]
        switch outcome {
        case .failed(let error): return "what is there cannot be read: \(error.words)"
        case .wrote: preconditionFailure("a preview writes nothing")
        case .read(let sets): held = sets
        case .surveyed(let answers):
            let sets = answers.compactMap { try? $0.result.get() }
            guard let first = sets.first else { return "no name server says what is there; it would be sent" }
            held = answers.first { !$0.agrees(with: fitted) }.flatMap { try? $0.result.get() } ?? first
        }
        return reconciler.proposal(for: fitted, of: owner, over: held)
    }

    package var statuses: [SyncStatus] { reconciler.statuses }
    package var isPaused: Bool { reconciler.isPaused }

    /// Starts nothing more; what is under way is not waited for and not heard.
    package func stop() {
        isStopped = true
        timer?.cancel()
        untold.finish()
    }

    // MARK: What is done

    private func perform(_ effects: [ReconcilerEffect]) {
        guard !isStopped else { return }
        var changed: [Name] = []
        var news: [News] = []
        for effect in effects {
            switch effect {
            case .run(let job): run(job)
            case .wake(let instant): wake(at: instant)
            case .changed(let owner): if !changed.contains(owner) { changed.append(owner) }
            case .notice(let notice): news.append(.notice(notice))
            }
        }
        news += changed.compactMap { reconciler.status(of: $0).map(News.changed) }
        for item in news { untold.yield(item) }
    }

    private func wake(at instant: Instant?) {
        timer?.cancel()
        guard let instant else { return }
        let pause = max(.milliseconds(1), instant - clock())
        timer = Task { [weak self] in
            do {
                try await ContinuousClock().sleep(for: pause)
            } catch {
                return
            }
            await self?.woke()
        }
    }

    private func woke() {
        guard !isStopped else { return }
        perform(reconciler.woke(at: clock(), random: .random(in: 0..<1)))
    }

    private func run(_ job: ProviderJob) {
        let provider = provider
        let survey = survey
        let timeout = callTimeout
        Task {
            // A driver that does not keep its deadline is given up: what it says later is not heard.
            let outcome = await firstOutcome(
                within: timeout + .seconds(2),
                else: {
                    let words = "no answer within \(timeout)"
                    if case .write = job.step { return .failed(.outcomeUnknown(words: words)) }
                    return .failed(.unavailable(.timedOut, words: words))
                }(), of: { await Self.outcome(of: job, provider, survey, timeout) })
            self.finished(job, outcome)
        }
    }

    private static func outcome(
        of job: ProviderJob, _ provider: any Provider, _ survey: AuthoritySurvey, _ timeout: Duration
    ) async -> JobOutcome {
        do throws(ProviderError) {
            switch job.step {
            case .read(let types):
                return .read(try await provider.read(job.owner, types: types, until: .after(timeout)))
            case .write(let change): return .wrote(try await provider.write(change, until: .after(timeout)))
            case .survey(let types): return .surveyed(await survey.ask(job.owner, types: types))
            }
        } catch {
            return .failed(error)
        }
    }

    private func finished(_ job: ProviderJob, _ outcome: JobOutcome) {
        guard !isStopped else { return }
        perform(reconciler.finished(job, outcome, at: clock(), random: .random(in: 0..<1)))
    }
}

/// What `body` gives, or `fallback` if it takes longer; `body` is then cancelled and left to itself.
private func firstOutcome(
    within limit: Duration, else fallback: JobOutcome, of body: @escaping @Sendable () async -> JobOutcome
) async -> JobOutcome {
    let (stream, continuation) = AsyncStream.makeStream(of: JobOutcome.self)
    let work = Task { continuation.yield(await body()) }
    let alarm = Task {
        try? await ContinuousClock().sleep(for: limit)
        continuation.yield(fallback)
    }
    defer {
        work.cancel()
        alarm.cancel()
        continuation.finish()
    }
    for await outcome in stream { return outcome }
    return fallback
}
