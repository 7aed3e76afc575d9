import Failover

/// Reads `✓` as a success and `✗` as a failure.
func outcomes(_ text: String) -> [Probe.Outcome] {
    text.compactMap { $0 == "✓" ? .success : $0 == "✗" ? .failure : nil }
}

func text(_ outcomes: [Probe.Outcome]) -> String {
    outcomes.map { $0 == .success ? "✓" : "✗" }.joined()
}

/// Calls `body` with every sequence of outcomes up to a length: 2^(length + 1) - 1 of them.
func withEverySequence(upTo length: Int, _ body: ([Probe.Outcome]) throws -> Void) rethrows {
    for count in 0...length {
        for bits in 0..<(1 << count) {
            try body((0..<count).map { bits >> $0 & 1 == 1 ? .success : .failure })
        }
    }
}

extension Instant {
    /// So many seconds after the epoch.
    static func at(_ seconds: Int) -> Instant { .epoch + .seconds(seconds) }
}

extension Policy {
    static func test(fall: Int = 3, rise: Int = 5, forget: Int = 3) -> Policy {
        var policy = Policy()
        policy.fall = fall
        policy.rise = rise
        policy.forget = forget
        return policy
    }
}
