import Yams

/// The part of the configuration that no file manages: what was made with the API or on the page. YAML like the file,
/// with the sections `policies`, `indicators`, `schemes`, `subscriptions` (in a file, those are under `notices`),
/// `providers` and `projects`.
///
///     the file ──┐
///                ├─► one configuration, validated whole
///     this part ─┘
package struct ManagedPart: Hashable, Sendable {
    /// What it is called in errors, in the place of a file's name.
    package static let name = "made with the API"
    /// The sections that can be added to.
    package enum Section: String, CaseIterable, Sendable {
        case policies, indicators, schemes, subscriptions, providers, projects

        /// What one of its entries is called.
        package var noun: String {
            switch self {
            case .policies: "policy"
            case .indicators: "indicator"
            case .schemes: "scheme"
            case .subscriptions: "subscription"
            case .providers: "provider"
            case .projects: "project"
            }
        }
    }

    package private(set) var text: String

    package init(_ text: String = "") { self.text = text }

    /// One entry; nil if it is not there.
    package func entry(_ name: String, in section: Section) -> ConfiguredValue? {
        ConfiguredValue.entry(name, in: section, of: text)
    }

    /// Puts an entry into a section, in the place of the one with its name, or with nil removes it.
    package mutating func set(_ value: ConfiguredValue?, _ name: String, in section: Section) {
        var root = (try? Yams.compose(yaml: text))?.mapping ?? Node.Mapping([])
        var entries = root[Node(section.rawValue)]?.mapping ?? Node.Mapping([])
        entries[ConfiguredValue.scalar(name)] = value?.node
        root[Node(section.rawValue)] = entries.isEmpty ? nil : .mapping(entries)
        text = root.isEmpty ? "" : (try? Yams.serialize(node: .mapping(root), width: -1, allowUnicode: true)) ?? text
    }

    /// The sections as nodes.
    func sections() throws(YAMLText.Failure) -> [String: Node] {
        guard !text.isEmpty else { return [:] }
        var yaml = YAMLText(text)
        guard let mapping = try yaml.compose()?.mapping else { return [:] }
        var sections: [String: Node] = [:]
        for (key, value) in mapping { if let name = key.scalar?.string { sections[name] = value } }
        return sections
    }
}

/// A value of the configuration as it was written, without its place.
package indirect enum ConfiguredValue: Hashable, Sendable {
    case text(String)
    case list([ConfiguredValue])
    /// In the order in which it was written.
    case section([Pair])

    package struct Pair: Hashable, Sendable {
        package var key: String
        package var value: ConfiguredValue
        package init(_ key: String, _ value: ConfiguredValue) {
            self.key = key
            self.value = value
        }
    }

    /// One entry of a section of a configuration's text; nil if it is not there.
    package static func entry(_ name: String, in section: ManagedPart.Section, of text: String) -> ConfiguredValue? {
        entries(of: section, of: text).first { $0.key == name }?.value
    }

    /// The entries of a section of a configuration's text, in their order; none if the text is broken.
    package static func entries(of section: ManagedPart.Section, of text: String) -> [Pair] {
        ConfiguredText(text).entries(of: section)
    }

    /// The names in the encrypted store that an account at a provider refers to (`store:NAME`), sorted.
    package static func storedSecrets(ofProvider name: String, in text: String) -> [String] {
        ConfiguredText(text).storedSecrets(ofProvider: name)
    }

    /// The names in the encrypted store that it refers to, sorted.
    package var storedSecrets: [String] {
        Set(texts.filter { $0.hasPrefix("store:") }.map { String($0.dropFirst(6)) }).sorted()
    }

    private var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .list(let items): items.flatMap(\.texts)
        case .section(let pairs): pairs.flatMap(\.value.texts)
        }
    }

    package subscript(key: String) -> ConfiguredValue? {
        get {
            guard case .section(let pairs) = self else { return nil }
            return pairs.first { $0.key == key }?.value
        }
        set {
            guard case .section(var pairs) = self else { return }
            if let index = pairs.firstIndex(where: { $0.key == key }) {
                if let newValue { pairs[index].value = newValue } else { pairs.remove(at: index) }
            } else if let newValue {
                pairs.append(Pair(key, newValue))
            }
            self = .section(pairs)
        }
    }

    init(_ node: Node) {
        switch node {
        case .scalar(let scalar): self = .text(scalar.string)
        case .sequence(let sequence): self = .list(sequence.map { ConfiguredValue($0) })
        case .mapping(let mapping):
            self = .section(mapping.map { Pair($0.key.scalar?.string ?? "", ConfiguredValue($0.value)) })
        case .alias: self = .text("")
        }
    }

    var node: Node {
        switch self {
        case .text(let text): Self.scalar(text)
        case .list(let items): .sequence(Node.Sequence(items.map(\.node)))
        case .section(let pairs): .mapping(Node.Mapping(pairs.map { (Self.scalar($0.key), $0.value.node) }))
        }
    }

    /// Plain where nobody could take it for anything else.
    static func scalar(_ text: String) -> Node {
        let isWord = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x2E
        }
        let isPlain = isWord && !text.isEmpty && text.utf8.first != 0x2D && text != "null"
        return .scalar(Node.Scalar(text, .implicit, isPlain ? .plain : .doubleQuoted))
    }
}

/// A configuration's text, read once for all that is asked of it: with thousands of entries reading takes a while.
package struct ConfiguredText {
    private let root: Node.Mapping?

    /// A text that is broken has nothing in it.
    package init(_ text: String) {
        var yaml = YAMLText(text)
        root = try? yaml.compose()?.mapping
    }

    /// The entries of a section, in their order.
    package func entries(of section: ManagedPart.Section) -> [ConfiguredValue.Pair] {
        let inNotices = section == .subscriptions ? root?["notices"]?.mapping?["subscriptions"] : nil
        guard let entries = (root?[Node(section.rawValue)] ?? inNotices)?.mapping else { return [] }
        return entries.map { .init($0.key.scalar?.string ?? "", ConfiguredValue($0.value)) }
    }

    /// The names in the encrypted store that an account at a provider refers to (`store:NAME`), sorted.
    package func storedSecrets(ofProvider name: String) -> [String] {
        let account = root?[Node("providers")]?.mapping?.first { $0.key.scalar?.string == name }
        return account.map { ConfiguredValue($0.value).storedSecrets } ?? []
    }
}

/// Which entries are managed by the page and the API.
package struct ManagedNames: Hashable, Sendable {
    package var policies: Set<String> = []
    package var indicators: Set<String> = []
    /// In lower case, without the final dot.
    package var schemes: Set<String> = []
    package var subscriptions: Set<String> = []
    package var providers: Set<String> = []
    package var projects: Set<String> = []

    package init() {}

    init(_ sections: [String: Node]) {
        func names(_ section: ManagedPart.Section) -> Set<String> {
            Set((sections[section.rawValue]?.mapping?.keys.compactMap { $0.scalar?.string }) ?? [])
        }
        policies = names(.policies)
        indicators = names(.indicators)
        subscriptions = names(.subscriptions)
        providers = names(.providers)
        projects = names(.projects)
        schemes = Set(names(.schemes).map { $0.lowercased().droppingFinalDot })
    }

    package func contains(_ name: String, in section: ManagedPart.Section) -> Bool {
        switch section {
        case .policies: policies.contains(name)
        case .indicators: indicators.contains(name)
        case .subscriptions: subscriptions.contains(name)
        case .providers: providers.contains(name)
        case .projects: projects.contains(name)
        case .schemes: schemes.contains(name.lowercased().droppingFinalDot)
        }
    }
}
