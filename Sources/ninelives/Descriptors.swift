import CSockets
import Checks
import Control
import Failover
import Settings

/// How many files and sockets this process may have open (RLIMIT_NOFILE), and what that allows.
struct Descriptors {
    /// For listeners, the page, DNS over TCP, files and providers.
    static let reserve = 512

    let limit: Int

    /// Raises the limit to the highest that the system lets us have.
    static func raised() -> Descriptors {
        Descriptors(limit: Int(clamping: ninelives_raise_open_files()))
    }

    /// What the probes may take together.
    var forProbes: Int { max(16, limit - Self.reserve) }

    /// What these settings take if every target hangs at once: a probe each, the rechecks beside it, and the idle
    /// connection.
    static func needed(by settings: Settings) -> Int {
        settings.configuration.indicators.reduce(0) { sum, indicator in
            indicator.isDisabled ? sum : sum + indicator.policy.fall + (indicator.policy.tripwire ? 1 : 0)
        }
    }

    /// What to tell if the limit is too low for these settings; nil if it is not.
    func warning(for settings: Settings) -> String? {
        let needed = Self.needed(by: settings)
        guard needed > forProbes else { return nil }
        return """
            The limit of open files is \(limit): \(forProbes) connections for checks, and \(needed) could be wanted \
            if every target hangs at once. Checks beyond that wait for their turn. Raise the limit to \
            \(needed + Self.reserve): LimitNOFILE= in the systemd unit, or ulimit -n
            """
    }

    func probing() -> Probing {
        var probing = Probing()
        probing.threads = min(4, Int(ninelives_processors()))
        probing.limits.inAll = min(forProbes, 1_000_000)
        return probing
    }
}
