/// A cause and when it came about.
package struct TimedCause: Hashable, Sendable {
    package var at: Instant
    package var cause: Cause
}

extension Decision {
    /// The causes in their order, each with its time: a verdict's is that of the probe that tipped it, a state's
    /// that of the verdict that did; an override's when it was imposed or ended; everything else happened at the
    /// decision itself.
    package var timeline: [TimedCause] {
        var lastProbe: Instant?
        var lastVerdict: Instant?
        return causes.map { cause in
            switch cause {
            case .probes(_, let records):
                lastProbe = records.last?.at
                return TimedCause(at: records.first?.at ?? at, cause: cause)
            case .verdict:
                lastVerdict = max(lastVerdict ?? .epoch, lastProbe ?? at)
                return TimedCause(at: lastProbe ?? at, cause: cause)
            case .state:
                defer { (lastProbe, lastVerdict) = (nil, nil) }
                return TimedCause(at: lastVerdict ?? lastProbe ?? at, cause: cause)
            case .overridden(let override):
                return TimedCause(at: override.since ?? at, cause: cause)
            case .overrideEnded(let override):
                return TimedCause(at: min(override.until ?? at, at), cause: cause)
            case .recalled(let since):
                return TimedCause(at: since, cause: cause)
            case .selection, .guarded:
                return TimedCause(at: at, cause: cause)
            }
        }
    }
}
