import Addresses
import Checks
import DNSClient
import Failover
import Yams

/// Lines, and what tests them.
extension SettingsReader {
    /// The lines, in their order; what they are made of goes into `indicators`.
    mutating func readLines(_ entry: Entry?, policies: [String: Policy], into indicators: inout [ReadIndicator])
        -> [Line]
    {
        var lines: [Line] = []
        var owners: [IPAddress: String] = [:]
        for (name, child) in entries(of: entry) {
            if name.isEmpty || name.contains(where: { $0.isWhitespace || $0 == ":" || $0 == "/" }) {
                report(child.atKey, value: name, "is no name for a line", "letters, digits and hyphens such as wan1")
            }
            guard let line = readLine(name, child, policies: policies, owners: &owners, into: &indicators) else {
                continue
            }
            lines.append(line)
        }
        return lines
    }

    private mutating func readLine(
        _ name: String, _ entry: Entry, policies: [String: Policy], owners: inout [IPAddress: String],
        into indicators: inout [ReadIndicator]
    ) -> Line? {
        let fields = fields(of: entry, allowed: SettingsKeys.line)
        guard entry.isSection else { return nil }
        let addresses = readAddresses(
            fields["addresses"], of: entry.atKey, "addresses: with the line's own, such as 198.51.100.10")
        for (address, item) in zip(addresses, items(of: fields["addresses"])) {
            if let other = owners[address] {
                report(item, value: "\(address)", "is the address of \(other) already", "each line's own addresses")
            }
            owners[address] = owners[address] ?? name
        }
        var line = Line(name: name, addresses: addresses, egress: readEgress(fields, addresses))
        line.recovery = duration(fields["recovery"], in: .zero...Duration.seconds(86_400)) ?? line.recovery
        var policy = Policy.line
        if let place = fields["policy"], let wanted = text(of: place) {
            if let found = policies[wanted] {
                policy = found
            } else {
                reportMissing(wanted, place, "is not a policy", among: policies.keys.sorted())
            }
        }
        let points = items(of: fields["test-points"])
        if points.isEmpty {
            report(
                fields["test-points"]?.atKey ?? entry.atKey, "has no test points",
                "test-points: [ping 192.0.2.1, \"tcp 192.0.2.53:53\"]")
        }
        for item in points {
            guard let point = readTestPoint(item, of: line, policy: policy, into: &indicators) else { continue }
            line.testPoints.append(point)
        }
        append(line, entry, to: &indicators)
        return line
    }

    /// From where, and by which interface, what tests a line leaves.
    private mutating func readEgress(_ fields: [String: Entry], _ addresses: [IPAddress]) -> Egress {
        var sources: [IPAddress] = []
        for item in items(of: fields["source"]) {
            guard let written = text(of: item) else { continue }
            guard let address = IPAddress(written) else {
                report(item, value: written, "is not an address", "an address of this machine such as 192.0.2.2")
                continue
            }
            if sources.contains(where: { $0.isSameFamily(as: address) }) {
                report(
                    item, value: written, "is a second source of its family", "one IPv4 and one IPv6 address at most")
            }
            sources.append(address)
        }
        if fields["source"] == nil {
            for address in addresses where !sources.contains(where: { $0.isSameFamily(as: address) }) {
                sources.append(address)
            }
        }
        var egress = Egress(sources: sources)
        if let place = fields["interface"], let name = text(of: place) {
            let isName = (1...15).contains(name.utf8.count) && !name.contains { $0 == "/" || $0.isWhitespace }
            if !isName {
                report(place, value: name, "is no name of an interface", "1…15 letters such as eth0 or ppp0")
            }
            egress.interface = name
        }
        return egress
    }

    // MARK: Test points

    private static let pointForms = "\"ping ADDRESS\", \"tcp ADDRESS:PORT\" or { check: METHOD, … }"

    private mutating func readTestPoint(
        _ item: Entry, of line: Line, policy: Policy, into indicators: inout [ReadIndicator]
    ) -> Line.TestPoint? {
        var place = item
        var label: String
        if case .mapping(let mapping) = item.node {
            guard let method = mapping[Node("check")]?.scalar?.string else {
                report(item, "has no check", Self.pointForms)
                return nil
            }
            let target = ["host", "server", "url"].compactMap { mapping[Node($0)]?.scalar?.string }.first ?? ""
            label = "\(method) \(target)"
        } else {
            guard let written = text(of: item) else { return nil }
            guard let arguments = pointArguments(written, item) else { return nil }
            label = written
            place.node = .mapping(Node.Mapping(arguments.map { (Node($0.0), Node($0.1)) }))
            if let address = arguments.first(where: { $0.0 == "host" }).flatMap({ IPAddress($0.1) }),
                !line.egress.sources.isEmpty,
                !line.egress.sources.contains(where: { $0.isSameFamily(as: address) })
            {
                report(
                    item, value: written, "is of a family of which the line has no address",
                    "a test point that the line's addresses can reach")
            }
        }
        label = label.split(separator: " ").joined(separator: " ")
        let name = "\(line.indicator):\(label.split(separator: " ").joined(separator: ":"))"
        if indicators.contains(where: { $0.indicator.name.text == name }) {
            report(item, value: label, "is a test point of this line already", "each test point once")
            return nil
        }
        var read = readIndicator(name, place, policies: [:], standard: policy)
        read.egress = line.egress
        if let check = read.check, !check.leavesByLine {
            report(item, "does not leave by a line", Self.pointForms)
        }
        indicators.append(read)
        return Line.TestPoint(indicator: read.indicator.name, text: label)
    }

    /// `ping 192.0.2.1` or `tcp 192.0.2.53:53` as the arguments of a check.
    private mutating func pointArguments(_ written: String, _ item: Entry) -> [(String, String)]? {
        let words = written.split(separator: " ").map(String.init)
        switch words.first {
        case "ping" where words.count == 2:
            if (try? Listener.parse(words[1])) != nil {
                report(
                    item, value: written, "has a port, and ping knows none", "\"ping ADDRESS\" or \"tcp ADDRESS:PORT\"")
                return nil
            }
            return [("check", "ping"), ("host", words[1]), ("count", "1"), ("loss", "0")]
        case "tcp" where words.count == 2:
            guard let colon = words[1].lastIndex(of: ":"), IPAddress(words[1]) == nil else {
                report(item, value: written, "has no port", "\"tcp 192.0.2.53:53\" or \"tcp [2001:db8::53]:53\"")
                return nil
            }
            var host = String(words[1][..<colon])
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            return [("check", "tcp"), ("host", host), ("port", String(words[1][words[1].index(after: colon)...]))]
        default:
            report(item, value: written, "is not a test point", Self.pointForms)
            return nil
        }
    }

    /// The line's own indicator: ok while any test point answers.
    private func append(_ line: Line, _ entry: Entry, to indicators: inout [ReadIndicator]) {
        var indicator = Indicator(name: line.indicator)
        let logic = Logic.any(line.testPoints.map { .indicator($0.indicator) })
        indicator.logic = logic
        indicator.recovery = line.recovery
        let text = "any of \(line.testPoints.map(\.text).joined(separator: ", "))"
        indicators.append(
            ReadIndicator(indicator: indicator, check: LogicCheck(logic, text: text), entry: entry, fields: [:]))
    }

    // MARK: Addresses

    /// Addresses without ports, each once.
    mutating func readAddresses(_ entry: Entry?, of owner: Entry, _ expected: String) -> [IPAddress] {
        let items = items(of: entry)
        if items.isEmpty { report(entry?.atKey ?? owner, "has no address", expected) }
        var addresses: [IPAddress] = []
        for item in items {
            guard let address = readAddress(item) else { continue }
            if addresses.contains(address) {
                report(item, value: "\(address)", "stands twice", "each address once")
            } else {
                addresses.append(address)
            }
        }
        return addresses
    }

    /// One address without a port.
    mutating func readAddress(_ item: Entry) -> IPAddress? {
        guard let written = text(of: item) else { return nil }
        if let address = IPAddress(written) { return address }
        let hasPort = (try? Listener.parse(written)) != nil
        report(
            item, value: written, hasPort ? "is an address with a port" : "is not an address",
            hasPort
                ? "the address alone: DNS knows no ports"
                : "an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1")
        return nil
    }
}

extension IPAddress {
    func isSameFamily(as other: IPAddress) -> Bool {
        switch (self, other) {
        case (.v4, .v4), (.v6, .v6): true
        default: false
        }
    }
}
