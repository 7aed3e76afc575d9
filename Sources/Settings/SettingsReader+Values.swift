import Checks
import Yams

/// Single values, each with its range; what is wrong is reported and stands as nil.
extension SettingsReader {
    /// Says what is wrong with an entry, and what would be right.
    mutating func report(_ entry: Entry, value: String? = nil, _ problem: String, _ expected: String) {
        errors.append(
            SettingsError(
                file: entry.isManaged ? ManagedPart.name : file, line: entry.line, column: entry.column,
                path: entry.path, value: value, problem: problem, expected: expected))
    }

    /// Says what is wrong at a place that is no entry.
    mutating func report(line: Int, column: Int, _ problem: String, _ expected: String) {
        errors.append(
            SettingsError(
                file: file, line: line, column: column, path: "", value: nil, problem: problem, expected: expected))
    }

    /// Says what is allowed and probably not meant.
    mutating func warn(_ entry: Entry, _ problem: String) {
        warnings.append(
            SettingsError(
                file: entry.isManaged ? ManagedPart.name : file, line: entry.line, column: entry.column,
                path: entry.path, value: nil, problem: problem, expected: ""))
    }

    /// The entries of a section by key, in their order; a missing section has none. A key that stands twice is here
    /// twice, so that both are read; `reportRepeatedKeys` has told of it.
    mutating func entries(of entry: Entry?) -> [(key: String, entry: Entry)] {
        guard let entry else { return [] }
        let own = ownEntries(of: entry)
        guard let managed = entry.managed else { return own }
        var section = entry
        section.node = managed
        section.isManaged = true
        let added = ownEntries(of: section)
        for (key, child) in own where added.contains(where: { $0.key == key }) {
            report(
                child.atKey, "has been made with the API or the page already",
                "another name, or remove the other one first: ninelives history tells who made it")
        }
        return own + added.filter { item in !own.contains { $0.key == item.key } }
    }

    private mutating func ownEntries(of entry: Entry) -> [(key: String, entry: Entry)] {
        if entry.node.isNull { return [] }
        guard case .mapping(let mapping) = entry.node else {
            report(entry, value: entry.node.scalar?.string, "is not a section", "lines of KEY: VALUE")
            return []
        }
        return mapping.compactMap { key, value in
            guard let name = name(ofKey: key, isManaged: entry.isManaged) else {
                report(Entry(node: key, path: entry.path), "has a key that is not a single word", "KEY: VALUE")
                return nil
            }
            var child = Entry(node: value, path: entry.child(name), key: key)
            child.isManaged = entry.isManaged
            return (name, child)
        }
    }

    /// The entries of a section whose keys are known; any other key is an error.
    mutating func fields(of entry: Entry?, allowed: [SettingsKey]) -> [String: Entry] {
        let names = allowed.map(\.name)
        var fields: [String: Entry] = [:]
        for (key, child) in entries(of: entry) {
            fields[key] = child
            if !names.contains(key) {
                report(
                    child.atKey, "is not a key that exists here",
                    suggestion(for: key, among: names) ?? "one of \(names.joined(separator: ", "))")
            }
        }
        return fields
    }

    /// The items of a list; a single value is a list of one.
    mutating func items(of entry: Entry?) -> [Entry] {
        guard let entry, !entry.node.isNull else { return [] }
        guard case .sequence(let sequence) = entry.node else { return [entry] }
        return sequence.enumerated().map { index, node in
            var item = Entry(node: node, path: "\(entry.path)[\(index)]")
            item.isManaged = entry.isManaged
            return item
        }
    }

    /// The text of a single value that is not empty.
    mutating func text(of entry: Entry) -> String? {
        guard case .scalar(let scalar) = entry.node, !entry.node.isNull else {
            report(entry, entry.node.isNull ? "has no value" : "is not a single value", "one value")
            return nil
        }
        guard !scalar.string.isEmpty else {
            report(entry, value: "", "is empty", "one value")
            return nil
        }
        return scalar.string
    }

    /// Digits only, so that `+80` and `8_0` are refused.
    mutating func integer(_ entry: Entry?, in range: ClosedRange<Int>) -> Int? {
        guard let entry, let text = text(of: entry) else { return nil }
        let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, let number = Int(text), range.contains(number) else {
            report(
                entry, value: text, isNumber ? "is out of range" : "is not a whole number",
                "\(range.lowerBound)…\(range.upperBound)")
            return nil
        }
        return number
    }

    /// YAML 1.1's words and their capitals.
    mutating func boolean(_ entry: Entry?) -> Bool? {
        guard let entry, let text = text(of: entry) else { return nil }
        switch text.lowercased() {
        case "on", "yes", "true": return true
        case "off", "no", "false": return false
        default:
            report(entry, value: text, "is neither on nor off", "on or off")
            return nil
        }
    }

    /// A number with a unit, such as `200ms`.
    mutating func duration(_ entry: Entry?, in range: ClosedRange<Duration>) -> Duration? {
        guard let entry, let text = text(of: entry) else { return nil }
        guard let duration = DurationText.parse(text) else {
            report(entry, value: text, "is not a duration", "a number with a unit: 200ms, 1s, 5m, 1h30m")
            return nil
        }
        guard range.contains(duration) else {
            report(
                entry, value: text, "is out of range",
                "\(DurationText.print(range.lowerBound))…\(DurationText.print(range.upperBound))")
            return nil
        }
        return duration
    }
}

extension Node {
    /// True for `key:` without a value, and for a plain `null` or `~`.
    var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}
