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
    static let root = ["listen", "data", "zones", "policies", "indicators", "schemes", "providers"].map {
        SettingsKey($0, standard: $0 == "data" ? Settings.standardDataFolder : nil)
    }
    static let listen = [
        SettingsKey("dns", standard: Settings.standardDNSListener),
        SettingsKey("http", standard: Settings.standardHTTPListener),
    ]
    static let zone = [SettingsKey("name"), SettingsKey("file"), SettingsKey("records")]
    static let policy = [
        SettingsKey("interval", standard: "10s"), SettingsKey("timeout", standard: "5s"),
        SettingsKey("recheck", standard: "2s"), SettingsKey("fall", standard: "3"), SettingsKey("rise", standard: "5"),
        SettingsKey("forget", standard: "3"),
    ]
    /// Beside these, an indicator takes the arguments of its check.
    static let indicator = [
        SettingsKey("check"), SettingsKey("policy", standard: "default"), SettingsKey("disabled", standard: "no"),
        SettingsKey("options"),
    ]
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
    static let member = [
        SettingsKey("indicator"), SettingsKey("value"), SettingsKey("priority", standard: "primary"),
    ]

    /// Every key with the section it stands in, in the order of the documentation.
    package static let all: [(section: String, keys: [SettingsKey])] = [
        ("listen", listen), ("data", [root[1]]), ("zones", zone), ("policies", policy), ("indicators", indicator),
        ("schemes", scheme), ("members", member), ("providers", provider),
    ]
}
