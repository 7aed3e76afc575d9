import DNS
import Yams

/// The zones of a configuration.
struct ReadZones {
    /// Those that can be served.
    var read: [Zone] = []
    /// All that are named, broken ones included, so that a broken zone is one error and not one for each scheme in it.
    var apexes: [Name] = []
}

extension SettingsReader {
    /// `$INCLUDE` opens so many files for one zone at the most.
    private static let includeLimit = 256

    mutating func readZones(_ entry: Entry?) -> ReadZones {
        var zones = ReadZones()
        for item in items(of: entry) {
            let fields = fields(of: item, allowed: SettingsKeys.zone)
            guard item.isSection else { continue }
            guard let place = fields["name"] else {
                report(item, "has no name", "name: such as example.org")
                continue
            }
            guard let text = text(of: place), let apex = name(text, place) else { continue }
            if zones.apexes.contains(apex) { report(place, value: text, "is a zone already", "each zone once") }
            zones.apexes.append(apex)
            if let zone = readZone(apex, item, fields) { zones.read.append(zone) }
        }
        return zones
    }

    private mutating func readZone(_ apex: Name, _ item: Entry, _ fields: [String: Entry]) -> Zone? {
        switch (fields["file"], fields["records"]) {
        case (let place?, nil): return readZoneFile(apex, place)
        case (nil, let place?): return readRecords(apex, place)
        case (nil, nil) where fields.count > 1: break  // one of them is misspelt, and told as such
        case (nil, nil):
            report(item, "has neither file nor records", "file: \(apex)zone, or records: with the records below it")
        case (_, let records?):
            report(records.atKey, "stands beside file", "one of the two")
        }
        return nil
    }

    private mutating func readZoneFile(_ apex: Name, _ place: Entry) -> Zone? {
        guard let written = text(of: place) else { return nil }
        let path = resolve(written)
        guard let contents = zoneText(path) else {
            report(
                place, value: written, "cannot be read",
                "a zone file of at most 4 GiB; its path begins at the folder of \(file)")
            return nil
        }
        let zoneFolder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let read = readFile
        var included = 0
        let result = ZoneFile.parse(contents, origin: apex) { name in
            included += 1
            guard included <= Self.includeLimit else { return nil }
            return read(name.hasPrefix("/") ? name : zoneFolder + name).map { Array($0.utf8) }
        }
        return take(result) { ($0.line, $0.column) }
    }

    /// Records in the configuration itself, as one block or as a list of lines; errors keep their place in the file.
    private mutating func readRecords(_ apex: Name, _ place: Entry) -> Zone? {
        if case .sequence = place.node {
            var lines: [(entry: Entry, text: Substring)] = []
            for item in items(of: place) {
                guard let written = self.text(of: item) else { continue }
                for line in written.split(separator: "\n", omittingEmptySubsequences: false) {
                    lines.append((entry: item, text: line))
                }
            }
            let joined = lines.map { $0.text }.joined(separator: "\n")
            return take(ZoneFile.parse(joined, file: file, origin: apex)) { error in
                let entry = lines.indices.contains(error.line - 1) ? lines[error.line - 1].entry : place
                return (entry.line, entry.column)
            }
        }
        guard let block = text(of: place) else { return nil }
        let position = placeInBlock(block, place)
        return take(ZoneFile.parse(block, file: file, origin: apex), position: position)
    }

    /// A literal block (`records: |`) begins on the line after its bar and is indented as a whole. In any other style
    /// lines are folded, and only the place of the whole is known.
    private func placeInBlock(_ block: String, _ place: Entry) -> (ZoneFileError) -> (line: Int, column: Int) {
        guard case .scalar(let scalar) = place.node, scalar.style == .literal else {
            return { _ in (place.line, place.column) }
        }
        let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines.firstIndex { !$0.allSatisfy { $0 == " " } } ?? 0
        let ownBlanks = lines[first].prefix { $0 == " " }.count
        let indentation = max(0, yaml.indentation(ofLine: place.line + 1 + first) - ownBlanks)
        return { (place.line + $0.line, $0.column + indentation) }
    }

    private mutating func take(
        _ result: Result<Zone, ZoneFileErrors>, position: (ZoneFileError) -> (line: Int, column: Int)
    ) -> Zone? {
        switch result {
        case .success(let zone): return zone
        case .failure(let failure):
            for error in failure.errors {
                let (line, column) = position(error)
                errors.append(
                    SettingsError(
                        file: error.file, line: line, column: column, path: "", value: nil, problem: "\(error.problem)",
                        expected: error.expected))
            }
            return nil
        }
    }

    /// Reads a domain name, always from the root.
    mutating func name(_ text: String, _ place: Entry) -> Name? {
        guard text != "@" else {
            report(place, value: text, "stands for no name here", "a name such as www.example.org")
            return nil
        }
        do {
            return try Name(text)
        } catch {
            report(place, value: text, "is not a domain name: \(error)", error.expected)
            return nil
        }
    }
}
