// How conditions are written:
//
//   condition  = part { ("and" | "or") part }           and binds more tightly than or
//   part       = "not" part | "(" condition ")" | subject ("exists" | comparison literal)
//   subject    = "status" | "body" | "size" | "time" | "cert.days" | "header." name | "json" { "." key | "[" n "]" }
//   literal    = number | "text" | 'text' | true | false | null | duration

/// Why conditions cannot be read. The column counts letters from 1.
struct ConditionFault: ArgumentFault, Hashable {
    enum Cause: Hashable {
        case ends
        case openQuote
        case unknownSubject(String)
        case noComparison(found: String)
        case badLiteral(found: String)
        case wrongLiteral(Condition.Subject)
        case wrongComparison(Condition.Subject, Condition.Comparison)
        case badPath
        case openParenthesis
        case surplus(String)
        case tooDeep
        case badCharacter(Character)
    }

    var column: Int
    var cause: Cause

    var problem: String { "is wrong at column \(column): \(words)" }

    private var words: String {
        switch cause {
        case .ends: "something is missing here, such as status == 200"
        case .openQuote: "this quote is never closed"
        case .unknownSubject(let word):
            "\"\(word)\" is nothing a condition can be about"
                + (suggestion(for: word, among: ["status", "body", "size", "time", "cert.days"]).map { " (\($0))" }
                    ?? ": use status, body, size, json.KEY, header.NAME, time or cert.days")
        case .noComparison(let word):
            (word.isEmpty ? "a comparison is missing" : "\"\(word)\" is no comparison")
                + ": use ==, !=, <, <=, >, >=, contains, starts-with, ends-with or exists"
        case .badLiteral(let word):
            "\(word.isEmpty ? "a value is missing" : "\"\(word)\" is no value"): "
                + "use a number, a \"text\", true, false, null or a duration such as 300ms"
        case .wrongLiteral(let subject): "\(subject) is compared with \(subject.literalForm)"
        case .wrongComparison(let subject, let comparison):
            "\(comparison.rawValue) does not go with \(subject): use \(subject.comparisonForm)"
        case .badPath: "a path goes on with .KEY or [NUMBER], such as json.items[0].name"
        case .openParenthesis: "this ( is never closed"
        case .surplus(let word): "\"\(word)\" is too much here: use and, or, or end"
        case .tooDeep: "more than \(ConditionParser.deepest) levels of parentheses or not"
        case .badCharacter(let character): "\"\(character)\" has no meaning here"
        }
    }
}

extension Condition.Subject {
    fileprivate var literalForm: String {
        switch self {
        case .status, .size, .certificateDays: "a whole number"
        case .body, .header: "a \"text\" in quotes"
        case .time: "a duration such as 300ms"
        case .json: "a number, a \"text\", true, false or null"
        }
    }

    fileprivate var comparisonForm: String {
        switch self {
        case .body, .header: "==, !=, contains, starts-with, ends-with or exists"
        default: "==, !=, <, <=, > or >="
        }
    }

    fileprivate func takes(_ literal: Condition.Literal, _ comparison: Condition.Comparison) -> Bool {
        switch (self, literal) {
        case (.status, .number(let number)), (.size, .number(let number)), (.certificateDays, .number(let number)):
            number == number.rounded()
        case (.body, .text), (.header, .text), (.time, .duration): true
        case (.json, .number): !comparison.isTextual
        case (.json, .text): !comparison.isOrder
        case (.json, .flag), (.json, .null): comparison == .equal || comparison == .notEqual
        default: false
        }
    }

    fileprivate func takes(_ comparison: Condition.Comparison) -> Bool {
        switch self {
        case .json: true
        case .body, .header: !comparison.isOrder
        case .status, .size, .time, .certificateDays: !comparison.isTextual
        }
    }
}

extension Condition {
    static let form = "conditions such as status == 200 and json.items[0].count >= 3 and time < 300ms"

    /// Reads conditions; throws the first fault with its column.
    init(_ text: String) throws(ConditionFault) {
        var parser = try ConditionParser(text)
        self = try parser.condition(depth: 0)
        try parser.expectEnd()
    }
}

/// A descent over the tokens, one function per line of the grammar.
struct ConditionParser {
    static let deepest = 32

    private var tokens: ArraySlice<ConditionToken>
    private let end: Int

    init(_ text: String) throws(ConditionFault) {
        tokens = try ConditionToken.split(text)[...]
        end = text.count + 1
    }

    mutating func condition(depth: Int) throws(ConditionFault) -> Condition {
        var alternatives = [try conjunction(depth: depth)]
        while isNext(word: "or") {
            tokens.removeFirst()
            alternatives.append(try conjunction(depth: depth))
        }
        return alternatives.count == 1 ? alternatives[0] : .any(alternatives)
    }

    func expectEnd() throws(ConditionFault) {
        guard let token = tokens.first else { return }
        throw ConditionFault(column: token.column, cause: .surplus(token.text))
    }

    private mutating func conjunction(depth: Int) throws(ConditionFault) -> Condition {
        var parts = [try part(depth: depth)]
        while isNext(word: "and") {
            tokens.removeFirst()
            parts.append(try part(depth: depth))
        }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func part(depth: Int) throws(ConditionFault) -> Condition {
        let token = try next(or: .ends)
        guard depth < Self.deepest else { throw ConditionFault(column: token.column, cause: .tooDeep) }
        switch token.kind {
        case .word where token.text == "not": return .not(try part(depth: depth + 1))
        case .open:
            let inner = try condition(depth: depth + 1)
            guard tokens.first?.kind == .close else {
                if let surplus = tokens.first {
                    throw ConditionFault(column: surplus.column, cause: .surplus(surplus.text))
                }
                throw ConditionFault(column: token.column, cause: .openParenthesis)
            }
            tokens.removeFirst()
            return inner
        case .word: return try test(subject(token))
        case .close, .text, .symbol:
            throw ConditionFault(column: token.column, cause: .unknownSubject(token.text))
        }
    }

    private mutating func test(_ subject: Condition.Subject) throws(ConditionFault) -> Condition {
        let token = try next(or: .noComparison(found: ""))
        if token.kind == .word, token.text == "exists" {
            guard case .header = subject else {
                guard case .json = subject else {
                    throw ConditionFault(column: token.column, cause: .noComparison(found: token.text))
                }
                return .exists(subject)
            }
            return .exists(subject)
        }
        guard token.kind == .word || token.kind == .symbol,
            let comparison = Condition.Comparison(rawValue: token.text)
        else { throw ConditionFault(column: token.column, cause: .noComparison(found: token.text)) }
        guard subject.takes(comparison) else {
            throw ConditionFault(column: token.column, cause: .wrongComparison(subject, comparison))
        }
        let value = try next(or: .badLiteral(found: ""))
        guard let literal = Self.literal(value) else {
            throw ConditionFault(column: value.column, cause: .badLiteral(found: value.text))
        }
        guard subject.takes(literal, comparison) else {
            throw ConditionFault(column: value.column, cause: .wrongLiteral(subject))
        }
        return .test(subject, comparison, literal)
    }

    private func subject(_ token: ConditionToken) throws(ConditionFault) -> Condition.Subject {
        let word = token.text
        switch word {
        case "status": return .status
        case "body": return .body
        case "size": return .size
        case "time": return .time
        case "cert.days": return .certificateDays
        case _ where word == "json" || word.hasPrefix("json.") || word.hasPrefix("json["):
            return .json(try Self.steps(word.dropFirst(4), column: token.column + 4))
        case _ where word.hasPrefix("header."):
            let name = word.dropFirst(7).lowercased()
            guard !name.isEmpty else { throw ConditionFault(column: token.column, cause: .unknownSubject(word)) }
            return .header(name)
        default: throw ConditionFault(column: token.column, cause: .unknownSubject(word))
        }
    }

    private static func steps(_ path: Substring, column: Int) throws(ConditionFault) -> [Condition.Subject.Step] {
        var steps: [Condition.Subject.Step] = []
        var rest = path
        while let first = rest.first {
            let fault = ConditionFault(
                column: column + path.distance(from: path.startIndex, to: rest.startIndex), cause: .badPath)
            rest.removeFirst()
            if first == "." {
                let key = rest.prefix { $0 != "." && $0 != "[" }
                guard !key.isEmpty else { throw fault }
                steps.append(.key(String(key)))
                rest = rest[key.endIndex...]
            } else {
                let digits = rest.prefix { $0 != "]" }
                guard first == "[", let index = Int(digits), (0...999_999).contains(index),
                    digits.endIndex < rest.endIndex
                else { throw fault }
                steps.append(.index(index))
                rest = rest[rest.index(after: digits.endIndex)...]
            }
        }
        return steps
    }

    private static func literal(_ token: ConditionToken) -> Condition.Literal? {
        if token.kind == .text { return .text(token.text) }
        guard token.kind == .word else { return nil }
        switch token.text {
        case "true": return .flag(true)
        case "false": return .flag(false)
        case "null": return .null
        case let word:
            guard let first = word.first, first.isASCII, first.isNumber || first == "-" else { return nil }
            if let number = Double(word), number.isFinite, word.allSatisfy({ "+-.eE0123456789".contains($0) }) {
                return .number(number)
            }
            return (try? Period.parse(word)).map { .duration($0) }
        }
    }

    private func isNext(word: String) -> Bool { tokens.first.map { $0.kind == .word && $0.text == word } ?? false }

    private mutating func next(or cause: ConditionFault.Cause) throws(ConditionFault) -> ConditionToken {
        guard let token = tokens.popFirst() else { throw ConditionFault(column: end, cause: cause) }
        return token
    }
}

/// A word, a text, a sign, and where it stands.
struct ConditionToken: Hashable {
    enum Kind { case word, text, symbol, open, close }

    var kind: Kind
    /// Without its quotes.
    var text: String
    /// Counted from 1.
    var column: Int

    static func split(_ text: String) throws(ConditionFault) -> [ConditionToken] {
        var tokens: [ConditionToken] = []
        let letters = Array(text)
        var index = 0
        while index < letters.count {
            let start = index
            let letter = letters[index]
            index += 1
            switch letter {
            case _ where letter.isWhitespace: continue
            case "(": tokens.append(ConditionToken(kind: .open, text: "(", column: start + 1))
            case ")": tokens.append(ConditionToken(kind: .close, text: ")", column: start + 1))
            case "\"", "'":
                let quoted = try quoted(letters, from: &index, quote: letter, column: start + 1)
                tokens.append(ConditionToken(kind: .text, text: quoted, column: start + 1))
            case "=", "!", "<", ">":
                while index < letters.count, "=!<>".contains(letters[index]) { index += 1 }
                tokens.append(ConditionToken(kind: .symbol, text: String(letters[start..<index]), column: start + 1))
            case _ where isWordLetter(letter):
                while index < letters.count, isWordLetter(letters[index]) { index += 1 }
                tokens.append(ConditionToken(kind: .word, text: String(letters[start..<index]), column: start + 1))
            default: throw ConditionFault(column: start + 1, cause: .badCharacter(letter))
            }
        }
        return tokens
    }

    private static func isWordLetter(_ letter: Character) -> Bool {
        letter.isLetter || letter.isNumber || "._-[]+$@/:".contains(letter)
    }

    /// Everything up to the closing quote; a backslash takes the next letter as it is, `\n` is a line end.
    private static func quoted(
        _ letters: [Character], from index: inout Int, quote: Character, column: Int
    ) throws(ConditionFault) -> String {
        var text = ""
        while index < letters.count {
            let letter = letters[index]
            index += 1
            if letter == quote { return text }
            if letter == "\\", index < letters.count {
                text.append(letters[index] == "n" ? "\n" : letters[index])
                index += 1
            } else {
                text.append(letter)
            }
        }
        throw ConditionFault(column: column, cause: .openQuote)
    }
}
