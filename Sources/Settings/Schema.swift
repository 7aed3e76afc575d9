/// One key of the configuration file, as the reader and the documentation know it.
struct SchemaKey: Sendable {
    let name: String
    /// What stands there if nothing is written; nil if it must be written or has no value of its own.
    let standard: String?

    init(_ name: String, standard: String? = nil) {
        self.name = name
        self.standard = standard
    }
}

/// The keys that exist, section by section. Reading, suggestions and the test of the documentation use this table.
enum Schema {
    static let root = ["listen", "data", "zones", "policies", "indicators", "schemes"].map {
        SchemaKey($0, standard: $0 == "data" ? Settings.standardDataFolder : nil)
    }
    static let listen = [
        SchemaKey("dns", standard: Settings.standardDNSListener),
        SchemaKey("http", standard: Settings.standardHTTPListener),
    ]
    static let zone = [SchemaKey("name"), SchemaKey("file"), SchemaKey("records")]
    static let policy = [
        SchemaKey("interval", standard: "10s"), SchemaKey("timeout", standard: "5s"),
        SchemaKey("recheck", standard: "2s"), SchemaKey("fall", standard: "3"), SchemaKey("rise", standard: "5"),
        SchemaKey("forget", standard: "3"),
    ]
    /// Beside these, an indicator takes the arguments of its check.
    static let indicator = [
        SchemaKey("check"), SchemaKey("policy", standard: "default"), SchemaKey("disabled", standard: "no"),
        SchemaKey("options"),
    ]
    static let scheme = [
        SchemaKey("provider", standard: "local"), SchemaKey("ttl", standard: "30"),
        SchemaKey("minimum-ttl", standard: "5"), SchemaKey("failback", standard: "60s"),
        SchemaKey("all-down", standard: "hold"), SchemaKey("answers", standard: "all"),
        SchemaKey("mass-failure", standard: "on"), SchemaKey("members"),
    ]
    static let member = [
        SchemaKey("indicator"), SchemaKey("value"), SchemaKey("priority", standard: "primary"),
    ]

    /// Every key with the section it stands in, in the order of the documentation.
    static let all: [(section: String, keys: [SchemaKey])] = [
        ("listen", listen), ("data", [root[1]]), ("zones", zone), ("policies", policy), ("indicators", indicator),
        ("schemes", scheme), ("members", member),
    ]
}
