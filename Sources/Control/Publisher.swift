import Failover

/// Where decisions take effect: our own DNS server, or a test's stand-in.
package protocol Publisher: Sendable {
    /// Makes the scheme's name answer so from the next query on. Never waits for a disk or a network.
    func publish(_ decision: Decision)
}
