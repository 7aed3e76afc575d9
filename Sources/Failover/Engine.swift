/// The failover engine: a state machine without clock, randomness, sockets or disk.
///
///     event ─► hysteresis ─► quorum ─► override ─► selection ─► guard ─► answer ─► effects
///
/// The same events at the same instants give the same effects, byte for byte, in any process.
package struct Engine: Sendable {
    package init() {}

    /// Takes one event in and returns what is to be done about it, in order.
    package mutating func handle(_ event: Event, at now: Instant) -> [Effect] { [] }
}
