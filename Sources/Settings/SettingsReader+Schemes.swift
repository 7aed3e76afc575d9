import Addresses
import Checks
import DNS
import Failover
import Yams

extension SettingsReader {
    mutating func readSchemes(_ entry: Entry?, indicators: [ReadIndicator], zones: [Zone]) -> [Scheme] {
        var schemes: [Scheme] = []
        let names = indicators.map(\.indicator.name.text)
        for (written, child) in entries(of: entry) {
            let scheme = readScheme(written, child, indicators: names, zones: zones)
            if schemes.contains(where: { $0.name == scheme.name }) {
                report(child, value: written, "is a scheme already (names compare without case)", "each name once")
            }
            schemes.append(scheme)
        }
        return schemes
    }

    private mutating func readScheme(_ written: String, _ entry: Entry, indicators: [String], zones: [Zone]) -> Scheme {
        let fields = fields(of: entry, allowed: SettingsKeys.scheme)
        var place = entry
        place.line = entry.keyLine ?? entry.line
        place.column = entry.keyColumn ?? entry.column
        let owner = name(written, place)
        var scheme = Scheme(name: SchemeName((owner?.inLowerCase.description ?? written).droppingFinalDot))
        if let owner { checkZone(of: owner, place, zones: zones) }
        if let place = fields["provider"], let provider = text(of: place), provider != "local" {
            report(place, value: provider, "is not a provider", "local, our own DNS server")
        }
        if let ttl = integer(fields["ttl"], in: 1...86_400) { scheme.ttlSeconds = UInt32(ttl) }
        let floor = integer(fields["minimum-ttl"], in: 1...86_400).map { UInt32($0) }
        scheme.minimumTTLSeconds = floor ?? min(scheme.minimumTTLSeconds, scheme.ttlSeconds)
        if let place = fields["minimum-ttl"], let floor, floor > scheme.ttlSeconds {
            report(place, value: String(floor), "is above the TTL", "at most \(scheme.ttlSeconds)")
        }
        scheme.failback = readFailback(fields["failback"]) ?? scheme.failback
        scheme.allDown = readAllDown(fields["all-down"]) ?? scheme.allDown
        scheme.answers = readAnswers(fields["answers"]) ?? scheme.answers
        scheme.massFailureBrake = boolean(fields["mass-failure"]) ?? scheme.massFailureBrake
        scheme.members = readMembers(fields["members"], of: place, indicators: indicators)
        return scheme
    }

    private mutating func checkZone(of owner: Name, _ place: Entry, zones: [Zone]) {
        let around = zones.filter { owner.isAtOrBelow($0.apex) }
        guard let zone = around.max(by: { $0.apex.wire.count < $1.apex.wire.count }) else {
            let names = zones.map { $0.apex.description.droppingFinalDot }.joined(separator: ", ")
            report(
                place, value: owner.description.droppingFinalDot, "is in none of the zones",
                names.isEmpty
                    ? "a name in a zone, and list the zone under zones:" : "a name in \(names), or add its zone")
            return
        }
        for rrset in zone.rrsets where rrset.owner == owner {
            if rrset.type == .cname {
                report(
                    place, value: owner.description.droppingFinalDot, "has a CNAME record in its zone",
                    "a name without one (RFC 1034 §3.6.2)")
            } else if rrset.type == .a || rrset.type == .aaaa {
                warn(place, "its \(rrset.type) record in the zone is overruled by the scheme")
            }
        }
    }

    // MARK: Rules

    private mutating func readFailback(_ entry: Entry?) -> Failback? {
        guard let entry, let text = text(of: entry) else { return nil }
        switch text {
        case "immediate": return .immediate
        case "manual": return .manual
        default:
            if let delay = DurationText.parse(text), delay <= .seconds(86_400) { return .after(delay) }
            report(
                entry, value: text, "is not a failback rule", "immediate, manual, or a duration up to 1d such as 60s")
            return nil
        }
    }

    private mutating func readAllDown(_ entry: Entry?) -> AllDown? {
        guard let entry, let text = text(of: entry) else { return nil }
        switch text {
        case "hold": return .hold
        case "primary": return .primary
        case "all": return .all
        case "nodata": return .nodata
        case "servfail": return .servfail
        default:
            if text.hasPrefix("sorry ") {
                let words = text.dropFirst(6).split { $0 == " " || $0 == "," }
                let addresses = words.compactMap { IPAddress($0) }
                if !addresses.isEmpty, addresses.count == words.count { return .sorry(addresses) }
                report(entry, value: text, "has no valid address", "\"sorry 192.0.2.1\", several separated by commas")
                return nil
            }
            report(
                entry, value: text, "is not an all-down rule",
                "hold, primary, all, \"sorry 192.0.2.1\", nodata or servfail")
            return nil
        }
    }

    private mutating func readAnswers(_ entry: Entry?) -> Answers? {
        guard let entry, let text = text(of: entry) else { return nil }
        guard let answers = Answers(rawValue: text) else {
            report(entry, value: text, "is neither all nor one", "all or one")
            return nil
        }
        return answers
    }

    // MARK: Members

    private mutating func readMembers(_ entry: Entry?, of scheme: Entry, indicators: [String]) -> [Member] {
        let items = items(of: entry)
        if items.isEmpty {
            report(entry ?? scheme, "has no members", "members: with at least { indicator: NAME, value: ADDRESS }")
        }
        var members: [Member] = []
        for item in items {
            guard let member = readMember(item, indicators: indicators) else { continue }
            if members.contains(where: { $0.indicator == member.indicator }) {
                report(
                    item, value: member.indicator.text, "is a member of this scheme already",
                    "each indicator once; give one member several values with value: [ADDRESS, ADDRESS]")
            }
            members.append(member)
        }
        return members
    }

    private mutating func readMember(_ entry: Entry, indicators: [String]) -> Member? {
        let fields = fields(of: entry, allowed: SettingsKeys.member)
        let values = readValues(fields["value"], of: entry)
        let priority = fields["priority"].map { readPriority($0) } ?? .primary
        guard let place = fields["indicator"] else {
            report(entry, "has no indicator", "indicator: NAME, one of those under indicators:")
            return nil
        }
        guard let indicator = text(of: place) else { return nil }
        guard indicators.contains(indicator) else {
            reportMissing(indicator, place, "is not an indicator", among: indicators)
            return nil
        }
        return Member(indicator: IndicatorName(indicator), values: values, priority: priority)
    }

    private mutating func readValues(_ entry: Entry?, of member: Entry) -> [IPAddress] {
        let items = items(of: entry)
        if items.isEmpty { report(entry ?? member, "has no value", "value: with an address such as 192.0.2.1") }
        var values: [IPAddress] = []
        for item in items {
            guard let written = text(of: item) else { continue }
            guard let address = IPAddress(written) else {
                report(
                    item, value: written, "is not an address",
                    "an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1")
                continue
            }
            if values.contains(address) { report(item, value: written, "stands twice", "each address once") }
            values.append(address)
        }
        return values
    }

    private mutating func readPriority(_ entry: Entry) -> Priority {
        let levels: [String: Priority] = [
            "primary": .primary, "backup": .backup, "2nd-backup": .secondBackup, "3rd-backup": .thirdBackup,
            "disabled": .disabled,
        ]
        guard let written = text(of: entry) else { return .primary }
        if let level = levels[written] { return level }
        if let number = Int(written), (1...1000).contains(number) { return Priority(number) }
        report(
            entry, value: written, "is not a priority",
            "1…1000 (the higher wins) or primary, backup, 2nd-backup, 3rd-backup, disabled")
        return .primary
    }
}

extension String {
    var droppingFinalDot: String { hasSuffix(".") && count > 1 ? String(dropLast()) : self }
}
