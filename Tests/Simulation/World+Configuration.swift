import Addresses
import Failover
import TestSupport

/// Makes configurations up and changes them the way people do.
extension World {
    static let letters = ["a", "b", "c", "d", "e", "f"]

    static func configuration(_ random: inout SeededRandom) -> Configuration {
        let count = random.number(1...6)
        var indicators = letters.prefix(count).map { letter in indicator(letter, &random) }
        // Names after those of the probed ones; each may read all that come before it.
        for name in ["x", "y", "z"] where random.chance(40) {
            var derived = indicator(name, &random)
            derived.quorum = 1
            derived.logic = logic(over: indicators.map(\.name), depth: 2, &random)
            indicators.append(derived)
        }
        let schemes = (1...random.number(1...2)).map { number in
            scheme("s\(number).example.test", of: indicators.map(\.name), &random)
        }
        return Configuration(indicators: indicators, schemes: schemes)
    }

    private static func indicator(_ letter: String, _ random: inout SeededRandom) -> Indicator {
        var indicator = Indicator(name: IndicatorName(letter))
        indicator.policy.interval = .seconds(random.number(1...5))
        indicator.policy.timeout = .milliseconds(random.pick([300, 800]))
        indicator.policy.recheck = .milliseconds(random.pick([200, 500, 1000]))
        indicator.policy.tripwire = random.chance(50)
        thresholds(of: &indicator, &random)
        // Three vantages watch those with a quorum of two.
        if random.chance(20) { indicator.quorum = 2 }
        indicator.isDisabled = random.chance(5)
        return indicator
    }

    /// The windows of the simulated worlds' days.
    static let windows = ["during 08:00-18:00", "on sat-sun"]

    private static func logic(over names: [IndicatorName], depth: Int, _ random: inout SeededRandom) -> Logic {
        if depth == 0 || random.chance(30) {
            return random.chance(20) ? .window(random.pick(windows)) : .indicator(random.pick(names))
        }
        if random.chance(20) { return .not(logic(over: names, depth: depth - 1, &random)) }
        let parts = (1...random.number(1...3)).map { _ in logic(over: names, depth: depth - 1, &random) }
        switch random.number(1...3) {
        case 1: return .all(parts)
        case 2: return .any(parts)
        default: return .atLeast(random.number(1...parts.count), of: parts)
        }
    }

    private static func thresholds(of indicator: inout Indicator, _ random: inout SeededRandom) {
        indicator.policy.fall = random.number(1...3)
        indicator.policy.rise = random.number(1...4)
        indicator.policy.forget = random.number(1...3)
        if indicator.logic != nil { indicator.policy.isCertainAtOnce() }
    }

    private static func scheme(
        _ name: String, of indicators: [IndicatorName], _ random: inout SeededRandom
    ) -> Scheme {
        var scheme = Scheme(name: SchemeName(name))
        habits(of: &scheme, &random)
        for indicator in indicators where random.chance(80) {
            scheme.members.append(member(indicator, &random))
        }
        return scheme
    }

    private static func habits(of scheme: inout Scheme, _ random: inout SeededRandom) {
        scheme.ttlSeconds = UInt32(random.pick([3, 30, 120]))
        scheme.failback = random.pick([.immediate, .after(.seconds(5)), .after(.seconds(40)), .manual])
        scheme.allDown = random.pick([
            .hold, .primary, .all, .sorry([address(250), address(251)]), .nodata, .servfail,
        ])
        scheme.answers = random.chance(70) ? .all : .one
        scheme.massFailureBrake = random.chance(70)
    }

    private static func member(_ indicator: IndicatorName, _ random: inout SeededRandom) -> Member {
        let values = (1...random.number(1...2)).map { _ in address(random.number(1...12)) }
        return Member(
            indicator: indicator, values: values, priority: Priority(random.pick([100, 100, 95, 90, 90, 85, 0])))
    }

    private static func address(_ last: Int) -> IPAddress { .v4(IPv4Address(bits: 0xC000_0200 + UInt32(last))) }

    /// The next revision: one to three things are different.
    static func revision(of old: Configuration, _ random: inout SeededRandom) -> Configuration {
        var new = old
        for _ in 1...random.number(1...3) {
            switch random.number(1...9) {
            case 1: addIndicator(to: &new, &random)
            case 2: removeIndicator(from: &new, &random)
            case 3: change(&new.indicators, &random) { indicator, _ in indicator.isDisabled.toggle() }
            case 4: change(&new.indicators, &random) { thresholds(of: &$0, &$1) }
            case 5: change(&new.schemes, &random) { habits(of: &$0, &$1) }
            case 9:
                let names = new.indicators.filter { $0.logic == nil }.map(\.name)
                guard !names.isEmpty else { continue }
                change(&new.indicators, &random) { indicator, random in
                    if indicator.logic != nil { indicator.logic = logic(over: names, depth: 2, &random) }
                }
            case 6:
                change(&new.schemes, &random) { scheme, random in
                    change(&scheme.members, &random) { $0.priority = Priority($1.pick([110, 100, 90, 0])) }
                }
            case 7:
                let names = new.indicators.map(\.name)
                change(&new.schemes, &random) { addMember(to: &$0, from: names, &$1) }
            default:
                change(&new.schemes, &random) { scheme, random in
                    if !scheme.members.isEmpty {
                        scheme.members.remove(at: random.number(0...(scheme.members.count - 1)))
                    }
                }
            }
        }
        return Configuration(indicators: new.indicators, schemes: new.schemes)
    }

    private static func addIndicator(to new: inout Configuration, _ random: inout SeededRandom) {
        let taken = new.indicators.map(\.name.text)
        guard let free = letters.first(where: { !taken.contains($0) }) else { return }
        new.indicators.append(indicator(free, &random))
    }

    private static func removeIndicator(from new: inout Configuration, _ random: inout SeededRandom) {
        guard !new.indicators.isEmpty else { return }
        var gone = [random.pick(new.indicators).name]
        // Who reads one that is gone goes with it.
        for indicator in new.indicators {
            if indicator.logic?.inputs.contains(where: gone.contains) == true { gone.append(indicator.name) }
        }
        new.indicators.removeAll { gone.contains($0.name) }
        for index in new.schemes.indices { new.schemes[index].members.removeAll { gone.contains($0.indicator) } }
    }

    private static func addMember(to scheme: inout Scheme, from names: [IndicatorName], _ random: inout SeededRandom) {
        let members = scheme.members.map(\.indicator)
        if let name = names.first(where: { !members.contains($0) }) { scheme.members.append(member(name, &random)) }
    }

    private static func change<Element>(
        _ elements: inout [Element], _ random: inout SeededRandom,
        _ body: (inout Element, inout SeededRandom) -> Void
    ) {
        guard !elements.isEmpty else { return }
        let index = random.number(0...(elements.count - 1))
        body(&elements[index], &random)
    }
}
