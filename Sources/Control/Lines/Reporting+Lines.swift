import Addresses
import DNSClient
import Failover
import Settings

/// Lines and services as people and programs read them.
extension Reporting {
    func lines(of appliance: Appliance, plan: ForwardingPlan?) -> LinesReport {
        var report = LinesReport(at: now.seconds)
        report.lines = appliance.lines.map(line)
        report.services = appliance.services.compactMap { service in
            engine.status(of: service.scheme).map { status in
                let wanted = (plan?.services ?? []).filter { $0.name == service.scheme.text }.flatMap(\.servers)
                return self.service(service, scheme(status), forwardedTo: wanted)
            }
        }
        report.hosts = appliance.hosts.compactMap { host in
            engine.status(of: host.scheme).map { self.host(host, scheme($0)) }
        }
        report.forwarding = (plan?.services ?? []).map { service in
            ForwardingReport(
                name: service.name, transport: service.transport.rawValue, port: Int(service.port),
                lineAddresses: service.lineAddresses.map(\.description),
                servers: service.servers.map { LineService.Server.Site.onsite($0.address, port: $0.port).description },
                established: service.established.rawValue)
        }
        return report
    }

    private func line(_ line: Line) -> LineReport {
        let status = engine.status(of: line.indicator)
        let recovery = status?.recovery
        return LineReport(
            name: line.name, indicator: line.indicator.text, addresses: line.addresses.map(\.description),
            interface: line.egress.interface, sources: line.egress.sources.map(\.description),
            state: status?.state.rawValue ?? "unknown", effective: status?.effective.rawValue ?? "unknown",
            since: status?.since?.seconds, override: status?.override.map(\.label),
            recoverySeconds: line.recovery.milliseconds / 1000, recoveringSince: recovery?.since.seconds,
            recoveringUntil: recovery?.until.seconds, held: recovery.map { Wording.recovery($0, at: now) },
            testPoints: line.testPoints.map { point in
                let report = engine.status(of: point.indicator).map(indicator)
                return LineReport.TestPoint(
                    indicator: point.indicator.text, test: point.text, state: report?.state ?? "unknown",
                    since: report?.since, lastProbe: report?.lastProbe)
            })
    }

    private func service(
        _ service: LineService, _ scheme: SchemeReport, forwardedTo wanted: [ForwardedService.Server]
    ) -> ServiceReport {
        ServiceReport(
            name: scheme.name, ports: service.ports.map(\.description),
            redundancy: service.redundancy.rawValue, lines: service.lines, established: service.established.rawValue,
            answer: scheme.answer, addresses: scheme.addresses, ttl: scheme.ttl, rule: scheme.rule,
            isAllDown: scheme.isAllDown, held: scheme.held,
            servers: service.servers.map { server in
                let member = scheme.members.first { $0.indicator == server.indicator.text }
                var target: IPAddress?
                if case .onsite(let address, _) = server.site { target = address }
                return ServiceReport.Server(
                    name: server.name, indicator: server.indicator.text,
                    site: target == nil ? "offsite" : "onsite", address: server.site.description,
                    level: Wording.priorityName(server.priority) ?? "\(server.priority.level)",
                    priority: server.priority.level, state: member?.state ?? "unknown", override: member?.override,
                    isActive: member?.isActive ?? false, isUsable: member?.isUsable ?? false,
                    unusableBecause: member?.unusableBecause,
                    isForwardedTo: isForwarded(server, to: wanted))
            })
    }

    private func isForwarded(_ server: LineService.Server, to wanted: [ForwardedService.Server]) -> Bool {
        guard case .onsite(let address, let port) = server.site else { return false }
        return wanted.contains { $0.address == address && (port == nil || port == $0.port) }
    }

    private func host(_ host: LineHost, _ scheme: SchemeReport) -> LineHostReport {
        LineHostReport(
            name: scheme.name, answer: scheme.answer, addresses: scheme.addresses, ttl: scheme.ttl,
            isAllDown: scheme.isAllDown,
            lines: host.addresses.map { way in
                let member = scheme.members.first { $0.indicator == Line.indicator(of: way.line).text }
                return LineHostReport.LineAddresses(
                    line: way.line, addresses: way.addresses.map(\.description), isActive: member?.isActive ?? false)
            }, others: host.others.map(\.description))
    }
}

extension Wording {
    /// `up for 4 s of 10 s`.
    static func recovery(_ recovery: Recovery, at now: Instant) -> String {
        let whole = recovery.until - recovery.since
        let up = min(max(now - recovery.since, .zero), whole)
        return "up for \(up.components.seconds) s of \(duration(whole))"
    }
}
