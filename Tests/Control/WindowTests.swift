import Control
import Failover
import Foundation
import Settings
import Storage
import TestSupport
import Testing

/// Planned maintenance on the shell's clock, which begins on Monday 1970-01-12 at 13:46:40 UTC.
@Suite struct WindowTests {
    /// Two servers that refuse, kept up by force, so that only what is imposed counts.
    private func settings(_ windows: String, more: String = "") throws -> Settings {
        try Settings.parse(
            """
            zones:
              - name: example.test
                records: "@ 300 IN SOA ns1 host 1 2 3 4 5\\n@ 300 IN NS ns1\\nns1 300 IN A 127.0.0.1"
            indicators:
              a:web: { check: tcp, host: 127.0.0.1, port: 9 }
              b:web: { check: tcp, host: 127.0.0.1, port: 9 }
              \(more)
            schemes:
              www.example.test: { members: [{ indicator: a:web, value: 192.0.2.1 }] }
            maintenance:
              \(windows)
            """, file: "n.yaml"
        ).get()
    }

    private func inForce(_ stage: Stage) async -> [String] {
        await stage.control.overrides().map { "\($0.subject) by \($0.author) until \(Int($0.until ?? 0))" }
    }

    @Test func `a window that is open at the start opens once, and what an operator ended stays ended`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let plan = #"backup: { indicators: "a:*", weekly: mon 13:30, for: 1h, reason: "why" }"#
        let store = try Store(folder: folder.path)
        let stage = try Stage(store: store)
        await stage.control.apply(try settings(plan))
        // 14:30 is 1,002,600 seconds after 1970 began.
        #expect(await inForce(stage) == ["window:a:web by plan backup until 1002600"])
        #expect(await stage.control.report().indicators.map(\.override) == ["planned maintenance", nil])
        try await stage.control.end("window:a:web", by: "ann", noting: nil)
        #expect(await inForce(stage) == [])
        await stage.control.apply(try settings(plan))
        #expect(await inForce(stage) == [], "a new revision opens it no second time")
        await stage.control.stop()
        await store.flush()
        await store.close()

        let again = try Store(folder: folder.path)
        let after = try Stage(store: again)
        await after.control.apply(try settings(plan))
        #expect(await inForce(after) == [], "nor does a restart")
        await after.control.apply(try settings(plan.replacing("1h", with: "2h")))
        #expect(await inForce(after) == ["window:a:web by plan backup until 1006200"], "another plan does")
        await after.control.stop()
        await again.close()
    }

    @Test func `an open window takes in who is new, and closes when its plan is gone`() async throws {
        let stage = try Stage()
        let plan = #"all: { indicators: "*", cron: "0 13 * * *", for: 1h }"#
        await stage.control.apply(try settings(plan))
        #expect(await inForce(stage).count == 2)
        await stage.control.apply(try settings(plan, more: "c:web: { check: tcp, host: 127.0.0.1, port: 9 }"))
        #expect(await inForce(stage).count == 3)
        await stage.control.apply(try settings(#"all: { indicators: "b:*", cron: "0 13 * * *", for: 1h }"#))
        #expect(await inForce(stage) == ["window:b:web by plan all until 1000800"])
        let report = try #require(await stage.control.windowReports().first)
        #expect(report.isOpen && report.end == 1_000_800 && report.indicators == ["b:web"])
        await stage.control.apply(try settings(#"later: { indicators: "b:*", weekly: tue 13:30 }"#))
        #expect(await inForce(stage) == [])
        let next = try #require(await stage.control.windowReports().first)
        #expect(!next.isOpen && next.start == 1_085_400)
        await stage.control.stop()
    }

    @Test func `of two windows that overlap the one that ends later counts`() async throws {
        let stage = try Stage()
        await stage.control.apply(
            try settings(
                """
                long: { indicators: "a:*", cron: "0 13 * * *", for: 2h }
                  short: { indicators: "a:*", cron: "30 13 * * *", for: 1h }
                """))
        #expect(await inForce(stage) == ["window:a:web by plan long until 1004400"])
        await stage.control.stop()
    }
}
