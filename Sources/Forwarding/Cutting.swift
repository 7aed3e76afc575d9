import Failover
import Programs

/// Connections to a server that gets no more, and how they are ended: the kernel forgets that it translates them.
/// The client's next packet begins anew, at a server that knows nothing of the connection and says so at once.
struct Cutting: Hashable, Sendable {
    let place: Forward.Place
    let server: Forward.Server

    /// Those that come of putting `new` in the place of `old`.
    static func all(from old: [Forward], to new: [Forward], for plan: ForwardingPlan) -> [Cutting] {
        let isCut = Set(plan.services.filter { $0.established == .cut }.map(\.name))
        let old = Dictionary(old.map { ($0.place, $0.servers) }) { first, _ in first }
        return new.filter { isCut.contains($0.service) }.flatMap { forward in
            (old[forward.place] ?? []).filter { !forward.servers.contains($0) }.map {
                Cutting(place: forward.place, server: $0)
            }
        }
    }

    /// For conntrack(8).
    var arguments: [String] {
        [
            "--delete", "--family", place.line.isV6 ? "ipv6" : "ipv4", "--proto", place.transport.rawValue,
            "--orig-dst", "\(place.line)", "--orig-port-dst", "\(place.port)", "--reply-src", "\(server.address)",
            "--reply-port-src", "\(server.port)",
        ]
    }

    /// Returns what is in the way, in words.
    func perform(with conntrack: String) async -> String? {
        let outcome = await ForwardingPrograms.run(conntrack, arguments)
        let errors = String(decoding: outcome.errors, as: UTF8.self)
        switch outcome.ending {
        case .exited(0): return nil
        // What conntrack says and exits with if there is nothing to delete.
        case .exited where errors.contains("0 flow entries"): return nil
        case .exited: return String((errors.split(separator: "\n").first ?? "it gave no reason").prefix(300))
        case .killed(let signal): return "it was ended by signal \(signal)"
        case .timedOut, .neverStarted, .cancelled: return "it took too long and was stopped"
        case .cannotStart(let code): return "\(ForwardingError.cannotStart(conntrack, errno: code))"
        }
    }
}
