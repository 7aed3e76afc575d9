/// Cuts a zone file into entries and those into words (RFC 1035 §5.1): one line each, unless parentheses
/// or nothing but comments make it more or less.
struct EntryScanner {
    /// What is wrong with an entry's marks, and where.
    struct Failure: Error {
        let problem: ZoneFileProblem
        let offset: Int
    }

    let bytes: [UInt8]
    /// Where the next entry begins.
    private(set) var position = 0
    /// The words of the entry that was read last.
    private(set) var words: [Word] = []
    /// Whether that entry began with a blank, which stands for the owner before.
    private(set) var startsBlank = false

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the next entry that has words; false at the end. After a throw it goes on with the next line.
    mutating func next() throws(Failure) -> Bool {
        let bytes = bytes
        while position < bytes.count {
            words.removeAll(keepingCapacity: true)
            startsBlank = isBlank(bytes[position])
            do {
                try scanEntry(bytes.span, from: &position, into: &words)
            } catch {
                skipLine()
                throw error
            }
            if !words.isEmpty { return true }
        }
        return false
    }

    private mutating func skipLine() {
        while position < bytes.count, bytes[position] != newline { position += 1 }
        if position < bytes.count { position += 1 }
    }
}

/// The words of a text that is one entry; of a broken one those before the fault.
func wordsOfLine(_ bytes: [UInt8]) -> [Word] {
    var words: [Word] = []
    var position = 0
    try? scanEntry(bytes.span, from: &position, into: &words)
    return words
}

private let newline = UInt8(ascii: "\n")

@inline(__always) private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

/// Scans to the end of the entry and behind it.
private func scanEntry(
    _ bytes: Span<UInt8>, from position: inout Int, into words: inout [Word]
) throws(EntryScanner.Failure) {
    var index = position
    var parentheses: [Int] = []
    defer { position = index }
    while index < bytes.count {
        let byte = bytes[index]
        switch byte {
        case 0x20, 0x09, 0x0D: index += 1
        case newline:
            index += 1
            if parentheses.isEmpty { return }
        case UInt8(ascii: ";"):
            while index < bytes.count, bytes[index] != newline { index += 1 }
        case UInt8(ascii: "("):
            parentheses.append(index)
            index += 1
        case UInt8(ascii: ")"):
            guard parentheses.popLast() != nil else {
                throw EntryScanner.Failure(problem: .strayParenthesis, offset: index)
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
        throw EntryScanner.Failure(problem: .unclosedParenthesis, offset: open)
    }
}

/// Where the closing quote stands.
private func endOfQuote(_ bytes: Span<UInt8>, openedAt start: Int) throws(EntryScanner.Failure) -> Int {
    var index = start + 1
    while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "\""): return index
        case newline: throw EntryScanner.Failure(problem: .unclosedQuote, offset: start)
        case UInt8(ascii: "\\"):
            index += 1
            if index < bytes.count, bytes[index] != newline { index += 1 }
        default: index += 1
        }
    }
    throw EntryScanner.Failure(problem: .unclosedQuote, offset: start)
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
