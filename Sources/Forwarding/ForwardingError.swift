import Glibc

/// Why nothing can be forwarded. Everything else works without.
package enum ForwardingError: Error, Hashable, Sendable, CustomStringConvertible {
    case noProgram
    case notPermitted
    /// What nft said.
    case noKernelSupport(String)
    /// The same, for any other reason.
    case refused(String)
    case cannotStart(String, errno: Int32)
    case timedOut(String)
    case killed(String, signal: Int32)
    /// nft printed what is no list of rules.
    case unreadable(String)

    package var description: String {
        switch self {
        case .noProgram: "ports are not forwarded: nft is not installed; install nftables (apt install nftables)"
        case .notPermitted:
            "ports are not forwarded: nft is not permitted to change rules; run as root or with CAP_NET_ADMIN "
                + "(systemd: AmbientCapabilities=CAP_NET_ADMIN)"
        case .noKernelSupport(let words):
            "ports are not forwarded: this kernel has no nf_tables or no NAT for it (nft: \(words))"
        case .refused(let words): "nft refused the rules: \(words)"
        case .cannotStart(let program, let code): "\(program) cannot be started: \(String(cString: strerror(code)))"
        case .timedOut(let program): "\(program) took too long and was stopped"
        case .killed(let program, let signal): "\(program) was ended by signal \(signal)"
        case .unreadable(let program): "\(program) printed no list of rules"
        }
    }
}
