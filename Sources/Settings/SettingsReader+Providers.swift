import Checks
import DNS
import Providers
import Secrets
import Yams

/// The accounts under `providers:`.
extension SettingsReader {
    mutating func readProviders(_ entry: Entry?, keys: [TSIGKey]) -> (read: [ProviderSettings], names: [String]) {
        var read: [ProviderSettings] = []
        var names: [String] = []
        for (name, child) in entries(of: entry) {
            names.append(name)
            guard name != Self.localProvider else {
                report(child.atKey, "is our own DNS server, which needs no account", "another name")
                continue
            }
            if let provider = readProvider(name, child, keys: keys) { read.append(provider) }
        }
        return (read, names)
    }

    static let localProvider = "local"

    private mutating func readProvider(
        _ name: String, _ entry: Entry, keys: [TSIGKey]
    ) -> ProviderSettings? {
        var fields: [String: Entry] = [:]
        for (key, child) in entries(of: entry) { fields[key] = child }
        guard entry.isSection else { return nil }
        let drivers = ProviderDriver.all.map { $0.driver }
        guard let place = fields["driver"] else {
            report(entry.atKey, "has no driver", "driver: with one of \(drivers.joined(separator: ", "))")
            return nil
        }
        guard let driver = text(of: place) else { return nil }
        if entry.isManaged, driver == Providers.Exec.driver, forbidden.forbidsPrograms {
            report(place, value: driver, "is forbidden here: the file says checks: forbid: programs", "another driver")
            return nil
        }
        let ownKeys = SettingsKeys.provider.map(\.name)
        var values: [String: String] = [:]
        for (key, child) in fields where !ownKeys.contains(key) {
            if case .scalar(let scalar) = child.node, !child.node.isNull {
                values[key] = scalar.string
            } else {
                report(child.atKey, child.node.isNull ? "has no value" : "is not a single value", "one value")
            }
        }
        let provider: any Provider
        do {
            provider = try ProviderDriver.make(
                driver: driver,
                arguments: ProviderArguments(values, folder: folder, opener: .sealed(in: dataFolder), keys: keys))
        } catch {
            for wrong in error.errors { report(wrong, of: entry, fields, drivers: drivers) }
            return nil
        }
        var settings = ProviderSettings(name: name, provider: provider, arguments: values)
        // A key's secret may change while the arguments stay.
        settings.keys = keys.filter { key in values["key"].flatMap { try? Name($0) } == key.name }
        settings.timeout = provider.capabilities.callTimeout
        readRules(fields, into: &settings)
        return settings
    }

    private mutating func readRules(_ fields: [String: Entry], into settings: inout ProviderSettings) {
        let second = Duration.seconds(1)
        settings.timeout = duration(fields["timeout"], in: second...second * 300) ?? settings.timeout
        settings.policy.isDryRun = boolean(fields["dry-run"]) ?? false
        if let place = fields["drift"], let word = text(of: place) {
            if let drift = ReconcilerPolicy.Drift(rawValue: word) {
                settings.policy.drift = drift
            } else {
                report(place, value: word, "is neither correct nor report", "correct or report")
            }
        }
        if let place = fields["max-changes"], let word = text(of: place) {
            if let share = Self.share(word) {
                settings.policy.maxChanges = share
            } else {
                report(place, value: word, "is not a share", "1%…100%, or off")
            }
        }
        settings.servers = readNameServers(fields["servers"])
    }

    private mutating func readNameServers(_ entry: Entry?) -> [NameServer] {
        var servers: [NameServer] = []
        for item in items(of: entry) {
            guard let written = text(of: item) else { continue }
            // A name may stand before the address, for people.
            let words = written.split(separator: " ").map(String.init)
            if var server = words.last.flatMap({ NameServer($0) }) {
                if words.count > 1 { server.name = words.dropLast().joined(separator: " ") }
                servers.append(server)
            } else {
                report(
                    item, value: written, "is not a name server's address",
                    "an address with or without a port, such as 192.0.2.53 or 127.0.0.1:5300")
            }
        }
        return servers
    }

    /// Whom to ask how far a change has got.
    mutating func readPropagation(_ entry: Entry?) -> PropagationSettings {
        let fields = fields(of: entry, allowed: SettingsKeys.propagation)
        var settings = PropagationSettings()
        settings.servers = readNameServers(fields["servers"])
        if let place = fields["resolvers"] {
            let isOff = (text(ifScalar: place)).map { ["none", "off", "no"].contains($0.lowercased()) } ?? false
            settings.resolvers = isOff ? [] : readNameServers(place)
        }
        return settings
    }

    private func text(ifScalar entry: Entry) -> String? {
        if case .scalar(let scalar) = entry.node { scalar.string } else { nil }
    }

    /// `30%` is 0.3; `off` is no limit.
    private static func share(_ text: String) -> Double? {
        if ["off", "no", "false"].contains(text.lowercased()) { return 1 }
        guard text.hasSuffix("%"), let percent = Int(text.dropLast()), (1...100).contains(percent) else { return nil }
        return Double(percent) / 100
    }

    /// Finds the line that a driver's complaint is about.
    private mutating func report(
        _ wrong: ProviderArgumentError, of entry: Entry, _ fields: [String: Entry], drivers: [String]
    ) {
        let isUnknown = wrong.problem.hasPrefix("is not an argument")
        var place = fields[wrong.key] ?? entry.atKey
        if isUnknown || wrong.value == nil, fields[wrong.key] != nil { place = place.atKey }
        place.path = entry.child(wrong.key)
        let names = SettingsKeys.provider.map(\.name)
        let meant =
            wrong.key == "driver"
            ? suggestion(for: wrong.value ?? "", among: drivers)
            : isUnknown ? suggestion(for: wrong.key, among: names) : nil
        report(place, value: wrong.value, wrong.problem, meant ?? wrong.expected)
    }

    /// The providers of a scheme, by name, each once.
    mutating func readProviderNames(_ fields: [String: Entry], known: [String]) -> [String]? {
        guard let entry = fields["providers"] ?? fields["provider"] else { return nil }
        if let other = fields["provider"], fields["providers"] != nil {
            report(other.atKey, "stands beside providers", "one of the two")
        }
        var names: [String] = []
        for item in items(of: entry) {
            guard let name = text(of: item) else { continue }
            guard name == Self.localProvider || known.contains(name) else {
                let all = [Self.localProvider] + known
                let others = known.isEmpty ? "local (our own DNS server)" : "one of \(all.joined(separator: ", "))"
                report(item, value: name, "is not a provider", suggestion(for: name, among: all) ?? others)
                continue
            }
            if names.contains(name) { report(item, value: name, "stands twice", "each provider once") }
            names.append(name)
        }
        if items(of: entry).isEmpty { report(entry.atKey, "has no provider", "local, or one under providers:") }
        return names.isEmpty ? nil : names
    }
}
