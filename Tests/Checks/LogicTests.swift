import Failover
import Testing

@testable import Checks

/// How logic is written, and when its windows are open.
@Suite struct LogicTests {
    private static func name(_ text: String) -> Logic { .indicator(IndicatorName(text)) }

    @Test(
        arguments: [
            ("web", name("web")),
            ("charlie:cat and db-1", .all([name("charlie:cat"), name("db-1")])),
            ("a or b and c", .any([name("a"), .all([name("b"), name("c")])])),
            ("(a or b) and not c", .all([.any([name("a"), name("b")]), .not(name("c"))])),
            ("all(a, any(b, c))", .all([name("a"), .any([name("b"), name("c")])])),
            ("at-least 2 of (a, b, c)", .atLeast(2, of: [name("a"), name("b"), name("c")])),
            ("at-least 1(a)", .atLeast(1, of: [name("a")])),
            ("\"not\" and 'a b'", .all([name("not"), name("a b")])),
            (
                "web and during 08:00-18:00 Europe/Berlin",
                .all([name("web"), .window("during 08:00-18:00 Europe/Berlin")])
            ),
            ("during 22:00-06:00 on mon-fri", .window("during 22:00-06:00 on mon-fri UTC")),
            ("any(on sat,sun, a)", .any([.window("on sat,sun UTC"), name("a")])),
            ("not on mon-wed,fri Asia/Tokyo or a", .any([.not(.window("on mon-wed,fri Asia/Tokyo")), name("a")])),
        ] as [(String, Logic)])
    func `logic is read as it is written`(text: String, expected: Logic) throws {
        #expect(try LogicText.parse(text).logic == expected)
    }

    @Test(
        arguments: [
            ("", "is empty"),
            ("a and", "column 6: something is missing here, such as the name of an indicator"),
            ("a b", "column 3: \"b\" is too much here: use and, or, or end"),
            ("(a", "column 1: this ( is never closed"), ("all(a", "column 4: this ( is never closed"),
            ("all a", "column 5: all needs a list behind it, such as all(a, b)"),
            ("all()", "column 5: something is missing here, such as the name of an indicator"),
            ("a and or b", "column 7: \"or\" stands where a name should; a name like that needs quotes"),
            ("at-least x of (a)", "column 10: \"x\" is no number from 1 on, such as in at-least 2 of (a, b, c)"),
            ("at-least 0 of (a)", "column 10: \"0\" is no number from 1 on, such as in at-least 2 of (a, b, c)"),
            ("at-least 3 of (a, b)", "column 10: at least 3 of 2 can never be"),
            ("during 8-18", "column 8: \"8-18\" is no span of hours such as 08:00-18:00"),
            ("during 08:00-08:00", "column 8: \"08:00-08:00\" is no span of hours such as 08:00-18:00"),
            ("during 08:00-25:00", "column 8: \"08:00-25:00\" is no span of hours such as 08:00-18:00"),
            ("on monday", "column 4: \"monday\" is no day or span of days such as mon-fri"),
            (
                "during 08:00-18:00 Europe/Berlon",
                "column 20: \"Europe/Berlon\" is no time zone such as Europe/Berlin or UTC"
            ),
            ("\"a", "column 1: this quote is never closed"),
            (String(repeating: "(", count: 100), "column 33: more than 32 levels of parentheses or not"),
        ])
    func `logic that cannot be read is refused with its place`(text: String, problem: String) {
        let told = errors("logic", ["expression": text])
        #expect(told.count == 1)
        #expect(told.first?.contains(problem) == true, "\(told)")
    }

    /// Seconds since 1970 of a time in UTC.
    private static func instant(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int) -> Double {
        // Years that begin in March, so that the day that is not always there comes last.
        let (years, months) = month <= 2 ? (year - 1, month + 9) : (year, month - 3)
        let days = 365 * years + years / 4 - years / 100 + years / 400 + (months * 306 + 5) / 10 + day - 1 - 719_468
        return Double(days * 86400 + hour * 3600 + minute * 60)
    }

    @Test(
        arguments: [
            ("during 08:00-18:00", (2026, 3, 2, 8, 0), true, "it opens at the minute"),
            ("during 08:00-18:00", (2026, 3, 2, 18, 0), false, "and closes at it"),
            ("during 08:00-18:00 Europe/Berlin", (2026, 3, 2, 7, 0), true, "an hour ahead in winter"),
            ("during 08:00-18:00 Europe/Berlin", (2026, 7, 6, 6, 0), true, "two in summer"),
            ("during 08:00-18:00 Europe/Berlin", (2026, 7, 6, 16, 0), false, "two in summer"),
            ("during 22:00-06:00 on fri", (2026, 3, 6, 23, 0), true, "Friday night"),
            ("during 22:00-06:00 on fri", (2026, 3, 7, 5, 59), true, "goes on into Saturday"),
            (
                "during 22:00-06:00 on fri", (2026, 3, 6, 5, 0), false,
                "what is left of Thursday's night is not Friday's"
            ),
            ("during 22:00-06:00 on fri", (2026, 3, 7, 22, 30), false, "Saturday's night is not Friday's"),
            ("on sat-sun", (2026, 3, 8, 23, 59), true, "Sunday to its end"),
            ("on sat-sun", (2026, 3, 9, 0, 0), false, "Monday"),
            ("on fri-mon", (2026, 3, 9, 0, 0), true, "a span beyond the week's end"),
            ("on mon Asia/Tokyo", (2026, 3, 8, 15, 0), true, "it is Monday in Tokyo first"),
            ("during 00:00-24:00", (2026, 3, 8, 23, 59), true, "the whole day"),
        ] as [(String, (Int, Int, Int, Int, Int), Bool, String)])
    func `a window is open by the clock of its zone`(
        text: String, at: (Int, Int, Int, Int, Int), isOpen: Bool, because: String
    ) throws {
        let window = try #require(try LogicText.parse(text).windows.first)
        let seconds = Self.instant(at.0, at.1, at.2, at.3, at.4)
        #expect(window.isOpen(at: seconds) == isOpen, "\(because)")
    }
}
