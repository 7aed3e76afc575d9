import Testing

@testable import Checks

/// What reports come to.
@Suite struct ReportedTests {
    private static let rhythm = ["period": "1m"]

    private func verdict(
        _ method: String, _ arguments: [String: String], _ report: ClientReport, after previous: String? = nil
    ) throws -> ReportVerdict {
        let check = try #require(
            try check(method, Self.rhythm.merging(arguments) { $1 }) as? any ReportedCheck)
        return try check.judge(report, after: previous)
    }

    @Test(
        arguments: [
            ([:], "42", nil, true, "42"), ([:], "-1.5e3", nil, true, "-1500"),
            (["min": "10"], "9.5", nil, false, "9.5 is below 10"), (["min": "10"], "10", nil, true, "10"),
            (["max": "90"], "90.1", nil, false, "90.1 is above 90"),
            (["change": "5"], "12", nil, true, "12"),
            (["change": "5"], "12", "7", true, "12"),
            (["change": "5"], "12", "6", false, "went from 6 to 12, by more than 5"),
            (["change": "25%"], "126", "100", false, "went from 100 to 126, by more than 25 %"),
            (["change": "25%"], "75", "100", true, "75"),
        ] as [([String: String], String, String?, Bool, String)])
    func `a number is held against its limits and the one before`(
        arguments: [String: String], value: String, previous: String?, isSuccess: Bool, reason: String
    ) throws {
        let verdict = try verdict("number", arguments, ClientReport(value: value), after: previous)
        #expect(verdict.reason == reason)
        #expect(verdict.isSuccess == isSuccess)
    }

    @Test(
        arguments: [
            (["expect": "OK"], "OK", true, "\"OK\""), (["expect": "OK"], "OK ", false, "\"OK \", expected \"OK\""),
            (["contains": "raid"], "md0: raid1 clean", true, "\"md0: raid1 clean\""),
            (["contains": "clean"], "degraded\n", false, "text \"clean\" not found in \"degraded\\n\""),
        ] as [([String: String], String, Bool, String)])
    func `a text is held against the one that is expected`(
        arguments: [String: String], value: String, isSuccess: Bool, reason: String
    ) throws {
        let verdict = try verdict("text", arguments, ClientReport(value: value))
        #expect(verdict.reason == reason)
        #expect(verdict.isSuccess == isSuccess)
    }

    @Test func `a client may say itself that it is not well, and why`() throws {
        let backup = try verdict("heartbeat", [:], ClientReport(isOK: false, comment: "disk\u{1B} full"))
        #expect(backup == ReportVerdict(false, "", ClientReport(isOK: false, comment: "disk\u{1B} full")))
        #expect(backup.reason == "it says that it is not well (disk\\u{1B} full)")
        let number = try verdict("number", ["max": "5"], ClientReport(isOK: false, value: "3"))
        #expect(!number.isSuccess && number.reason == "it says that it is not well: 3")
        #expect(try verdict("heartbeat", [:], ClientReport(comment: "12 GB")).reason == "reported (12 GB)")
    }

    @Test(
        arguments: [
            ("number", nil, ReportFault.valueMissing), ("number", "0x10", .notANumber("0x10")),
            ("number", "inf", .notANumber("inf")), ("number", "1e999", .notANumber("1e999")),
            ("heartbeat", "1", .unexpectedValue),
        ] as [(String, String?, ReportFault)])
    func `a report that makes no sense is refused`(method: String, value: String?, fault: ReportFault) {
        #expect(throws: fault) { try verdict(method, [:], ClientReport(value: value)) }
    }

    @Test(
        arguments: [
            ("heartbeat", [:], "period is missing; right is: a duration such as 90s, 15m, 24h or 7d"),
            (
                "heartbeat", ["period": "5"],
                "period \"5\" has no unit (s, m, h or d); right is: a duration such as 90s, 15m, 24h or 7d"
            ),
            (
                "heartbeat", ["period": "401d"],
                "period \"401d\" is not from 1 second to 400 days; right is: a duration such as 90s, 15m, 24h or 7d"
            ),
            (
                "heartbeat", ["period": "1h", "token": "hunter2hunter2hunter2"],
                "token \"…\" must not stand in the configuration itself; right is: env:NAME or file:PATH"
            ),
            (
                "number", ["period": "1h", "min": "5", "max": "4"],
                "max \"4\" is less than min; right is: a number such as 42 or -3.5"
            ),
            (
                "number", ["period": "1h", "change": "-1"],
                "change \"-1\" is neither a number nor a share; right is: a number such as 10, or a share such as 25%"
            ),
            (
                "text", ["period": "1h"],
                "expect is missing, and so is contains; right is: one of them, or check: heartbeat"
            ),
        ] as [(String, [String: String], String)])
    func `what cannot be meant is refused when the configuration is read`(
        method: String, arguments: [String: String], error: String
    ) {
        #expect(errors(method, arguments).contains(error), "\(errors(method, arguments))")
    }

    @Test func `a token that could be guessed is refused`() async throws {
        try await withFolder { folder in
            let short = try folder.write("short", "0123456789abcde\n")
            #expect(
                errors("heartbeat", ["period": "1h", "token": "file:\(short)"])
                    == [
                        "token \"file:\(short)\" names something shorter than 16 characters; right is: env:NAME or file:PATH"
                    ])
            let long = try folder.write("long", "0123456789abcdef\n")
            let check = try #require(
                try check("heartbeat", ["period": "1h", "token": "file:\(long)"]) as? any ReportedCheck)
            #expect(check.token?.matches("0123456789abcdef") == true)
            #expect(check.token?.matches("0123456789abcdeF") == false)
            #expect(!String(reflecting: check).contains("0123456789abcdef"))
        }
    }
}
