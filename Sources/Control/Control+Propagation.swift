import Addresses
import DNS
import Failover
import Providers

extension Control {
    package func propagation(of scheme: String) async -> PropagationReport? {
        let name = SchemeName(scheme)
        guard let question = question(about: name) else { return nil }
        let seen = await propagation.ask(question, clock: clock)
        return engine.status(of: name).map { report(seen, of: $0) }
    }

    package func watchedPropagation(of scheme: String) async -> PropagationReport? {
        let name = SchemeName(scheme)
        guard let status = engine.status(of: name), status.decision != nil else { return nil }
        let watch = propagation
        if await watch.look(at: name) { Task { await self.watch(name, with: watch) } }
        return await watch.last(of: name).map { report($0, of: status) }
    }

    /// Asks as long as somebody looks; each time is a change of the page.
    private func watch(_ name: SchemeName, with watch: PropagationWatch) async {
        while !isStopped, await watch.isLookedAt(name), let question = question(about: name) {
            _ = await watch.ask(question, clock: clock)
            changed()
            try? await ContinuousClock().sleep(for: PropagationWatch.interval)
        }
    }

    // MARK: What is asked

    /// nil if there is no such scheme.
    private func question(about name: SchemeName) -> PropagationWatch.Question? {
        guard let status = engine.status(of: name), let owner = try? Name(name.text) else { return nil }
        let syncs = status.scheme.providers.compactMap { accounts.statuses[$0]?[name] }
        var own = status.scheme.isLocal ? process.dns.compactMap(Self.ownServer) : []
        for server in accounts.servers(of: status.scheme) where !own.contains(server) { own.append(server) }
        let hasAlias = syncs.contains { $0.wished.contains { $0.type == .cname } }
        return PropagationWatch.Question(
            scheme: name, owner: owner, types: hasAlias ? [.cname] : [.a, .aaaa], own: own,
            aim: aim(of: status, owner: owner, syncs: syncs))
    }

    /// Our own server, asked at a listener's address.
    private static func ownServer(_ listener: String) -> NameServer? {
        guard var server = NameServer(listener) else { return nil }
        server.name = "this server"
        switch server.address {
        case .v4(let address) where address.bits == 0: server.address = .v4(IPv4Address(bits: 0x7F00_0001))
        case .v6(let address) where address.bits == 0: server.address = .v6(IPv6Address(bits: 1))
        default: break
        }
        return server
    }

    private func aim(of status: SchemeStatus, owner: Name, syncs: [SyncStatus]) -> PropagationAim {
        let scheme = status.scheme
        var aim = PropagationAim(expected: [], decidedAt: clock.now, arrivals: [], oldTTLSeconds: scheme.ttlSeconds)
        guard let decision = status.decision, let wish = Wish(of: decision, ttlSeconds: scheme.ttlSeconds) else {
            return aim
        }
        aim.decidedAt = decision.at
        // Of a proxied record its provider answers what it likes.
        guard !syncs.contains(where: \.isAnsweredOtherwise) else { return aim }
        let types: [RRType] = [.a, .aaaa]
        aim.expected = [FittedWish(sets: wish.sets, types: types, remarks: [])]
        for sync in syncs where sync.state != .refused {
            let fitted = FittedWish(sets: sync.wished, types: types, remarks: [])
            if !aim.expected.contains(fitted) { aim.expected.append(fitted) }
        }
        aim.arrivals = scheme.providers.map { provider in
            if provider == Scheme.localProvider { return decision.at }
            let sync = accounts.statuses[provider]?[scheme.name]
            return sync.flatMap { [.synced, .verified].contains($0.state) ? $0.since : nil }
        }
        for sync in syncs {
            let ttls: [UInt32] = sync.wished.map(\.ttlSeconds) + [sync.replacedTTLSeconds ?? 0]
            aim.oldTTLSeconds = max(aim.oldTTLSeconds, ttls.max() ?? 0)
        }
        return aim
    }

    // MARK: What is shown

    private func report(_ seen: Propagation, of status: SchemeStatus) -> PropagationReport {
        let reporting = Reporting(
            engine: engine, now: clock.now, targets: targets, syncs: accounts.statuses)
        return PropagationReport(seen, reporting.scheme(status))
    }
}
