import DNS
import Yams

extension SettingsReader {
    mutating func readZones(_ entry: Entry?) -> [Zone] {
        var zones: [Zone] = []
        var seen: [Name] = []
        for item in items(of: entry) {
            let fields = fields(of: item, allowed: SettingsKeys.zone)
            guard let place = fields["name"] else {
                report(item, "has no name", "name: example.org")
                continue
            }
            guard let text = text(of: place), let apex = name(text, place) else { continue }
            if seen.contains(apex) { report(place, value: text, "is a zone already", "each zone once") }
            seen.append(apex)
            if let zone = readZone(apex, item, fields) { zones.append(zone) }
        }
        return zones
    }

    private mutating func readZone(_ apex: Name, _ item: Entry, _ fields: [String: Entry]) -> Zone? {
        switch (fields["file"], fields["records"]) {
        case (let place?, nil): return readZoneFile(apex, place)
        case (nil, let place?): return readRecords(apex, place)
        case (nil, nil):
            report(item, "has neither file nor records", "file: \(apex)zone, or records: with the records below it")
        case (_, let records?):
            report(records, "stands beside file", "file or records, not both")
        }
        return nil
    }

    private mutating func readZoneFile(_ apex: Name, _ place: Entry) -> Zone? {
        guard let written = text(of: place) else { return nil }
        let path = resolve(written)
        guard let contents = readFile(path) else {
            report(place, value: written, "cannot be read", "the path of a readable zone file, relative to \(file)")
            return nil
        }
        let zoneFolder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        return take(
            ZoneFile.parse(contents, file: path, origin: apex) { included in
                readFile(included.hasPrefix("/") ? included : zoneFolder + included)
            }
        ) { ($0.line, $0.column) }
    }

    /// Records in the configuration itself, as one block or as a list of lines; errors keep their place in the file.
    private mutating func readRecords(_ apex: Name, _ place: Entry) -> Zone? {
        if case .sequence = place.node {
            let lines = items(of: place).map { (entry: $0, text: text(of: $0) ?? "") }
            return take(ZoneFile.parse(lines.map(\.text).joined(separator: "\n"), file: file, origin: apex)) {
                lines.indices.contains($0.line - 1)
                    ? (lines[$0.line - 1].entry.line, lines[$0.line - 1].entry.column) : ($0.line, $0.column)
            }
        }
        guard let block = text(of: place) else { return nil }
        // A block begins on the line after its indicator (`records: |`).
        return take(ZoneFile.parse(block, file: file, origin: apex)) {
            (place.line + $0.line, $0.column)
        }
    }

    private mutating func take(
        _ result: Result<Zone, ZoneFileErrors>, position: (ZoneFileError) -> (line: Int, column: Int)
    ) -> Zone? {
        switch result {
        case .success(let zone): return zone
        case .failure(let errors):
            for error in errors.errors {
                let (line, column) = position(error)
                self.errors.append(
                    SettingsError(
                        file: error.file, line: line, column: column, path: "", value: nil, problem: error.problem,
                        expected: error.expected))
            }
            return nil
        }
    }

    mutating func name(_ text: String, _ place: Entry) -> Name? {
        do {
            return try Name(text)
        } catch {
            report(place, value: text, "is not a domain name: \(error)", error.expected)
            return nil
        }
    }
}
