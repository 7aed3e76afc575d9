import Addresses

/// A service as far as its forwarding goes.
package struct ForwardedScheme: Hashable, Sendable {
    package struct Target: Hashable, Sendable {
        package var indicator: IndicatorName
        package var server: ForwardedService.Server

        package init(indicator: IndicatorName, server: ForwardedService.Server) {
            self.indicator = indicator
            self.server = server
        }
    }

    package var name: SchemeName
    package var transport: ForwardedService.Transport
    package var port: UInt16
    package var lineAddresses: [IPAddress]
    /// The onsite servers, in configured order.
    package var targets: [Target]
    package var established: ForwardedService.Established

    package init(
        name: SchemeName, transport: ForwardedService.Transport, port: UInt16, lineAddresses: [IPAddress],
        targets: [Target], established: ForwardedService.Established
    ) {
        self.name = name
        self.transport = transport
        self.port = port
        self.lineAddresses = lineAddresses
        self.targets = targets
        self.established = established
    }
}

/// Where what arrives at the lines goes: a pure function of what has been decided.
extension Engine {
    package func forwarding(of schemes: [ForwardedScheme]) -> ForwardingPlan {
        ForwardingPlan(
            services: schemes.map { scheme in
                ForwardedService(
                    name: scheme.name.text, transport: scheme.transport, port: scheme.port,
                    lineAddresses: scheme.lineAddresses, servers: servers(of: scheme), established: scheme.established)
            })
    }

    /// Those of the answer that are onsite; if it has none that work (it is offsite, or frozen), the onsite ones of
    /// the highest level that work; if none works but clients are sent here all the same, those that answered last.
    private func servers(of scheme: ForwardedScheme) -> [ForwardedService.Server] {
        guard let status = status(of: scheme.name), let decision = status.decision else { return [] }
        func targets(_ isWanted: (Candidate) -> Bool) -> [ForwardedService.Server] {
            scheme.targets.filter { target in
                status.candidates.first { $0.indicator == target.indicator }.map(isWanted) ?? false
            }.map(\.server)
        }
        let isOnsite = { (name: IndicatorName) in scheme.targets.contains { $0.indicator == name } }
        if case .pinned(let name)? = decision.selectedBy {
            if isOnsite(name) { return targets { $0.indicator == name } }
        }
        let chosen = targets { $0.isOperational && decision.active.contains($0.indicator) }
        if !chosen.isEmpty { return chosen }
        let working = status.candidates.filter { $0.isOperational && isOnsite($0.indicator) }
        let undrained = working.filter { !$0.isDrained }
        if let best = (undrained.isEmpty ? working : undrained).first {
            return targets {
                $0.isOperational && $0.priority == best.priority && $0.isDrained == best.isDrained
            }
        }
        guard case .addresses(let answer) = decision.answer, scheme.lineAddresses.contains(where: answer.contains)
        else {
            return []
        }
        let last = targets { status.lastActive.contains($0.indicator) && $0.unusableBecause != .disabled }
        if !last.isEmpty { return last }
        let highest = status.candidates.first { isOnsite($0.indicator) && $0.unusableBecause != .disabled }?.priority
        return targets { $0.priority == highest && $0.unusableBecause != .disabled }
    }
}

extension Candidate {
    /// Whether the server itself works, whatever its lines do.
    package var isOperational: Bool { unusableBecause == nil || unusableBecause == .line }
}
