import Addresses
import DNS
import Yams

/// What the DNS server says about itself, and how much each client gets.
extension SettingsReader {
    mutating func readDNS(_ entry: Entry?) -> DNSSettings {
        let fields = fields(of: entry, allowed: SettingsKeys.dns)
        var settings = DNSSettings()
        if let place = fields["nsid"] {
            settings.options.serverIdentifier = readText(place, octets: 128).map { Array($0.utf8) } ?? []
        }
        if let place = fields["version"] { settings.options.version = readText(place, octets: 255) }
        if let place = fields["id"] { settings.options.identity = readText(place, octets: 255) }
        readCookies(fields["cookies"], into: &settings)
        settings.options.rateLimit = readRateLimit(fields["rate-limit"])
        return settings
    }

    /// A text of so many octets, or nil for `off`.
    private mutating func readText(_ place: Entry, octets limit: Int) -> String? {
        guard let text = text(of: place), !isOff(place) else { return nil }
        guard text.utf8.count <= limit else {
            report(place, value: text, "is too long", "at most \(limit) octets")
            return nil
        }
        return text
    }

    // MARK: Cookies

    private mutating func readCookies(_ entry: Entry?, into settings: inout DNSSettings) {
        guard let entry else { return }
        if case .scalar = entry.node, !entry.node.isNull {
            settings.hasCookies = boolean(entry) ?? true
            return
        }
        let fields = fields(of: entry, allowed: SettingsKeys.cookies)
        guard let place = fields["secrets"], let written = text(of: place) else { return }
        let path = resolve(written)
        guard let contents = readFile(path) else {
            report(
                place, value: written, "cannot be read",
                "a file of one or two secrets; its path begins at the folder of \(file)")
            return
        }
        settings.options.cookieSecrets = readSecrets(contents, path: path, place)
    }

    /// One secret a line; `#` begins a comment. What is wrong is told with the line in that file, without the secret.
    private mutating func readSecrets(_ contents: String, path: String, _ place: Entry) -> [CookieSecret] {
        var secrets: [CookieSecret] = []
        for (index, line) in contents.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let text = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
            if text.isEmpty { continue }
            var problem: (String, String)?
            if secrets.count == 2 {
                problem = ("is a third secret", "two at most: the one in force, and one that is accepted too")
            } else if let secret = CookieSecret(hexadecimal: text) {
                secrets.append(secret)
            } else {
                problem = ("is not a secret", "32 hexadecimal digits, as from: openssl rand -hex 16")
            }
            guard let (what, expected) = problem else { continue }
            errors.append(
                SettingsError(
                    file: path, line: index + 1, column: 1, path: place.path, value: nil, problem: what,
                    expected: expected))
            return secrets
        }
        if secrets.isEmpty { report(place, value: text(of: place), "holds no secret", "a file of one or two secrets") }
        return secrets
    }

    // MARK: Rate limit

    private mutating func readRateLimit(_ entry: Entry?) -> RateLimit? {
        var limit = RateLimit()
        guard let entry else { return limit }
        if case .scalar = entry.node, !entry.node.isNull { return boolean(entry) == false ? nil : limit }
        let fields = fields(of: entry, allowed: SettingsKeys.rateLimit)
        limit.perSecond = integer(fields["per-second"], in: 1...1_000_000) ?? limit.perSecond
        limit.slip = integer(fields["slip"], in: 0...100) ?? limit.slip
        limit.v4PrefixLength = integer(fields["ipv4-prefix"], in: 1...32) ?? limit.v4PrefixLength
        limit.v6PrefixLength = integer(fields["ipv6-prefix"], in: 1...128) ?? limit.v6PrefixLength
        for item in items(of: fields["exempt"]) {
            guard let text = text(of: item) else { continue }
            guard let network = Network(text) else {
                report(item, value: text, "is not a network", "ADDRESS/LENGTH such as 192.0.2.0/24, nothing behind it")
                continue
            }
            limit.exempt.append(network)
        }
        if limit.exempt.count > 1000, let place = fields["exempt"] {
            report(place, "has more than 998 networks", "fewer, larger ones")
        }
        return limit
    }

    private func isOff(_ place: Entry) -> Bool {
        guard case .scalar(let scalar) = place.node, scalar.style == .plain else { return false }
        return ["off", "no", "false"].contains(scalar.string.lowercased())
    }
}

/// What the `dns` section says.
package struct DNSSettings: Hashable, Sendable {
    /// With the cookie secrets that were given; none if a random one is wanted.
    package var options = AnswerOptions()
    package var hasCookies = true

    init() { options.rateLimit = RateLimit() }

    /// The options to serve with. Without a secret of the user's, cookies are made with `secret`.
    package func options(randomSecret secret: CookieSecret) -> AnswerOptions {
        var options = options
        if !hasCookies {
            options.cookieSecrets = []
        } else if options.cookieSecrets.isEmpty {
            options.cookieSecrets = [secret]
        }
        return options
    }
}
