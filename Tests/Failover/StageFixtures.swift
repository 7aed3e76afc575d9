import Addresses

@testable import Failover

/// A scheme of members `a`, `b`, … with these priorities, the values 192.0.2.1, 192.0.2.2, …
func scheme(_ priorities: Int..., answers: Answers = .all, allDown: AllDown = .hold) -> Scheme {
    var scheme = Scheme(name: SchemeName("cat.example.test"))
    scheme.answers = answers
    scheme.allDown = allDown
    for (index, priority) in priorities.enumerated() {
        scheme.members.append(
            Member(indicator: name(index), values: [value(index + 1)], priority: Priority(priority)))
    }
    return scheme
}

func name(_ index: Int) -> IndicatorName { IndicatorName(["a", "b", "c", "d", "e"][index]) }

func value(_ last: Int) -> IPAddress { .v4(IPv4Address(bits: 0xC000_0200 + UInt32(last))) }

/// What the override stage says of each member: `✓` ok, `✗` err, `?` unknown, `m` maintenance, `d` disabled.
func effectives(_ marks: String, recoveredAt: Instant? = nil) -> [Effective] {
    marks.enumerated().map { index, mark in
        var standing = Standing(name: name(index))
        standing.state = mark == "✗" ? .err : mark == "?" ? .unknown : .ok
        standing.isUndecided = mark == "?"
        standing.recoveredAt = mark == "✓" ? recoveredAt : nil
        var effective = Effective(standing, policy: .default)
        effective.unusableBecause =
            mark == "m" ? .maintenance : mark == "d" ? .disabled : Candidate.Unusable(standing.state)
        return effective
    }
}

/// What the selection makes of these members.
func choice(_ scheme: Scheme, _ marks: String, pin: Int? = nil, recoveredAt: Instant? = nil) -> Choice {
    var selection = Selection()
    if let pin { _ = selection.impose(Override(.pin(scheme.name, name(pin)), author: "anna")) }
    return selection.select(effectives(marks, recoveredAt: recoveredAt), of: scheme, on: Occasion())
}
