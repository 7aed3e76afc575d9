// How a zone file (RFC 1035 §5) becomes a zone:
//
//   text ─► EntryScanner ─► words ─► ZoneFileParser ─► records ─► ZoneAssembler ─► ZoneContent ─► Zone
//                                     │   ▲                         └─ ZoneCheck ─┘
//                                     └───┘ $INCLUDE, $GENERATE
//
// A fault is noted with its place and reading goes on with the next entry, so that all of them are told at once.
// Nothing is remembered of where records stand: if the zone as a whole turns out wrong, the text is read once more.

/// Reads zone files. A zone that is returned has no `problems`.
package enum ZoneFile {
    /// How many faults are told at most.
    package static let maximumFaults = 1000

    /// Reads a whole zone whose apex is `origin`.
    ///
    /// - Parameters:
    ///   - defaultTTL: What holds until a `$TTL` says otherwise; nil for the rules of RFC 2308 §4 alone.
    ///   - include: Returns the octets of a file named by `$INCLUDE`, relative to the file that names it; nil if it
    ///     cannot be read, or may not.
    ///   - warn: Is told what was mended, such as differing TTLs.
    package static func parse(
        _ text: ZoneText, origin: Name, defaultTTL: TTL? = nil,
        include: @escaping (String) -> [UInt8]? = { _ in nil }, warn: (ZoneFileError) -> Void = { _ in }
    ) -> Result<Zone, ZoneFileErrors> {
        parse([text], origin: origin, defaultTTL: defaultTTL, include: include, warn: warn)
    }

    /// The same; `file` is the name used in errors.
    package static func parse(
        _ bytes: [UInt8], file: String, origin: Name, defaultTTL: TTL? = nil,
        include: @escaping (String) -> [UInt8]? = { _ in nil }, warn: (ZoneFileError) -> Void = { _ in }
    ) -> Result<Zone, ZoneFileErrors> {
        let text = ZoneText(file: file, bytes: bytes)
        return parse([text], origin: origin, defaultTTL: defaultTTL, include: include, warn: warn)
    }

    /// The same.
    package static func parse(
        _ text: String, file: String, origin: Name, defaultTTL: TTL? = nil,
        include: @escaping (String) -> [UInt8]? = { _ in nil }, warn: (ZoneFileError) -> Void = { _ in }
    ) -> Result<Zone, ZoneFileErrors> {
        parse(
            Array(text.utf8), file: file, origin: origin, defaultTTL: defaultTTL, include: include, warn: warn)
    }

    /// Reads a whole zone from records written one by one, such as `www 300 IN CNAME cat`. An error's line is the
    /// record's place in the list, from 1.
    package static func parse(
        records: [String], file: String, origin: Name, defaultTTL: TTL? = nil,
        warn: (ZoneFileError) -> Void = { _ in }
    ) -> Result<Zone, ZoneFileErrors> {
        let texts = records.enumerated().map { index, record in
            ZoneText(file: file, bytes: Array(record.utf8), firstLine: index + 1)
        }
        return parse(texts, origin: origin, defaultTTL: defaultTTL, include: { _ in nil }, warn: warn)
    }

    private static func parse(
        _ texts: [ZoneText], origin: Name, defaultTTL: TTL?, include: @escaping (String) -> [UInt8]?,
        warn: (ZoneFileError) -> Void
    ) -> Result<Zone, ZoneFileErrors> {
        var parser = ZoneFileParser(
            origin: origin, defaultTTL: defaultTTL, expectedOctets: texts.reduce(0) { $0 + $1.expectedOctets },
            include: include)
        for text in texts { parser.read(text) }
        parser.warnings.forEach(warn)
        let errors = parser.errors
        let (content, all) = parser.finish()
        // What is missing may only be missing because its line was at fault.
        let problems = (errors.isEmpty ? all : all.filter { $0.set != nil })
            .prefix(maximumFaults - min(errors.count, maximumFaults))
        if errors.isEmpty, problems.isEmpty { return .success(Zone(apex: origin, content: content)) }
        if problems.isEmpty { return .failure(ZoneFileErrors(errors: errors)) }
        var locator = ZoneFileParser(
            origin: origin, defaultTTL: defaultTTL, expectedOctets: 0, locating: problems.compactMap(\.set),
            include: include)
        for text in texts { locator.read(text) }
        var told: [(error: ZoneFileError, order: Int)] = []
        for problem in problems {
            let found = problem.set.flatMap { locator.place(of: $0) }
            let place = found?.place.text ?? TextPlace(line: 1, column: 1)
            let error = ZoneFileError(
                file: found?.place.file ?? texts.first?.file ?? "", line: place.line, column: place.column,
                problem: .zone(problem.problem))
            told.append((error, found?.order ?? .max))
        }
        let ordered = told.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
        return .failure(ZoneFileErrors(errors: errors + ordered.map(\.element.error)))
    }

    /// Reads one record, such as `www 300 IN CNAME cat`.
    package static func parseRecord(
        _ text: some StringProtocol, origin: Name, defaultTTL: TTL? = nil, file: String = "record"
    ) -> Result<Record, ZoneFileError> {
        var parser = ZoneFileParser(
            origin: origin, defaultTTL: defaultTTL, expectedOctets: 0, include: { _ in nil })
        parser.read(ZoneText(file: file, bytes: Array(text.utf8)))
        if let error = parser.errors.first { return .failure(error) }
        let records = Zone(apex: origin, content: parser.finish().content).rrsets.flatMap(\.records)
        guard let record = records.first, records.count == 1 else {
            return .failure(ZoneFileError(file: file, line: 1, column: 1, problem: .noType))
        }
        return .success(record)
    }
}

/// A zone file's text, which can be read from its beginning more than once.
package struct ZoneText {
    /// The name used in errors.
    let file: String
    /// About how long it is.
    let expectedOctets: Int
    var firstLine = 1
    private let source: Source

    private enum Source {
        case octets([UInt8])
        case parts(() -> (inout [UInt8]) -> Bool)
    }

    package init(file: String, bytes: [UInt8], firstLine: Int = 1) {
        self.file = file
        self.firstLine = firstLine
        expectedOctets = bytes.count
        source = .octets(bytes)
    }

    /// - Parameter open: begins to read: returns what appends the next part, of at least one octet, or returns false
    ///   at the end.
    package init(file: String, expectedOctets: Int, open: @escaping () -> (inout [UInt8]) -> Bool) {
        self.file = file
        self.expectedOctets = expectedOctets
        source = .parts(open)
    }

    func scanner() -> EntryScanner {
        switch source {
        case .octets(let bytes): EntryScanner(bytes: bytes)
        case .parts(let open): EntryScanner(bytes: [], more: open())
        }
    }
}

extension Zone {
    /// The same zone with all names of owners and, where a type allows it, of data in lower case (RFC 4034 §6.2).
    package var inLowerCase: Zone {
        Zone(
            apex: apex.inLowerCase,
            rrsets: rrsets.map { rrset in
                RRset(
                    owner: rrset.owner.inLowerCase, type: rrset.type, ttlSeconds: rrset.ttlSeconds,
                    rdata: rrset.rdata.map { RData.canonical(rrset.type, $0) })
            })
    }

    /// The zone as a zone file that any server reads: the SOA first, then the canonical order of RFC 4034 §6,
    /// one record on a line, every name absolute.
    package var canonicalText: String {
        let sorted = rrsets.sorted { left, right in
            let leftIsSOA = left.type == .soa
            if leftIsSOA != (right.type == .soa) { return leftIsSOA }
            return left.owner == right.owner
                ? left.type.rawValue < right.type.rawValue : left.owner < right.owner
        }
        var text = ""
        for rrset in sorted {
            let prefix = "\(rrset.owner) \(rrset.ttlSeconds) IN \(rrset.type) "
            let ordered = rrset.rdata
                .map { (key: RData.canonical(rrset.type, $0), rdata: $0) }
                .sorted { $0.key.lexicographicallyPrecedes($1.key) }
            for (_, rdata) in ordered { text += prefix + RData.text(rrset.type, rdata) + "\n" }
        }
        return text
    }
}
