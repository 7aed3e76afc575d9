import Addresses
import DNS
import Failover
import Providers

/// A provider and its zone's servers under a virtual clock, and the reconciler between them.
struct ReconcilerWorld {
    var reconciler: Reconciler
    private(set) var now = Instant(seconds: 1_000_000)
    private let start = Instant(seconds: 1_000_000)
    /// What the provider holds, by name.
    var held: [Name: [RRset]] = [:]
    /// What comes of the next calls to the provider, before they succeed again; `true`: it takes effect all the same.
    var faults: [(error: ProviderError, takesEffect: Bool)] = []
    /// As long as it is set, every call fails so.
    var outage: ProviderError?
    /// Names whose every call fails so.
    var poisoned: [Name: ProviderError] = [:]
    /// What the zone's servers answer; nil: what the provider holds.
    var answers: (@Sendable (Name) -> [ServerAnswer])?
    private var pending: [(at: Instant, job: ProviderJob)] = []
    private var wakeAt: Instant?
    /// Every call to the provider: seconds since the start, and `read`, `write` with its name.
    private(set) var calls: [(at: Double, what: String)] = []
    private(set) var writes = 0
    private(set) var notices: [ProviderNotice] = []

    init(capabilities: Capabilities = Capabilities(), policy change: (inout ReconcilerPolicy) -> Void = { _ in }) {
        var policy = ReconcilerPolicy()
        policy.jitter = 0
        change(&policy)
        reconciler = Reconciler(capabilities: capabilities, policy: policy)
    }

    static func name(_ number: Int) -> Name {
        guard let name = try? Name("host\(number).example.org") else { preconditionFailure("a valid name") }
        return name
    }

    static func wish(_ number: Int, _ addresses: String..., ttl: UInt32 = 60) -> Wish {
        Wish(owner: name(number), addresses: addresses.compactMap { IPAddress($0) }, ttlSeconds: ttl)
    }

    mutating func wish(_ wish: Wish, isExempt: Bool = false) {
        perform(reconciler.wish(wish, isExempt: isExempt, at: now, random: 0.5))
    }

    mutating func force(_ number: Int) { perform(reconciler.force(Self.name(number), at: now, random: 0.5)) }
    mutating func allow() { perform(reconciler.allowChanges(at: now, random: 0.5)) }
    mutating func reconfigured() { perform(reconciler.reconfigured(at: now, random: 0.5)) }

    func state(_ number: Int) -> SyncState? { reconciler.status(of: Self.name(number))?.state }
    func words(_ number: Int) -> String { reconciler.status(of: Self.name(number))?.words ?? "" }
    func values(_ number: Int) -> [String] { (held[Self.name(number)] ?? []).flatMap(\.valueTexts) }

    /// Puts something there as somebody else would.
    mutating func edit(_ number: Int, _ address: String) {
        held[Self.name(number)] = Self.wish(number, address).sets
    }

    /// Lets time go on; every call takes 100 ms.
    mutating func run(for duration: Duration) {
        let end = now + duration
        var turns = 0
        while true {
            let next = (pending.map(\.at) + [wakeAt].compactMap { $0 }).min()
            guard let next, next <= end else { break }
            turns += 1
            guard turns < 100_000 else { preconditionFailure("the reconciler never rests") }
            now = max(now, next)
            if let place = pending.firstIndex(where: { $0.at <= now }) {
                let job = pending.remove(at: place).job
                perform(reconciler.finished(job, outcome(of: job), at: now, random: 0.5))
            } else {
                wakeAt = nil
                perform(reconciler.woke(at: now, random: 0.5))
            }
        }
        now = end
    }

    private mutating func perform(_ effects: [ReconcilerEffect]) {
        for effect in effects {
            switch effect {
            case .run(let job): pending.append((now + .milliseconds(100), job))
            case .wake(let instant): wakeAt = instant
            case .changed: break
            case .notice(let notice): notices.append(notice)
            }
        }
    }

    private mutating func outcome(of job: ProviderJob) -> JobOutcome {
        let elapsed = Double((now - start).nanoseconds) / 1e9 - 0.1
        switch job.step {
        case .survey(let types):
            if let answers { return .surveyed(answers(job.owner)) }
            let sets = (held[job.owner] ?? []).filter { types.contains($0.type) }
            return .surveyed(
                ["ns1", "ns2"].map { ServerAnswer(server: $0, result: .success(sets.map { HeldSet($0) })) })
        case .read(let types):
            calls.append((elapsed, "read \(job.owner.apiText)"))
            if let error = failure(of: job, change: nil) { return .failed(error) }
            return .read((held[job.owner] ?? []).filter { types.contains($0.type) }.map { HeldSet($0) })
        case .write(let change):
            calls.append((elapsed, "write \(job.owner.apiText)"))
            writes += 1
            if let error = failure(of: job, change: change) { return .failed(error) }
            make(change)
            return .wrote(Acceptance("good"))
        }
    }

    private mutating func failure(of job: ProviderJob, change: Change?) -> ProviderError? {
        if let outage { return outage }
        if let error = poisoned[job.owner] { return error }
        guard !faults.isEmpty else { return nil }
        let fault = faults.removeFirst()
        if fault.takesEffect, let change { make(change) }
        return fault.error
    }

    private mutating func make(_ change: Change) {
        held[change.owner] = (held[change.owner] ?? []).filter { !change.types.contains($0.type) } + change.after
    }
}
