import Testing

@testable import Checks

@Suite struct WordsTests {
    @Test(
        arguments: [
            (.milliseconds(800), "800 ms"),
            (.seconds(5), "5 s"),
            (.milliseconds(1500), "1.5 s"),
            (.microseconds(1250), "1.25 ms"),
            (.microseconds(40), "40 µs"),
            (.seconds(600), "600 s"),
        ] as [(Duration, String)])
    func `a duration is told as a person would`(duration: Duration, words: String) {
        #expect(inWords(duration) == words)
    }

    @Test func `bytes are grouped by thousands`() {
        #expect(
            [0, 1, 999, 1234, 1_000_005].map { inWords(bytes: $0) } == [
                "0 bytes", "1 byte", "999 bytes", "1,234 bytes", "1,000,005 bytes",
            ])
    }

    @Test(arguments: [
        (0, "1970-01-01"), (-1, "1969-12-31"), (19782, "2024-02-29"), (20513, "2026-03-01"), (47540, "2100-02-28"),
        (47541, "2100-03-01"),
    ])
    func `a day is told by its date`(day: Int, words: String) {
        #expect(date(daySinceEpoch: day) == words)
    }

    @Test func `what a stranger sends cannot reach into a log or a terminal`() {
        #expect(printable("a\u{1B}[31m\n\"é".utf8) == "a\\x1B[31m\\n\"\\xC3\\xA9")
        #expect(printable(Array(repeating: UInt8(ascii: "x"), count: 100), limit: 5) == "xxxxx…")
    }
}
