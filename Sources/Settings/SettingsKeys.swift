/// One key of the configuration file, as the reader and the documentation know it.
package struct SettingsKey: Sendable {
    package let name: String
    /// What stands there if nothing is written; nil if it must be written or has no value of its own.
    package let standard: String?

    init(_ name: String, standard: String? = nil) {
        self.name = name
        self.standard = standard
    }
}

/// The keys that exist, section by section. Reading, suggestions and the test of the documentation use this table.
package enum SettingsKeys {
    package static let root = [
        "listen", "data", "history", "access", "dns", "zones", "keys", "transfer", "notify", "policies", "indicators",
        "references", "reports", "checks", "schemes", "maintenance", "projects", "providers", "propagation", "notices",
        "lines", "services", "hosts", "forwarding",
    ].map { SettingsKey($0, standard: $0 == "data" ? Settings.standardDataFolder : nil) }
    static let listen = [
        SettingsKey("dns", standard: Settings.standardDNSListener),
        SettingsKey("http", standard: Settings.standardHTTPListener),
        SettingsKey("tls"), SettingsKey("https"),
    ]
    static let history = [
        SettingsKey("keep", standard: "90d"), SettingsKey("events", standard: "1000000"),
        SettingsKey("audit", standard: "400d"), SettingsKey("audit-entries", standard: "1000000"),
    ]
    static let access = [
        SettingsKey("read"), SettingsKey("status"),
        SettingsKey("connections-per-client", standard: "\(Settings.standardConnectionsPerClient)"),
    ]
    static let tls = [SettingsKey("address"), SettingsKey("certificate"), SettingsKey("key")]
    static let http = [
        SettingsKey("address", standard: Settings.standardHTTPListener), SettingsKey("certificate"), SettingsKey("key"),
    ]
    static let https = tls + [SettingsKey("path", standard: EncryptedListener.standardPath)]
    static let dns = [
        SettingsKey("nsid", standard: "off"), SettingsKey("version", standard: "off"),
        SettingsKey("id", standard: "off"), SettingsKey("cookies", standard: "on"),
        SettingsKey("rate-limit", standard: "on"),
    ]
    static let cookies = [SettingsKey("secrets")]
    static let rateLimit = [
        SettingsKey("per-second", standard: "200"), SettingsKey("slip", standard: "1"),
        SettingsKey("ipv4-prefix", standard: "24"), SettingsKey("ipv6-prefix", standard: "56"), SettingsKey("exempt"),
    ]
    static let zone = [
        SettingsKey("name"), SettingsKey("file"), SettingsKey("records"), SettingsKey("list"), SettingsKey("transfer"),
        SettingsKey("notify"),
    ]
    static let key = [
        SettingsKey("algorithm", standard: "hmac-sha256"), SettingsKey("secret"), SettingsKey("secret-file"),
        SettingsKey("secret-env"),
    ]
    static let policy = [
        SettingsKey("interval", standard: "10s"), SettingsKey("timeout", standard: "5s"),
        SettingsKey("recheck", standard: "2s"), SettingsKey("fall", standard: "3"), SettingsKey("rise", standard: "5"),
        SettingsKey("forget", standard: "3"), SettingsKey("tripwire", standard: "off"),
    ]
    /// Beside these, an indicator takes the arguments of its check.
    static let indicator = [
        SettingsKey("check"), SettingsKey("policy", standard: "default"), SettingsKey("disabled", standard: "no"),
        SettingsKey("options"), SettingsKey("line"),
    ]
    static let line = [
        SettingsKey("addresses"), SettingsKey("interface"), SettingsKey("source"), SettingsKey("test-points"),
        SettingsKey("recovery", standard: "10s"), SettingsKey("policy"),
    ]
    /// Those of a scheme that every name which is answered has.
    private static let answer = [
        SettingsKey("providers", standard: "local"), SettingsKey("provider"), SettingsKey("ttl", standard: "30"),
        SettingsKey("minimum-ttl", standard: "5"), SettingsKey("all-down", standard: "hold"),
        SettingsKey("mass-failure", standard: "off"), SettingsKey("max-changes", standard: "on"),
    ]
    static let service =
        [
            SettingsKey("port"), SettingsKey("redundancy", standard: "all"), SettingsKey("lines"),
            SettingsKey("established", standard: "cut"), SettingsKey("sharing", standard: "connections"),
            SettingsKey("servers"),
            SettingsKey("failback", standard: "10s"), SettingsKey("answers", standard: "all"),
        ] + answer
    /// Beside these, a server takes the arguments of its check.
    static let server = [
        SettingsKey("onsite"), SettingsKey("offsite"), SettingsKey("level", standard: "primary"),
        SettingsKey("indicator"), SettingsKey("check", standard: "tcp"), SettingsKey("policy", standard: "fast"),
    ]
    static let host = [SettingsKey("addresses"), SettingsKey("other")] + answer
    static let reports = [SettingsKey("token")]
    static let checks = [SettingsKey("forbid")]
    static let scheme = [
        SettingsKey("providers", standard: "local"), SettingsKey("provider"), SettingsKey("ttl", standard: "30"),
        SettingsKey("minimum-ttl", standard: "5"), SettingsKey("failback", standard: "60s"),
        SettingsKey("all-down", standard: "hold"), SettingsKey("answers", standard: "all"),
        SettingsKey("mass-failure", standard: "on"), SettingsKey("max-changes", standard: "on"),
        SettingsKey("members"),
    ]
    /// Beside these, a provider takes the arguments of its driver.
    static let provider = [
        SettingsKey("driver"), SettingsKey("drift", standard: "correct"), SettingsKey("max-changes", standard: "30%"),
        SettingsKey("timeout", standard: "20s"), SettingsKey("servers"), SettingsKey("dry-run", standard: "no"),
    ]
    static let project = [SettingsKey("indicators"), SettingsKey("schemes"), SettingsKey("channels")]
    static let maintenance = [
        SettingsKey("indicators"), SettingsKey("once"), SettingsKey("weekly"), SettingsKey("cron"),
        SettingsKey("for", standard: "1h"), SettingsKey("time-zone", standard: "UTC"), SettingsKey("reason"),
    ]
    static let member = [
        SettingsKey("indicator"), SettingsKey("value"), SettingsKey("priority", standard: "primary"),
    ]

    static let notices = [
        SettingsKey("name"), SettingsKey("certificates", standard: "[21, 7, 2]"), SettingsKey("channels"),
        SettingsKey("subscriptions"),
    ]
    /// Beside it, a channel takes the arguments of its kind.
    static let channel = [SettingsKey("kind")]
    static let subscription = [
        SettingsKey("to"), SettingsKey("schemes"), SettingsKey("indicators"), SettingsKey("kinds"),
        SettingsKey("severity", standard: "warning"), SettingsKey("hold", standard: "0s"),
        SettingsKey("group", standard: "10s"), SettingsKey("remind", standard: "off"), SettingsKey("hours"),
        SettingsKey("time-zone", standard: "UTC"), SettingsKey("project"),
    ]
    static let hours = [
        SettingsKey("days"), SettingsKey("from"), SettingsKey("to"), SettingsKey("hold"),
        SettingsKey("at-most", standard: "critical"),
    ]
    static let propagation = ["servers", "resolvers"].map { SettingsKey($0) }

    /// Every key with the section it stands in, in the order of the documentation.
    package static let all: [(section: String, keys: [SettingsKey])] = [
        ("listen", listen), ("http", http), ("tls", tls), ("https", https), ("data", [root[1]]), ("history", history),
        ("access", access), ("dns", dns),
        ("cookies", cookies), ("rate-limit", rateLimit), ("zones", zone), ("keys", key),
        ("transfer", [SettingsKey("transfer")]), ("notify", [SettingsKey("notify")]), ("policies", policy),
        ("indicators", indicator), ("references", [SettingsKey("references")]),
        ("forwarding", [SettingsKey("forwarding", standard: "on")]),
        ("reports", reports), ("checks", checks), ("schemes", scheme), ("members", member),
        ("maintenance", maintenance),
        ("projects", project),
        ("providers", provider),
        ("propagation", propagation), ("notices", notices), ("channels", channel), ("subscriptions", subscription),
        ("hours", hours), ("lines", line), ("services", service), ("servers", server), ("hosts", host),
    ]
}
