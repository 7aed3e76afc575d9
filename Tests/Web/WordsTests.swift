import Foundation
import Testing

@testable import Web

@Suite struct WordsTests {
    /// Every Swift file of the page.
    private static var sources: String {
        get throws {
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../Sources/Web").standardizedFileURL
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []
            return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
                .map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
        }
    }

    /// Keys that are named as they are, and the beginnings of those that are put together.
    private static func named(in sources: String) -> (whole: Set<String>, beginnings: Set<String>, counted: Set<String>)
    {
        var whole: Set<String> = []
        var beginnings: Set<String> = []
        for match in sources.matches(of: /"([a-z]+\.[a-z0-9.-]*)("|\\\()/) {
            if match.2 == "\"" { whole.insert(String(match.1)) } else { beginnings.insert(String(match.1)) }
        }
        let counted = Set(sources.matches(of: /count\("([a-z.-]+)"/).map { String($0.1) })
        return (whole, beginnings, counted)
    }

    @Test(arguments: Language.allCases)
    func `no text is missing and none is unused`(language: Language) throws {
        let words = try Catalogues()[language]
        let sources = try Self.sources
        let (whole, beginnings, counted) = Self.named(in: sources)
        let asked = Set(sources.matches(of: /words\(\s*"([a-z0-9.-]+)"/).map { String($0.1) })
        #expect(asked.subtracting(words.keys).sorted() == [], "missing")
        for key in counted {
            #expect(words.keys.contains("\(key).one") && words.keys.contains("\(key).many"), "\(key)")
        }
        for beginning in beginnings where asked.isEmpty == false {
            let isOurs = sources.contains("words(\"\(beginning)\\(")
            #expect(!isOurs || words.keys.contains { $0.hasPrefix(beginning) }, "missing: \(beginning)…")
        }
        let unused = words.keys.filter { key in
            !whole.contains(key) && !beginnings.contains { key.hasPrefix($0) }
                && !counted.contains { key.hasPrefix("\($0).") }
        }
        #expect(unused.sorted() == [], "unused")
    }

    @Test func `both catalogues say the same things, with the same holes`() throws {
        let catalogues = try Catalogues()
        let english = catalogues[.english]
        let russian = catalogues[.russian]
        #expect(english.keys.subtracting(russian.keys).sorted() == [], "missing in Russian")
        let more = russian.keys.subtracting(english.keys).filter { !$0.hasSuffix(".few") }
        #expect(more.sorted() == [], "missing in English")
        for key in english.keys {
            for hole in ["{0}", "{1}", "{2}"] {
                #expect(english(key).contains(hole) == russian(key).contains(hole), "\(key) \(hole)")
            }
            #expect(!english(key).isEmpty && !russian(key).isEmpty)
        }
    }

    @Test(
        arguments: [
            ("ru", .russian), ("ru-RU,ru;q=0.9,en;q=0.8", .russian), ("en-GB", .english), (nil, .english),
            // what is not spoken is passed over
            ("de, ru;q=0.5, en;q=0.3", .russian), ("fr", .english), ("en;q=0.2, ru;q=0.7", .russian),
        ] as [(String?, Language)])
    func `a browser's languages are taken by weight`(header: String?, expected: Language) {
        #expect(Language.preferred(header) == expected)
    }

    @Test(arguments: [
        (1, "1 имя"), (2, "2 имени"), (5, "5 имён"), (11, "11 имён"), (12, "12 имён"), (21, "21 имя"), (22, "22 имени"),
        (112, "112 имён"),
    ])
    func `Russian nouns take the form that their number asks for`(number: Int, expected: String) throws {
        #expect(try Catalogues()[.russian].count("count.name", number) == expected)
    }

    @Test(arguments: [
        (
            "cat.example.test answers 127.0.0.11 → 127.0.0.12 (echo:cat)",
            "cat.example.test: ответ 127.0.0.11 → 127.0.0.12 (echo:cat)"
        ),
        // a phrase in a phrase
        (
            "no member is usable: hold the last answer",
            "нет ни одного годного участника: держим последний ответ"
        ),
        (
            "charlie:cat [100] err, echo:cat [95] ok ⇒ highest tier with a usable member: priority 95",
            "charlie:cat [100] не работает, echo:cat [95] работает ⇒ "
                + "лучший приоритет, в котором есть годный участник: приоритет 95"
        ),
        // what providers say, which holds phrases that others fit too
        (
            "cat.example.test at far: every name server answers so",
            "cat.example.test у far: так отвечают все серверы имён"
        ),
        (
            "far: 8 of 10 names would change at once; nothing is changed until `ninelives push --allow far`",
            "far: разом изменилось бы 8 имён из 10; ничего не меняем, пока не выполнят `ninelives push --allow far`"
        ),
        (
            "cat.example.test at far: somebody else has set 192.0.2.9; it is put right",
            "cat.example.test у far: кто-то другой записал 192.0.2.9; возвращаем как надо"
        ),
        ("cat.example.test paused by ann: new kernel", "cat.example.test на паузе — ann: new kernel"),
        (
            "Still: charlie:cat ok → err: connection refused (and 2 more)",
            "По-прежнему: charlie:cat: работал → не работает: в соединении отказано (и ещё 2)"
        ),
        // what a revision changes, one thing after another
        (
            "you made revision 2 on the page: the scheme a.example.test is added, the indicator b is added, the policy p changes: fall from 3 to 2",
            "you: ревизия 2, на странице: схема a.example.test: добавлена, индикатор b: добавлен, политика p меняется: fall from 3 to 2"
        ),
        // a whole sentence goes before a pattern that it fits as well
        (
            "There must be no other answers than those in expect.",
            "Ничего, кроме заданного в expect, в ответе быть не должно."
        ),
        // what a server said is nobody's to translate
        ("gibberish from a server", "gibberish from a server"),
    ])
    func `the engine's sentences are said in Russian`(english: String, russian: String) throws {
        #expect(try Catalogues()[.russian].said(english) == russian)
    }

    @Test func `a broken catalogue is told by its line`() {
        #expect(throws: CatalogueError.noEquals(language: "en", line: 2)) {
            try Words(.english, catalogue: "a = b\nc", phrases: "")
        }
        #expect(throws: CatalogueError.twice(language: "en", line: 2, key: "a")) {
            try Words(.english, catalogue: "a = b\na = c", phrases: "")
        }
    }

    @Test(
        arguments: [
            (.english, 999, "999"), (.english, 10_404, "10,404"), (.english, 1_234_567, "1,234,567"),
            (.russian, 2200, "2200"),  // four digits stay together
            (.russian, 10_404, "10\u{A0}404"),
        ] as [(Language, Int, String)])
    func `a long number is told in groups of three digits`(language: Language, number: Int, text: String) throws {
        #expect(try Catalogues()[language].number(number) == text)
    }

    @Test func `what the engine says of many members is translated to the last`() throws {
        let said = (1...9).map { "s\($0) [\($0)0] ok" }.joined(separator: ", ")
        let russian = try Catalogues()[.russian].said("\(said) ⇒ highest tier with a usable member: primary (100)")
        #expect(!russian.contains(" ok"), "\(russian)")
        #expect(
            try Catalogues()[.russian].said("text \"a\" not found in 12,345 bytes")
                == "текста «a» нет в 12\u{A0}345 байт")
    }
}
