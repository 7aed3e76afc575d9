import Failover

/// Indicators and schemes that belong together, for people who may look at and change these only.
package struct Project: Hashable, Sendable {
    package var name: String
    /// Names, or patterns with `*` and `?`.
    package var indicators: [String]
    /// The same; in lower case, without the final dot.
    package var schemes: [String]
    /// The channels that its people may subscribe with: names, or patterns.
    package var channels: [String] = []

    package func mayUse(channel name: String) -> Bool { channels.contains { fits(name, $0) } }
    package func has(indicator name: String) -> Bool { indicators.contains { fits(name, $0) } }
    package func has(scheme name: String) -> Bool { schemes.contains { fits(name, $0) } }

    /// Whether something of that name belongs to it, or would.
    package func has(_ name: String, in section: ManagedPart.Section) -> Bool {
        switch section {
        case .indicators: has(indicator: name)
        case .schemes: has(scheme: name.lowercased().droppingFinalDot)
        case .projects: self.name == name
        case .policies, .subscriptions, .providers: false
        }
    }
}

extension SettingsReader {
    /// A pattern may fit nothing yet: whoever may change the project makes what it fits.
    mutating func readProjects(_ entry: Entry?) -> [Project] {
        entries(of: entry).compactMap { name, child in
            let fields = fields(of: child, allowed: SettingsKeys.project)
            guard child.isSection else { return nil }
            if name == "*" { report(child.atKey, "stands for every project", "another name") }
            let indicators = items(of: fields["indicators"]).compactMap { text(of: $0) }
            let schemes = items(of: fields["schemes"]).compactMap { text(of: $0)?.lowercased().droppingFinalDot }
            if indicators.isEmpty, schemes.isEmpty {
                report(child.atKey, "has nothing in it", "indicators or schemes, names or patterns: \"charlie:*\"")
            }
            let channels = items(of: fields["channels"]).compactMap { text(of: $0) }
            return Project(name: name, indicators: indicators, schemes: schemes, channels: channels)
        }
    }
}
