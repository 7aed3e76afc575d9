import AsyncHTTPClient
import Foundation
import NIOCore
import Storage
import TestSupport
import Testing

/// What happens when nothing can be written any more, and when what was written is broken.
@Suite struct FullDiskTests {
    @Test func `on a full disk answers go on, nothing is acknowledged, and all is written when there is room again`()
        async throws
    {
        try await withQuietSite { site in
            #expect(try await site.order("steady:a", "before").status == 201)
            // No file may grow beyond this: the store's log is longer already.
            try await site.limitFiles(to: "65536")
            try await eventually("an order is not acknowledged", within: .seconds(20)) {
                try await site.order("steady:b", "full").status == 503
            }
            let refusal = try await site.order("steady:b", "full")
            #expect(refusal.status == 503 && refusal.body.contains("would be forgotten at a restart"), "\(refusal)")
            #expect(try await site.get("/healthz").contains("would be forgotten at a restart"))
            #expect(try await site.get("/api/v1/status").contains("\"problems\""))
            #expect(site.process.printed.contains("Nothing can be written; answers go on"))
            try await eventually("it is in force all the same") {
                try site.dns.addresses("two.example.test") == ["192.0.2.3"]
            }
            try await site.limitFiles(to: "unlimited")
            try await eventually("the trouble is over", within: .seconds(20)) {
                try await site.get("/healthz") == "ok\n"
            }
            #expect(try await site.order("steady:c", "after").status == 201)
            let reasons = try await site.killed().overrides.map(\.reason)
            #expect(reasons == ["before", "full", "after"], "what could not be written then was written later")
        }
    }

    enum Damage: String, CaseIterable {
        case truncated, overwritten, foreign

        func done(to file: Data) -> Data {
            switch self {
            case .truncated: file.prefix(file.count / 2)
            case .overwritten: file.prefix(4096) + Data(repeating: 0xA5, count: file.count - 4096)
            case .foreign: Data("#!/bin/sh\necho hello\n".utf8)
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func `with a broken store it starts, keeps the broken one, and says what is forgotten`(
        damage: Damage
    ) async throws {
        try await withQuietSite { site in
            #expect(try await site.order("steady:a", "before").status == 201)
            let serial = try site.dns.serial("example.test")
            await site.process.stop()
            let store = "\(site.folder.path)/data/\(Store.fileName)"
            let whole = try Data(contentsOf: URL(fileURLWithPath: store))
            try damage.done(to: whole).write(to: URL(fileURLWithPath: store))
            try await site.start()
            try await eventually("it answers") { try site.dns.addresses("two.example.test") == ["192.0.2.1"] }
            #expect(try await site.get("/healthz").contains("what was before is forgotten"), "\(damage)")
            #expect(try site.dns.serial("example.test") >= serial, "serial numbers are kept apart")
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(site.folder.path)/data")
            #expect(names.contains { $0.contains(".broken-") })
            #expect(try await site.order("steady:a", "after").status == 201)
        }
    }

    @Test func `a store that is taken away from a running server stops no answer, and is told of`() async throws {
        try await withQuietSite { site in
            #expect(try await site.order("steady:a", "before").status == 201)
            let store = "\(site.folder.path)/data/\(Store.fileName)"
            try FileManager.default.moveItem(atPath: store, toPath: store + ".elsewhere")
            #expect(try await site.order("steady:b", "gone").status == 503, "the next start would not find it")
            #expect(try await site.get("/healthz").contains("moved or deleted"))
            try await eventually("it is in force all the same") {
                try site.dns.addresses("two.example.test") == ["192.0.2.3"]
            }
            try FileManager.default.moveItem(atPath: store + ".elsewhere", toPath: store)
            try await eventually("the trouble is over") { try await site.get("/healthz") == "ok\n" }
            #expect(try await site.killed().overrides.map(\.reason) == ["before", "gone"])
        }
    }

    @Test func `a backup of a server under load is whole, and can be restored`() async throws {
        try await withQuietSite { site in
            #expect(try await site.order("steady:a", "first").status == 201)
            let busy = Operator(
                url: site.web, token: try site.token(), subject: "indicator:steady:b", orders: [("maintenance", nil)])
            let writing = Task { await busy.work() }
            let data = "\(site.folder.path)/data"
            for number in 0..<5 {
                let file = "\(site.folder.path)/backup-\(number)"
                let (output, code) = try await ninelives("backup", file, "--data", data)
                #expect(code == 0, "\(output)")
            }
            writing.cancel()
            let outcome = await writing.value
            #expect(outcome.refusal == nil && outcome.count > 20, "\(outcome)")
            await site.process.stop()
            let (output, code) = try await ninelives(
                "restore", "\(site.folder.path)/backup-4", "--data", data)
            #expect(code == 0 && output.contains("Restored"), "\(output)")
            try await site.start()
            #expect(try await site.get("/api/v1/overrides").contains("\"reason\":\"first\""))
        }
    }
}
