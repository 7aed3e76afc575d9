import Addresses
import NIOCore

/// Where a method connects: the host that was named or the one that stands in for it, and which of its addresses.
struct Destination: Sendable {
    var host: Host
    /// Connect there instead (`addr`).
    var reroute: Host?
    var choice: AddressChoice = .any
    var resolver = NameResolver.system

    /// More addresses than this of one name are not probed by `address: all`.
    static let mostAddresses = 32

    static let addr = CheckParameter(
        "addr", .text, form: "an IPv4 address, an IPv6 address or a host name", option: true,
        "Connect there instead of the host, whatever the DNS says.")

    /// Runs a probe against the host, or against each of its addresses where all of them count.
    ///
    /// `once` gets what to connect to and how to resolve it if it is a name.
    func probe(
        within limit: TimeLimit, on loop: any EventLoop,
        _ once: @escaping @Sendable (Host, NameResolver) async -> ProbeResult
    ) async -> ProbeResult {
        let host = reroute ?? host
        if case .address(let address) = host, resolver.ban.forbids(address) {
            return failure(resolver.ban.words(address), within: limit)
        }
        switch (choice, host) {
        case (.any, _): return await once(host, resolver)
        case (.v4, _), (.v6, _):
            if case .address(let address) = host, !choice.allows(address) {
                return failure("\(address) is no \(choice.noun)", within: limit)
            }
            return await once(host, resolver.only(choice))
        case (.all, .address): return await once(host, resolver)
        case (.all, .name(let name)):
            let start = NIODeadline.now()
            switch await resolver.addresses(of: name, within: limit, on: loop) {
            case .failure(let failure): return self.failure(failure.words(name), within: limit)
            case .success([]): return failure("name has no address: \(name)", within: limit)
            case .success(let addresses):
                let lookup = Duration(NIODeadline.now() - start)
                return await each(addresses, lookup: lookup, within: limit, once)
            }
        }
    }

    private func failure(_ reason: String, within limit: TimeLimit) -> ProbeResult {
        ProbeResult(.err(reason), ProbePhases(), at: nil, within: limit)
    }

    private func each(
        _ addresses: [IPAddress], lookup: Duration, within limit: TimeLimit,
        _ once: @escaping @Sendable (Host, NameResolver) async -> ProbeResult
    ) async -> ProbeResult {
        let results = await withTaskGroup(of: (Int, ProbeResult).self) { group in
            for (index, address) in addresses.prefix(Self.mostAddresses).enumerated() {
                group.addTask { (index, await once(.address(address), resolver)) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let ordered = results.sorted { $0.0 < $1.0 }.map(\.1)
        var merged = merge(ordered)
        merged.phases.resolve = lookup
        merged.phases.total = limit.elapsed
        return merged
    }

    /// One result for many addresses: ok if all are.
    private func merge(_ results: [ProbeResult]) -> ProbeResult {
        let bad = results.filter { !$0.isSuccess }
        guard var told = bad.first ?? results.first else { preconditionFailure("at least one address was probed") }
        guard results.count > 1 else { return told }
        if bad.isEmpty {
            told.reason += ", the same at all \(results.count) addresses"
            if results.contains(where: { $0.reason != results[0].reason }) {
                told.reason = results.map { "\($0.reason) at \($0.address ?? "?")" }.joined(separator: "; ")
            }
        } else {
            let reasons = bad.prefix(3).map { "\($0.reason) at \($0.address ?? "?")" }.joined(separator: "; ")
            told.reason = "\(bad.count) of \(results.count) addresses: \(reasons)" + (bad.count > 3 ? "; …" : "")
        }
        return told
    }
}

extension NameResolver {
    /// The same resolver, which gives addresses of one family only.
    func only(_ choice: AddressChoice) -> NameResolver {
        var resolver = NameResolver { name, loop in
            resolve(name, loop).flatMapThrowing { addresses in
                let kept = addresses.filter(choice.allows)
                if kept.isEmpty, !addresses.isEmpty { throw LookupFailure.otherFamily(choice.noun) }
                return kept
            }
        }
        resolver.ban = ban
        return resolver
    }

    /// Looks a name up, until the time of the probe is over or the task is cancelled.
    func addresses(
        of name: String, within limit: TimeLimit, on loop: any EventLoop
    ) async -> Result<[IPAddress], LookupFailure> {
        let promise = loop.makePromise(of: [IPAddress].self)
        let timer = loop.scheduleTask(deadline: limit.end) { promise.fail(LookupFailure.timedOut(limit.timeout)) }
        resolve(name, loop).cascade(to: promise)
        defer { timer.cancel() }
        do {
            return .success(
                try await withTaskCancellationHandler {
                    try await promise.futureResult.get()
                } onCancel: {
                    promise.fail(LookupFailure.cancelled)
                })
        } catch {
            return .failure(error as? LookupFailure ?? .resolverFails)
        }
    }
}
