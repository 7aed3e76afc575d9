import Failover

// How logic is written:
//
//   logic = part { ("and" | "or") part }        and binds more tightly than or
//   part  = "not" part | "(" logic ")" | ("all" | "any") list | "at-least" number ["of"] list | window | indicator
//   list  = "(" logic { "," logic } ")"
//   window = "during" HH:MM-HH:MM ["on" days] [zone] | "on" days [zone]
//   days  = day ["-" day] { "," day ["-" day] }

/// Why logic cannot be read. The column counts letters from 1.
struct LogicFault: ArgumentFault, Hashable {
    enum Cause: Hashable {
        case ends
        case openQuote
        case openParenthesis
        case noList(after: String)
        case surplus(String)
        case reserved(String)
        case badNumber(String)
        case tooMany(Int, of: Int)
        case badHours(String)
        case badDays(String)
        case badZone(String)
        case tooDeep
        case tooLong
    }

    var column: Int
    var cause: Cause

    var problem: String { "is wrong at column \(column): \(words)" }

    private var words: String {
        switch cause {
        case .ends: "something is missing here, such as the name of an indicator"
        case .openQuote: "this quote is never closed"
        case .openParenthesis: "this ( is never closed"
        case .noList(let word): "\(word) needs a list behind it, such as \(word)(a, b)"
        case .surplus(let word): "\"\(word)\" is too much here: use and, or, or end"
        case .reserved(let word): "\"\(word)\" stands where a name should; a name like that needs quotes"
        case .badNumber(let word): "\"\(word)\" is no number from 1 on, such as in at-least 2 of (a, b, c)"
        case .tooMany(let number, let count): "at least \(number) of \(count) can never be"
        case .badHours(let word): "\"\(word)\" is no span of hours such as 08:00-18:00"
        case .badDays(let word): "\"\(word)\" is no day or span of days such as mon-fri"
        case .badZone(let word): "\"\(word)\" is no time zone such as Europe/Berlin or UTC"
        case .tooDeep: "more than \(LogicText.deepest) levels of parentheses or not"
        case .tooLong: "it is longer than \(inWords(bytes: LogicText.longest))"
        }
    }
}

/// Reads logic.
struct LogicText {
    static let deepest = 32
    static let longest = 16384

    private enum Token: Hashable {
        case open, close, comma
        case word(String)
        case quoted(String)

        var text: String {
            switch self {
            case .open: "("
            case .close: ")"
            case .comma: ","
            case .word(let text), .quoted(let text): text
            }
        }
    }

    private static let reserved = ["all", "any", "at-least", "of", "not", "and", "or", "during", "on"]

    private var tokens: ArraySlice<(token: Token, column: Int)>
    private var depth = 0
    private let end: Int
    private(set) var windows: [TimeWindow] = []

    /// The logic, and the windows in it, each once.
    static func parse(_ text: String) throws(LogicFault) -> (logic: Logic, windows: [TimeWindow]) {
        guard text.utf8.count <= longest else { throw LogicFault(column: 1, cause: .tooLong) }
        var reader = LogicText(tokens: try tokens(of: text)[...], end: text.count + 1)
        let logic = try reader.readOr()
        if let (token, column) = reader.tokens.first {
            throw LogicFault(column: column, cause: .surplus(printable(token.text, limit: 40)))
        }
        return (logic, reader.windows)
    }

    private init(tokens: ArraySlice<(token: Token, column: Int)>, end: Int) {
        (self.tokens, self.end) = (tokens, end)
    }

    private static func tokens(of text: String) throws(LogicFault) -> [(token: Token, column: Int)] {
        var tokens: [(Token, Int)] = []
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            let column = rest.startIndex
            switch character {
            case "(": tokens.append((.open, column))
            case ")": tokens.append((.close, column))
            case ",": tokens.append((.comma, column))
            case "\"", "'":
                guard let end = rest.firstIndex(of: character) else {
                    throw LogicFault(column: column, cause: .openQuote)
                }
                tokens.append((.quoted(String(rest[..<end])), column))
                rest = rest[(end + 1)...]
            case _ where character.isWhitespace: break
            default:
                let end = rest.firstIndex { $0.isWhitespace || "(),\"'".contains($0) } ?? rest.endIndex
                tokens.append((.word(String(character) + String(rest[..<end])), column))
                rest = rest[end...]
            }
        }
        return tokens
    }

    private var column: Int { tokens.first?.column ?? end }

    private mutating func take(word: String) -> Bool {
        guard tokens.first?.token == .word(word) else { return false }
        tokens.removeFirst()
        return true
    }

    private mutating func readOr() throws(LogicFault) -> Logic {
        var parts = [try readAnd()]
        while take(word: "or") { parts.append(try readAnd()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func readAnd() throws(LogicFault) -> Logic {
        var parts = [try readPart()]
        while take(word: "and") { parts.append(try readPart()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func readPart() throws(LogicFault) -> Logic {
        depth += 1
        defer { depth -= 1 }
        guard let (token, column) = tokens.first else { throw LogicFault(column: end, cause: .ends) }
        guard depth <= Self.deepest else { throw LogicFault(column: column, cause: .tooDeep) }
        tokens.removeFirst()
        switch token {
        case .quoted(let name): return .indicator(IndicatorName(name))
        case .open:
            let inner = try readOr()
            guard tokens.popFirst()?.token == .close else { throw LogicFault(column: column, cause: .openParenthesis) }
            return inner
        case .close, .comma: throw LogicFault(column: column, cause: .ends)
        case .word("not"): return .not(try readPart())
        case .word("all"): return .all(try readList(after: "all"))
        case .word("any"): return .any(try readList(after: "any"))
        case .word("at-least"): return try readAtLeast()
        case .word("during"): return try readHours()
        case .word("on"): return try readWindow("on", from: 0, to: 1440, days: readDays())
        case .word(let word):
            guard !Self.reserved.contains(word) else { throw LogicFault(column: column, cause: .reserved(word)) }
            return .indicator(IndicatorName(word))
        }
    }

    private mutating func readList(after word: String) throws(LogicFault) -> [Logic] {
        guard let (token, column) = tokens.first, token == .open else {
            throw LogicFault(column: self.column, cause: .noList(after: word))
        }
        tokens.removeFirst()
        var parts = [try readOr()]
        while tokens.first?.token == .comma {
            tokens.removeFirst()
            parts.append(try readOr())
        }
        guard tokens.popFirst()?.token == .close else { throw LogicFault(column: column, cause: .openParenthesis) }
        return parts
    }

    private mutating func readAtLeast() throws(LogicFault) -> Logic {
        let column = column
        let word = tokens.popFirst()?.token.text ?? ""
        guard let number = Int(word), number >= 1 else { throw LogicFault(column: column, cause: .badNumber(word)) }
        _ = take(word: "of")
        let parts = try readList(after: "at-least \(number) of")
        guard number <= parts.count else { throw LogicFault(column: column, cause: .tooMany(number, of: parts.count)) }
        return .atLeast(number, of: parts)
    }
}

// MARK: - Windows

extension LogicText {
    private mutating func readHours() throws(LogicFault) -> Logic {
        let column = column
        let word = tokens.popFirst()?.token.text ?? ""
        let ends = word.split(separator: "-", omittingEmptySubsequences: false).map(Self.minutes)
        guard ends.count == 2, let from = ends[0], let to = ends[1], from != to, from < 1440 else {
            throw LogicFault(column: column, cause: .badHours(printable(word, limit: 40)))
        }
        let days = take(word: "on") ? try readDays() : (TimeWindow.everyDay, "")
        return try readWindow("during \(word)\(days.1.isEmpty ? "" : " on")", from: from, to: to, days: days)
    }

    /// `08:00` to `24:00`.
    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1440
        else { return nil }
        return hour * 60 + minute
    }

    private mutating func readDays() throws(LogicFault) -> (UInt8, String) {
        var days: UInt8 = 0
        var words: [String] = []
        while true {
            let column = column
            guard let (token, _) = tokens.first, case .word(let word) = token, let span = Self.span(word) else {
                throw LogicFault(column: column, cause: .badDays(printable(tokens.first?.token.text ?? "", limit: 40)))
            }
            tokens.removeFirst()
            days |= span
            words.append(word)
            // A comma goes on with the days only if a day stands behind it.
            guard tokens.first?.token == .comma, case .word(let next)? = tokens.dropFirst().first?.token,
                Self.span(next) != nil
            else { return (days, words.joined(separator: ",")) }
            tokens.removeFirst()
        }
    }

    private static func span(_ word: String) -> UInt8? {
        let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { name in
            TimeWindow.dayNames.firstIndex(of: String(name))
        }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
        let length = (last - first + 7) % 7
        return (0...length).reduce(0) { $0 | 1 << UInt8((first + $1) % 7) }
    }

    private mutating func readWindow(
        _ words: String, from: Int, to: Int, days: (UInt8, String)
    ) throws(LogicFault) -> Logic {
        var zone = "UTC"
        let column = column
        if case .word(let word)? = tokens.first?.token, word != "and", word != "or" {
            zone = word
            tokens.removeFirst()
        }
        let name = ([words] + [days.1].filter { !$0.isEmpty } + [zone]).joined(separator: " ")
        guard let window = TimeWindow(from: from, to: to, days: days.0, zone: zone, name: name) else {
            throw LogicFault(column: column, cause: .badZone(printable(zone, limit: 40)))
        }
        if !windows.contains(window) { windows.append(window) }
        return .window(name)
    }
}
