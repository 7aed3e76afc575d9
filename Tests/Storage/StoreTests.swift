import Failover
import Foundation
import Storage
import Testing
import TestSupport

/// A folder of its own for each test, removed with it.
private final class StoreFolder: Sendable {
    let path = NSTemporaryDirectory() + "ninelives-store-" + UUID().uuidString
    var file: String { "\(path)/\(Store.fileName)" }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open() throws -> Store { try Store(folder: path) }
}

private func event(_ id: Int64, at seconds: Double = 0, scheme: String? = nil, kind: String = "state") -> StoredEvent {
    StoredEvent(
        id: id, at: Instant(seconds: seconds), kind: kind, scheme: scheme, tone: "neutral", text: "event \(id)")
}

@Suite struct StoreTests {
    private let folder = StoreFolder()

    @Test("what was committed is there after the store is opened anew")
    func committedOutlives() async throws {
        let cat = StoredScheme(
            name: "cat.example.org", generation: 7, at: Instant(seconds: 5), answer: "addresses",
            addresses: ["192.0.2.1", "2001:db8::1"], ttlSeconds: 30, active: ["charlie:cat"])
        let charlie = StoredIndicator(name: "charlie:cat", state: .ok, since: Instant(seconds: 3))
        let maintenance = StoredOverride(
            subject: "indicator:echo:cat", action: "maintenance", argument: "", author: "ann", reason: "kernel",
            since: Instant(seconds: 4), until: Instant(seconds: 3604))
        let first = try folder.open()
        try await first.commit([
            .scheme(cat), .indicator(charlie), .override(maintenance), .event(event(3)),
            .fact(key: "node", value: "one"),
        ])
        await first.close()

        let second = try folder.open()
        let state = try second.state()
        #expect(state.schemes == [cat])
        #expect(state.indicators == [charlie])
        #expect(state.overrides == [maintenance])
        #expect(state.newestEvent == 3)
        #expect(try second.fact("node") == "one")
        #expect(second.repair == nil)
    }

    @Test("whoever reads or writes while it is closed gets an answer, or is told that it is closed")
    func closedUnderLoad() async throws {
        for _ in 0..<40 {
            let store = try folder.open()
            try await store.commit([.fact(key: "node", value: "one")])
            let visitors = (0..<12).map { number in
                Task.detached {
                    while true {
                        do throws(StoreError) {
                            if number % 4 == 0 {
                                try await store.commit([.fact(key: "visitor", value: "\(number)")])
                            } else if try store.fact("node") != "one" {
                                return "forgotten"
                            }
                            await Task.yield()
                        } catch {
                            return error == .closed(path: store.path) ? "closed" : "\(error)"
                        }
                    }
                }
            }
            try await ContinuousClock().sleep(for: .milliseconds(.random(in: 0...20)))
            await store.close()
            for visitor in visitors { #expect(await visitor.value == "closed") }
        }
    }

    @Test("a later change of the same thing replaces the earlier one, and an end ends it")
    func replacing() async throws {
        let store = try folder.open()
        var override = StoredOverride(
            subject: "scheme:a", action: "pin", argument: "one", author: "ann", reason: "", since: .epoch, until: nil)
        try await store.commit([.override(override)])
        override.argument = "two"
        try await store.commit([.override(override)])
        #expect(try store.state().overrides.map(\.argument) == ["two"])
        try await store.commit([.overrideEnded(subject: "scheme:a", since: .epoch)])
        #expect(try store.state().overrides.isEmpty)
    }

    @Test("event numbers are never used twice, even when all events are forgotten")
    func numbersGoOn() async throws {
        let store = try folder.open()
        try await store.commit([.event(event(41))])
        while try await store.forgetEvents(before: Instant(seconds: 1e9), keeping: 0) > 0 {}
        #expect(try store.events(EventQuery()).isEmpty)
        #expect(try store.state().newestEvent == 41)
    }

    @Test("a thousand commits at once become few transactions, and each is on the disk")
    func groupCommit() async throws {
        let store = try folder.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in 1...1000 { group.addTask { try await store.commit([.event(event(Int64(id)))]) } }
            try await group.waitForAll()
        }
        var query = EventQuery()
        query.limit = 1000
        #expect(try store.events(query).map(\.id) == (1...1000).reversed())
    }

    @Test("history is read in pages, forwards from where a reader stopped, by subject and by time")
    func history() async throws {
        let store = try folder.open()
        for id in 1...10 {
            store.note([
                .event(event(Int64(id), at: Double(id), scheme: id % 2 == 0 ? "even" : "odd", kind: "decision"))
            ])
        }
        await store.flush()
        var page = EventQuery()
        page.limit = 3
        #expect(try store.events(page).map(\.id) == [10, 9, 8])
        page.before = 8
        #expect(try store.events(page).map(\.id) == [7, 6, 5])
        var resumed = EventQuery()
        resumed.after = 7
        #expect(try store.events(resumed).map(\.id) == [8, 9, 10])
        var even = EventQuery()
        even.scheme = "even"
        even.from = Instant(seconds: 4)
        even.until = Instant(seconds: 8)
        #expect(try store.events(even).map(\.id) == [8, 6, 4])
        #expect(try store.decision(of: "odd", at: Instant(seconds: 6.5))?.id == 5)
        #expect(try store.decision(of: "odd", at: Instant(seconds: 0.5)) == nil)
    }

    @Test("what is forgotten is the oldest, and each scheme keeps its last decision")
    func retention() async throws {
        let store = try folder.open()
        try await store.commit([.event(event(1, at: 1, scheme: "quiet", kind: "decision"))])
        try await store.commit((2...100).map { .event(event(Int64($0), at: Double($0), scheme: "busy")) })
        while try await store.forgetEvents(before: Instant(seconds: 50), keeping: 20) > 0 {}
        #expect(try store.events(EventQuery()).map(\.id) == (81...100).reversed() + [1])
    }

    @Test("forgetting gives the room back to the disk")
    func compaction() async throws {
        let store = try folder.open()
        try await store.commit(
            (1...5000).map { id in
                var event = event(Int64(id), at: Double(id))
                event.explanation = String(repeating: "because ", count: 50)
                return .event(event)
            })
        func length() throws -> Int { try Data(contentsOf: URL(fileURLWithPath: folder.file)).count }
        await store.close()
        let full = try length()
        let again = try folder.open()
        while try await again.forgetEvents(before: Instant(seconds: 4900), keeping: 1000) > 0 {}
        while try await again.compact() {}
        await again.close()
        #expect(try length() < full / 5)
        #expect(try folder.open().events(EventQuery()).count == 100)
    }

    @Test("a revision begun from an older one is refused, and says which is the newest")
    func conflicts() async throws {
        let store = try folder.open()
        let first = try await store.addRevision("a: 1", author: "ann", comment: "", origin: "file", at: .epoch)
        #expect(first.number == 1)
        let second = try await store.addRevision(
            "a: 2", author: "bob", comment: "more", origin: "api", at: .epoch, base: 1)
        await #expect(throws: StoreError.conflict(newest: 2)) {
            try await store.addRevision("a: 3", author: "ann", comment: "", origin: "api", at: .epoch, base: 1)
        }
        #expect(try store.revision()?.document == "a: 2")
        #expect(try store.revision(1)?.document == "a: 1")
        #expect(try store.revisions().map(\.number) == [second.number, 1])
        #expect(try store.revision(9) == nil)
    }

    @Test(
        "a broken file is set aside, not deleted, and the store begins anew and says so",
        arguments: ["not a database at all, just a text of some length", ""])
    func brokenFile(content: String) async throws {
        let store = try folder.open()
        try await store.commit([.event(event(1))])
        await store.close()
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.file + suffix) }
        if content.isEmpty {
            // The middle of the file is overwritten: its first page still says that it is a database.
            let handle = try #require(FileHandle(forUpdatingAtPath: folder.file))
            let length = try handle.seekToEnd()
            try handle.seek(toOffset: 4096)
            try handle.write(contentsOf: Data(repeating: 0xA5, count: Int(length) - 4096))
            try handle.close()
        } else {
            try Data(content.utf8).write(to: URL(fileURLWithPath: folder.file))
        }
        let new = try folder.open()
        #expect(try new.state().newestEvent == 0)
        #expect(try #require(new.repair).contains("set aside"))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.contains { $0.contains(".broken-") })
    }

    @Test("wherever a power cut tears the newest writes off, the store opens, with a prefix of what was written")
    func tornWrites() async throws {
        let store = try folder.open()
        for id in 1...40 { try await store.commit([.event(event(Int64(id))), .fact(key: "newest", value: "\(id)")]) }
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.file + "-wal"))
        let main = try Data(contentsOf: URL(fileURLWithPath: folder.file))
        await store.close()
        var previous = -1
        for cut in stride(from: 0, through: whole.count, by: 7919) {
            let torn = StoreFolder()
            try FileManager.default.createDirectory(atPath: torn.path, withIntermediateDirectories: true)
            try main.write(to: URL(fileURLWithPath: torn.file))
            // What was never synced may be anything: zeros behind the cut, as file systems leave them.
            let wal = whole.prefix(cut) + Data(count: min(whole.count - cut, 4096))
            try wal.write(to: URL(fileURLWithPath: torn.file + "-wal"))
            let opened = try torn.open()
            #expect(opened.repair == nil, "cut at \(cut)")
            let newest = try opened.fact("newest").flatMap { Int($0) } ?? 0
            #expect(try opened.state().newestEvent == newest, "cut at \(cut): a change is there whole or not at all")
            #expect(newest >= previous, "cut at \(cut)")
            previous = newest
            await opened.close()
        }
        #expect(previous >= 39, "nearly the whole log was there in the end")
    }

    @Test("a backup taken while the store is written to is whole, and is not written over another file")
    func backup() async throws {
        let store = try folder.open()
        try await store.commit((1...500).map { .event(event(Int64($0))) })
        let writing = Task { for id in 501...600 { try await store.commit([.event(event(Int64(id)))]) } }
        let copyFolder = StoreFolder()
        try FileManager.default.createDirectory(atPath: copyFolder.path, withIntermediateDirectories: true)
        try Store.backup(folder: folder.path, to: copyFolder.file)
        try await writing.value
        let copy = try copyFolder.open()
        #expect(copy.repair == nil)
        #expect(try copy.state().newestEvent >= 500)
        #expect(throws: StoreError.unusable(path: copyFolder.file, why: "it exists already")) {
            try Store.backup(folder: folder.path, to: copyFolder.file)
        }
    }

    @Test("a backup takes along the sealed secrets, and a restore puts them back and keeps those that were there")
    func backupOfSecrets() async throws {
        let store = try folder.open()
        await store.close()
        let files = FileManager.default
        let old = Data([0, 1, 2, 255])
        try files.createDirectory(atPath: folder.path + "/secrets", withIntermediateDirectories: true)
        #expect(files.createFile(atPath: folder.path + "/secrets/cloudflare", contents: old))
        #expect(files.createFile(atPath: folder.path + "/secrets/.half-written", contents: old))
        let backup = folder.path + "/backup"
        try Store.backup(folder: folder.path, to: backup)
        #expect(files.createFile(atPath: folder.path + "/secrets/cloudflare", contents: Data("newer".utf8)))

        let elsewhere = StoreFolder()
        for target in [folder, elsewhere] {
            let restoration = try Restoration(of: backup, in: target.path)
            _ = try restoration.keepPresent(at: 1)
            try await restoration.put()
            #expect(try files.contentsOfDirectory(atPath: target.path + "/secrets") == ["cloudflare"])
            #expect(files.contents(atPath: target.path + "/secrets/cloudflare") == old)
            let mode = try files.attributesOfItem(atPath: target.path + "/secrets/cloudflare")[.posixPermissions]
            #expect(mode as? Int == 0o600, "nobody else may read it")
            #expect(try Data(contentsOf: URL(fileURLWithPath: target.file)).range(of: Data("sealed_file".utf8)) == nil)
        }
        let aside = try files.contentsOfDirectory(atPath: folder.path).first { $0.hasPrefix("secrets.before-") }
        let kept = try #require(aside)
        #expect(files.contents(atPath: "\(folder.path)/\(kept)/cloudflare") == Data("newer".utf8))
    }

    @Test("a store of a newer version is refused and left as it is")
    func newerVersion() async throws {
        let store = try folder.open()
        await store.close()
        let sqlite = try ChildProcess(
            "python3",
            [
                "-c",
                "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
                    + "c.execute(\"INSERT INTO grdb_migrations VALUES ('999')\"); c.commit()", folder.file,
            ])
        #expect(await sqlite.end() == 0)
        #expect(throws: StoreError.newer(path: folder.file)) { try folder.open() }
    }
}
