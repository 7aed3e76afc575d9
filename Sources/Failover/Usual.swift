/// How long a target's answer usually takes, seen from one vantage: a smoothed time and its usual deviation, as
/// TCP keeps them for its retransmissions (RFC 6298 §2). Only successes count: they say how the target is when it
/// is well.
struct Usual: Hashable, Sendable {
    /// Microseconds; 0 before the first success.
    private var smoothed: Int32 = 0
    private var deviation: Int32 = 0

    /// Beyond four times what hardly any answer exceeds, and beyond this, an answer is not believed to be usual all at
    /// once, microseconds. A server that has really grown slow is known after a few.
    private static let credible: Int64 = 50_000

    /// Takes the time of one success in.
    mutating func note(_ took: Duration) {
        var sample = Int64(Int32(clamping: max(1, took.nanoseconds / 1000)))
        guard smoothed > 0 else {
            smoothed = Int32(sample)
            deviation = Int32(sample / 2)
            return
        }
        sample = min(sample, max(Self.credible, 4 * (Int64(smoothed) + 4 * Int64(deviation))))
        deviation += Int32((abs(Int64(smoothed) - sample) - Int64(deviation)) / 4)
        smoothed += Int32((sample - Int64(smoothed)) / 8)
    }

    /// After how long without a result the target is quieter than usual: twice what hardly any answer exceeds, but
    /// at least half a recheck pause. Nil while nothing is known, or if the timeout comes first.
    func patience(_ policy: Policy) -> Duration? {
        guard smoothed > 0 else { return nil }
        let usual = Duration.microseconds((Int64(smoothed) + 4 * Int64(deviation)) * 2)
        let patience = max(usual, policy.recheck / 2)
        return patience < policy.timeout ? patience : nil
    }
}
