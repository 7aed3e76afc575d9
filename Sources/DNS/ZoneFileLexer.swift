/// Cuts a zone file into entries: one line, or several in parentheses (RFC 1035 §5.1).
struct ZoneFileLexer {
    struct Entry {
        var tokens: [Token]
        /// The entry begins with white space: its owner is the one before.
        var startsBlank: Bool
        var line: Int
    }

    struct Failure: Error {
        var line: Int
        var column: Int
        var problem: String
        var expected: String
    }

    private let text: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0

    init(_ text: [UInt8]) { self.text = text }

    private var column: Int { index - lineStart + 1 }

    /// The next entry that has a word; nil at the end.
    mutating func next() throws(Failure) -> Entry? {
        while index < text.count {
            let entry = try readEntry()
            if !entry.tokens.isEmpty { return entry }
        }
        return nil
    }

    private mutating func readEntry() throws(Failure) -> Entry {
        var entry = Entry(tokens: [], startsBlank: isBlank(text[index]), line: line)
        var open: (line: Int, column: Int)?
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\n"):
                newline()
                if open == nil { return entry }
            case UInt8(ascii: ";"):
                while index < text.count, text[index] != UInt8(ascii: "\n") { index += 1 }
            case UInt8(ascii: "("):
                if open != nil { throw failure("\"(\" inside parentheses", "one pair of parentheses") }
                open = (line, column)
                index += 1
            case UInt8(ascii: ")"):
                if open == nil { throw failure("\")\" without its \"(\"", "a \"(\" before it") }
                open = nil
                index += 1
            case UInt8(ascii: "\""):
                entry.tokens.append(try readQuoted())
            default:
                if isBlank(byte) { index += 1 } else { entry.tokens.append(readWord()) }
            }
        }
        if let open {
            throw Failure(
                line: open.line, column: open.column, problem: "\"(\" is never closed", expected: "a \")\" after it")
        }
        return entry
    }

    private mutating func readWord() -> Token {
        let start = index
        let column = column
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\\"), index + 1 < text.count, text[index + 1] != UInt8(ascii: "\n") {
                index += 2
                continue
            }
            if isBlank(byte) || byte == 0x0A || byte == 0x3B || byte == 0x28 || byte == 0x29 || byte == 0x22 { break }
            index += 1
        }
        return Token(bytes: text[start..<index], isQuoted: false, line: line, column: column)
    }

    private mutating func readQuoted() throws(Failure) -> Token {
        let (startLine, startColumn) = (line, column)
        index += 1
        let start = index
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""):
                index += 1
                return Token(bytes: text[start..<(index - 1)], isQuoted: true, line: startLine, column: startColumn)
            case UInt8(ascii: "\n"):
                throw Failure(
                    line: startLine, column: startColumn, problem: "a quoted string is not closed on its line",
                    expected: "a quotation mark at its end")
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        throw Failure(
            line: startLine, column: startColumn, problem: "a quoted string is never closed",
            expected: "a quotation mark at its end")
    }

    /// Goes to the line after the current one, so that the next error can be found too.
    mutating func skipLine() {
        while index < text.count, text[index] != UInt8(ascii: "\n") { index += 1 }
        if index < text.count { newline() }
    }

    private mutating func newline() {
        index += 1
        line += 1
        lineStart = index
    }

    private func failure(_ problem: String, _ expected: String) -> Failure {
        Failure(line: line, column: column, problem: problem, expected: expected)
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}
