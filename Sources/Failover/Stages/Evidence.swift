/// What an indicator's state rests on: told as causes where a decision is made of it, and kept small until then, for
/// there may be a hundred thousand.
enum Evidence: Hashable, Sendable {
    /// Nothing has been seen.
    case none
    /// There is one vantage.
    case one(Vantage, Grounds)
    /// Those that agree, of so many.
    case several([Verdict], of: Int)

    init(of agreeing: [Verdict], among count: Int) {
        if count == 1, let only = agreeing.first {
            self = .one(only.vantage, only.grounds)
        } else {
            self = .several(agreeing, of: count)
        }
    }

    /// The probes, the verdicts and the state that they made; the probes so far while it is unknown.
    func causes(of name: IndicatorName, _ state: State) -> [Cause] {
        switch self {
        case .none: []
        case .one(let vantage, let grounds):
            grounds.causes(of: name, state, at: vantage) + [.state(name, state, agreeing: 1, of: 1)]
        case .several(let agreeing, let count):
            agreeing.flatMap { $0.grounds.causes(of: name, state, at: $0.vantage) }
                + [.state(name, state, agreeing: agreeing.count, of: count)]
        }
    }
}

extension Grounds {
    fileprivate func causes(of name: IndicatorName, _ state: State, at vantage: Vantage) -> [Cause] {
        let probes = Cause.probes(name, probes.records(from: vantage))
        guard case .turn(_, let streak, let threshold) = self else { return [probes] }
        return [probes, .verdict(name, vantage, state, streak: Int(streak), threshold: Int(threshold))]
    }
}
