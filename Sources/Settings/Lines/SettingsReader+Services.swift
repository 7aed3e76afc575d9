import Addresses
import Checks
import DNS
import Failover
import Yams

/// What services and hosts are read among.
struct ServiceSurroundings {
    var lines: [Line]
    /// All that are named, those included that are broken.
    var lineNames: [String]
    var policies: [String: Policy]
    var zones: ReadZones
    var providers: [String]
}

/// A service or a host as it was read, with its scheme.
struct ReadService {
    var scheme: Scheme
    var place: Entry
    var service: LineService?
    var host: LineHost?
}

/// Services: servers in levels, onsite and offsite.
extension SettingsReader {
    mutating func readServices(
        _ entry: Entry?, among around: ServiceSurroundings, into indicators: inout [ReadIndicator]
    ) -> [ReadService] {
        var services: [ReadService] = []
        var ports: [String: String] = [:]
        for (written, child) in entries(of: entry) {
            guard let service = readService(written, child, among: around, into: &indicators) else { continue }
            reportSharedPorts(service, &ports)
            services.append(service)
        }
        return services
    }

    private mutating func readService(
        _ written: String, _ entry: Entry, among around: ServiceSurroundings, into indicators: inout [ReadIndicator]
    ) -> ReadService? {
        let fields = fields(of: entry, allowed: SettingsKeys.service)
        let place = entry.atKey
        var scheme = readSchemeRules(
            written, place, fields, zones: around.zones, providers: around.providers,
            failback: .after(.seconds(10)), massFailureBrake: false)
        guard entry.isSection else { return nil }
        let ports = readPorts(fields["port"], of: place)
        let lines = readLineNames(fields["lines"], among: around)
        var service = LineService(
            scheme: scheme.name, ports: ports,
            redundancy: readChoice(fields["redundancy"]) ?? .all,
            lines: lines.map(\.name), lineAddresses: lines.flatMap(\.addresses),
            established: readChoice(fields["established"]) ?? .cut, servers: [])
        let servers = namedItems(of: fields["servers"])
        if servers.isEmpty {
            report(
                fields["servers"]?.atKey ?? place, "has no servers",
                "servers: with at least one NAME: { onsite: ADDRESS:PORT } or NAME: { offsite: ADDRESS }")
        }
        for (name, child) in servers {
            guard
                let server = readServer(
                    name, child, of: service, lines: lines, policies: around.policies, into: &indicators)
            else { continue }
            service.servers.append(server)
            scheme.members.append(member(server, of: service, lines: lines))
        }
        return ReadService(scheme: scheme, place: place, service: service)
    }

    private func member(_ server: LineService.Server, of service: LineService, lines: [Line]) -> Member {
        switch server.site {
        case .offsite(let address):
            return Member(indicator: server.indicator, values: [address], priority: server.priority)
        case .onsite(let target, _):
            let ways = lines.compactMap { line -> MemberLine? in
                let values = line.addresses.filter { $0.isSameFamily(as: target) }
                return values.isEmpty ? nil : MemberLine(indicator: line.indicator, values: values)
            }
            var member = Member(
                indicator: server.indicator, values: ways.flatMap(\.values), priority: server.priority)
            member.lines = ways
            member.redundancy = service.redundancy
            return member
        }
    }

    // MARK: Servers

    private mutating func readServer(
        _ name: String, _ entry: Entry, of service: LineService, lines: [Line], policies: [String: Policy],
        into indicators: inout [ReadIndicator]
    ) -> LineService.Server? {
        guard entry.isSection else {
            report(entry, "is not a server", "{ onsite: ADDRESS:PORT } or { offsite: ADDRESS }")
            return nil
        }
        var fields: [String: Entry] = [:]
        for (key, child) in entries(of: entry) { fields[key] = child }
        if service.servers.contains(where: { $0.name == name }) {
            report(entry.atKey, value: name, "is a server of this service already", "another name")
            return nil
        }
        guard let site = readSite(fields, entry, of: service, lines: lines) else { return nil }
        if let other = service.servers.first(where: { $0.site == site }) {
            report(
                fields["onsite"] ?? fields["offsite"] ?? entry, value: "\(site)",
                "is the address of \(other.name) already", "each server once")
        }
        let priority = fields["level"].map { readPriority($0, what: "level") } ?? .primary
        var server = LineService.Server(
            name: name, indicator: IndicatorName("\(service.scheme):\(name)"), site: site, priority: priority)
        if let place = fields["indicator"] {
            guard let wanted = text(of: place) else { return nil }
            server.indicator = IndicatorName(wanted)
            let known = indicators.map(\.indicator.name)
            if !known.contains(server.indicator) {
                reportMissing(wanted, place, "is not an indicator", among: known.map(\.text))
                return nil
            }
            if service.servers.contains(where: { $0.indicator == server.indicator }) {
                report(place, value: wanted, "is another server's of this service already", "each indicator once")
                return nil
            }
            reportBeside(place, fields)
        } else {
            guard let check = checkEntry(entry, fields, site, service) else { return nil }
            if indicators.contains(where: { $0.indicator.name == server.indicator }) {
                report(entry.atKey, "has the name of an indicator that exists: \(server.indicator)", "another name")
                return nil
            }
            indicators.append(
                readIndicator(server.indicator.text, check, policies: policies, standard: .fast))
        }
        return server
    }

    private mutating func reportBeside(_ indicator: Entry, _ fields: [String: Entry]) {
        for (key, child) in fields.sorted(by: { $0.key < $1.key })
        where !["indicator", "onsite", "offsite", "level"].contains(key) {
            report(child.atKey, "stands beside indicator, which has a check of its own", "one of the two")
        }
    }

    private mutating func readSite(
        _ fields: [String: Entry], _ entry: Entry, of service: LineService, lines: [Line]
    ) -> LineService.Server.Site? {
        let form = "onsite: ADDRESS:PORT or offsite: ADDRESS"
        switch (fields["onsite"], fields["offsite"]) {
        case (nil, nil):
            report(entry.atKey, "is neither onsite nor offsite", form)
            return nil
        case (_?, let other?):
            report(other.atKey, "stands beside onsite", "one of the two")
            return nil
        case (nil, let place?): return readAddress(place).map { .offsite($0) }
        case (let place?, nil):
            guard let target = readTarget(place, of: service) else { return nil }
            if lines.isEmpty {
                report(place, "is onsite, and there is no line by which it is reached", "lines: with at least one")
                return nil
            }
            guard lines.contains(where: { $0.addresses.contains { $0.isSameFamily(as: target.address) } }) else {
                report(
                    place, value: "\(target.address)", "is of a family of which no line has an address",
                    "a server of the family of \(lines.map(\.name).joined(separator: ", "))")
                return nil
            }
            return .onsite(target.address, port: target.port)
        }
    }

    private mutating func readTarget(
        _ place: Entry, of service: LineService
    ) -> (address: IPAddress, port: UInt16?)? {
        if case .sequence = place.node {
            report(place, "is a list", "one ADDRESS:PORT; a server with an IPv6 address too is two servers")
            return nil
        }
        guard let written = text(of: place) else { return nil }
        if let address = IPAddress(written) { return (address, nil) }
        do {
            let (address, port) = try Listener.parse(written)
            if service.ports.count > 1 {
                report(place, value: written, "has one port, and the service has several", "the address alone")
            }
            return (address, UInt16(clamping: port))
        } catch {
            report(place, value: written, error.problem, error.expected("10.0.0.2:8443"))
            return nil
        }
    }

    private static let ownKeys = ["onsite", "offsite", "level", "indicator"]

    /// A server as an indicator: what is written of its check, and where it goes if that is not written.
    private mutating func checkEntry(
        _ entry: Entry, _ fields: [String: Entry], _ site: LineService.Server.Site, _ service: LineService
    ) -> Entry? {
        guard case .mapping(let mapping) = entry.node else { return nil }
        let (address, own): (IPAddress, UInt16?) =
            switch site {
            case .onsite(let address, let port): (address, port)
            case .offsite(let address): (address, nil)
            }
        let port = own ?? service.triedPort ?? service.ports.first?.number ?? 0
        var method = "tcp"
        if let place = fields["check"] {
            guard let written = text(of: place) else { return nil }
            method = written
        } else if service.triedPort == nil, !service.ports.isEmpty {
            report(
                entry.atKey, "has no check, and a UDP port cannot be tested without knowing what it answers",
                "check: such as dns with name: example.org, or udp with send:")
            return nil
        }
        var pairs = mapping.map { ($0.key, $0.value) }.filter { !Self.ownKeys.contains($0.0.scalar?.string ?? "") }
        if fields["check"] == nil { pairs.append((Node("check"), Node(method))) }
        let parameters = CheckMethod.named(method)?.parameters.map(\.name) ?? []
        let whereItGoes = ["host", "server", "addr"].first { parameters.contains($0) } ?? "host"
        for (key, value) in [(whereItGoes, "\(address)"), ("port", "\(port)")]
        where parameters.contains(key) && fields[key] == nil {
            pairs.append((Node(key), ConfiguredValue.scalar(value)))
        }
        var check = entry
        check.node = .mapping(Node.Mapping(pairs))
        return check
    }

    // MARK: Values

    mutating func readChoice<Choice: RawRepresentable & CaseIterable>(_ entry: Entry?) -> Choice?
    where Choice.RawValue == String {
        guard let entry, let written = text(of: entry) else { return nil }
        if let choice = Choice(rawValue: written) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        report(
            entry, value: written, "is not one of them",
            suggestion(for: written, among: names) ?? names.joined(separator: " or "))
        return nil
    }

    /// The lines of a service, in its order; all if none is named.
    private mutating func readLineNames(_ entry: Entry?, among around: ServiceSurroundings) -> [Line] {
        guard let entry else { return around.lines }
        var lines: [Line] = []
        for item in items(of: entry) {
            guard let name = text(of: item) else { continue }
            guard around.lineNames.contains(name) else {
                reportMissing(name, item, "is not a line", among: around.lineNames)
                continue
            }
            if lines.contains(where: { $0.name == name }) {
                report(item, value: name, "stands twice", "each line once")
            }
            if let line = around.lines.first(where: { $0.name == name }) { lines.append(line) }
        }
        return lines
    }

    /// A section, or a list of entries with one key each.
    private mutating func namedItems(of entry: Entry?) -> [(key: String, entry: Entry)] {
        guard let entry, case .sequence = entry.node else { return entries(of: entry) }
        var named: [(key: String, entry: Entry)] = []
        for item in items(of: entry) {
            let pairs = entries(of: item)
            if pairs.count != 1, item.isSection {
                report(item, "has not one name", "- NAME: { onsite: ADDRESS:PORT } for each server")
            }
            named += pairs
        }
        return named
    }
}

extension LineService.Server.Site: CustomStringConvertible {
    /// With its port, if it has one of its own.
    package var description: String {
        switch self {
        case .offsite(let address), .onsite(let address, nil): "\(address)"
        case .onsite(.v6(let address), let port?): "[\(address)]:\(port)"
        case .onsite(let address, let port?): "\(address):\(port)"
        }
    }
}
