/// What the end of an idle connection means: nothing by itself. It hastens the probes that decide.
///
///     held ──tripped──► hastened: a probe at once, confirmations 20 ms apart ──err──► verdict
///       ▲                   │
///       └────success: a false alarm; `habit` of them within an hour, and the tripwire is retired
struct Tripwire: Hashable, Sendable {
    /// Why an idle connection is of no use with this server.
    enum Retirement: String, Hashable, Sendable {
        case closesIdleConnections = "retired: the server ends idle connections by habit"
        case servesOneAtATime = "retired: the server answers nobody else while a connection is open"
    }

    /// The pause between the probes that confirm what the tripwire told.
    static let confirmation = Duration.milliseconds(20)
    /// False alarms within an hour that make a habit.
    static let habit = 3

    private var falseAlarms: [Instant] = []
    private(set) var retirement: Retirement?
    private var suspicion: Retirement?

    /// Whether probes are hastened.
    var isTripped: Bool { suspicion == .closesIdleConnections }

    /// The idle connection was ended, or was let go because probes went quiet beside it.
    mutating func trip(_ meaning: Retirement) {
        if retirement == nil { suspicion = meaning }
    }

    /// Takes a probe's outcome in. Returns true if the tripwire is to be let go for good.
    mutating func probed(_ outcome: Probe.Outcome, state: State, at now: Instant) -> Bool {
        guard let suspect = suspicion else { return false }
        if outcome == .failure {
            if state == .err { (suspicion, falseAlarms) = (nil, []) }
            return false
        }
        suspicion = nil
        falseAlarms.removeAll { now - $0 > .seconds(3600) }
        falseAlarms.append(now)
        guard falseAlarms.count >= Self.habit else { return false }
        (retirement, falseAlarms) = (suspect, [])
        return true
    }
}
