/// The keys that exist, section by section. Reading, suggestions and the test of the documentation use this table.
package enum SettingsKeys {
    static let root = ["listen", "data", "zones", "policies", "indicators", "schemes"]
    static let listen = ["dns", "http"]
    static let zone = ["name", "file", "records"]
    static let policy = ["interval", "timeout", "recheck", "fall", "rise", "forget"]
    /// Beside these, an indicator takes the arguments of its check.
    static let indicator = ["check", "policy", "disabled", "options"]
    static let scheme = [
        "provider", "ttl", "minimum-ttl", "failback", "all-down", "answers", "mass-failure", "members",
    ]
    static let member = ["indicator", "value", "priority"]

    /// Every key with the section it stands in.
    package static let all: [(section: String, keys: [String])] = [
        ("", root), ("listen", listen), ("zones", zone), ("policies", policy), ("indicators", indicator),
        ("schemes", scheme), ("members", member),
    ]
}
