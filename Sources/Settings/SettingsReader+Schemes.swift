import Addresses
import Checks
import DNS
import Failover
import Yams

extension SettingsReader {
    mutating func readSchemes(_ entry: Entry?, indicators: [ReadIndicator], zones: ReadZones, providers: [String])
        -> [Scheme]
    {
        var schemes: [Scheme] = []
        var places: [SchemeName: (key: String, line: Int)] = [:]
        let names = indicators.map(\.indicator.name.text)
        for (written, child) in entries(of: entry) {
            let scheme = readScheme(
                written, child, indicators: names, zones: zones, providers: providers)
            if let first = places[scheme.name], first.key != written {
                report(
                    child.atKey, "is a scheme already: names compare without case and final dot",
                    "it once; the first is on line \(first.line)")
            }
            places[scheme.name] = places[scheme.name] ?? (written, child.atKey.line)
            schemes.append(scheme)
        }
        return schemes
    }

    private mutating func readScheme(
        _ written: String, _ entry: Entry, indicators: [String], zones: ReadZones, providers: [String]
    ) -> Scheme {
        let fields = fields(of: entry, allowed: SettingsKeys.scheme)
        let place = entry.atKey
        var scheme = readSchemeRules(written, place, fields, zones: zones, providers: providers)
        if entry.isSection { scheme.members = readMembers(fields["members"], of: place, indicators: indicators) }
        return scheme
    }

    /// A scheme without its members.
    ///
    /// - Parameters:
    ///   - failback: what counts if nothing is written; nil for the standard.
    ///   - massFailureBrake: likewise.
    mutating func readSchemeRules(
        _ written: String, _ place: Entry, _ fields: [String: Entry], zones: ReadZones, providers: [String],
        failback: Failback? = nil, massFailureBrake: Bool = true
    ) -> Scheme {
        let owner = name(written, place)
        var scheme = Scheme(name: SchemeName((owner?.inLowerCase.description ?? written).droppingFinalDot))
        scheme.providers = readProviderNames(fields, known: providers) ?? scheme.providers
        scheme.mayChangeWithMany = !(boolean(fields["max-changes"]) ?? true)
        if let owner, scheme.isLocal { checkZone(of: owner, place, zones: zones) }
        if let ttl = integer(fields["ttl"], in: 1...86_400) { scheme.ttlSeconds = UInt32(ttl) }
        let floor = integer(fields["minimum-ttl"], in: 1...86_400).map { UInt32($0) }
        scheme.minimumTTLSeconds = floor ?? min(scheme.minimumTTLSeconds, scheme.ttlSeconds)
        if let place = fields["minimum-ttl"], let floor, floor > scheme.ttlSeconds {
            report(place, value: String(floor), "is above the TTL", "at most \(scheme.ttlSeconds)")
        }
        scheme.failback = readFailback(fields["failback"]) ?? failback ?? scheme.failback
        scheme.allDown = readAllDown(fields["all-down"]) ?? scheme.allDown
        scheme.answers = readAnswers(fields["answers"]) ?? scheme.answers
        scheme.massFailureBrake = boolean(fields["mass-failure"]) ?? massFailureBrake
        return scheme
    }

    /// A scheme lives in the nearest zone above it, and needs a name that it may give addresses to.
    private mutating func checkZone(of owner: Name, _ place: Entry, zones: ReadZones) {
        let around = zones.apexes.filter { owner.isAtOrBelow($0) }
        guard let apex = around.max(by: { $0.wire.count < $1.wire.count }) else {
            let names = zones.apexes.map { $0.description.droppingFinalDot }.joined(separator: ", ")
            report(
                place, "is in none of the zones",
                names.isEmpty ? "zones: with the zone it is in" : "a name in \(names), or add its zone under zones:")
            return
        }
        guard let zone = zones.read.first(where: { $0.apex == apex }) else { return }  // broken, and reported as such
        var related: [RRset] = []
        zone.forEachRRset(atOrAbove: owner) { related.append($0) }
        for rrset in related {
            let cut = rrset.owner.description.droppingFinalDot
            switch rrset.type {
            case .cname where rrset.owner == owner:
                report(place, "has a CNAME record in its zone", "a name without one (RFC 1034 §3.6.2)")
            case .a where rrset.owner == owner, .aaaa where rrset.owner == owner:
                warn(place, "takes the place of the \(rrset.type) record that its zone has")
            case .ns where rrset.owner != apex && owner.isAtOrBelow(rrset.owner):
                report(place, "is below \(cut), which its zone delegates", "a name that is not delegated")
            case .dname where rrset.owner != owner && owner.isAtOrBelow(rrset.owner):
                report(place, "is below \(cut), which has a DNAME record", "a name outside of it (RFC 6672 §2.4)")
            default: break
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
                report(
                    entry, value: text, "has an address that is none",
                    "\"sorry 192.0.2.1\", several separated by commas")
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
            report(
                entry?.atKey ?? scheme, "has no members",
                "members: with at least one { indicator: NAME, value: ADDRESS }")
        }
        var members: [Member] = []
        var seen: Set<IndicatorName> = []
        for item in items {
            guard let member = readMember(item, indicators: indicators) else { continue }
            if !seen.insert(member.indicator).inserted {
                report(
                    item, value: member.indicator.text, "is a member of this scheme already",
                    "each indicator once, with all of its values: value: [ADDRESS, ADDRESS]")
            }
            members.append(member)
        }
        return members
    }

    private mutating func readMember(_ entry: Entry, indicators: [String]) -> Member? {
        let fields = fields(of: entry, allowed: SettingsKeys.member)
        guard entry.isSection else { return nil }
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
        if items.isEmpty { report(entry?.atKey ?? member, "has no value", "value: with an address such as 192.0.2.1") }
        var values: [IPAddress] = []
        for item in items {
            guard let written = text(of: item) else { continue }
            guard let address = IPAddress(written) else {
                let hasPort = (try? Listener.parse(written)) != nil
                report(
                    item, value: written, hasPort ? "is an address with a port" : "is not an address",
                    hasPort
                        ? "the address alone: DNS knows no ports"
                        : "an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1")
                continue
            }
            if values.contains(address) { report(item, value: written, "stands twice", "each address once") }
            values.append(address)
        }
        return values
    }

    private static let levels: [(name: String, priority: Priority)] = [
        ("primary", .primary), ("backup", .backup), ("2nd-backup", .secondBackup), ("3rd-backup", .thirdBackup),
        ("disabled", .disabled),
    ]

    mutating func readPriority(_ entry: Entry, what: String = "priority") -> Priority {
        guard let written = text(of: entry) else { return .primary }
        if let level = Self.levels.first(where: { $0.name == written }) { return level.priority }
        let isNumber = written.utf8.allSatisfy { (0x30...0x39).contains($0) }
        if isNumber, let number = Int(written), (1...1000).contains(number) { return Priority(number) }
        let names = Self.levels.map(\.name)
        report(
            entry, value: written, "is not a \(what)",
            suggestion(for: written, among: names) ?? "1…1000 or \(names.joined(separator: ", "))")
        return .primary
    }
}

extension String {
    var droppingFinalDot: String { hasSuffix(".") && count > 1 ? String(dropLast()) : self }
}
