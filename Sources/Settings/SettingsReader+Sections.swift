import Addresses
import Checks
import DNS
import Failover
import Yams

/// An indicator as it was read, with its place.
struct ReadIndicator {
    var indicator: Indicator
    /// nil if its arguments were wrong; the error is reported.
    var check: (any Check)?
    var entry: Entry
}

/// Listeners, policies and indicators.
extension SettingsReader {
    // MARK: Listeners

    mutating func readListeners(_ entry: Entry?, standard: String) -> [Listener] {
        let items = items(of: entry)
        guard entry != nil else { return [readListener(nil, standard: standard)] }
        if let entry, items.isEmpty { report(entry, "has no address", "[\"\(standard)\"]") }
        var listeners: [Listener] = []
        for item in items {
            let listener = readListener(item, standard: standard)
            if listeners.contains(where: { $0.address == listener.address && $0.port == listener.port }) {
                report(item, value: listener.description, "is listened on already", "each address once")
            }
            listeners.append(listener)
        }
        return listeners
    }

    mutating func readListener(_ entry: Entry?, standard: String) -> Listener {
        let place = entry ?? Entry(node: .mapping([:]), path: "listen")
        var written = standard
        if let entry, let text = text(of: entry) { written = text }
        guard let parsed = Listener.parse(written) else {
            report(place, value: written, "is not an address with a port", "such as \(standard) or [::1]:53")
            return Listener(
                address: .v4(IPv4Address(bits: 0)), port: 1, line: place.line, column: place.column, path: place.path)
        }
        return Listener(
            address: parsed.address, port: parsed.port, line: place.line, column: place.column, path: place.path)
    }

    // MARK: Policies

    /// Checks every second, three failures, three successes.
    private static let fast: Policy = {
        var policy = Policy(name: "fast")
        policy.interval = .seconds(1)
        policy.timeout = .milliseconds(800)
        policy.recheck = .milliseconds(200)
        policy.rise = 3
        return policy
    }()

    mutating func readPolicies(_ entry: Entry?) -> [String: Policy] {
        var policies = ["default": Policy.default, "fast": Self.fast]
        for (name, child) in entries(of: entry) { policies[name] = readPolicy(name, child) }
        return policies
    }

    private mutating func readPolicy(_ name: String, _ entry: Entry) -> Policy {
        let fields = fields(of: entry, allowed: SettingsKeys.policy)
        var policy = Policy(name: name)
        let second = Duration.seconds(1)
        policy.interval = duration(fields["interval"], in: .milliseconds(100)...second * 86_400) ?? policy.interval
        // What is not written follows the interval, so that `interval: 1s` alone is a sound policy.
        policy.timeout =
            duration(fields["timeout"], in: .milliseconds(10)...second * 3600)
            ?? min(policy.timeout, policy.interval / 2)
        policy.recheck =
            duration(fields["recheck"], in: .milliseconds(10)...second * 86_400) ?? min(policy.recheck, policy.interval)
        policy.fall = integer(fields["fall"], in: 1...100) ?? policy.fall
        policy.rise = integer(fields["rise"], in: 1...100) ?? policy.rise
        policy.forget = integer(fields["forget"], in: 1...100) ?? policy.forget
        if let timeout = fields["timeout"], policy.timeout >= policy.interval {
            report(
                timeout, value: DurationText.print(policy.timeout), "is not below the interval",
                "less than \(DurationText.print(policy.interval))")
        }
        if let recheck = fields["recheck"], policy.recheck > policy.interval {
            report(
                recheck, value: DurationText.print(policy.recheck), "is longer than the interval",
                "at most \(DurationText.print(policy.interval))")
        }
        return policy
    }

    // MARK: Indicators

    mutating func readIndicators(_ entry: Entry?, policies: [String: Policy]) -> [ReadIndicator] {
        entries(of: entry).map { readIndicator($0, $1, policies: policies) }
    }

    private mutating func readIndicator(_ name: String, _ entry: Entry, policies: [String: Policy]) -> ReadIndicator {
        var fields: [String: Entry] = [:]
        for (key, child) in entries(of: entry) { fields[key] = child }
        var indicator = Indicator(name: IndicatorName(name))
        indicator.isDisabled = boolean(fields["disabled"]) ?? false
        if let place = fields["policy"], let wanted = text(of: place) {
            if let policy = policies[wanted] {
                indicator.policy = policy
            } else {
                reportMissing(wanted, place, "is not a policy", among: policies.keys.sorted())
            }
        } else if let standard = policies["default"] {
            indicator.policy = standard
        }
        return ReadIndicator(indicator: indicator, check: readCheck(entry, fields), entry: entry)
    }

    private mutating func readCheck(_ entry: Entry, _ fields: [String: Entry]) -> (any Check)? {
        guard let method = fields["check"].flatMap({ text(of: $0) }) else {
            if fields["check"] == nil {
                report(entry, "has no check", "check: \(CheckMethod.all.map { $0.method }.joined(separator: ", "))")
            }
            return nil
        }
        var values: [String: String] = [:]
        for (key, child) in fields where !["check", "policy", "disabled"].contains(key) {
            if let value = text(of: child) { values[key] = value }
        }
        do {
            return try CheckMethod.make(method: method, arguments: CheckArguments(values))
        } catch {
            for wrong in error.errors {
                let place =
                    fields[wrong.key] ?? fields["options"].flatMap { values[wrong.key] == nil ? $0 : nil } ?? entry
                var named = wrong.value == nil ? entry : place
                named.path = "\(entry.path).\(wrong.key)"
                if wrong.value != nil, let line = place.keyLine, fields[wrong.key] != nil {
                    named.line = line
                    named.column = place.keyColumn ?? place.column
                }
                report(named, value: wrong.value, wrong.problem, wrong.expected)
            }
            return nil
        }
    }

    mutating func reportMissing(_ wanted: String, _ place: Entry, _ problem: String, among names: [String]) {
        let known = nearest(wanted, among: names).map { "\($0) (did you mean that?)" }
        let all = names.isEmpty ? "one that is configured" : "one of \(names.prefix(20).joined(separator: ", "))"
        report(place, value: wanted, problem, known ?? all)
    }
}
