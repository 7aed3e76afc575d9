/// Reads zone files (RFC 1035 §5, RFC 2308 §4, RFC 3597).
///
///     bytes ─► lexer: entries of words ─► parser: owner, TTL, type, RDATA ─► collector: RRsets ─► zone rules
package enum ZoneFile {
    /// Files may include others this deep.
    static let includeDepth = 8
    /// `$GENERATE` makes at most so many records.
    static let generateLimit: UInt64 = 65_536
    /// So many errors are reported at the most.
    static let errorLimit = 100

    /// Reads a whole zone.
    ///
    /// - Parameters:
    ///   - file: what the file is called in errors.
    ///   - origin: the zone's name, and the first `$ORIGIN`.
    ///   - include: the text of a file named by `$INCLUDE`; nil if it cannot be read.
    package static func parse(
        _ text: String, file: String, origin: Name, include: (String) -> String? = { _ in nil }
    ) -> Result<Zone, ZoneFileErrors> {
        withoutActuallyEscaping(include) { include in
            var parser = ZoneFileParser(apex: origin, include: include)
            parser.read(Array(text.utf8), file: file, origin: origin, depth: 0)
            return parser.finish(file: file)
        }
    }
}

struct ZoneFileParser {
    private let apex: Name
    private let include: (String) -> String?
    private var origin: Name
    private var owner: Name?
    private var defaultTTL: UInt32?
    private var lastTTL: UInt32?
    private var file = ""
    private var collector = RRsetCollector()
    private var errors: [ZoneFileError] = []

    init(apex: Name, include: @escaping (String) -> String?) {
        self.apex = apex
        origin = apex
        self.include = include
    }

    mutating func read(_ text: [UInt8], file: String, origin: Name, depth: Int) {
        self.file = file
        self.origin = origin
        var lexer = ZoneFileLexer(text)
        while errors.count < ZoneFile.errorLimit {
            do throws(ZoneFileLexer.Failure) {
                guard let entry = try lexer.next() else { return }
                read(entry, depth: depth)
            } catch {
                fail(line: error.line, column: error.column, error.problem, error.expected)
                lexer.skipLine()
            }
        }
    }

    func finish(file: String) -> Result<Zone, ZoneFileErrors> {
        if !errors.isEmpty { return .failure(ZoneFileErrors(errors)) }
        let zone = Zone(apex: apex, rrsets: collector.rrsets)
        let problems = zone.problems
        if problems.isEmpty { return .success(zone) }
        return .failure(
            ZoneFileErrors(
                problems.map { problem in
                    let place = problem.rrset.map { collector.places[$0] }
                    return ZoneFileError(
                        file: place?.file ?? file, line: place?.line ?? 1, column: 1, problem: problem.problem,
                        expected: problem.expected)
                }))
    }

    // MARK: Entries

    private mutating func read(_ entry: ZoneFileLexer.Entry, depth: Int) {
        do throws(RDataError) {
            let first = entry.tokens[0]
            if !first.isQuoted, first.bytes.first == UInt8(ascii: "$") {
                try readDirective(first, entry.tokens.dropFirst(), depth: depth)
            } else {
                try readRecord(entry.tokens[...], startsBlank: entry.startsBlank, line: entry.line)
            }
        } catch {
            switch error {
            case .wrong(let token, let problem, let expected):
                fail(line: token.line, column: token.column, "\"\(token.text)\" \(problem)", expected)
            case .missing(let expected):
                let last = entry.tokens[entry.tokens.count - 1]
                fail(line: last.line, column: last.column + last.bytes.count, "the entry ends too early", expected)
            }
        }
    }

    private mutating func readDirective(_ directive: Token, _ words: ArraySlice<Token>, depth: Int) throws(RDataError) {
        if directive.isWord("$ORIGIN") {
            origin = try name(try first(of: words, "a name"))
        } else if directive.isWord("$TTL") {
            defaultTTL = try first(of: words, "a time").seconds()
        } else if directive.isWord("$INCLUDE") {
            try readInclude(words, depth: depth)
        } else if directive.isWord("$GENERATE") {
            try generate(words, line: directive.line)
        } else {
            throw .wrong(directive, problem: "is not a directive", expected: "$ORIGIN, $TTL, $INCLUDE or $GENERATE")
        }
    }

    private mutating func readInclude(_ words: ArraySlice<Token>, depth: Int) throws(RDataError) {
        let path = try first(of: words, "a file name")
        let start = words.count > 1 ? try name(words[words.startIndex + 1]) : origin
        guard depth < ZoneFile.includeDepth else {
            throw .wrong(path, problem: "is included too deep", expected: "at most \(ZoneFile.includeDepth) levels")
        }
        guard let text = include(path.text) else {
            throw .wrong(path, problem: "cannot be read", expected: "a file beside the zone file")
        }
        let (outerFile, outerOrigin, outerOwner) = (file, origin, owner)
        read(Array(text.utf8), file: path.text, origin: start, depth: depth + 1)
        (file, origin, owner) = (outerFile, outerOrigin, outerOwner)
    }

    private mutating func readRecord(
        _ words: ArraySlice<Token>, startsBlank: Bool, line: Int
    ) throws(RDataError) {
        var words = words
        if !startsBlank, let token = words.popFirst() { owner = try name(token) }
        guard let owner else {
            throw .wrong(words[words.startIndex], problem: "has no owner", expected: "an owner name before it")
        }
        var ttl: UInt32?
        var hasClass = false
        while let token = words.first, !token.isQuoted {
            if !hasClass, token.isWord("IN") {
                hasClass = true
            } else if token.isWord("CH") || token.isWord("HS") || token.isWord("CS") {
                throw .wrong(token, problem: "is a class that is not served", expected: "IN")
            } else if ttl == nil, let seconds = Token.seconds(token.bytes) {
                ttl = seconds
            } else {
                break
            }
            words.removeFirst()
        }
        guard let typeToken = words.popFirst() else { throw .missing("a record type") }
        guard !typeToken.isQuoted, let type = RRType(typeToken.text), !Self.metaTypes.contains(type) else {
            throw .wrong(
                typeToken, problem: "is not a record type", expected: "a TTL, a class or a type such as A or MX")
        }
        let rdata = try RDataParser.wire(of: type, from: words, origin: origin)
        guard owner.isAtOrBelow(apex) else {
            throw .wrong(
                typeToken, problem: "belongs to \(owner), outside the zone \(apex)", expected: "a name in \(apex)")
        }
        collector.add(
            RRset(
                owner: owner, type: type, ttlSeconds: timeToLive(explicit: ttl, type: type, rdata: rdata),
                rdata: [rdata]),
            at: (file, line))
    }

    private static let metaTypes: [RRType] = [.opt, .ixfr, .axfr, .any]

    /// RFC 2308 §4 and RFC 1035 §5.1: the record's own, `$TTL`, the one before, or the SOA's minimum.
    private mutating func timeToLive(explicit: UInt32?, type: RRType, rdata: [UInt8]) -> UInt32 {
        if let explicit {
            lastTTL = explicit
            return explicit
        }
        if let ttl = defaultTTL ?? lastTTL { return ttl }
        let minimum = type == .soa ? rdata.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } : 3600
        lastTTL = minimum
        return minimum
    }

    // MARK: $GENERATE

    /// `START-STOP[/STEP] LHS [TTL] [CLASS] TYPE RHS`: as BIND documents it.
    private mutating func generate(_ words: ArraySlice<Token>, line: Int) throws(RDataError) {
        let rangeToken = try first(of: words, "a range such as 1-10")
        guard let range = GenerateRange(rangeToken.text), range.count <= ZoneFile.generateLimit else {
            throw .wrong(
                rangeToken, problem: "is not a range of at most \(ZoneFile.generateLimit)",
                expected: "START-STOP or START-STOP/STEP")
        }
        let template = words.dropFirst()
        guard template.count >= 3 else { throw .missing("an owner, a type and data after the range") }
        for number in range.values {
            var tokens: [Token] = []
            for token in template {
                guard let bytes = GenerateTemplate.expand(token.bytes, number: number) else {
                    throw .wrong(token, problem: "has a broken $ form", expected: "$, \\$, or ${OFFSET,WIDTH,BASE}")
                }
                tokens.append(
                    Token(bytes: bytes[...], isQuoted: token.isQuoted, line: token.line, column: token.column))
            }
            try readRecord(tokens[...], startsBlank: false, line: line)
        }
    }

    // MARK: Words

    private func first(of words: ArraySlice<Token>, _ what: String) throws(RDataError) -> Token {
        guard let token = words.first else { throw .missing(what) }
        return token
    }

    private func name(_ token: Token) throws(RDataError) -> Name {
        do {
            return try Name(token.text, relativeTo: origin)
        } catch {
            throw .wrong(token, problem: "is not a name: \(error)", expected: error.expected)
        }
    }

    private mutating func fail(line: Int, column: Int, _ problem: String, _ expected: String) {
        errors.append(ZoneFileError(file: file, line: line, column: column, problem: problem, expected: expected))
    }
}

/// Puts records together into RRsets, in the order in which each set's first record was read.
struct RRsetCollector {
    private struct Key: Hashable {
        var owner: Name
        var type: RRType
    }

    private(set) var rrsets: [RRset] = []
    /// Where each set's first record was read.
    private(set) var places: [(file: String, line: Int)] = []
    private var indices: [Key: Int] = [:]

    /// A record that is there already is dropped; of differing TTLs the smallest counts (RFC 2181 §5.2).
    mutating func add(_ record: RRset, at place: (file: String, line: Int)) {
        let key = Key(owner: record.owner, type: record.type)
        guard let index = indices[key] else {
            indices[key] = rrsets.count
            rrsets.append(record)
            places.append(place)
            return
        }
        for rdata in record.rdata where !rrsets[index].rdata.contains(rdata) { rrsets[index].rdata.append(rdata) }
        rrsets[index].ttlSeconds = min(rrsets[index].ttlSeconds, record.ttlSeconds)
    }
}
