import Failover
import TestSupport

/// One seeded world: servers that flap and vanish, vantages that lose probes or deliver them late, operators,
/// revisions, a clock that steps; the real engine among them and the oracle beside it.
struct World {
    private enum Happening {
        case probe(IndicatorName, Vantage, turn: Int)
        case result(IndicatorName, Probe, turn: Int)
        /// A probe that began then has been quiet for longer than usual.
        case quiet(IndicatorName, Vantage, turn: Int)
        case tripped(IndicatorName)
        case serverTurns(String)
        case operatorSpeaks
        case revision
        case windowTurns
        case clockJumps
        case wake
    }

    private struct Planned {
        var at: Instant
        var order: Int
        var happening: Happening
    }

    /// How a server answers at the moment.
    private enum Health: CaseIterable {
        case up, down, vanished, flapping
    }

    /// An indicator as one vantage sees it.
    private struct Sight: Hashable {
        let name: IndicatorName
        let vantage: Vantage
        init(_ name: IndicatorName, _ vantage: Vantage) { (self.name, self.vantage) = (name, vantage) }
    }

    let seed: UInt64
    private(set) var oracle = Oracle()
    /// Every event handed in and every effect that came of it, if asked for.
    private(set) var trace: [String] = []
    /// Every effect, if asked for.
    private(set) var effects: [Effect] = []

    private var random: SeededRandom
    private var engine = Engine()
    private var configuration: Configuration
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var plan: [Planned] = []
    private var planned = 0
    private var health: [Health]
    /// The turn of each indicator's probes; what belongs to an earlier one is dropped.
    private var turns: [Int]
    /// Probes under way that will have a result.
    private var underWay: [Sight: Int] = [:]
    /// In half of the worlds wakes come to the nanosecond; in the others the shell may be busy.
    private let isPunctual: Bool
    private let lossPercent: Int
    private let keepsTrace: Bool
    private let keepsEffects: Bool

    init(seed: UInt64, keepsTrace: Bool = false, keepsEffects: Bool = false) {
        self.seed = seed
        self.keepsEffects = keepsEffects
        self.keepsTrace = keepsTrace
        var random = SeededRandom(seed: seed)
        configuration = Self.configuration(&random)
        health = Self.letters.map { _ in random.chance(75) ? .up : .down }
        turns = Self.letters.map { _ in 0 }
        isPunctual = random.chance(50)
        lossPercent = random.pick([0, 0, 5, 30])
        self.random = random
    }

    /// Lives through so many events, or until the oracle objects.
    mutating func live(events: Int) {
        hand(in: .configured(configuration))
        for letter in Self.letters { schedule(.serverTurns(letter), in: random.number(1...40_000)) }
        schedule(.operatorSpeaks, in: random.number(1000...30_000))
        schedule(.revision, in: random.number(1000...60_000))
        schedule(.windowTurns, in: random.number(0...20_000))
        if random.chance(30) { schedule(.clockJumps, in: random.number(1000...100_000)) }
        while oracle.events < events, oracle.objections.isEmpty, !plan.isEmpty {
            let next = plan.removeFirst()
            if isPunctual, next.at > now { oracle.watch(until: next.at) }
            now = max(now, next.at)
            happen(next.happening)
        }
    }

    // MARK: What happens

    private mutating func happen(_ happening: Happening) {
        switch happening {
        case .probe(let name, let vantage, let turn): probe(name, from: vantage, turn: turn)
        case .result(let name, let probe, let turn):
            if turn == turns[index(of: name)] { underWay[Sight(name, probe.vantage), default: 1] -= 1 }
            hand(in: .probed(name, probe))
        case .quiet(let name, let vantage, let turn):
            let count = underWay[Sight(name, vantage), default: 0]
            guard turn == turns[index(of: name)], count > 0 else { return }
            hand(in: .quiet(name, vantage, underWay: count, letWireGo: random.chance(20)))
        case .tripped(let name):
            guard configuration.indicators.first(where: { $0.name == name })?.quorum ?? 1 == 1 else { return }
            hand(in: .tripped(name, .local))
        case .serverTurns(let letter):
            if let index = Self.letters.firstIndex(of: letter) { health[index] = random.pick(Health.allCases + [.up]) }
            if random.chance(60) { schedule(.tripped(IndicatorName(letter)), in: random.number(0...20)) }
            schedule(.serverTurns(letter), in: random.number(1000...40_000))
        case .operatorSpeaks:
            hand(in: .overridden(word()))
            schedule(.operatorSpeaks, in: random.number(1000...30_000))
        case .revision:
            configuration = Self.revision(of: configuration, &random)
            hand(in: .configured(configuration))
            schedule(.revision, in: random.number(5000...60_000))
        case .windowTurns:
            hand(in: .window(random.pick(Self.windows), isOpen: random.chance(50)))
            schedule(.windowTurns, in: random.number(1000...40_000))
        case .clockJumps:
            // A machine that slept: whatever was planned meanwhile comes now, and late.
            now = now + .seconds(random.number(1...7200))
            hand(in: .woke)
        case .wake:
            hand(in: .woke)
        }
    }

    private func index(of name: IndicatorName) -> Int { Self.letters.firstIndex(of: name.text) ?? 0 }

    private mutating func probe(_ name: IndicatorName, from vantage: Vantage, turn: Int) {
        let index = index(of: name)
        guard turns[index] == turn, let indicator = configuration.indicators.first(where: { $0.name == name })
        else { return }
        if random.chance(lossPercent) {
            // The result never comes; the shell tries again at the next turn.
            let milliseconds = Int(indicator.policy.interval.milliseconds)
            return schedule(.probe(name, vantage, turn: turn), in: milliseconds)
        }
        let isUp =
            switch health[index] {
            case .up: true
            case .down, .vanished: false
            case .flapping: random.chance(50)
            }
        var delay = health[index] == .vanished ? Int(indicator.policy.timeout.milliseconds) : random.number(0...50)
        if random.chance(2) { delay += random.number(1...8000) }
        let probe = Probe(isUp ? .success : .failure, vantage: vantage, reason: isUp ? "200" : "refused")
        underWay[Sight(name, vantage), default: 0] += 1
        schedule(.result(name, probe, turn: turn), in: delay)
        if delay > 60 { schedule(.quiet(name, vantage, turn: turn), in: random.number(60...delay)) }
    }

    /// What an operator might say, sensible or not.
    private mutating func word() -> Override {
        let name = IndicatorName(random.pick(Self.letters + ["x", "y", "z"]))
        let scheme = SchemeName(random.pick(["s1.example.test", "s2.example.test"]))
        let action: Override.Action =
            switch random.number(1...12) {
            case 1, 2: .maintenance(name)
            case 3: .force(name, .ok)
            case 4: .force(name, .err)
            case 5: .force(name, .unknown)
            case 6, 7: .clear(name)
            case 8: .pin(scheme, name)
            case 9, 10: .unpin(scheme)
            default: .failBack(scheme)
            }
        let until = random.chance(60) ? now + .milliseconds(random.number(-500...20_000)) : nil
        return Override(action, author: "anna", until: until)
    }

    // MARK: The engine

    private mutating func hand(in event: Event) {
        // Now and then an instant is handed in that is a little older than the last one.
        let instant = random.chance(2) ? now + .milliseconds(-random.number(1...900)) : now
        let made = engine.handle(event, at: instant)
        if keepsTrace {
            trace.append("\(instant.nanoseconds) \(event)")
            trace += made.map { "    \($0)" }
        }
        if keepsEffects { effects += made }
        oracle.witness(event, at: instant, effects: made, engine)
        for effect in made { perform(effect, after: event) }
    }

    private mutating func perform(_ effect: Effect, after event: Event) {
        switch effect {
        case .publish(let decision):
            oracle.objections += decision.ttlSeconds == 0 ? ["a TTL of zero was published"] : []
        case .probe(let name, let turn, _): follow(turn, of: name, after: event)
        case .wake(let instant):
            plan.removeAll { if case .wake = $0.happening { true } else { false } }
            let late = isPunctual || random.chance(80) ? 0 : random.number(1...2000)
            plan(.wake, at: instant + .milliseconds(late))
        case .append, .reconcile, .notify, .retireTripwire: break
        }
    }

    private mutating func follow(_ turn: ProbeTurn, of name: IndicatorName, after event: Event) {
        guard let indicator = configuration.indicators.first(where: { $0.name == name }) else { return }
        let everywhere = indicator.quorum == 1 ? [Vantage.local] : [Vantage("v1"), Vantage("v2"), Vantage("v3")]
        let milliseconds: Int
        switch turn {
        case .now, .beside: milliseconds = 0
        case .recheck(let pause), .afterInterval(let pause): milliseconds = Int(pause.milliseconds)
        }
        let index = index(of: name)
        switch event {
        case .probed(_, let probe):
            // Whoever is under way asks for the next turn when it ends.
            guard underWay[Sight(name, probe.vantage), default: 0] <= 0 else { return }
            replaceTurn(of: name, probe.vantage, in: milliseconds)
        case .quiet(_, let vantage, _, _), .tripped(_, let vantage):
            if turn == .beside { return schedule(.probe(name, vantage, turn: turns[index]), in: 0) }
            guard underWay[Sight(name, vantage), default: 0] <= 0 else { return }
            replaceTurn(of: name, vantage, in: milliseconds)
        default:
            turns[index] += 1
            for vantage in everywhere { underWay[Sight(name, vantage)] = 0 }
            for vantage in everywhere { schedule(.probe(name, vantage, turn: turns[index]), in: milliseconds) }
        }
    }

    private mutating func replaceTurn(of name: IndicatorName, _ vantage: Vantage, in milliseconds: Int) {
        plan.removeAll { if case .probe(name, vantage, _) = $0.happening { true } else { false } }
        schedule(.probe(name, vantage, turn: turns[index(of: name)]), in: milliseconds)
    }

    // MARK: The plan

    private mutating func schedule(_ happening: Happening, in milliseconds: Int) {
        plan(happening, at: now + .milliseconds(milliseconds))
    }

    private mutating func plan(_ happening: Happening, at instant: Instant) {
        planned += 1
        let place = plan.firstIndex { instant < $0.at } ?? plan.endIndex
        plan.insert(Planned(at: instant, order: planned, happening: happening), at: place)
    }
}
