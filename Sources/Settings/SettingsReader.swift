import Addresses
import Checks
import DNS
import Failover
import Providers
import Yams

/// Walks the YAML tree and keeps every error it meets, so that all of them can be told at once.
struct SettingsReader {
    let file: String
    let folder: String
    let readFile: (String) -> String?
    /// The text of a zone file by its path; nil if it cannot be read.
    var zoneText: (String) -> ZoneText?
    /// Reads included files that lie in a folder or below it.
    let include: (String) -> (String) -> [UInt8]?
    /// Every file beside the configuration that was read, or tried.
    var files: [String] = []
    /// Zones that stand in for broken ones, and what is wrong with these.
    var oldZones: [Name: Zone] = [:]
    var keptZoneErrors: [SettingsError] = []
    var yaml = YAMLText("")
    var errors: [SettingsError] = []
    var warnings: [SettingsError] = []
    /// Where the data folder is.
    var dataFolder = Settings.standardDataFolder
    /// The names of all `keys`.
    var keyNames: [Name] = []
    /// Where checks must not go.
    var forbidden = AddressBan()
    /// The sections that the page and the API have made, by name.
    private var managed: [String: Node] = [:]

    /// Of warnings that are alike, so many; the others are counted.
    private static let toldOneByOne = 20

    init(
        file: String, folder: String, readFile: @escaping (String) -> String?,
        include: @escaping (String) -> (String) -> [UInt8]?
    ) {
        self.include = include
        self.file = file
        self.folder = folder
        self.readFile = readFile
        zoneText = { path in readFile(path).map { ZoneText(file: path, bytes: Array($0.utf8)) } }
    }

    mutating func read(_ text: String, managed part: ManagedPart = ManagedPart()) -> Result<Settings, SettingsErrors> {
        guard text.utf8.count <= Settings.sizeLimit else { return .failure(.tooLarge(file)) }
        yaml = YAMLText(text)
        let settings: Settings
        do {
            managed = try part.sections()
            let root = try yaml.compose() ?? .mapping([:])
            settings = readRoot(Entry(node: root, path: "", line: 1, column: 1))
        } catch {
            report(line: error.position.line, column: error.position.column, error.problem, error.expected)
            return .failure(SettingsErrors(errors: errors))
        }
        return errors.isEmpty ? .success(settings) : .failure(SettingsErrors(errors: inOrder(errors), files: files))
    }

    private mutating func readRoot(_ root: Entry) -> Settings {
        reportRepeatedKeys(below: root)
        var section = fields(of: root, allowed: SettingsKeys.root)
        for (name, node) in managed {
            section[name, default: Entry(node: .mapping([:]), path: name)].managed = node
        }
        let listen = fields(of: section["listen"], allowed: SettingsKeys.listen)
        let dns = readListeners(listen["dns"], standard: Settings.standardDNSListener)
        let (http, httpCertificate) = readHTTP(listen["http"])
        if let place = listen["http"], dns.contains(where: { $0.description == http.description }) {
            report(place, value: http.description, "is listened on for DNS already", "another port")
        }
        let access = fields(of: section["access"], allowed: SettingsKeys.access)
        let isReadingOpen = readAccess(access["read"]) ?? http.isLoopback
        let isStatusOpen = readAccess(access["status"]) ?? isReadingOpen
        let connections = integer(access["connections-per-client"], in: 1...100_000)
        let encrypted =
            readEncryptedListeners(listen["tls"], isHTTPS: false)
            + readEncryptedListeners(listen["https"], isHTTPS: true)
        reportShared(dns + [http], encrypted)
        let dnsSettings = readDNS(section["dns"])
        let policies = readPolicies(section["policies"])
        let keys = readKeys(section["keys"])
        // A key that is broken is one error, not one for each list that it stands in.
        keyNames = entries(of: section["keys"]).compactMap { try? Name($0.key) }
        let zones = readZones(section["zones"])
        forbidden = readChecks(section["checks"])
        var indicators = readIndicators(section["indicators"], policies: policies)
        var appliance = Appliance()
        appliance.isForwarding = boolean(section["forwarding"]) ?? true
        appliance.lines = readLines(section["lines"], policies: policies, into: &indicators)
        let reportToken = readReports(section["reports"])
        let data = section["data"].flatMap { text(of: $0) } ?? Settings.standardDataFolder
        dataFolder = resolve(data)
        let providers = readProviders(section["providers"], keys: keys)
        let services = readAppliance(
            section, &appliance, policies: policies, zones: zones, providers: providers.names, into: &indicators)
        checkLogic(of: indicators)
        var schemes = readSchemes(
            section["schemes"], indicators: indicators, zones: zones, providers: providers.names)
        join(services, to: &schemes)
        warnAboutOwnPorts(services, dns: dns, http: http)
        let references = readReferences(section["references"], indicators: indicators)
        let windows = readWindows(section["maintenance"], indicators: indicators)
        warnAboutUnused(indicators, schemes: schemes, references: references)
        let transfers = TransferPolicy(
            keys: keys, transfer: readTransferRules(section["transfer"], keys: keyNames) ?? [],
            notify: readNotifyTargets(section["notify"], keys: keyNames) ?? [], zones: zones.transfers)
        let projects = readProjects(section["projects"])
        let notices = readNotices(section["notices"], added: section["subscriptions"]?.managed, projects: projects)
        return Settings(
            file: file, dnsListeners: dns, encryptedListeners: encrypted, http: http, httpCertificate: httpCertificate,
            isReadingOpen: isReadingOpen,
            isStatusOpen: isStatusOpen,
            connectionsPerClient: connections ?? Settings.standardConnectionsPerClient, dataFolder: dataFolder,
            history: readHistory(section["history"]),
            dns: dnsSettings, zones: zones.read,
            transfers: transfers,
            configuration: Configuration(
                indicators: indicators.map(\.indicator), schemes: schemes, references: references),
            notices: notices,
            checks: indicators.compactMap { item in item.check.map { (item.indicator.name, $0) } }
                .sorted { $0.0 < $1.0 }, providers: providers.read.sorted { $0.name < $1.name },
            propagation: readPropagation(section["propagation"]), windows: windows,
            projects: projects, appliance: appliance, managed: ManagedNames(managed), reportToken: reportToken,
            forbidden: forbidden,
            warnings: inOrder(warnings), readAt: 0,
            keptZoneErrors: inOrder(keptZoneErrors), files: files)
    }

    /// Errors below an anchor are met once for each of its aliases; they are told once.
    private func inOrder(_ errors: [SettingsError]) -> [SettingsError] {
        var told: Set<SettingsError> = []
        return errors.sorted {
            ($0.file != file ? 1 : 0, $0.file, $0.line, $0.column) < (
                $1.file != file ? 1 : 0, $1.file, $1.line, $1.column
            )
        }.filter { told.insert($0.withoutPath).inserted }
    }

    /// Says of each key that stands more than once in its section where it stands again.
    private mutating func reportRepeatedKeys(below root: Entry) {
        guard !yaml.renamed.isEmpty else { return }
        var pending = [root]
        while let entry = pending.popLast() {
            switch entry.node {
            case .sequence(let sequence):
                pending += sequence.enumerated().map { Entry(node: $1, path: "\(entry.path)[\($0)]") }
            case .mapping(let mapping):
                var firstLines: [String: Int] = [:]
                for (key, value) in mapping {
                    let name = self.name(ofKey: key) ?? ""
                    let child = Entry(node: value, path: entry.child(name), key: key)
                    if let line = firstLines[name] {
                        report(child.atKey, "is a key for the second time", "it once; the first is on line \(line)")
                    } else {
                        firstLines[name] = child.atKey.line
                    }
                    pending.append(child)
                }
            default: break
            }
        }
    }

    /// The key as it was written; nil if it is not a single word.
    func name(ofKey key: Node, isManaged: Bool = false) -> String? {
        guard case .scalar(let scalar) = key else { return nil }
        guard let mark = scalar.mark, !isManaged else { return scalar.string }
        return yaml.renamed[YAMLText.Position(line: mark.line, column: mark.column)] ?? scalar.string
    }

    /// A path as written, made relative to the configuration's folder.
    func resolve(_ path: String) -> String {
        let short = path.hasPrefix("./") && path.count > 2 ? String(path.dropFirst(2)) : path
        return path.hasPrefix("/") || folder == "." ? path : "\(folder)/\(short)"
    }

    private mutating func warnAboutUnused(
        _ indicators: [ReadIndicator], schemes: [Scheme], references: [IndicatorName]
    ) {
        var used = Set(references)
        for scheme in schemes {
            used.formUnion(scheme.members.flatMap { [$0.indicator] + $0.lines.map(\.indicator) })
        }
        for item in indicators { used.formUnion(item.indicator.logic?.inputs ?? []) }
        let unused = indicators.filter { !used.contains($0.indicator.name) }
        for item in unused.prefix(Self.toldOneByOne) {
            warn(item.entry.atKey, "belongs to no scheme: it is checked and decides nothing")
        }
        guard unused.count > Self.toldOneByOne, let next = unused.dropFirst(Self.toldOneByOne).first else { return }
        let others = unused.count - Self.toldOneByOne - 1
        warn(next.entry.atKey, others == 0 ? "belongs to no scheme" : "belongs to no scheme, nor do \(others) more")
    }
}

/// One node of the tree, with its place.
struct Entry {
    var node: Node
    /// In words: `schemes.cat.example.test.ttl`.
    var path: String
    /// Where the value begins, both from 1.
    var line: Int
    var column: Int
    /// Where its key stands, for errors about the entry as a whole; nil for an item of a list.
    private var key: YAMLText.Position?
    /// Of a section: what the page and the API have added to it.
    var managed: Node?
    /// Whether it was made by the page or the API, so that it stands in no file.
    var isManaged = false

    init(node: Node, path: String, key: Node? = nil, line: Int? = nil, column: Int? = nil) {
        self.node = node
        self.path = path
        self.key = key?.mark.map { YAMLText.Position(line: $0.line, column: $0.column) }
        self.line = line ?? node.mark?.line ?? self.key?.line ?? 1
        self.column = column ?? node.mark?.column ?? self.key?.column ?? 1
    }

    /// The same entry, with the place of its key.
    var atKey: Entry {
        var entry = self
        entry.line = key?.line ?? line
        entry.column = key?.column ?? column
        return entry
    }

    /// False for a word or a list, of which the reader has then said that it is no section.
    var isSection: Bool {
        if case .mapping = node { return true }
        return node.isNull
    }

    func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
