import Synchronization

/// A language that the page speaks.
enum Language: String, CaseIterable, Sendable {
    case english = "en"
    case russian = "ru"

    /// Its name in itself.
    var name: String {
        switch self {
        case .english: "English"
        case .russian: "Русский"
        }
    }

    /// What a browser asks for (RFC 9110 §12.5.4): the known language of the highest weight.
    static func preferred(_ header: String?) -> Language {
        var best: (language: Language, weight: Double) = (.english, 0)
        for range in (header ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let tag = parts.first?.lowercased().split(separator: "-").first,
                let language = Language(rawValue: String(tag))
            else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if weight > best.weight { best = (language, weight) }
        }
        return best.language
    }

    /// Digits in groups of three, as this language has them; in Russian from five digits on.
    func grouped(_ digits: String) -> String {
        guard digits.utf8.count > (self == .russian ? 4 : 3) else { return digits }
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.utf8.count - place) % 3 == 0 { text += self == .russian ? "\u{A0}" : "," }
            text.append(digit)
        }
        return text
    }

    /// Which of a noun's forms a number takes (the CLDR's plural categories).
    func plural(_ number: Int) -> String {
        switch self {
        case .english: return number == 1 ? "one" : "many"
        case .russian:
            if number % 10 == 1, number % 100 != 11 { return "one" }
            if (2...4).contains(number % 10), !(12...14).contains(number % 100) { return "few" }
            return "many"
        }
    }
}

/// Why a catalogue cannot be used.
enum CatalogueError: Error, Equatable {
    case noEquals(language: String, line: Int)
    case twice(language: String, line: Int, key: String)
    case missing(language: String, keys: [String])
}

/// All that the page says in one language.
///
/// A catalogue is a text of lines `key = text`; `{0}`, `{1}` … stand for what is put in. A text that counts has a
/// form for each of the language's plurals: `name.one`, `name.few`, `name.many`.
struct Words: Sendable {
    let language: Language
    private let texts: [String: String]
    private let phrases: Phrases

    init(_ language: Language, catalogue: String, phrases: String) throws(CatalogueError) {
        self.language = language
        texts = try Self.read(catalogue, language.rawValue)
        self.phrases = try Phrases(phrases, language: language)
    }

    var keys: Set<String> { Set(texts.keys) }

    /// A text of the catalogue; its key where there is none, which a test rules out.
    func callAsFunction(_ key: String, _ arguments: String...) -> String { filled(texts[key] ?? key, arguments) }

    /// The same with what it is filled with as a list.
    func text(_ key: String, _ arguments: [String]) -> String { filled(texts[key] ?? key, arguments) }

    /// `1 name`, `2 names`: the number with its noun.
    func count(_ key: String, _ number: Int) -> String {
        filled(texts["\(key).\(language.plural(number))"] ?? texts["\(key).many"] ?? key, [self.number(number)])
    }

    /// A number that may be long: `10,404`.
    func number(_ number: Int) -> String { language.grouped("\(number)") }

    /// A sentence of the engine's, which is English, in this language; as it is where no phrase fits.
    func said(_ sentence: String) -> String { phrases.translate(sentence) }

    private func filled(_ text: String, _ arguments: [String]) -> String {
        if arguments.isEmpty { return text }
        var filled = text
        for (index, argument) in arguments.enumerated() { filled = filled.replacing("{\(index)}", with: argument) }
        return filled
    }

    private static func read(_ text: String, _ language: String) throws(CatalogueError) -> [String: String] {
        var texts: [String: String] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let (key, value) = line.halves(at: " = ") else {
                throw .noEquals(language: language, line: index + 1)
            }
            guard texts.updateValue(value, forKey: key) == nil else {
                throw .twice(language: language, line: index + 1, key: key)
            }
        }
        return texts
    }
}

/// The engine's English sentences and what they are in another language: lines `English = other`, each with holes
/// `{0}`, `{1}` …. One without holes goes before all others; of those the first that fits is taken, and what fills its holes is translated in its turn.
struct Phrases: Sendable {
    fileprivate struct Phrase: Sendable {
        /// What stands between the holes (UTF-8), and which hole comes after each but the last.
        let literals: [[UInt8]]
        let holes: [Int]
        let translation: String
    }

    private let phrases: [Phrase]
    /// Sentences without a hole.
    private let whole: [String: String]
    private let known = KnownSentences()
    private let language: Language
    /// How deep one sentence may lie in another: a list of members is as deep as it is long.
    private static let depth = 24

    init(_ text: String, language: Language) throws(CatalogueError) {
        self.language = language
        var phrases: [Phrase] = []
        var whole: [String: String] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let (pattern, translation) = line.halves(at: " = ") else {
                throw .noEquals(language: language.rawValue, line: index + 1)
            }
            let (literals, holes) = Self.parts(pattern)
            if holes.isEmpty {
                whole[pattern] = translation
                continue
            }
            phrases.append(Phrase(literals: literals.map { Array($0.utf8) }, holes: holes, translation: translation))
        }
        self.phrases = phrases
        self.whole = whole
    }

    func translate(_ sentence: String) -> String {
        if phrases.isEmpty { return sentence }
        if let known = known[sentence] { return known }
        let translation = translate(sentence, depth: 0)
        known[sentence] = translation
        return translation
    }

    private func translate(_ sentence: String, depth: Int) -> String {
        guard depth < Self.depth, !sentence.isEmpty else { return sentence }
        if let translation = whole[sentence] { return translation }
        let octets = Array(sentence.utf8)
        for phrase in phrases {
            guard let found = phrase.fillings(of: octets) else { continue }
            var text = phrase.translation
            for (hole, filling) in zip(phrase.holes, found) {
                text = text.replacing("{\(hole)}", with: translate(filling, depth: depth + 1))
            }
            return text
        }
        // The engine writes 1,968.
        let isNumber = octets.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2C } && octets.contains(0x2C)
        return isNumber ? language.grouped(sentence.filter { $0 != "," }) : sentence
    }

    private static func parts(_ pattern: String) -> ([String], [Int]) {
        var literals = [""]
        var holes: [Int] = []
        var rest = pattern[...]
        while let character = rest.first {
            if character == "{", let end = rest.firstIndex(of: "}"),
                let hole = Int(rest[rest.index(after: rest.startIndex)..<end])
            {
                holes.append(hole)
                literals.append("")
                rest = rest[rest.index(after: end)...]
            } else {
                literals[literals.count - 1].append(character)
                rest = rest.dropFirst()
            }
        }
        return (literals, holes)
    }
}

extension Phrases.Phrase {
    /// What fills the holes, if the whole sentence fits.
    fileprivate func fillings(of sentence: [UInt8]) -> [String]? {
        guard let first = literals.first, let last = literals.last, sentence.starts(with: first) else { return nil }
        let end = sentence.count - last.count
        var place = first.count
        guard end >= place, sentence[end...].elementsEqual(last) else { return nil }
        var found: [String] = []
        for literal in literals.dropFirst().dropLast() {
            guard let start = sentence.place(of: literal, from: place, before: end) else { return nil }
            found.append(String(decoding: sentence[place..<start], as: UTF8.self))
            place = start + literal.count
        }
        return found + [String(decoding: sentence[place..<end], as: UTF8.self)]
    }
}

extension [UInt8] {
    /// Where a part begins, the first of them.
    fileprivate func place(of part: [UInt8], from start: Int, before end: Int) -> Int? {
        guard let first = part.first else { return start }
        var place = start
        while place + part.count <= end {
            if self[place] == first, self[place..<place + part.count].elementsEqual(part) { return place }
            place += 1
        }
        return nil
    }
}

/// Sentences that were translated lately: a page of events says much the same again at each change.
private final class KnownSentences: Sendable {
    private static let capacity = 10_000
    private let sentences = Mutex<[String: String]>([:])

    subscript(_ sentence: String) -> String? {
        get { sentences.withLock { $0[sentence] } }
        set {
            sentences.withLock { sentences in
                if sentences.count >= Self.capacity { sentences = [:] }
                sentences[sentence] = newValue
            }
        }
    }
}

extension Substring {
    /// What is before and after the first separator.
    fileprivate func halves(at separator: String) -> (String, String)? {
        guard let range = firstRange(of: separator) else { return nil }
        return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
    }
}

/// The page's words in every language, from the catalogues in the binary.
struct Catalogues: Sendable {
    private let words: [Language: Words]

    /// Throws what is wrong with a catalogue; they are our own, and a test reads them all.
    init() throws(CatalogueError) {
        let english = try Words(.english, catalogue: Self.text(PackageResources.en_words), phrases: "")
        let russian = try Words(
            .russian, catalogue: Self.text(PackageResources.ru_words),
            phrases: Self.text(PackageResources.ru_phrases))
        words = [.english: english, .russian: russian]
    }

    subscript(_ language: Language) -> Words {
        guard let words = words[language] else { preconditionFailure("every language has a catalogue") }
        return words
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
