/// The state of reading one zone's files.
struct ZoneFileParser {
    /// One text that entries come from.
    struct Source {
        let file: String
        let bytes: [UInt8]
        var firstLine = 1
    }

    /// Where something stands: a source's number and an offset into it.
    struct Place {
        var source: UInt32
        var offset: UInt32
    }

    /// What is wrong with an entry, and at which of the octets it was read from.
    struct Fault: Error {
        let problem: ZoneFileProblem
        let offset: Int
    }

    private let apex: Name
    private let include: (String) -> [UInt8]?

    private var sources: [Source] = []
    /// The numbers of the sources that are being read, the innermost last.
    private var reading: [Int] = []
    private var builder = ZoneBuilder()
    /// Of each set's first record.
    private var places: [Place] = []
    private var faults: [(place: Place, problem: ZoneFileProblem)] = []
    private var warnings: [(place: Place, problem: ZoneFileProblem)] = []

    private var origin: Name
    private var owner: Name?
    /// From `$TTL`.
    private var defaultTTL: UInt32?
    private var lastTTL: UInt32?
    /// The last field of the SOA, the default of last resort (RFC 1035 §3.3.13).
    private var minimumTTL: UInt32?
    private var scratch: [UInt8] = []

    private static let maximumDepth = 16

    init(origin: Name, defaultTTL: TTL?, include: @escaping (String) -> [UInt8]?) {
        apex = origin
        self.origin = origin
        self.defaultTTL = defaultTTL?.seconds
        self.include = include
    }

    // MARK: What came of it

    var records: [Record] { builder.rrsets.flatMap(\.records) }
    var errors: [ZoneFileError] { errors(of: faults) }

    /// The zone, or everything that is wrong with it.
    func zone(warn: (ZoneFileError) -> Void) -> Result<Zone, ZoneFileErrors> {
        errors(of: warnings).forEach(warn)
        let zone = Zone(apex: apex, rrsets: builder.rrsets)
        let start = Place(source: 0, offset: 0)
        let problems = zone.problemsWithSets.prefix(ZoneFile.maximumFaults - faults.count).map {
            (place: $0.set.map { places[$0] } ?? start, problem: ZoneFileProblem.zone($0.problem))
        }
        // What is missing may only be missing because its line was at fault.
        let told = faults.isEmpty ? problems : problems.filter { $0.problem.isOfAnEntry }
        let all = faults + told
        return all.isEmpty ? .success(zone) : .failure(ZoneFileErrors(errors: errors(of: all)))
    }

    private func errors(of faults: [(place: Place, problem: ZoneFileProblem)]) -> [ZoneFileError] {
        var line = 1
        var last = Place(source: 0, offset: 0)
        return faults.map { place, problem in
            let source = sources.isEmpty ? Source(file: "", bytes: []) : sources[Int(place.source)]
            if place.source != last.source || place.offset < last.offset {
                line = 1
                last = Place(source: place.source, offset: 0)
            }
            let end = min(Int(place.offset), source.bytes.count)
            for index in Int(last.offset)..<end where source.bytes[index] == newline { line += 1 }
            last.offset = UInt32(end)
            let lineStart = (source.bytes[..<end].lastIndex(of: newline) ?? -1) + 1
            let column = source.bytes[lineStart..<end].count { $0 & 0xC0 != 0x80 } + 1
            return ZoneFileError(
                file: source.file, line: source.firstLine + line - 1, column: column, problem: problem)
        }
    }

    // MARK: Entries

    /// Reads all entries of a source.
    mutating func read(_ source: Source) {
        sources.append(source)
        let number = sources.count - 1
        reading.append(number)
        defer { reading.removeLast() }
        var scanner = EntryScanner(bytes: source.bytes)
        while faults.count < ZoneFile.maximumFaults {
            do {
                guard try scanner.next() else { return }
            } catch {
                note(error.problem, at: error.offset)
                continue
            }
            do {
                let entry = Entry(words: scanner.words, startsBlank: scanner.startsBlank, bytes: scanner.bytes)
                if entry.isDirective {
                    try readDirective(entry)
                } else {
                    try readRecord(entry, at: scanner.words[0].start)
                }
            } catch {
                note(error.problem, at: error.offset)
            }
        }
    }

    private mutating func note(_ problem: ZoneFileProblem, at offset: Int) {
        faults.append((place(offset), problem))
    }

    private func place(_ offset: Int) -> Place {
        Place(source: UInt32(reading.last ?? 0), offset: UInt32(clamping: offset))
    }

    // MARK: Records

    /// Reads `[owner] [ttl] [class] type data`; `offset` is where its set is said to begin.
    private mutating func readRecord(_ entry: Entry, at offset: Int) throws(Fault) {
        var index = 0
        let owner = try readOwner(entry, &index)
        let (ttl, type) = try readTTLAndType(entry, &index)
        scratch.removeAll(keepingCapacity: true)
        try readData(entry, from: index, type: type)
        let rdata = Array(scratch)
        if type == .soa, rdata.count >= 4 { minimumTTL = rdata.suffix(4).reduce(0) { $0 << 8 | UInt32($1) } }
        guard let seconds = ttl ?? defaultTTL ?? lastTTL ?? minimumTTL else {
            throw Fault(problem: .noTTL, offset: entry.offset(of: index - 1))
        }
        lastTTL = ttl ?? lastTTL
        switch builder.add(owner: owner, type: type, ttlSeconds: seconds, rdata: rdata) {
        case .new: places.append(place(offset))
        case .added, .duplicate: break
        case .differingTTL:
            if warnings.count < ZoneFile.maximumFaults {
                warnings.append((place(offset), .differingTTL(owner: owner, type: type)))
            }
        case .full: throw Fault(problem: .tooManyRecords(owner: owner, type: type), offset: offset)
        }
    }

    private mutating func readOwner(_ entry: Entry, _ index: inout Int) throws(Fault) -> Name {
        if entry.startsBlank {
            guard let owner else { throw Fault(problem: .noOwner, offset: entry.offset(of: 0)) }
            return owner
        }
        scratch.removeAll(keepingCapacity: true)
        do {
            try Name.append(entry.bytes.span.extracting(entry.range(0)), relativeTo: origin, to: &scratch)
        } catch {
            throw Fault(problem: .name(error), offset: entry.offset(of: 0))
        }
        index = 1
        if let owner, owner.wire == scratch { return owner }
        let name = Name(validWire: Array(scratch))
        owner = name
        return name
    }

    private func readTTLAndType(_ entry: Entry, _ index: inout Int) throws(Fault) -> (ttl: UInt32?, type: RRType) {
        var ttl: UInt32?
        var hasClass = false
        while index < entry.words.count {
            let word = entry.bytes.span.extracting(entry.range(index))
            if !word.isEmpty, isDigit(word[0]) {
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
        guard reading.count <= Self.maximumDepth, !reading.contains(where: { sources[$0].file == file }) else {
            throw Fault(problem: .includedTooDeep(file: file), offset: entry.offset(of: 1))
        }
        guard let bytes = include(file) else {
            throw Fault(problem: .unreadable(file: file), offset: entry.offset(of: 1))
        }
        origin = innerOrigin
        read(Source(file: file, bytes: bytes))
        (origin, owner) = (outerOrigin, outerOwner)
    }

    /// A path relative to the file that is being read.
    private func beside(_ path: String) -> String {
        guard let outer = reading.last.map({ sources[$0].file }), !path.hasPrefix("/"),
            let slash = outer.lastIndex(of: "/")
        else { return path }
        return outer[...slash] + path
    }

    /// Reads the template once for each number. Faults are told at the directive, the first one only.
    private mutating func readGenerate(_ entry: Entry) throws(Fault) {
        guard let generator = Generator(range: entry.text(1)) else {
            throw Fault(problem: .badRange(entry.text(1)), offset: entry.offset(of: 1))
        }
        guard entry.words.count > 4 else { throw Fault(problem: .incomplete(.generate), offset: entry.end) }
        let outerOwner = owner
        defer { owner = outerOwner }
        for number in generator.numbers {
            var line: [UInt8] = []
            for index in 2..<entry.words.count {
                guard Generator.append(entry.written(index), for: number, to: &line) else {
                    throw Fault(problem: .badModifier(entry.text(index)), offset: entry.offset(of: index))
                }
                let isJoined =
                    index + 1 < entry.words.count
                    && entry.written(index).endIndex == entry.written(index + 1).startIndex
                if !isJoined { line.append(UInt8(ascii: " ")) }
            }
            do {
                let generated = Entry(words: wordsOfLine(line), startsBlank: false, bytes: line)
                try readRecord(generated, at: entry.offset(of: 0))
            } catch {
                throw Fault(problem: error.problem, offset: entry.offset(of: 0))
            }
        }
    }
}

private let newline = UInt8(ascii: "\n")

extension ZoneFileProblem {
    /// Whether an entry shows it, rather than the lack of one.
    fileprivate var isOfAnEntry: Bool {
        switch self {
        case .zone(.noSOA), .zone(.noNS): false
        default: true
        }
    }
}

/// An entry's words and the octets they stand in.
private struct Entry {
    let words: [Word]
    let startsBlank: Bool
    let bytes: [UInt8]

    var isDirective: Bool {
        !startsBlank && !words[0].isQuoted && bytes[words[0].start] == UInt8(ascii: "$")
    }

    func range(_ index: Int) -> Range<Int> { words[index].start..<words[index].end }

    func text(_ index: Int) -> String { String(decoding: bytes[range(index)], as: UTF8.self) }

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
