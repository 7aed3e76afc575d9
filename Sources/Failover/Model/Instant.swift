/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// The engine never asks what time it is; the shell tells it. The shell's instants never go
/// backwards (they follow the monotonic clock from one reading of the wall clock).
package struct Instant: Hashable, Comparable, Sendable, Codable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let epoch = Instant(nanoseconds: 0)

    /// What is out of range (1677…2262) becomes its end.
    package init(seconds: Double) {
        let exact = seconds * 1e9
        nanoseconds = exact >= 0x1p63 ? .max : exact > -0x1p63 ? Int64(exact) : .min
    }

    /// Seconds since 1970, for showing; arithmetic belongs to `nanoseconds`.
    package var seconds: Double { Double(nanoseconds) / 1e9 }

    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func + (instant: Self, duration: Duration) -> Instant {
        Instant(nanoseconds: instant.nanoseconds + duration.nanoseconds)
    }

    package static func - (later: Self, earlier: Self) -> Duration {
        .nanoseconds(later.nanoseconds - earlier.nanoseconds)
    }
}

extension Duration {
    /// The whole duration in nanoseconds; good for ±292 years.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    package var milliseconds: Double { Double(nanoseconds) / 1e6 }
}
