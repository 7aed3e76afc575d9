import Addresses
import Checks
import Failover

/// Load-balanced host records, and the appliance as a whole.
extension SettingsReader {
    mutating func readHosts(
        _ entry: Entry?, among around: ServiceSurroundings, into indicators: inout [ReadIndicator]
    ) -> [ReadService] {
        entries(of: entry).compactMap { readHost($0, $1, among: around, into: &indicators) }
    }

    private mutating func readHost(
        _ written: String, _ entry: Entry, among around: ServiceSurroundings, into indicators: inout [ReadIndicator]
    ) -> ReadService? {
        let fields = fields(of: entry, allowed: SettingsKeys.host)
        let place = entry.atKey
        var scheme = readSchemeRules(
            written, place, fields, zones: around.zones, providers: around.providers,
            failback: .immediate, massFailureBrake: false)
        guard entry.isSection else { return nil }
        var host = LineHost(scheme: scheme.name, addresses: [], others: [])
        let ways = entries(of: fields["addresses"])
        if ways.isEmpty {
            report(
                fields["addresses"]?.atKey ?? place, "has no addresses",
                "addresses: with the address at each line, such as { wan1: 198.51.100.20 }")
        }
        var seen: [IPAddress] = []
        for (line, child) in ways {
            guard around.lineNames.contains(line) else {
                reportMissing(line, child.atKey, "is not a line", among: around.lineNames)
                continue
            }
            let addresses = readAddresses(child, of: child, "an address such as 198.51.100.20")
            reportRepeated(addresses, child, &seen)
            guard !addresses.isEmpty else { continue }
            host.addresses.append(LineHost.LineAddresses(line: line, addresses: addresses))
            scheme.members.append(
                Member(indicator: Line.indicator(of: line), values: addresses, priority: .primary))
        }
        if let other = fields["other"] {
            host.others = readAddresses(other, of: other, "an address such as 203.0.113.20")
            reportRepeated(host.others, other, &seen)
            if !host.others.isEmpty {
                addAlways(place, to: &indicators)
                scheme.members.append(Member(indicator: LineHost.always, values: host.others, priority: .primary))
            }
        }
        return ReadService(scheme: scheme, place: place, host: host)
    }

    private mutating func reportRepeated(_ addresses: [IPAddress], _ entry: Entry, _ seen: inout [IPAddress]) {
        for (address, item) in zip(addresses, items(of: entry)) where seen.contains(address) {
            report(item, value: "\(address)", "stands at another line of this name already", "each address once")
        }
        seen += addresses
    }

    /// What stands for the addresses that no line takes away.
    private mutating func addAlways(_ place: Entry, to indicators: inout [ReadIndicator]) {
        if let other = indicators.first(where: { $0.indicator.name == LineHost.always }) {
            let isOurs = other.indicator.logic == .all([])
            if !isOurs { report(other.entry.atKey, "has the name of what is always ok", "another name") }
            return
        }
        var indicator = Indicator(name: LineHost.always)
        indicator.logic = .all([])
        indicators.append(
            ReadIndicator(
                indicator: indicator, check: LogicCheck(.all([]), text: "always"), entry: place, fields: [:]))
    }

    /// Puts the schemes of services and hosts beside the others; a name can be only one of them.
    mutating func join(_ services: [ReadService], to schemes: inout [Scheme]) {
        for service in services {
            if schemes.contains(where: { $0.name == service.scheme.name }) {
                report(
                    service.place, "is the name of a scheme, a service or a host already",
                    "each name once, below schemes:, services: or hosts:")
            } else {
                schemes.append(service.scheme)
            }
        }
    }

    /// Reads services and hosts among the lines, and notes how each indicator's probes leave.
    mutating func readAppliance(
        _ section: [String: Entry], _ appliance: inout Appliance, policies: [String: Policy], zones: ReadZones,
        providers: [String], into indicators: inout [ReadIndicator]
    ) -> [ReadService] {
        let around = ServiceSurroundings(
            lines: appliance.lines, lineNames: entries(of: section["lines"]).map(\.key), policies: policies,
            zones: zones, providers: providers)
        for index in indicators.indices {
            guard let place = indicators[index].fields["line"] else { continue }
            indicators[index].egress = readLine(ofIndicator: place, among: around)?.egress
            if let check = indicators[index].check, !check.leavesByLine {
                report(
                    place.atKey, "has no meaning for \(type(of: check).method), which connects to nothing by itself",
                    "no line")
            }
        }
        let services = readServices(section["services"], among: around, into: &indicators)
        let hosts = readHosts(section["hosts"], among: around, into: &indicators)
        appliance.services = services.compactMap(\.service)
        appliance.hosts = hosts.compactMap(\.host)
        for item in indicators { appliance.egresses[item.indicator.name] = item.egress }
        return services + hosts
    }

    /// The line by which an indicator's probes are to leave.
    private mutating func readLine(ofIndicator entry: Entry, among around: ServiceSurroundings) -> Line? {
        guard let name = text(of: entry) else { return nil }
        if !around.lineNames.contains(name) { reportMissing(name, entry, "is not a line", among: around.lineNames) }
        return around.lines.first { $0.name == name }
    }
}

extension Check {
    /// Whether it is probed by connections of this process.
    var leavesByLine: Bool { !(self is any ReportedCheck) && !(self is LogicCheck) && !(self is Exec) }
}
