import AsyncHTTPClient
import Foundation
import NIOCore
import Storage
import TestSupport
import Testing

/// What happens when nothing can be written any more, and when what was written is broken.
@Suite struct FullDiskTests {
    @Test func `on a full disk an order is refused whole, with its audit entry, and answers go on`() async throws {
        try await withQuietSite { site in
            #expect(try await site.order("steady:a", "before").status == 201)
            let entries = try await site.audit().count
            // No file may grow beyond this: the store's log is longer already.
            try await site.limitFiles(to: "65536")
            try await eventually("an order is refused") {
                try await site.order("steady:b", "full").status == 503
            }
            let refusal = try await site.order("steady:b", "full")
            #expect(refusal.status == 503 && refusal.body.contains("is not in force"), "\(refusal)")
            #expect(try await site.ask(.DELETE, "/api/v1/overrides/indicator:steady:a").status == 503)
            let revision = try await site.ask(.POST, "/api/v1/revisions", site.document(comment: "full"))
            #expect(revision.status == 503 && revision.body.contains("nothing was changed"), "\(revision)")
            #expect(try await site.get("/healthz").contains("would be forgotten at a restart"))
            #expect(try await site.get("/api/v1/status").contains("\"problems\""))
            try await eventually("it is logged") {
                site.process.printed.contains("Nothing can be written; answers go on")
            }
            #expect(try site.dns.addresses("two.example.test") == ["192.0.2.2"], "only what was acknowledged counts")
            #expect(!(try await site.get("/api/v1/overrides").contains("full")))
            try await site.limitFiles(to: "unlimited")
            try await eventually("the trouble is over, though nobody has ordered anything") {
                try await site.get("/healthz") == "ok\n"
            }
            #expect(try await site.order("steady:c", "after").status == 201)
            #expect(try await site.audit().count == entries + 1, "an entry for each deed, and for nothing else")
            #expect(try await site.command("audit", "verify").code == 0)
            #expect(try await site.killed().overrides.map(\.reason) == ["before", "after"])
        }
    }

    @Test func `a disk that is really full stops no answer, and takes orders again when there is room`() async throws {
        guard let disk = try await SmallDisk() else { return }
        try await withQuietSite(data: disk.path) { site in
            #expect(try await site.order("steady:a", "before").status == 201)
            try await disk.fill()
            try await eventually("an order is refused") {
                try await site.order("steady:b", "full").status == 503
            }
            #expect(try site.dns.addresses("two.example.test") == ["192.0.2.2"])
            #expect(try await site.get("/healthz").contains("the disk is full"))
            try await disk.empty()
            try await eventually("an order is taken again") {
                try await site.order("steady:b", "after").status == 201
            }
            #expect(try await site.command("audit", "verify").code == 0)
        }
        try await disk.remove()
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

    enum Theft: String, CaseIterable {
        case moved, deleted, replaced, emptied, overwritten

        var words: String {
            switch self {
            case .moved, .deleted, .replaced: "moved or deleted"
            case .emptied, .overwritten: "overwritten or cut off"
            }
        }

        func done(to store: String) throws {
            switch self {
            case .moved: try FileManager.default.moveItem(atPath: store, toPath: store + ".elsewhere")
            case .deleted: try FileManager.default.removeItem(atPath: store)
            // Data.write replaces a file; a handle writes into it.
            case .replaced:
                try Data(contentsOf: URL(fileURLWithPath: store)).write(
                    to: URL(fileURLWithPath: store), options: .atomic)
            case .emptied: try FileHandle(forWritingTo: URL(fileURLWithPath: store)).truncate(atOffset: 0)
            case .overwritten:
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: store))
                try handle.write(contentsOf: Data("#!/bin/sh\necho hello\n".utf8))
                try handle.close()
            }
        }
    }

    @Test(arguments: Theft.allCases)
    func `what happens to the store beneath a running server is told, stops no answer, and nothing is acknowledged`(
        theft: Theft
    ) async throws {
        try await withQuietSite { site in
            #expect(try await site.order("steady:a", "before").status == 201)
            let backup = "\(site.folder.path)/backup.db"
            #expect(try await ninelives("backup", backup, "--data", site.data).code == 0)
            let store = "\(site.data)/\(Store.fileName)"
            try theft.done(to: store)
            // Nobody orders anything: the server finds out by itself.
            try await eventually("it is told") {
                try await site.get("/healthz").contains(theft.words)
            }
            #expect(try await site.order("steady:b", "gone").status == 503, "the next start would not find it")
            #expect(try site.dns.addresses("two.example.test") == ["192.0.2.2"], "\(theft)")
            if theft == .moved {
                try FileManager.default.moveItem(atPath: store + ".elsewhere", toPath: store)
                try await eventually("the trouble is over") {
                    try await site.get("/healthz") == "ok\n"
                }
                #expect(try await site.order("steady:b", "after").status == 201)
                #expect(try await site.killed().overrides.map(\.reason) == ["before", "after"])
            } else {
                let (output, code) = try await site.command("restore", backup, "--data", site.data)
                #expect(code == 0, "\(theft): \(output)")
                #expect(try await site.get("/healthz") == "ok\n", "\(theft)")
                #expect(try await site.get("/api/v1/overrides").contains("before"))
                #expect(try await site.order("steady:b", "after").status == 201)
                #expect(try await site.killed().overrides.map(\.reason) == ["before", "after"])
            }
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
