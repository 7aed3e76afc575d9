import Addresses

/// The names of a dynamic DNS service, and what it says to an update.
actor DynamicDNSState {
    private struct Host {
        var name: String
        var user: String
        var secret: String
        var v4: IPv4Address?
        var v6: IPv6Address?
        /// When it was updated last.
        var updates: [ContinuousClock.Instant] = []
    }

    private var hosts: [Host] = []
    private var fixedAnswer: String?
    private let limit: Int
    private static let window = Duration.seconds(120)

    init(limit: Int) { self.limit = limit }

    func addHost(_ name: String, user: String, secret: String) {
        hosts.removeAll { $0.name == name }
        hosts.append(Host(name: name, user: user, secret: secret))
    }

    func answerAlways(_ word: String?) { fixedAnswer = word }

    func addresses(of name: String) -> [String] {
        guard let host = hosts.first(where: { $0.name == name }) else { return [] }
        return [host.v4?.description, host.v6?.description].compactMap { $0 }
    }

    func listing() -> [String] {
        hosts.sorted { $0.name < $1.name }.flatMap { host in
            [host.v4.map { "\(host.name) A \($0)" }, host.v6.map { "\(host.name) AAAA \($0)" }].compactMap { $0 }
        }
    }

    /// The word and what follows it.
    func take(_ update: DynamicDNSUpdate) -> String {
        if let fixedAnswer { return fixedAnswer }
        guard let agent = update.agent, !agent.isEmpty else { return "badagent" }
        guard let user = update.user, let secret = update.secret else { return "badauth" }
        guard let name = update.name, !name.isEmpty else { return "notfqdn" }
        guard name.contains(".") else { return "notfqdn" }
        // A wrong key is told before a name that is unknown, so that nobody can find out names.
        guard hosts.contains(where: { $0.user == user && $0.secret == secret }) else { return "badauth" }
        guard let place = hosts.firstIndex(where: { $0.name == name && $0.user == user && $0.secret == secret })
        else { return "nohost" }
        guard !update.addresses.isEmpty, let parsed = Self.parse(update.addresses) else { return "badip" }
        let now = ContinuousClock.now
        hosts[place].updates.removeAll { $0 + Self.window < now }
        guard hosts[place].updates.count < limit else { return "interval" }
        hosts[place].updates.append(now)
        let before = hosts[place]
        hosts[place].v4 = parsed.v4 ?? before.v4
        hosts[place].v6 = parsed.v6 ?? before.v6
        let isNew = before.v4 != hosts[place].v4 || before.v6 != hosts[place].v6
        return "\(isNew ? "good" : "nochg") \(update.addresses.joined(separator: ","))"
    }

    /// nil if one is no address.
    private static func parse(_ texts: [String]) -> (v4: IPv4Address?, v6: IPv6Address?)? {
        var parsed: (v4: IPv4Address?, v6: IPv6Address?) = (nil, nil)
        for text in texts {
            switch IPAddress(text) {
            case .v4(let address): parsed.v4 = address
            case .v6(let address): parsed.v6 = address
            case nil: return nil
            }
        }
        return parsed
    }
}
