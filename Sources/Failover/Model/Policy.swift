/// How often and how patiently an indicator is checked. A hundred thousand indicators share a few of them: copies of one
/// have their values in common.
package struct Policy: Hashable, Sendable {
    private indirect enum Shared: Hashable, Sendable {
        case of(Values)
    }

    private struct Values: Hashable, Sendable {
        var name: String
        var interval: Duration = .seconds(10)
        var timeout: Duration = .seconds(5)
        var recheck: Duration = .seconds(2)
        var fall = 3
        var rise = 5
        var forget = 3
        var tripwire = false
    }

    private var shared: Shared

    package init(name: String = "default") { shared = .of(Values(name: name)) }

    package static let `default` = Policy()

    private var values: Values {
        get {
            switch shared {
            case .of(let values): values
            }
        }
        set { shared = .of(newValue) }
    }

    package var name: String {
        get { values.name }
        set { values.name = newValue }
    }

    /// From the start of one probe to the start of the next, at least 100 ms.
    package var interval: Duration {
        get { values.interval }
        set { values.interval = newValue }
    }

    /// How long a probe may take; below `interval`.
    package var timeout: Duration {
        get { values.timeout }
        set { values.timeout = newValue }
    }

    /// The pause after a probe while the verdict is undecided; at most `interval`.
    package var recheck: Duration {
        get { values.recheck }
        set { values.recheck = newValue }
    }

    /// Failures that turn ok into err, 1…100.
    package var fall: Int {
        get { values.fall }
        set { values.fall = newValue }
    }

    /// Successes in a row that turn err into ok, 1…100.
    package var rise: Int {
        get { values.rise }
        set { values.rise = newValue }
    }

    /// Successes in a row after which failures counted so far are forgotten, 1…100.
    package var forget: Int {
        get { values.forget }
        set { values.forget = newValue }
    }

    /// Hold an idle connection to the server, where the check can, to learn at once that it is gone.
    package var tripwire: Bool {
        get { values.tripwire }
        set { values.tripwire = newValue }
    }

    /// For what is told and not probed: once said, it is so.
    package mutating func isCertainAtOnce() { (fall, rise, forget) = (1, 1, 1) }

    /// How long a vantage's verdict counts after its last probe: three missed turns and the timeout of one.
    package var freshness: Duration { interval * 3 + timeout }

    /// How long a new indicator's first verdict is waited for: one interval of staggered start, then `fall` probes.
    package var firstVerdictPatience: Duration { interval + (timeout + recheck) * fall }
}
