/// The state of reading one zone's files.
struct ZoneFileParser: ~Copyable {
    /// Where something stands.
    struct Place {
        let file: String
        let text: TextPlace
    }

    /// What is wrong with an entry, and at which of the octets it was read from.
    struct Fault: Error {
        let problem: ZoneFileProblem
        let offset: Int
    }

    private let include: (String) -> [UInt8]?

    /// The files that are being read, the innermost last.
    private var reading: [String] = []
    private var assembler: ZoneAssembler
    private(set) var errors: [ZoneFileError] = []
    private(set) var warnings: [ZoneFileError] = []
    /// If not nil, nothing is gathered: only the places of these sets' first records, and their order.
    private var located: [SetKey: (place: Place?, order: Int)]?

    private var origin: Name
    private var owner: Name?
    /// From `$TTL`.
    private var defaultTTL: UInt32?
    private var lastTTL: UInt32?
    /// The last field of the SOA, the default of last resort (RFC 1035 §3.3.13).
    private var minimumTTL: UInt32?
    private var ownerScratch: [UInt8] = []
    private var scratch: [UInt8] = []
    /// The set that could take no more records last.
    private var lastFull: SetKey?
    private var recordsRead = 0
    private var includes = 0

    private static let maximumDepth = 16
    /// So many files are read for one zone at the most, each as often as it is included.
    private static let maximumIncludes = 1024

    /// `locating` are sets whose places are wanted instead of a zone.
    init(
        origin: Name, defaultTTL: TTL?, expectedOctets: Int, locating: [SetKey]? = nil,
        include: @escaping (String) -> [UInt8]?
    ) {
        assembler = ZoneAssembler(apex: origin, expectedOctets: expectedOctets)
        self.origin = origin
        self.defaultTTL = defaultTTL?.seconds
        self.include = include
        located = locating.map { keys in
            Dictionary(keys.map { ($0, (place: nil, order: 0)) }, uniquingKeysWith: { first, _ in first })
        }
    }

    // MARK: What came of it

    /// What was gathered, and what keeps it from being a zone.
    consuming func finish() -> (content: ZoneContent, problems: [ZoneProblemOfSet]) {
        var taken = ZoneAssembler(apex: .root, expectedOctets: 0)
        swap(&taken, &assembler)
        return taken.finish()
    }

    /// Where the first record of a set stands that was to be located, and how many others were located before it.
    func place(of set: SetKey) -> (place: Place, order: Int)? {
        located?[set].flatMap { found in found.place.map { ($0, found.order) } }
    }

    // MARK: Entries

    /// Reads all entries of a text.
    mutating func read(_ text: ZoneText) {
        reading.append(text.file)
        defer { reading.removeLast() }
        var scanner = text.scanner()
        while errors.count < ZoneFile.maximumFaults {
            do {
                guard try scanner.next() else { return }
            } catch {
                let place = TextPlace(line: error.place.line + text.firstLine - 1, column: error.place.column)
                errors.append(self.error(error.problem, Place(file: text.file, text: place)))
                continue
            }
            let entry = Entry(
                words: scanner.words, startsBlank: scanner.startsBlank, bytes: scanner.bytes, file: text.file,
                start: scanner.start, linesBefore: scanner.linesBefore + text.firstLine - 1)
            do {
                if entry.isDirective {
                    try readDirective(entry)
                } else {
                    try readRecord(entry, toldOf: entry, at: entry.words[0].start)
                }
            } catch {
                errors.append(self.error(error.problem, entry.place(of: error.offset)))
            }
        }
    }

    private func error(_ problem: ZoneFileProblem, _ place: Place) -> ZoneFileError {
        ZoneFileError(file: place.file, line: place.text.line, column: place.text.column, problem: problem)
    }

    // MARK: Records

    /// Reads `[owner] [ttl] [class] type data`. What is wrong with its set is said of `told`, which is the entry
    /// itself or the directive that generated it.
    private mutating func readRecord(_ entry: Entry, toldOf told: Entry, at offset: Int) throws(Fault) {
        var index = 0
        let owner = try readOwner(entry, &index)
        let (ttl, type) = try readTTLAndType(entry, &index)
        scratch.removeAll(keepingCapacity: true)
        try readData(entry, from: index, type: type)
        if type == .soa, scratch.count >= 4 { minimumTTL = scratch.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } }
        guard let seconds = ttl ?? defaultTTL ?? lastTTL ?? minimumTTL else {
            throw Fault(problem: .noTTL, offset: entry.offset(of: index - 1))
        }
        lastTTL = ttl ?? lastTTL
        // As BIND has it: a SOA record without a TTL of any sort says what is missing from then on.
        if type == .soa, defaultTTL == nil, lastTTL == nil { defaultTTL = minimumTTL }
        if located != nil { return locate(SetKey(owner: owner, type: type), told.place(of: offset)) }
        switch assembler.add(owner: owner.wire, type: type, ttlSeconds: seconds, rdata: scratch) {
        case .new, .added, .duplicate: break
        case .differingTTL:
            if warnings.count < ZoneFile.maximumFaults {
                warnings.append(error(.differingTTL(owner: owner, type: type), told.place(of: offset)))
            }
        case .full:
            // Told once, at the first record that is too much.
            let set = SetKey(owner: owner, type: type)
            if set == lastFull { return }
            lastFull = set
            throw Fault(problem: .tooManyRecords(owner: owner, type: type), offset: offset)
        }
    }

    private mutating func locate(_ set: SetKey, _ place: Place) {
        recordsRead += 1
        if let found = located?[set], found.place == nil { located?[set] = (place, recordsRead) }
    }

    private mutating func readOwner(_ entry: Entry, _ index: inout Int) throws(Fault) -> Name {
        if entry.startsBlank {
            guard let owner else { throw Fault(problem: .noOwner, offset: entry.offset(of: 0)) }
            return owner
        }
        ownerScratch.removeAll(keepingCapacity: true)
        do {
            try Name.append(entry.bytes.span.extracting(entry.range(0)), relativeTo: origin, to: &ownerScratch)
        } catch {
            throw Fault(problem: .name(error), offset: entry.offset(of: 0))
        }
        index = 1
        if let owner, owner.wire == ownerScratch { return owner }
        let name = Name(validWire: Array(ownerScratch))
        owner = name
        return name
    }

    private func readTTLAndType(_ entry: Entry, _ index: inout Int) throws(Fault) -> (ttl: UInt32?, type: RRType) {
        var ttl: UInt32?
        var hasClass = false
        while index < entry.words.count {
            let word = entry.bytes.span.extracting(entry.range(index))
            if !hasClass, word.count == 2, word[0] & 0xDF == UInt8(ascii: "I"), word[1] & 0xDF == UInt8(ascii: "N") {
                hasClass = true
            } else if !word.isEmpty, isDigit(word[0]) {
                guard ttl == nil else { throw Fault(problem: .repeated(word.text), offset: entry.offset(of: index)) }
                guard let value = TTL(word) else {
                    throw Fault(problem: .badTTL(word.text), offset: entry.offset(of: index))
                }
                ttl = value.seconds
            } else if let type = RRType(mnemonic: word) {
                index += 1
                return (ttl, type)
            } else {
                let problem = problemOfClass(word, isSecond: hasClass)
                if let problem { throw Fault(problem: problem, offset: entry.offset(of: index)) }
                hasClass = true
            }
            index += 1
        }
        throw Fault(problem: .noType, offset: entry.end)
    }

    /// Nil for the class IN, once.
    private func problemOfClass(_ word: Span<UInt8>, isSecond: Bool) -> ZoneFileProblem? {
        switch word.text.uppercased() {
        case "IN", "CLASS1": isSecond ? .repeated(word.text) : nil
        case "CH", "HS", "CS", "NONE": .otherClass(word.text)
        case let text where text.hasPrefix("CLASS") && UInt16(text.dropFirst(5)) != nil: .otherClass(word.text)
        default: .unknownType(word.text)
        }
    }

    /// Appends the RDATA to `scratch`. The commonest types, which a zone may have by the million, take a short way.
    private mutating func readData(_ entry: Entry, from index: Int, type: RRType) throws(Fault) {
        if index == entry.words.count - 1, !entry.words[index].isQuoted {
            switch type {
            case .a: if appendIPv4(entry.bytes.span.extracting(entry.range(index)), to: &scratch) { return }
            case .aaaa: if appendIPv6(entry.bytes.span.extracting(entry.range(index)), to: &scratch) { return }
            case .ns, .cname, .ptr:
                do {
                    return try Name.append(
                        entry.bytes.span.extracting(entry.range(index)), relativeTo: origin, to: &scratch)
                } catch {
                    throw Fault(problem: .data(.name(error)), offset: entry.offset(of: index))
                }
            default: break
            }
            scratch.removeAll(keepingCapacity: true)
        }
        var reader = RDataReader(words: entry.words, from: index, of: entry.bytes, origin: origin)
        do {
            try reader.read(type, to: &scratch)
        } catch {
            throw Fault(problem: .data(error), offset: entry.offset(of: reader.position))
        }
    }

    // MARK: Directives

    private mutating func readDirective(_ entry: Entry) throws(Fault) {
        guard let directive = ZoneFileProblem.Directive(rawValue: entry.text(0).uppercased()) else {
            throw Fault(problem: .unknownDirective(entry.text(0)), offset: entry.offset(of: 0))
        }
        guard entry.words.count > 1 else { throw Fault(problem: .incomplete(directive), offset: entry.end) }
        switch directive {
        case .origin:
            origin = try name(entry, 1)
            try checkEnd(entry, 2, directive)
        case .ttl:
            guard let ttl = TTL(entry.bytes.span.extracting(entry.range(1))) else {
                throw Fault(problem: .badTTL(entry.text(1)), offset: entry.offset(of: 1))
            }
            defaultTTL = ttl.seconds
            try checkEnd(entry, 2, directive)
        case .include: try readInclude(entry)
        case .generate: try readGenerate(entry)
        }
    }

    private func name(_ entry: Entry, _ index: Int) throws(Fault) -> Name {
        var wire: [UInt8] = []
        do {
            try Name.append(entry.bytes.span.extracting(entry.range(index)), relativeTo: origin, to: &wire)
        } catch {
            throw Fault(problem: .name(error), offset: entry.offset(of: index))
        }
        return Name(validWire: wire)
    }

    private func checkEnd(
        _ entry: Entry, _ index: Int, _ directive: ZoneFileProblem.Directive
    ) throws(Fault) {
        guard index < entry.words.count else { return }
        throw Fault(problem: .surplus(entry.text(index), directive), offset: entry.offset(of: index))
    }

    /// Reads another file in place; origin and owner are afterwards what they were (RFC 1035 §5.1).
    private mutating func readInclude(_ entry: Entry) throws(Fault) {
        let file = beside(entry.text(1))
        let (outerOrigin, outerOwner) = (origin, owner)
        let innerOrigin = entry.words.count > 2 ? try name(entry, 2) : origin
        try checkEnd(entry, 3, .include)
        guard reading.count <= Self.maximumDepth, !reading.contains(file) else {
            throw Fault(problem: .includedTooDeep(file: file), offset: entry.offset(of: 1))
        }
        includes += 1
        guard includes <= Self.maximumIncludes, let bytes = include(file) else {
            throw Fault(problem: .unreadable(file: file), offset: entry.offset(of: 1))
        }
        origin = innerOrigin
        read(ZoneText(file: file, bytes: bytes))
        (origin, owner) = (outerOrigin, outerOwner)
    }

    /// A path relative to the file that is being read.
    private func beside(_ path: String) -> String {
        guard let outer = reading.last, !path.hasPrefix("/"), let slash = outer.lastIndex(of: "/") else { return path }
        return outer[...slash] + path
    }

    /// The word that has all the data in quotes, which then are none of the data's own: BIND takes only one word.
    private func quotedData(_ entry: Entry) -> Int? {
        let last = entry.words.count - 1
        guard entry.words[last].isQuoted else { return nil }
        let type = (3..<last).first { RRType(mnemonic: entry.bytes.span.extracting(entry.range($0))) != nil }
        return type == last - 1 ? last : nil
    }

    /// Reads the template once for each number. Faults are told at the directive, the first one only.
    private mutating func readGenerate(_ entry: Entry) throws(Fault) {
        guard let generator = Generator(range: entry.text(1)) else {
            throw Fault(problem: .badRange(entry.text(1)), offset: entry.offset(of: 1))
        }
        guard entry.words.count > 4 else { throw Fault(problem: .incomplete(.generate), offset: entry.end) }
        let outerOwner = owner
        defer { owner = outerOwner }
        let quoted = quotedData(entry)
        for number in generator.numbers {
            var line: [UInt8] = []
            for index in 2..<entry.words.count {
                let template = index == quoted ? entry.unquoted(index) : entry.written(index)
                guard Generator.append(template, for: number, to: &line) else {
                    throw Fault(problem: .badModifier(entry.text(index)), offset: entry.offset(of: index))
                }
                let isJoined =
                    index + 1 < entry.words.count
                    && entry.written(index).endIndex == entry.written(index + 1).startIndex
                if !isJoined { line.append(UInt8(ascii: " ")) }
            }
            do {
                let generated = Entry(
                    words: wordsOfLine(line), startsBlank: false, bytes: line, file: entry.file, start: 0,
                    linesBefore: 0)
                try readRecord(generated, toldOf: entry, at: entry.offset(of: 0))
            } catch {
                throw Fault(problem: error.problem, offset: entry.offset(of: 0))
            }
        }
    }
}

/// An entry's words and the octets they stand in.
private struct Entry {
    let words: [Word]
    let startsBlank: Bool
    let bytes: [UInt8]
    let file: String
    /// Where it begins.
    let start: Int
    let linesBefore: Int

    func place(of offset: Int) -> ZoneFileParser.Place {
        ZoneFileParser.Place(
            file: file, text: TextPlace(of: offset, in: bytes, from: start, linesBefore: linesBefore))
    }

    var isDirective: Bool {
        !startsBlank && !words[0].isQuoted && bytes[words[0].start] == UInt8(ascii: "$")
    }

    func range(_ index: Int) -> Range<Int> { words[index].start..<words[index].end }

    func text(_ index: Int) -> String { String(decoding: bytes[range(index)], as: UTF8.self) }

    /// What stands in a word's quotes, with quotes of its own.
    func unquoted(_ index: Int) -> ArraySlice<UInt8> {
        var octets: [UInt8] = []
        var rest = bytes[range(index)]
        while let octet = rest.popFirst() {
            if octet != UInt8(ascii: "\\") || rest.first != UInt8(ascii: "\"") { octets.append(octet) }
            if octet == UInt8(ascii: "\\"), let next = rest.popFirst() { octets.append(next) }
        }
        return octets[...]
    }

    /// The word with its quotes.
    func written(_ index: Int) -> ArraySlice<UInt8> {
        let quote = words[index].isQuoted ? 1 : 0
        return bytes[(words[index].start - quote)..<(words[index].end + quote)]
    }

    /// Where a word begins, its quote included; behind the last word for one that is missing.
    func offset(of index: Int) -> Int {
        index < words.count ? words[index].start - (words[index].isQuoted ? 1 : 0) : end
    }

    /// Behind the last word.
    var end: Int { words.last.map { $0.end + ($0.isQuoted ? 1 : 0) } ?? 0 }
}
