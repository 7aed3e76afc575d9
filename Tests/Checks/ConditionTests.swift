import Testing

@testable import Checks

@Suite struct ConditionTests {
    private let facts = ConditionFacts(
        status: 200, headers: ["x-kitten": "purr", "content-type": "application/json"],
        body: Array(#"{"ok":true,"n":3,"name":"Tom","list":[{"a":1},"x"],"none":null,"deep":{"er":-1.5}}"#.utf8),
        isCut: false, time: .milliseconds(120), certificateDays: 20, needsJSON: true)

    @Test(
        arguments: [
            // each subject, each comparison
            "status == 200", "status != 404", "status >= 200 and status < 300", "time < 300ms", "time <= 1.5s",
            "cert.days > 14", "size > 10", "body contains \"Tom\"", "body starts-with '{'", "body ends-with \"}}\"",
            "header.X-Kitten == \"purr\"", "header.content-type contains \"json\"", "header.x-kitten exists",
            "header.x-missing != \"a\"",
            // paths into JSON
            "json.ok == true", "json.n >= 3", "json.name == \"Tom\"", "json.list[0].a == 1", "json.list[1] == \"x\"",
            "json.none == null", "json.deep.er == -1.5", "json.list contains \"x\"", "json.name starts-with \"T\"",
            "json.none exists", "json.missing != 1", "not json.missing exists", "json.n != \"3\"",
            // and binds more tightly than or; parentheses and not
            "status == 500 and status == 501 or status == 200", "status == 200 and (json.n == 1 or json.n == 3)",
            "not (status == 500 or status == 501)", "not not status == 200",
        ])
    func `a condition that is true holds`(text: String) throws {
        let condition = try Condition(text)
        #expect(condition.failure(facts) == nil)
        #expect(
            try Condition(condition.description).description == condition.description, "what it says reads the same")
    }

    @Test(
        arguments: [
            ("status == 404", "status is 200, expected 404"),
            ("status == 200 and json.n > 3", "json.n is 3, expected > 3"),  // the part that fails is told
            ("time < 100ms", "time is 120 ms, expected < 100ms"),
            ("cert.days >= 30", "cert.days is 20, expected >= 30"),
            ("body contains \"Jerry\"", "body is not as expected: contains \"Jerry\""),
            ("header.x-kitten == \"hiss\"", "header.x-kitten is \"purr\", expected \"hiss\""),
            ("header.x-dog exists", "no header x-dog"),
            ("json.nothing == 1", "json.nothing is not there"),
            ("json.name > 1", "json.name is \"Tom\", expected > 1"),  // of another kind: never in order
            ("json.deep == 1", "json.deep is an object, expected 1"),
            ("not status == 200", "status == 200, which must not be"),
            (
                "status == 1 or json.n == 4",
                "none of 2 conditions holds: status is 200, expected 1; json.n is 3, expected 4"
            ),
        ] as [(String, String)])
    func `a condition that is false says what was found`(text: String, reason: String) throws {
        #expect(try Condition(text).failure(facts) == reason)
    }

    @Test func `a page that is no JSON, or too long to be read as such, is told as that`() throws {
        func reason(_ body: String, isCut: Bool) throws -> String? {
            let facts = ConditionFacts(
                status: 200, headers: [:], body: Array(body.utf8), isCut: isCut, time: .zero, certificateDays: nil,
                needsJSON: true)
            return try Condition("json.a == 1").failure(facts)
        }
        #expect(try reason("<html>", isCut: false) == "the page is not JSON")
        #expect(try reason("{\"a\":1", isCut: true) == "the page is longer than 6 bytes, too long to be read as JSON")
        #expect(try reason(String(repeating: "[", count: 60000), isCut: false) == "the page is not JSON")
        #expect(try reason("", isCut: false) == "the page is not JSON")
    }

    @Test(
        arguments: [
            ("", 1, "something is missing here, such as status == 200"),
            (
                "status", 7,
                "a comparison is missing: use ==, !=, <, <=, >, >=, contains, starts-with, ends-with or exists"
            ),
            (
                "status = 200", 8,
                "\"=\" is no comparison: use ==, !=, <, <=, >, >=, contains, starts-with, ends-with or exists"
            ),
            (
                "status == ", 11,
                "a value is missing: use a number, a \"text\", true, false, null or a duration such as 300ms"
            ),
            ("status == \"200\"", 11, "status is compared with a whole number"),
            ("time < 300", 8, "time is compared with a duration such as 300ms"),
            ("statsu == 200", 1, "\"statsu\" is nothing a condition can be about (did you mean \"status\"?)"),
            (
                "kitten == 200", 1,
                "\"kitten\" is nothing a condition can be about: use status, body, size, json.KEY, header.NAME, time or cert.days"
            ),
            ("status contains \"x\"", 8, "contains does not go with status: use ==, !=, <, <=, > or >="),
            ("body < \"x\"", 6, "< does not go with body: use ==, !=, contains, starts-with, ends-with or exists"),
            ("body contains \"x", 15, "this quote is never closed"),
            ("(status == 200", 1, "this ( is never closed"),
            ("status == 200 status == 201", 15, "\"status\" is too much here: use and, or, or end"),
            ("status == 200 and", 18, "something is missing here, such as status == 200"),
            ("json..a == 1", 5, "a path goes on with .KEY or [NUMBER], such as json.items[0].name"),
            ("json[x] == 1", 5, "a path goes on with .KEY or [NUMBER], such as json.items[0].name"),
            (
                "json.a == maybe", 11,
                "\"maybe\" is no value: use a number, a \"text\", true, false, null or a duration such as 300ms"
            ),
            ("json.ok > true", 11, "json.ok is compared with a number, a \"text\", true, false or null"),
            ("status == 200 ; x", 15, "\";\" has no meaning here"),
        ] as [(String, Int, String)])
    func `a condition that cannot be read names the column and what would be right`(
        text: String, column: Int, words: String
    ) {
        let fault = #expect(throws: ConditionFault.self) { try Condition(text) }
        #expect(fault?.problem == "is wrong at column \(column): \(words)")
    }

    @Test func `a tower of parentheses is refused before it falls`() {
        let text = String(repeating: "(", count: 5000) + "status == 200" + String(repeating: ")", count: 5000)
        let fault = #expect(throws: ConditionFault.self) { try Condition(text) }
        #expect(fault?.cause == .tooDeep)
    }
}
