import DNS
import Yams

/// The zones of a configuration.
struct ReadZones {
    /// Those that can be served.
    var read: [Zone] = []
    /// All that are named, broken ones included, so that a broken zone is one error and not one for each scheme in it.
    private(set) var apexes: [Name] = []
    private var known: Set<Name> = []
    /// What zones say of their transfers themselves.
    var transfers: [Name: ZoneTransferPolicy] = [:]

    /// False if it is there already.
    mutating func insert(_ apex: Name) -> Bool {
        guard known.insert(apex).inserted else { return false }
        apexes.append(apex)
        return true
    }
}

extension SettingsReader {
    mutating func readZones(_ entry: Entry?) -> ReadZones {
        var zones = ReadZones()
        for item in items(of: entry) {
            let fields = fields(of: item, allowed: SettingsKeys.zone)
            guard item.isSection else { continue }
            if let list = fields["list"] {
                if fields.count > 1 { report(list.atKey, "stands beside other keys", "list alone") }
                readList(list, into: &zones)
                continue
            }
            guard let place = fields["name"] else {
                report(item, "has no name", "name: such as example.org, or list: with a file of zones")
                continue
            }
            guard let text = text(of: place), let apex = name(text, place) else { continue }
            if !zones.insert(apex) { report(place, value: text, "is a zone already", "each zone once") }
            if fields["transfer"] != nil || fields["notify"] != nil {
                zones.transfers[apex] = ZoneTransferPolicy(
                    transfer: readTransferRules(fields["transfer"], keys: keyNames),
                    notify: readNotifyTargets(fields["notify"], keys: keyNames))
            }
            if let zone = readZone(apex, item, fields) { zones.read.append(zone) }
        }
        return zones
    }

    /// A file with `ORIGIN FILE` on each line, for thousands of zones; paths begin at its folder.
    private mutating func readList(_ place: Entry, into zones: inout ReadZones) {
        guard let written = text(of: place) else { return }
        let path = resolve(written)
        files.append(path)
        guard let contents = readFile(path) else {
            report(
                place, value: written, "cannot be read",
                "a file in UTF-8 of at most 1 GiB with ORIGIN FILE on each line; its path begins at the folder of \(file)"
            )
            return
        }
        let folder = ZoneFileAccess.folderOf(path)
        for (index, line) in contents.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            func fault(_ word: Substring, _ problem: String, _ expected: String) -> SettingsError {
                SettingsError(
                    file: path, line: index + 1, column: line.distance(from: line.startIndex, to: word.startIndex) + 1,
                    path: "", value: String(word), problem: problem, expected: expected)
            }
            guard words.count == 2 else {
                errors.append(
                    fault(
                        words[words.count - 1], "is not the second of two words",
                        "ORIGIN FILE, such as example.org example.org.zone"))
                continue
            }
            do {
                let apex = try Name(first)
                guard zones.insert(apex) else {
                    errors.append(fault(first, "is a zone already", "each zone once"))
                    continue
                }
                let zoneFile = words[1].hasPrefix("/") ? String(words[1]) : "\(folder)/\(words[1])"
                let unreadable = fault(
                    words[1], "cannot be read", "a zone file; its path begins at the folder of \(path)")
                if let zone = readZoneFile(apex, zoneFile, unreadable: unreadable) { zones.read.append(zone) }
            } catch {
                errors.append(fault(first, "is not a domain name: \(error)", error.expected))
            }
        }
    }

    private mutating func readZone(_ apex: Name, _ item: Entry, _ fields: [String: Entry]) -> Zone? {
        switch (fields["file"], fields["records"]) {
        case (let place?, nil): return readZoneFile(apex, place)
        case (nil, let place?): return readRecords(apex, place)
        // One of them is misspelt, and told as such.
        case (nil, nil) where fields.keys.contains { !["name", "transfer", "notify"].contains($0) }: break
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
        let unreadable = SettingsError(
            file: file, line: place.line, column: place.column, path: place.path, value: written,
            problem: "cannot be read",
            expected: "a zone file of at most 4 GiB; its path begins at the folder of \(file)")
        return readZoneFile(apex, path, unreadable: unreadable)
    }

    private mutating func readZoneFile(_ apex: Name, _ path: String, unreadable: SettingsError) -> Zone? {
        files.append(path)
        guard let contents = zoneText(path) else { return refuse(apex, [unreadable]) }
        // What may be included: files of the configuration's folder, if the zone file lies there, or of its own.
        let own = ZoneFileAccess.folderOf(path)
        let isWithin = folder == "." ? !path.hasPrefix("/") : (own + "/").hasPrefix(folder + "/")
        let isAllowed = isWithin && !path.split(separator: "/").contains("..")
        let include = include(isAllowed ? folder : own)
        var included: [String] = []
        let result = ZoneFile.parse(
            contents, origin: apex,
            include: { name in
                included.append(name)
                return include(name)
            })
        files += included
        return take(result, of: apex) { ($0.line, $0.column) }
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
            return take(ZoneFile.parse(joined, file: file, origin: apex), of: apex) { error in
                let entry = lines.indices.contains(error.line - 1) ? lines[error.line - 1].entry : place
                return (entry.line, entry.column)
            }
        }
        guard let block = text(of: place) else { return nil }
        let position = placeInBlock(block, place)
        return take(ZoneFile.parse(block, file: file, origin: apex), of: apex, position: position)
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
        _ result: Result<Zone, ZoneFileErrors>, of apex: Name,
        position: (ZoneFileError) -> (line: Int, column: Int)
    ) -> Zone? {
        switch result {
        case .success(let zone): return zone
        case .failure(let failure):
            return refuse(
                apex,
                failure.errors.map { error in
                    let (line, column) = position(error)
                    return SettingsError(
                        file: error.file, line: line, column: column, path: "", value: nil,
                        problem: "\(error.problem)", expected: error.expected)
                })
        }
    }

    /// The zone as it was read before, if it was; otherwise what is wrong with it is wrong with the configuration.
    private mutating func refuse(_ apex: Name, _ faults: [SettingsError]) -> Zone? {
        guard let old = oldZones[apex] else {
            errors += faults
            return nil
        }
        keptZoneErrors += faults
        return old
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
