import Addresses
import Checks
import DNS
import Failover
import Yams

/// Walks the YAML tree and keeps every error it meets, so that all of them can be told at once.
struct SettingsReader {
    let file: String
    let folder: String
    let readFile: (String) -> String?
    var errors: [SettingsError] = []
    var warnings: [SettingsError] = []

    init(file: String, folder: String, readFile: @escaping (String) -> String?) {
        self.file = file
        self.folder = folder
        self.readFile = readFile
    }

    mutating func read(_ text: String) -> Result<Settings, SettingsErrors> {
        let root = compose(text)
        let settings = errors.isEmpty ? readRoot(root) : nil
        guard let settings, errors.isEmpty else {
            return .failure(
                SettingsErrors(errors: errors.sorted { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }))
        }
        return .success(settings)
    }

    private mutating func readRoot(_ root: Entry) -> Settings {
        let section = fields(of: root, allowed: SettingsKeys.root)
        let listen = fields(of: section["listen"], allowed: SettingsKeys.listen)
        let policies = readPolicies(section["policies"])
        let zones = readZones(section["zones"])
        let indicators = readIndicators(section["indicators"], policies: policies)
        let schemes = readSchemes(section["schemes"], indicators: indicators, zones: zones)
        warnAboutUnused(indicators, schemes: schemes)
        let data = section["data"].flatMap { text(of: $0) } ?? "./ninelives-data"
        return Settings(
            file: file, dnsListeners: readListeners(listen["dns"], standard: "127.0.0.1:5300"),
            http: readListener(listen["http"], standard: "127.0.0.1:8053"), dataFolder: resolve(data), zones: zones,
            configuration: Configuration(indicators: indicators.map(\.indicator), schemes: schemes),
            checks: indicators.compactMap { item in item.check.map { (item.indicator.name, $0) } }
                .sorted { $0.0 < $1.0 },
            warnings: warnings)
    }

    private mutating func compose(_ text: String) -> Entry {
        let empty = Entry(node: .mapping([:]), path: "", line: 1, column: 1)
        do {
            guard let node = try Yams.compose(yaml: text) else { return empty }
            return Entry(node: node, path: "", line: 1, column: 1)
        } catch YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _)
        {
            let while_ = context.map { " (\($0.text.trimmed))" } ?? ""
            report(line: mark.line, column: mark.column, "is not valid YAML: \(problem)\(while_)", "valid YAML")
        } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
            for key in keys {
                let line = SourceText(text).secondLine(ofKey: key, from: context.mark.line) ?? context.mark.line
                report(line: line, column: 1, "the key \"\(key)\" stands twice in the same section", "it once")
            }
        } catch {
            report(line: 1, column: 1, "is not valid YAML: \(error)", "valid YAML")
        }
        return empty
    }

    /// A path as written, made relative to the configuration's folder.
    func resolve(_ path: String) -> String {
        path.hasPrefix("/") ? path : folder == "." ? path : "\(folder)/\(path)"
    }

    private mutating func warnAboutUnused(_ indicators: [ReadIndicator], schemes: [Scheme]) {
        var used: Set<IndicatorName> = []
        for scheme in schemes { used.formUnion(scheme.members.map(\.indicator)) }
        for item in indicators where !used.contains(item.indicator.name) {
            warn(item.entry, "belongs to no scheme: it is checked and decides nothing")
        }
    }
}

/// One node of the tree, with its place in words.
struct Entry {
    var node: Node
    var path: String
    var line: Int
    var column: Int
    /// The place of its key, for errors about the entry as a whole.
    var keyLine: Int?
    var keyColumn: Int?

    init(node: Node, path: String, line: Int? = nil, column: Int? = nil) {
        self.node = node
        self.path = path
        self.line = line ?? node.mark?.line ?? 1
        self.column = column ?? node.mark?.column ?? 1
    }

    func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

/// Finds lines in the text for errors that come without their exact place.
struct SourceText {
    private let lines: [Substring]

    init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The second line from `start` on that begins with the key, if there is one.
    func secondLine(ofKey key: String, from start: Int) -> Int? {
        let matches = lines.indices.dropFirst(max(0, start - 1)).filter { index in
            let line = lines[index].drop { $0 == " " || $0 == "-" || $0 == "{" }
            return line.hasPrefix("\(key):") || line.hasPrefix("\"\(key)\":") || line.hasPrefix("'\(key)':")
        }
        return matches.dropFirst().first.map { $0 + 1 }
    }
}

extension String {
    var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
