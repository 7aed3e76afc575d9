import Addresses
import Checks
import DNS
import DNSClient
import Failover
import Yams

/// An indicator as it was read, with its place.
struct ReadIndicator {
    var indicator: Indicator
    /// nil if its arguments were wrong; the error is reported.
    var check: (any Check)?
    var entry: Entry
    /// What is looked at again when all indicators are known; kept for all, the rest would strew the heap with gaps.
    var fields: [String: Entry]
    /// How its probes leave; nil: as the routes say.
    var egress: Egress?
}

/// Listeners, policies and indicators.
extension SettingsReader {
    // MARK: Listeners

    mutating func readListeners(_ entry: Entry?, standard: String) -> [Listener] {
        guard let entry else { return [readListener(nil, standard: standard)] }
        let items = items(of: entry)
        if items.isEmpty { report(entry, "has no address", "[\"\(standard)\"]") }
        var listeners: [Listener] = []
        for item in items {
            let listener = readListener(item, standard: standard)
            if let first = listeners.first(where: { $0.description == listener.description }) {
                report(
                    item, value: listener.description, "is listened on already",
                    "each address once; the first is on line \(first.line)")
            } else {
                listeners.append(listener)
            }
        }
        return listeners
    }

    /// The default if nothing is written. If something wrong is, an address that is never listened on stands for it.
    mutating func readListener(_ entry: Entry?, standard: String) -> Listener {
        let place = entry ?? Entry(node: .mapping([:]), path: "listen")
        let written = entry.flatMap { text(of: $0) } ?? standard
        do {
            let (address, port) = try Listener.parse(written)
            return Listener(address: address, port: port, line: place.line, column: place.column, path: place.path)
        } catch {
            report(place, value: written, error.problem, error.expected(standard))
            return Listener(
                address: .v4(IPv4Address(bits: 0)), port: place.line, line: place.line, column: place.column,
                path: place.path)
        }
    }

    /// Who may look: true for anyone.
    mutating func readAccess(_ entry: Entry?) -> Bool? {
        guard let entry, let text = text(of: entry) else { return nil }
        switch text {
        case "anyone": return true
        case "users": return false
        default:
            report(entry, value: text, "is not who may look", "anyone, or users (those with an account)")
            return nil
        }
    }

    // MARK: Policies

    mutating func readPolicies(_ entry: Entry?) -> [String: Policy] {
        var policies = Dictionary(uniqueKeysWithValues: Policy.builtIn.map { ($0.name, $0) })
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
        policy.tripwire = boolean(fields["tripwire"]) ?? policy.tripwire
        if let timeout = fields["timeout"], policy.timeout >= policy.interval {
            report(
                timeout, value: text(of: timeout), "is not below the interval",
                "less than \(DurationText.print(policy.interval))")
        }
        if let recheck = fields["recheck"], policy.recheck > policy.interval {
            report(
                recheck, value: text(of: recheck), "is longer than the interval",
                "at most \(DurationText.print(policy.interval))")
        }
        return policy
    }

    // MARK: References

    /// The indicators by which this node doubts itself; each of them once.
    mutating func readReferences(_ entry: Entry?, indicators: [ReadIndicator]) -> [IndicatorName] {
        guard let entry else { return [] }
        var references: [IndicatorName] = []
        for item in items(of: entry) {
            guard let written = text(of: item) else { continue }
            let name = IndicatorName(written)
            guard let found = indicators.first(where: { $0.indicator.name == name }) else {
                reportMissing(
                    written, item, "is not an indicator", among: indicators.map(\.indicator.name.text).sorted())
                continue
            }
            if found.indicator.isDisabled {
                report(item, value: written, "is disabled, so it can say nothing", "an indicator that is checked")
            } else if let check = found.check, check is any ReportedCheck || check is LogicCheck {
                report(item, value: written, "is not probed, so it says nothing of us", "an indicator that is probed")
            } else if references.contains(name) {
                report(item, value: written, "is a reference already", "each indicator once")
            } else {
                references.append(name)
            }
        }
        return references
    }

    // MARK: Indicators

    mutating func readIndicators(_ entry: Entry?, policies: [String: Policy]) -> [ReadIndicator] {
        entries(of: entry).map { readIndicator($0, $1, policies: policies) }
    }

    /// - Parameter standard: its policy if it names none; nil for the one called `default`.
    mutating func readIndicator(
        _ name: String, _ entry: Entry, policies: [String: Policy], standard: Policy? = nil
    ) -> ReadIndicator {
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
        } else if let standard = standard ?? policies["default"] {
            indicator.policy = standard
        }
        let check = readCheck(entry, fields)
        if let check, check is any ReportedCheck || check is LogicCheck {
            // Nobody probes these: what is said of them is so.
            if let place = fields["policy"] {
                let method = type(of: check).method
                report(place.atKey, "has no meaning for \(method), which is not probed", "no policy")
            }
            indicator.policy = .default
            indicator.policy.isCertainAtOnce()
        }
        if let logic = check as? LogicCheck { indicator.logic = logic.logic }
        let late = fields.filter { ["expression", "line"].contains($0.key) }
        return ReadIndicator(indicator: indicator, check: check, entry: entry, fields: late)
    }

    private mutating func readCheck(_ entry: Entry, _ fields: [String: Entry]) -> (any Check)? {
        let methods = CheckMethod.all.map { $0.method }
        guard entry.isSection else { return nil }
        guard let place = fields["check"] else {
            report(entry.atKey, "has no check", "check: with one of \(methods.joined(separator: ", "))")
            return nil
        }
        guard let method = text(of: place) else { return nil }
        let ownKeys = SettingsKeys.indicator.map(\.name).filter { $0 != "options" }
        var values: [String: String] = [:]
        for (key, child) in fields where !ownKeys.contains(key) {
            if case .scalar(let scalar) = child.node, !child.node.isNull {
                values[key] = scalar.string
            } else {
                report(child.atKey, child.node.isNull ? "has no value" : "is not a single value", "one value")
            }
        }
        do {
            return try CheckMethod.make(method: method, arguments: CheckArguments(values, forbidden: forbidden))
        } catch {
            for wrong in error.errors { report(wrong, of: entry, fields) }
            return nil
        }
    }

    /// Finds the line that a check's complaint is about: the argument's own, or the options it stands among.
    private mutating func report(_ wrong: CheckArgumentError, of entry: Entry, _ fields: [String: Entry]) {
        guard let value = wrong.value else {
            if fields[wrong.key] != nil { return }  // written, but not as a single value: reported
            var place = entry.atKey
            place.path = entry.child(wrong.key)
            report(place, wrong.problem, wrong.expected)
            return
        }
        var place = fields[wrong.key] ?? fields[CheckOptions.key] ?? entry.atKey
        let isUnknown = wrong.problem.hasPrefix("is not an argument")
        if isUnknown, fields[wrong.key] != nil { place = place.atKey }
        place.path = entry.child(wrong.key)
        let names = SettingsKeys.indicator.map(\.name)
        let meant = isUnknown ? suggestion(for: wrong.key, among: names) : nil
        report(
            place, value: isUnknown ? nil : value, wrong.problem,
            wrong.expected.hasPrefix("did you mean") ? wrong.expected : meant ?? wrong.expected)
    }

    /// Says that a name refers to nothing.
    mutating func reportMissing(_ wanted: String, _ place: Entry, _ problem: String, among names: [String]) {
        let all = names.isEmpty ? "one that is configured" : "one of \(names.prefix(20).joined(separator: ", "))"
        report(place, value: wanted, problem, suggestion(for: wanted, among: names) ?? all)
    }
}

extension Policy {
    /// Checks every second; what fails three times is err, what succeeds three times is ok.
    static let fast: Policy = {
        var policy = Policy(name: "fast")
        policy.interval = .seconds(1)
        policy.timeout = .milliseconds(800)
        policy.recheck = .milliseconds(200)
        policy.rise = 3
        return policy
    }()

    /// Those that exist without being configured.
    static let builtIn: [Policy] = [.default, .fast]
}
