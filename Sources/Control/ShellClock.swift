import Failover

/// The one clock of the process: the wall clock read once, then followed by the monotonic clock, so that
/// a stepped wall clock neither ages probes nor revives them.
package struct ShellClock: Sendable {
    private let clock = ContinuousClock()
    private let origin: ContinuousClock.Instant
    private let wallAtOrigin: Instant

    /// - Parameter wall: what the wall clock says now.
    package init(wall: Instant) {
        origin = clock.now
        wallAtOrigin = wall
    }

    package var now: Instant { wallAtOrigin + (clock.now - origin) }
}
