import Addresses
import Checks
import DNSClient
import Failover
import Logging
import Settings
import Synchronization

/// What the shell keeps of lines and services.
struct LineKeeping: Sendable {
    var appliance = Appliance()
    /// The services as far as their forwarding goes.
    var forwarded: [ForwardedScheme] = []
    /// What was wanted last; nil before it was known for the first time.
    var plan: ForwardingPlan?
    var listeners: [UInt64: AsyncStream<ForwardingPlan>.Continuation] = [:]
    var inForce: @Sendable () async -> String? = { nil }
    var problems: [String] = []
    /// What keeps ports from being forwarded.
    var forwardingProblems: [String] = []
}

/// Lines, services, and the forwarding that is wanted.
///
///     engine ─► Engine.forwarding ─► ForwardingPlan, whenever it changes ─► whoever forwards
extension Control: LineInterface {
    package nonisolated var hasLines: Bool { areThereLines.withLock { $0 } }

    func configureLines(_ appliance: Appliance) {
        lineKeeping.appliance = appliance
        areThereLines.withLock { $0 = !appliance.isEmpty }
        lineKeeping.forwarded = appliance.services.flatMap(ForwardedScheme.all)
        lineKeeping.problems = appliance.lines.compactMap { line in
            guard case .notPermitted? = line.egress.obstacle, let fault = line.egress.obstacle else { return nil }
            let instead =
                line.egress.sources.isEmpty
                ? "it cannot be tested" : "its tests leave from \(line.egress.sources[0]), as the routes say"
            return "line \(line.name): \(fault); until then \(instead)"
        }
        for problem in lineKeeping.problems {
            logger.warning("A line's tests cannot be bound to its interface", metadata: ["text": "\(problem)"])
        }
    }

    // MARK: Forwarding

    /// What is to be forwarded now and from now on: each plan when it differs from the one before. Nothing comes
    /// before every service has been decided once, so that what a stopped process has left in force stays meanwhile.
    package func forwardingPlans() -> AsyncStream<ForwardingPlan> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ForwardingPlan.self, bufferingPolicy: .bufferingNewest(1))
        nextVersion += 1
        let key = nextVersion
        if isStopped { continuation.finish() }
        lineKeeping.listeners[key] = continuation
        continuation.onTermination = { _ in Task { await self.forget(forwarding: key) } }
        if let plan = lineKeeping.plan { continuation.yield(plan) }
        return stream
    }

    /// Says how to learn what has become of the forwarding, in words for the page.
    package func setForwardingInForce(_ words: @escaping @Sendable () async -> String?) {
        lineKeeping.inForce = words
    }

    /// Lets pages that are open know that the forwarding in force has changed, and what is in its way.
    package func forwardingChanged(problems: [String]) {
        lineKeeping.forwardingProblems = problems
        changed()
    }

    private func forget(forwarding key: UInt64) { lineKeeping.listeners[key] = nil }

    /// Tells of the plan if it has changed.
    func noteForwarding() {
        guard lineKeeping.plan != nil || !lineKeeping.forwarded.isEmpty else { return }
        if lineKeeping.plan == nil {
            guard lineKeeping.forwarded.allSatisfy({ engine.status(of: $0.name)?.decision != nil }) else { return }
        }
        let plan = engine.forwarding(of: lineKeeping.forwarded)
        guard plan != lineKeeping.plan else { return }
        lineKeeping.plan = plan
        for listener in lineKeeping.listeners.values { listener.yield(plan) }
    }

    func stopForwarding() {
        for listener in lineKeeping.listeners.values { listener.finish() }
        lineKeeping.listeners = [:]
    }

    // MARK: What can be read

    package func lines() async -> LinesReport {
        let reporting = Reporting(
            engine: engine, now: clock.now, targets: targets, syncs: accounts.statuses)
        let (appliance, plan, problems) = (lineKeeping.appliance, lineKeeping.plan, lineKeeping.problems)
        var report = reporting.lines(of: appliance, plan: plan)
        report.problems = problems
        report.inForce = await lineKeeping.inForce()
        return report
    }

    /// Which lines of a scheme are not used, as a sentence behind another; empty if all are.
    func lineWords(of status: SchemeStatus) -> String {
        var words: [String] = []
        for line in status.scheme.members.flatMap(\.lines) {
            guard let line = engine.status(of: line.indicator), line.override != nil || line.effective != .ok else {
                continue
            }
            let word = "\(line.name) is \(line.override.map(\.label) ?? line.effective.rawValue)"
            if !words.contains(word) { words.append(word) }
        }
        return words.isEmpty ? "" : " Of its lines \(words.joined(separator: " and "))."
    }

    /// What the lines of a scheme have to do with its answer, beside what its causes tell.
    func lineSteps(of status: SchemeStatus) -> [Explanation.Step] {
        var told: [IndicatorName] = []
        var steps: [Explanation.Step] = []
        for name in status.scheme.members.flatMap({ [$0.indicator] + $0.lines.map(\.indicator) })
        where !told.contains(name) {
            told.append(name)
            guard let recovery = engine.status(of: name)?.recovery else { continue }
            steps.append(
                Explanation.Step(
                    at: nil, stage: "guard",
                    text:
                        "at the moment: \(name) is \(Wording.recovery(recovery, at: clock.now)) and does not count yet")
            )
        }
        return steps
    }
}

extension ForwardedScheme {
    /// One for each port; none without an onsite server, as then there is nothing to forward.
    static func all(of service: LineService) -> [ForwardedScheme] {
        let onsite = service.servers.compactMap { server -> (IndicatorName, IPAddress, UInt16?)? in
            guard case .onsite(let address, let port) = server.site, server.priority != .disabled else { return nil }
            return (server.indicator, address, port)
        }
        if onsite.isEmpty { return [] }
        return service.ports.map { port in
            ForwardedScheme(
                name: service.scheme, transport: port.transport, port: port.number,
                lineAddresses: service.lineAddresses,
                targets: onsite.map { indicator, address, own in
                    Target(
                        indicator: indicator,
                        server: ForwardedService.Server(address: address, port: own ?? port.number))
                }, established: service.established, sharing: service.sharing)
        }
    }
}
