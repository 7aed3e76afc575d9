import Addresses

/// A member and how its indicator and its lines stand.
///
///     indicator ─► effective ─┐
///                             ├─► usable or why not, and the addresses that it stands for now
///     lines ─► effectives ────┘
struct Seen: Hashable, Sendable {
    var member: Member
    /// Its indicator's, with what its lines add to it: that they are down, and why. That they have come back holds no
    /// failback: lines have a recovery of their own.
    private(set) var effective: Effective
    /// What it answers with now: those of its usable lines, if it has lines.
    private(set) var values: [IPAddress]
    private var causesOfLines: [Cause] = []

    /// - Parameter lines: how the member's lines stand, in their order.
    init(_ member: Member, _ effective: Effective, lines: [Effective] = []) {
        self.member = member
        self.effective = effective
        values = member.values
        if !member.lines.isEmpty { reach(by: lines) }
    }

    var name: IndicatorName { member.indicator }
    /// What made it so, its lines' causes last.
    var causes: [Cause] { effective.causes + causesOfLines }
    var isUsable: Bool { unusableBecause == nil }
    var isDrained: Bool { effective.isDrained }
    var unusableBecause: Candidate.Unusable? {
        member.priority == .disabled ? .disabled : effective.unusableBecause
    }

    /// Whether it has been seen to fail, or its lines have.
    var isKnownToFail: Bool { effective.effective == .err || unusableBecause == .line }

    var candidate: Candidate {
        Candidate(
            indicator: name, priority: member.priority, state: effective.state, effective: effective.effective,
            unusableBecause: unusableBecause, isDrained: isDrained)
    }

    /// What it stands for where nothing better is left: what of `last` is its own while none of its lines is usable.
    func values(holding last: [IPAddress]) -> [IPAddress] {
        if !values.isEmpty { return values }
        let held = member.values.filter(last.contains)
        return held.isEmpty ? member.values : held
    }

    private mutating func reach(by lines: [Effective]) {
        let pairs = zip(member.lines, lines)
        let usable = pairs.filter { $1.unusableBecause == nil }
        // Drained lines come after all others.
        let wanted = usable.filter { !$1.isDrained }
        let chosen = wanted.isEmpty ? usable : wanted
        values = (member.redundancy == .only ? Array(chosen.prefix(1)) : chosen).flatMap(\.0.values)
        causesOfLines = lines.flatMap(\.causes)
        if usable.isEmpty {
            let isAwaited = lines.contains { $0.verdictDueBy != nil }
            effective.unusableBecause = effective.unusableBecause ?? (isAwaited ? .unknown : .line)
            effective.verdictDueBy = ([effective.verdictDueBy] + lines.map(\.verdictDueBy)).compactMap { $0 }.max()
        }
        // One that has not been tried yet may be as good as those that have.
        effective.probeDueBy = ([effective.probeDueBy] + lines.map(\.probeDueBy)).compactMap { $0 }.max()
    }
}
