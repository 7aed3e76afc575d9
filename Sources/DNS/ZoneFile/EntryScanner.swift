/// Cuts a zone file into entries and those into words (RFC 1035 §5.1): one line each, unless parentheses
/// or nothing but comments make it more or less.
///
/// It sees the text through a window that is moved along, so that a file of any length takes little memory.
struct EntryScanner {
    /// What is wrong with an entry's marks, and where.
    struct Failure: Error {
        let problem: ZoneFileProblem
        let place: TextPlace
    }

    /// The window.
    private(set) var bytes: [UInt8]
    /// The words of the entry that was read last.
    private(set) var words: [Word] = []
    /// Whether that entry began with a blank, which stands for the owner before.
    private(set) var startsBlank = false
    /// Where in the window that entry began.
    private(set) var start = 0
    /// How many lines of the text were before it.
    private(set) var linesBefore = 0

    /// Where in the window the next entry begins.
    private var position = 0
    private var linesRead = 0
    private let more: ((inout [UInt8]) -> Bool)?
    private var isAtEnd: Bool

    /// `more` appends what comes next, at least one octet, or returns false at the end; nil if `bytes` is all.
    init(bytes: [UInt8], more: ((inout [UInt8]) -> Bool)? = nil) {
        self.bytes = bytes
        self.more = more
        isAtEnd = more == nil
    }

    /// Reads the next entry that has words; false at the end. After a throw it goes on with the next line.
    mutating func next() throws(Failure) -> Bool {
        while true {
            (start, linesBefore) = (position, linesRead)
            if position == bytes.count {
                if isAtEnd { return false }
                moveWindow()
                continue
            }
            words.removeAll(keepingCapacity: true)
            startsBlank = isBlank(bytes[position])
            do {
                let bytes = bytes
                try scanEntry(bytes.span, from: &position, lines: &linesRead, into: &words)
            } catch {
                if !isAtEnd, reachesEnd(error) {
                    moveWindow()
                    continue
                }
                let place = TextPlace(of: error.offset, in: bytes, from: start, linesBefore: linesBefore)
                skipLine()
                throw Failure(problem: error.problem, place: place)
            }
            if position == bytes.count, !isAtEnd {  // it may go on behind the window
                moveWindow()
                continue
            }
            if !words.isEmpty { return true }
        }
    }

    /// Whether a failure may only be the window's end.
    private func reachesEnd(_ failure: MarkFailure) -> Bool {
        switch failure.problem {
        case .unclosedParenthesis: true
        case .unclosedQuote: !bytes[failure.offset...].contains(newline)
        default: false
        }
    }

    /// Moves the window to the entry that is under way, to be scanned again, and lengthens it.
    private mutating func moveWindow() {
        bytes.removeFirst(start)
        (start, position, linesRead) = (0, 0, linesBefore)
        isAtEnd = !(more?(&bytes) ?? false)
    }

    private mutating func skipLine() {
        while true {
            while position < bytes.count, bytes[position] != newline { position += 1 }
            if position < bytes.count {
                position += 1
                linesRead += 1
                return
            }
            if isAtEnd { return }
            (start, linesBefore) = (position, linesRead)
            moveWindow()
        }
    }
}

/// A place in a text: both from 1, the column in characters.
struct TextPlace: Hashable {
    let line: Int
    let column: Int

    init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place of `offset` in `bytes`, where a line begins at `start` that has `linesBefore` others before it.
    init(of offset: Int, in bytes: [UInt8], from start: Int, linesBefore: Int) {
        let before = bytes[start..<min(offset, bytes.count)]
        let lineStart = before.lastIndex(of: newline).map { $0 + 1 } ?? start
        line = linesBefore + before.count { $0 == newline } + 1
        column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    }
}

/// What is wrong with the marks of an entry, and where in the octets.
private struct MarkFailure: Error {
    let problem: ZoneFileProblem
    let offset: Int
}

/// The words of a text that is one entry; of a broken one those before the fault.
func wordsOfLine(_ bytes: [UInt8]) -> [Word] {
    var words: [Word] = []
    var position = 0
    var lines = 0
    try? scanEntry(bytes.span, from: &position, lines: &lines, into: &words)
    return words
}

private let newline = UInt8(ascii: "\n")

@inline(__always) private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

/// Scans to the end of the entry and behind it, and counts the lines that end there.
private func scanEntry(
    _ bytes: Span<UInt8>, from position: inout Int, lines: inout Int, into words: inout [Word]
) throws(MarkFailure) {
    var index = position
    var parentheses: [Int] = []
    defer { position = index }
    while index < bytes.count {
        let byte = bytes[index]
        switch byte {
        case 0x20, 0x09, 0x0D: index += 1
        case newline:
            index += 1
            lines += 1
            if parentheses.isEmpty { return }
        case UInt8(ascii: ";"):
            while index < bytes.count, bytes[index] != newline { index += 1 }
        case UInt8(ascii: "("):
            parentheses.append(index)
            index += 1
        case UInt8(ascii: ")"):
            guard parentheses.popLast() != nil else {
                throw MarkFailure(problem: .strayParenthesis, offset: index)
            }
            index += 1
        case UInt8(ascii: "\""):
            let start = index + 1
            index = try endOfQuote(bytes, openedAt: index)
            words.append(Word(start: start, end: index, isQuoted: true))
            index += 1
        default:
            let start = index
            index = endOfWord(bytes, from: index)
            words.append(Word(start: start, end: index, isQuoted: false))
        }
    }
    if let open = parentheses.first {
        throw MarkFailure(problem: .unclosedParenthesis, offset: open)
    }
}

/// Where the closing quote stands.
private func endOfQuote(_ bytes: Span<UInt8>, openedAt start: Int) throws(MarkFailure) -> Int {
    var index = start + 1
    while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "\""): return index
        case newline: throw MarkFailure(problem: .unclosedQuote, offset: start)
        case UInt8(ascii: "\\"):
            index += 1
            if index < bytes.count, bytes[index] != newline { index += 1 }
        default: index += 1
        }
    }
    throw MarkFailure(problem: .unclosedQuote, offset: start)
}

/// Where an unquoted word ends.
@inline(__always)
private func endOfWord(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < bytes.count {
        let byte = bytes[index]
        if byte > UInt8(ascii: ";") ? byte != UInt8(ascii: "\\") : byte &- 0x2A <= 0x10 {  // nothing special
            index += 1
            continue
        }
        switch byte {
        case 0x20, 0x09, 0x0D, newline, UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\""):
            return index
        case UInt8(ascii: "\\"):
            index += 1
            if index < bytes.count, bytes[index] != newline { index += 1 }
        default: index += 1
        }
    }
    return index
}
