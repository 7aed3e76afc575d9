import Checks
import Yams

/// Single values, each with its range; what is wrong is reported and stands as nil.
extension SettingsReader {
    mutating func report(_ entry: Entry, value: String? = nil, _ problem: String, _ expected: String) {
        errors.append(
            SettingsError(
                file: file, line: entry.line, column: entry.column, path: entry.path, value: value, problem: problem,
                expected: expected))
    }

    mutating func report(line: Int, column: Int, _ problem: String, _ expected: String) {
        errors.append(
            SettingsError(
                file: file, line: line, column: column, path: "", value: nil, problem: problem, expected: expected))
    }

    mutating func warn(_ entry: Entry, _ problem: String) {
        warnings.append(
            SettingsError(
                file: file, line: entry.line, column: entry.column, path: entry.path, value: nil, problem: problem,
                expected: ""))
    }

    /// The entries of a section by key, in their order; a missing section has none.
    mutating func entries(of entry: Entry?) -> [(key: String, entry: Entry)] {
        guard let entry, !entry.node.isNull else { return [] }
        guard case .mapping(let mapping) = entry.node else {
            report(entry, value: entry.node.scalar?.string, "is not a section", "`key: value` lines below it")
            return []
        }
        return mapping.compactMap { key, value in
            guard case .scalar(let scalar) = key else {
                report(Entry(node: key, path: entry.path), "has a key that is not a single word", "`key: value`")
                return nil
            }
            var child = Entry(node: value, path: entry.child(scalar.string))
            child.keyLine = key.mark?.line
            child.keyColumn = key.mark?.column
            return (scalar.string, child)
        }
    }

    /// The entries of a section whose keys are known; any other key is an error.
    mutating func fields(of entry: Entry?, allowed: [String]) -> [String: Entry] {
        var fields: [String: Entry] = [:]
        for (key, child) in entries(of: entry) {
            fields[key] = child
            if !allowed.contains(key) { reportUnknown(key, child, allowed: allowed) }
        }
        return fields
    }

    mutating func reportUnknown(_ key: String, _ child: Entry, allowed: [String]) {
        var place = child
        place.line = child.keyLine ?? child.line
        place.column = child.keyColumn ?? child.column
        let known = nearest(key, among: allowed).map { "\($0) (did you mean that?)" }
        report(place, "is not a key that exists here", known ?? "one of \(allowed.joined(separator: ", "))")
    }

    mutating func items(of entry: Entry?) -> [Entry] {
        guard let entry, !entry.node.isNull else { return [] }
        guard case .sequence(let sequence) = entry.node else { return [entry] }
        return sequence.enumerated().map { Entry(node: $1, path: "\(entry.path)[\($0)]") }
    }

    mutating func text(of entry: Entry) -> String? {
        guard case .scalar(let scalar) = entry.node, !entry.node.isNull else {
            report(entry, entry.node.isNull ? "has no value" : "is not a single value", "one value")
            return nil
        }
        return scalar.string
    }

    mutating func integer(_ entry: Entry?, in range: ClosedRange<Int>) -> Int? {
        guard let entry, let text = text(of: entry) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            report(
                entry, value: text, Int(text) == nil ? "is not a whole number" : "is out of range",
                "\(range.lowerBound)…\(range.upperBound)")
            return nil
        }
        return number
    }

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

/// Durations as people write them.
enum DurationText {
    private static let units: [(String, Duration)] = [
        ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
        ("d", .seconds(86_400)),
    ]

    /// `200ms`, `1s`, `1h30m`; whole numbers, each with its unit. nil if it is none.
    static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total = Duration.zero
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(letters.count)
            guard let number = Int(digits), number <= 1_000_000_000,
                let unit = units.first(where: { $0.0 == letters })?.1
            else { return nil }
            total += unit * number
        }
        return total
    }

    static func print(_ duration: Duration) -> String {
        let milliseconds = Int(duration / .milliseconds(1))
        for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        where milliseconds >= size && milliseconds.isMultiple(of: size) {
            return "\(milliseconds / size)\(unit)"
        }
        return "\(milliseconds)ms"
    }
}
