// How a zone file (RFC 1035 §5) becomes a zone:
//
//   octets ─► EntryScanner ─► words ─► ZoneFileParser ─► records ─► ZoneBuilder ─► RRsets ─► Zone.problems ─► Zone
//                                       │   ▲
//                                       └───┘ $INCLUDE, $GENERATE
//
// A fault is noted with its place and reading goes on with the next entry, so that all of them are told at once.

/// Reads zone files. A zone that is returned has no `problems`.
package enum ZoneFile {
    /// How many faults are told at most.
    package static let maximumFaults = 1000

    /// Reads a whole zone whose apex is `origin`.
    ///
    /// - Parameters:
    ///   - file: The name used in errors.
    ///   - defaultTTL: What holds until a `$TTL` says otherwise; nil for the rules of RFC 2308 §4 alone.
    ///   - include: Returns the octets of a file named by `$INCLUDE`, relative to the file that names it; nil if it
    ///     cannot be read, or may not.
    ///   - warn: Is told what was mended, such as differing TTLs.
    package static func parse(
        _ bytes: [UInt8], file: String, origin: Name, defaultTTL: TTL? = nil,
        include: @escaping (String) -> [UInt8]? = { _ in nil }, warn: (ZoneFileError) -> Void = { _ in }
    ) -> Result<Zone, ZoneFileErrors> {
        var parser = ZoneFileParser(origin: origin, defaultTTL: defaultTTL, include: include)
        parser.read(ZoneFileParser.Source(file: file, bytes: bytes))
        return parser.zone(warn: warn)
    }

    /// Reads a whole zone from text.
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
        var parser = ZoneFileParser(origin: origin, defaultTTL: defaultTTL, include: { _ in nil })
        for (index, record) in records.enumerated() {
            parser.read(ZoneFileParser.Source(file: file, bytes: Array(record.utf8), firstLine: index + 1))
        }
        return parser.zone(warn: warn)
    }

    /// Reads one record, such as `www 300 IN CNAME cat`.
    package static func parseRecord(
        _ text: some StringProtocol, origin: Name, defaultTTL: TTL? = nil, file: String = "record"
    ) -> Result<Record, ZoneFileError> {
        var parser = ZoneFileParser(origin: origin, defaultTTL: defaultTTL, include: { _ in nil })
        parser.read(ZoneFileParser.Source(file: file, bytes: Array(text.utf8)))
        if let error = parser.errors.first { return .failure(error) }
        guard let record = parser.records.first, parser.records.count == 1 else {
            return .failure(ZoneFileError(file: file, line: 1, column: 1, problem: .noType))
        }
        return .success(record)
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
